-- name: try_upkeep
-- scope: shared
-- One process at a time keeps the house.
SELECT pg_try_advisory_xact_lock(7041776);

-- name: table_exists
-- scope: shared
-- Tell whether a table exists.
SELECT to_regclass(%(name)s) IS NOT NULL;

-- name: stale_statistics
-- scope: shared
-- Tables of ours that changed by a third since they were analysed.
SELECT c.relname
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'parcours'
JOIN pg_stat_user_tables t ON t.relid = c.oid
WHERE c.relkind = 'r' AND pg_has_role(session_user, c.relowner, 'USAGE')
  AND t.n_mod_since_analyze > 1000 + 0.3 * greatest(c.reltuples, 0)
ORDER BY c.relname;
