INSERT INTO parcours.kept (bucket, version_id, profile_id, happened_at, feed_no, kind, name, data, journey_id)
SELECT %(b)s, %(v)s, r.profile_id, r.happened_at, r.feed_no, r.kind, r.name, r.data, %(j)s
FROM jsonb_to_recordset(%(round)s::jsonb)
    AS r (profile_id uuid, happened_at timestamptz, feed_no bigint, kind text, name text, data jsonb, arrived_at timestamptz)
CROSS JOIN LATERAL (
    SELECT q.* FROM parcours.participant q
    WHERE q.bucket = %(b)s AND q.journey_id = %(j)s AND q.profile_id = r.profile_id
    ORDER BY q.entry_no DESC LIMIT 1
) p
CROSS JOIN LATERAL (SELECT q.* FROM parcours.profile q WHERE q.bucket = %(b)s AND q.profile_id = r.profile_id LIMIT 1) pr
CROSS JOIN LATERAL (SELECT coalesce(%(now)s::timestamptz, r.arrived_at) AS at) x
WHERE p.finished_at IS NULL AND p.version_id = %(v)s AND ({awaited}) IS NOT NULL
ON CONFLICT DO NOTHING
