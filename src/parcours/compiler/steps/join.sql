INSERT INTO parcours.membership (bucket, profile_id, audience_key, since)
SELECT m.bucket, m.profile_id, a, m.at
FROM parcours.passage m
JOIN (VALUES {writes}) AS w (step, set, unset, add_to, remove_from) ON w.step = m.to_step
CROSS JOIN LATERAL unnest(w.add_to) a
WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch = %(batch)s AND m.at >= %(since)s
  AND m.version_id = %(v)s AND m.status = 'active' AND m.path <> '{{}}'
ON CONFLICT DO NOTHING
