INSERT INTO parcours.kept (bucket, version_id, profile_id, happened_at, feed_no, kind, name, data, journey_id)
SELECT %(b)s, %(v)s, r.profile_id, r.happened_at, r.feed_no, r.kind, r.name, r.data, %(j)s
FROM jsonb_to_recordset(%(round)s::jsonb)
    AS r (profile_id uuid, happened_at timestamptz, feed_no bigint, kind text, name text, data jsonb, arrived_at timestamptz)
JOIN parcours.participant p ON p.bucket = %(b)s AND p.journey_id = %(j)s AND p.profile_id = r.profile_id
    AND p.finished_at IS NULL AND p.version_id = %(v)s
JOIN parcours.profile pr ON pr.bucket = %(b)s AND pr.profile_id = r.profile_id
CROSS JOIN LATERAL (SELECT coalesce(%(now)s::timestamptz, r.arrived_at) AS at) x
WHERE ({awaited}) IS NOT NULL
ON CONFLICT DO NOTHING
