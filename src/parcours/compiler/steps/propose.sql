INSERT INTO parcours.eligible
    (bucket, journey_id, happened_at, feed_no, user_id, profile_id, kind, name, data, arrived_at)
SELECT %(b)s::integer, %(j)s::integer, p.happened_at, p.feed_no, p.user_id, p.profile_id, p.kind, p.name, p.data, p.at
FROM ({candidates} OFFSET 0) p
WHERE p.verdict IS NULL AND NOT p.granted
ON CONFLICT DO NOTHING
