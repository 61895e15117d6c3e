INSERT INTO parcours.belonging AS o (bucket, profile_id, audience_key, member, since, recheck_at)
SELECT %(b)s::integer, c.profile_id, {key}, c.holds, CASE WHEN c.holds THEN c.at END, c.recheck_at
FROM (
    SELECT pr.profile_id, x.at, pr.deleted_at IS NULL AND {holds} AS holds,
        CASE WHEN pr.deleted_at IS NULL THEN {recheck} END AS recheck_at
    FROM (
        SELECT q.* FROM parcours.profile q
        WHERE q.bucket = %(b)s AND q.profile_id > %(after)s::uuid AND q.profile_id <= %(last)s::uuid
        OFFSET 0
    ) pr
    CROSS JOIN LATERAL (SELECT %(now)s::timestamptz AS at) x
    OFFSET 0
) c
LEFT JOIN parcours.belonging s ON s.bucket = %(b)s AND s.profile_id = c.profile_id AND s.audience_key = {key}
WHERE c.holds <> coalesce(s.member, false) OR c.recheck_at IS DISTINCT FROM s.recheck_at
ON CONFLICT (bucket, profile_id, audience_key) DO UPDATE
SET member = excluded.member, since = CASE WHEN excluded.member AND NOT o.member THEN excluded.since ELSE o.since END,
    until = CASE WHEN o.member AND NOT excluded.member THEN %(now)s::timestamptz ELSE o.until END,
    recheck_at = excluded.recheck_at
