-- What is known of people and events, for checks of definitions: samples, which cost intake nothing.

-- name: sample_fields
-- scope: bucket
-- The attributes of some people of a bucket with their types. Keys are hashes, so the first people are any people.
SELECT e.key, array_agg(DISTINCT jsonb_typeof(e.value))
FROM (
    SELECT p.attributes FROM parcours.profile p
    WHERE p.bucket = %(b)s AND p.deleted_at IS NULL ORDER BY p.profile_id LIMIT %(n)s) AS few
CROSS JOIN LATERAL jsonb_each(few.attributes) AS e
GROUP BY e.key;

-- name: sample_events
-- scope: bucket
-- The events of some people of a bucket with their properties.
SELECT few.name, array_agg(DISTINCT k.key) FILTER (WHERE k.key IS NOT NULL)
FROM (
    SELECT e.name, e.properties FROM parcours.event e
    WHERE e.bucket = %(b)s ORDER BY e.profile_id LIMIT %(n)s) AS few
LEFT JOIN LATERAL jsonb_object_keys(few.properties) AS k (key) ON true
GROUP BY few.name;

-- name: written_fields
-- scope: shared
-- The attributes that journeys write.
SELECT DISTINCT jsonb_object_keys(s.given)
FROM parcours.version v
CROSS JOIN LATERAL jsonb_path_query(v.definition::jsonb, '$.steps.*.update_profile.set') AS s (given);

-- name: known_audiences
-- scope: shared
-- Every audience, and whether it has a condition.
SELECT audience_key, definition IS NOT NULL FROM parcours.audience;
