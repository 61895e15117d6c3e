INSERT INTO parcours.inbox (bucket, journey_id, profile_id, happened_at, feed_no, kind, name, data, arrived_at)
SELECT %(b)s::integer, %(j)s::integer, pr.profile_id, x.at, 4611686018427387903, 'run', t.audience,
    jsonb_build_object('version', %(v)s::integer, 'recurring', t.recurring), x.at
FROM (
    SELECT q.* FROM parcours.profile q
    WHERE q.bucket = %(b)s AND q.profile_id > %(after)s::uuid AND q.profile_id <= %(last)s::uuid
    OFFSET 0
) pr
CROSS JOIN LATERAL (SELECT coalesce(%(now)s::timestamptz, %(at)s::timestamptz) AS at) x
CROSS JOIN LATERAL (SELECT CASE {members} END AS no) m
JOIN (VALUES {triggers}) AS t (no, audience, recurring) ON t.no = m.no
WHERE pr.deleted_at IS NULL AND {wave}
ON CONFLICT DO NOTHING
