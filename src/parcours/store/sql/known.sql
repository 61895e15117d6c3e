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

-- name: versions_that_say
-- scope: shared
-- The versions in whose definition or templates a word stands, whatever it means there.
SELECT j.journey_key, v.version_id, v.version_no, v.status, v.entry_open, v.definition, v.templates
FROM parcours.version v JOIN parcours.journey j USING (journey_id)
WHERE v.status = ANY(%(going)s::text[])
  AND (position(%(escaped)s::text IN v.definition::text) > 0 OR position(%(plain)s::text IN v.templates::text) > 0)
ORDER BY j.journey_key, v.version_no;

-- name: versions_that_say_any
-- scope: shared
-- The versions in whose definition one of some words stands in quotes, whatever it means there.
SELECT j.journey_key, v.version_id, v.version_no, v.status, v.entry_open, v.definition, v.templates
FROM parcours.version v JOIN parcours.journey j USING (journey_id)
WHERE v.status = ANY(%(going)s::text[])
  AND EXISTS (SELECT 1 FROM unnest(%(words)s::text[]) AS w (word) WHERE position(w.word IN v.definition::text) > 0)
ORDER BY j.journey_key, v.version_no;

-- name: still_admitting
-- scope: shared
-- Whether a journey admits people by a version that a command did not change.
SELECT coalesce(bool_or(v.entry_open AND v.version_id <> ALL(%(changed)s::integer[])), false)
FROM parcours.version v JOIN parcours.journey j USING (journey_id) WHERE j.journey_key = %(key)s;

-- name: versions_that_start
-- scope: shared
-- The ends of other journeys that start a journey.
SELECT j.journey_key, v.version_no, v.status, s.key
FROM parcours.version v
JOIN parcours.journey j USING (journey_id)
CROSS JOIN LATERAL jsonb_each(v.definition::jsonb -> 'steps') AS s (key, value)
WHERE v.status = ANY(%(going)s::text[]) AND s.value #>> '{end,start}' = %(key)s AND j.journey_key <> %(key)s
ORDER BY j.journey_key, v.version_no, s.key;
