-- name: try_upkeep
-- scope: shared
-- One process at a time keeps the house.
SELECT pg_try_advisory_xact_lock(7041776);

-- name: table_exists
-- scope: shared
-- Tell whether a table exists.
SELECT to_regclass(%(name)s) IS NOT NULL;
