UPDATE parcours.profile pr
SET attributes = (pr.attributes - w.unset) || w.set, updated_at = m.at
FROM parcours.passage m
JOIN (VALUES {writes}) AS w (step, set, unset, add_to, remove_from) ON w.step = m.to_step
WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch = %(batch)s AND m.at >= %(since)s
  AND m.version_id = %(v)s AND m.status = 'active' AND m.path <> '{{}}'
  AND pr.bucket = %(b)s AND pr.profile_id = m.profile_id AND pr.deleted_at IS NULL
