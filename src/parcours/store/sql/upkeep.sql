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

-- name: month_partitions
-- scope: shared
-- The partitions of single months, by table, the oldest first.
SELECT p.relname, c.relname
FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid
JOIN pg_class p ON p.oid = i.inhparent AND p.relname IN ('event', 'passage') AND p.relkind = 'p'
JOIN pg_namespace n ON n.oid = p.relnamespace AND n.nspname = 'parcours'
WHERE c.relname ~ '_[0-9]{4}_[0-9]{2}$'
ORDER BY c.relname;

-- name: wait_half_a_second_for_locks
-- scope: shared
-- Give up what waits for a lock for longer, in this transaction.
SELECT set_config('lock_timeout', '500ms', true);
