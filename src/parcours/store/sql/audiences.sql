-- Audiences by condition.

-- name: audience_definitions
-- scope: shared
-- The audiences that have a condition.
SELECT audience_key, definition FROM parcours.audience WHERE definition IS NOT NULL ORDER BY audience_key;

-- name: lock_audiences
-- scope: shared
-- One condition is saved at a time, so that two together cannot close a circle.
SELECT pg_advisory_xact_lock(7042);

-- name: find_audience
-- scope: shared
-- Find an audience: whether it has a condition.
SELECT definition IS NOT NULL FROM parcours.audience WHERE audience_key = %(key)s;

-- name: save_audience_condition
-- scope: shared
-- Save an audience by condition.
INSERT INTO parcours.audience (audience_key, name, definition, created_at)
VALUES (%(key)s, %(name)s, %(definition)s::jsonb, %(at)s)
ON CONFLICT (audience_key) DO UPDATE SET name = excluded.name, definition = excluded.definition;

-- name: audience_keys
-- scope: shared
-- The keys of all audiences, in order.
SELECT array_agg(a.audience_key ORDER BY a.audience_key) FROM parcours.audience a;
