-- The schema's own bookkeeping: which migrations were applied, and into how many buckets people are divided.

-- name: lock_schema
-- scope: shared
-- Be the only one who changes the schema until this transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('parcours.migration', 0));

-- name: create_migration_table
-- scope: shared
-- Make the place where applied migrations are written down.
CREATE TABLE IF NOT EXISTS parcours.migration (
    number integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- name: create_schema
-- scope: shared
-- Make the schema that everything lives in.
CREATE SCHEMA IF NOT EXISTS parcours;

-- name: migration_table_exists
-- scope: shared
-- Tell whether migrations were ever applied here.
SELECT to_regclass('parcours.migration') IS NOT NULL AS present;

-- name: list_migrations
-- scope: shared
-- List the applied migrations in order.
SELECT number, name, checksum FROM parcours.migration ORDER BY number;

-- name: record_migration
-- scope: shared
-- Write down that a migration was applied.
INSERT INTO parcours.migration (number, name, checksum) VALUES (%(number)s, %(name)s, %(checksum)s);

-- name: read_buckets
-- scope: shared
-- Return into how many buckets people are divided.
SELECT (value #>> '{}')::integer AS buckets FROM parcours.setting WHERE key = 'buckets';

-- name: record_buckets
-- scope: shared
-- Settle once into how many buckets people are divided.
INSERT INTO parcours.setting (key, value) VALUES ('buckets', to_jsonb(%(buckets)s::integer))
ON CONFLICT (key) DO NOTHING;

-- name: create_leases
-- scope: all
-- Give every bucket its lease row, held by nobody.
INSERT INTO parcours.lease (bucket) SELECT generate_series(0, %(buckets)s::integer - 1) ON CONFLICT DO NOTHING;

-- name: citus_version
-- scope: shared
-- Tell which Citus this database has; no row where it has none.
SELECT extversion FROM pg_extension WHERE extname = 'citus';

-- name: placed_tables
-- scope: shared
-- List our tables that are spread over the nodes of a Citus cluster, or kept on each; only Citus has this catalogue.
SELECT c.relname::text
FROM pg_dist_partition d JOIN pg_class c ON c.oid = d.logicalrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'parcours';
