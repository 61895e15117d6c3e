INSERT INTO parcours.pending (bucket, profile_id, happened_at, feed_no, kind, name, data, arrived_at)
SELECT m.bucket, m.profile_id, m.at, m.since_no, c.kind, c.name, c.data, m.at
FROM parcours.passage m
JOIN (VALUES {writes}) AS w (step, set, unset, add_to, remove_from) ON w.step = m.to_step
JOIN parcours.profile pr ON pr.bucket = %(b)s AND pr.profile_id = m.profile_id
CROSS JOIN LATERAL (
    SELECT 'profile' AS kind, {journey} || '/' || m.to_step || '/' || m.entry_no || '/' || m.seq AS name,
        jsonb_build_object('changed', jsonb_agg(k.name)) AS data
    FROM (SELECT s.key AS name FROM jsonb_each(w.set) s WHERE pr.attributes -> s.key IS DISTINCT FROM s.value
          UNION ALL SELECT u FROM unnest(w.unset) u WHERE pr.attributes ? u) k
    HAVING count(*) > 0
    UNION ALL
    SELECT 'audience', a, jsonb_build_object('op', 'add', 'origin', {journey}) FROM unnest(w.add_to) a
    WHERE NOT EXISTS (SELECT 1 FROM parcours.membership h WHERE h.bucket = %(b)s AND h.profile_id = m.profile_id AND h.audience_key = a)
    UNION ALL
    SELECT 'audience', a, jsonb_build_object('op', 'remove', 'origin', {journey}) FROM unnest(w.remove_from) a
    WHERE EXISTS (SELECT 1 FROM parcours.membership h WHERE h.bucket = %(b)s AND h.profile_id = m.profile_id AND h.audience_key = a)
) c
WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch = %(batch)s AND m.at >= %(since)s
  AND m.version_id = %(v)s AND m.status = 'active' AND m.path <> '{{}}' AND pr.deleted_at IS NULL
ON CONFLICT (bucket, profile_id, happened_at, feed_no, kind, name) DO UPDATE SET data = excluded.data
