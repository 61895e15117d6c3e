-- What `parcours doctor` asks. Each is asked alone, for a limited time, and none changes anything.

-- name: be_brief
-- scope: shared
-- Give up a question of this transaction that takes long.
SET LOCAL statement_timeout = '20s';

-- name: be_polite
-- scope: shared
-- Give up a question of this transaction that would have to wait for others.
SET LOCAL lock_timeout = '2s';

-- name: doctor_server
-- scope: shared
-- The server: its version, its connections, whether it vacuums by itself, and how old its oldest row is.
SELECT current_setting('server_version_num')::integer, current_setting('server_version'),
    (SELECT count(*) FROM pg_stat_activity a WHERE a.backend_type = 'client backend'),
    current_setting('max_connections')::integer, current_setting('autovacuum') = 'on',
    (SELECT age(d.datfrozenxid) FROM pg_database d WHERE d.datname = current_database());

-- name: doctor_workers
-- scope: all
-- Workers that were heard of lately, buckets that nobody holds, all buckets, and whether anything has to be done at all.
SELECT (SELECT coalesce(array_agg(w.name ORDER BY w.name), '{}') FROM parcours.worker w WHERE w.seen_at >= %(silent)s),
    (SELECT coalesce(array_agg(l.bucket ORDER BY l.bucket), '{}') FROM parcours.lease l
     WHERE l.holder IS NULL OR l.expires_at < %(now)s),
    (SELECT count(*) FROM parcours.lease),
    EXISTS (SELECT 1 FROM parcours.version v WHERE v.status IN ('live', 'closed') OR v.settling IS NOT NULL);

-- name: doctor_troubles
-- scope: all
-- Units that failed and wait for another try.
SELECT t.bucket, j.journey_key, t.since, t.tries, t.code, t.message
FROM parcours.trouble t JOIN parcours.journey j USING (journey_id)
WHERE t.until > %(stale)s ORDER BY t.since LIMIT 20;

-- name: doctor_commands
-- scope: shared
-- What should have happened by itself and did not, and tasks of commands that are not written down yet.
SELECT (SELECT min(s.at) FROM parcours.scheduled_command s WHERE s.done_at IS NULL AND s.at < %(late)s),
    (SELECT coalesce(array_agg(j.journey_key ORDER BY j.journey_key), '{}')
     FROM parcours.version v JOIN parcours.journey j USING (journey_id)
     WHERE v.settling IS NOT NULL AND v.stopped_at < %(late)s);

-- name: doctor_messages
-- scope: all
-- Messages tried in vain and what the other side said last, and those without an outcome though their time is over.
SELECT (SELECT count(*) FROM parcours.message m WHERE m.state = 'queued' AND m.attempts > 0),
    (SELECT m.detail FROM parcours.message m WHERE m.state = 'queued' AND m.attempts > 0
     ORDER BY m.settled_at DESC NULLS LAST LIMIT 1),
    (SELECT count(*) FROM parcours.message m WHERE m.state = 'claimed' AND m.done_by < %(overdue)s);

-- name: doctor_outcomes
-- scope: all
-- Outcomes of messages since an instant.
SELECT m.state, m.reason, count(*) FROM parcours.message m
WHERE m.settled_at >= %(since)s AND m.state IN ('sent', 'uncertain', 'rejected')
GROUP BY m.state, m.reason;

-- name: doctor_partitions
-- scope: shared
-- The monthly partitions there are, and whether this user owns the tables.
SELECT coalesce(array_agg(c.relname::text ORDER BY c.relname), '{}'),
    (SELECT bool_and(pg_has_role(o.relowner, 'USAGE')) FROM pg_class o
     JOIN pg_namespace s ON s.oid = o.relnamespace AND s.nspname = 'parcours' WHERE o.relkind IN ('r', 'p'))
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'parcours';

-- name: doctor_transactions
-- scope: shared
-- Transactions of this database that are open for long.
SELECT a.pid, coalesce(nullif(a.application_name, ''), a.usename, '?'), a.state, a.xact_start
FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()
  AND a.xact_start < %(long)s
ORDER BY a.xact_start LIMIT 10;

-- name: doctor_memory
-- scope: shared
-- How many bytes of pages the server keeps, and how many the indexes have in which every move looks people up.
SELECT pg_size_bytes(current_setting('shared_buffers')), coalesce(sum(pg_relation_size(i.indexrelid)), 0)
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'parcours' AND c.relname = 'participant';

-- name: doctor_vacuum
-- scope: shared
-- Tables in which dead rows pile up, each with how many, of how many, and when they were cleaned last.
SELECT t.relname::text, t.n_dead_tup, t.n_live_tup, greatest(t.last_autovacuum, t.last_vacuum)
FROM pg_stat_user_tables t
WHERE t.schemaname = 'parcours' AND t.n_dead_tup > 100000 + 0.5 * t.n_live_tup
  AND coalesce(greatest(t.last_autovacuum, t.last_vacuum) < %(long)s, true)
ORDER BY t.n_dead_tup DESC LIMIT 10;
