SELECT t.profile_id::text, a.key, coalesce(s.member, false), a.holds, a.recheck_at
FROM jsonb_to_recordset(%(rows)s::jsonb) AS t (profile_id uuid, at timestamptz, asked integer[])
CROSS JOIN LATERAL (
    SELECT q.* FROM parcours.profile q
    WHERE q.bucket = %(b)s AND q.profile_id = t.profile_id AND q.deleted_at IS NULL LIMIT 1) pr
CROSS JOIN LATERAL (SELECT greatest(%(now)s::timestamptz, t.at) AS at) x
CROSS JOIN LATERAL (SELECT u.* FROM ({audiences}) u OFFSET 0) a
LEFT JOIN parcours.belonging s ON s.bucket = %(b)s AND s.profile_id = t.profile_id AND s.audience_key = a.key
WHERE a.holds <> coalesce(s.member, false) OR a.recheck_at IS DISTINCT FROM s.recheck_at
