INSERT INTO parcours.kept (bucket, version_id, profile_id, happened_at, feed_no, kind, name, data, journey_id)
SELECT %(b)s, %(v)s, r.profile_id, r.happened_at, r.feed_no, r.kind, r.name, r.data, %(j)s
FROM unnest(%(round)s::tid[]) AS t (address)
CROSS JOIN LATERAL (
    SELECT i.* FROM parcours.inbox i
    WHERE i.bucket = %(b)s AND i.journey_id = %(j)s AND i.ctid = t.address LIMIT 1) r
CROSS JOIN LATERAL (
    SELECT q.* FROM parcours.participant q
    WHERE q.bucket = %(b)s AND q.journey_id = %(j)s AND q.profile_id = r.profile_id AND q.finished_at IS NULL
    LIMIT 1
) p
CROSS JOIN LATERAL (SELECT q.* FROM parcours.profile q WHERE q.bucket = %(b)s AND q.profile_id = p.profile_id LIMIT 1) pr
CROSS JOIN LATERAL (SELECT coalesce(%(now)s::timestamptz, r.arrived_at) AS at) x
WHERE p.version_id = %(v)s AND ({awaited}) IS NOT NULL
ON CONFLICT DO NOTHING
