INSERT INTO parcours.pending (bucket, profile_id, happened_at, feed_no, kind, name, data, arrived_at)
SELECT m.bucket, m.profile_id, m.at, m.since_no, c.kind, c.name, c.data, m.at
FROM parcours.passage m
CROSS JOIN LATERAL (
    SELECT 'start' AS kind, e.start || '/' || {journey} AS name, '{{}}'::jsonb AS data
    FROM (VALUES {ends}) AS e (step, start, statuses)
    WHERE e.step = m.to_step AND m.status = ANY (e.statuses) AND m.path <> '{{}}'
    UNION ALL
    SELECT 'remove', k.key, jsonb_build_object('reason', 'entered_elsewhere')
    FROM unnest({removes_from}) AS k (key)
    WHERE m.entered
) c
WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch = %(batch)s AND m.at >= %(since)s AND m.version_id = %(v)s
ON CONFLICT DO NOTHING
