-- name: database_now
-- scope: shared
-- The database's clock, from which workers take theirs.
-- exempt bound-now: this is where the time is asked for
SELECT clock_timestamp();

-- name: greet_worker
-- scope: shared
-- A worker says that it lives.
INSERT INTO parcours.worker (name, seen_at, lock_key, server_started_at)
VALUES (%(name)s, %(now)s, %(key)s, %(server)s)
ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at, lock_key = excluded.lock_key,
    server_started_at = excluded.server_started_at;

-- name: hold_presence
-- scope: shared
-- Hold a lock that goes with this connection; tell since when the server runs that keeps it.
SELECT pg_advisory_lock_shared(%(class)s, %(key)s), pg_postmaster_start_time();

-- name: announce_presence
-- scope: shared
-- Let others know by which lock they see that this worker lives.
UPDATE parcours.worker SET lock_key = %(key)s, server_started_at = %(server)s WHERE name = %(name)s;

-- name: absent_workers
-- scope: shared
-- The workers whose connection has ended: those that said by which lock they live, while this server keeps it no more.
SELECT w.name FROM parcours.worker w
WHERE w.name <> %(name)s AND w.server_started_at = pg_postmaster_start_time()
    AND NOT EXISTS (
        SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database
        WHERE l.locktype = 'advisory' AND d.datname = current_database() AND l.classid::bigint = %(class)s
            AND l.objid::bigint = w.lock_key AND l.objsubid = 2 AND l.granted);

-- name: forget_absent
-- scope: all
-- Workers whose connection has ended are forgotten when nothing is left of what they held.
DELETE FROM parcours.worker w
WHERE w.name = ANY (%(absent)s::text[])
    AND NOT EXISTS (SELECT 1 FROM parcours.lease l WHERE l.holder = w.name);

-- name: forget_workers
-- scope: shared
-- Workers that left, or were silent for long, are no longer counted.
DELETE FROM parcours.worker WHERE name = %(name)s OR seen_at < %(silent)s;

-- name: count_workers
-- scope: shared
-- How many workers live.
SELECT count(*) FROM parcours.worker WHERE seen_at >= %(silent)s AND name <> ALL (%(absent)s::text[]);

-- name: renew_lease
-- scope: bucket
-- Keep a bucket that is ours, but for one in a unit just now: units keep their own.
UPDATE parcours.lease SET expires_at = %(expires)s
WHERE bucket = %(b)s AND bucket = ANY (ARRAY(
    SELECT l.bucket FROM parcours.lease l
    WHERE l.bucket = %(b)s AND l.holder = %(name)s AND l.expires_at >= %(now)s
    FOR NO KEY UPDATE SKIP LOCKED));

-- name: held_leases
-- scope: all
-- The buckets that are ours, with their terms.
SELECT bucket, term FROM parcours.lease WHERE holder = %(name)s AND expires_at >= %(now)s;

-- name: acquire_lease
-- scope: bucket
-- Take a bucket that nobody holds any more, unless a statement of a dead worker still runs in it.
UPDATE parcours.lease SET holder = %(name)s, term = term + 1, expires_at = %(expires)s
WHERE bucket = %(b)s AND bucket = ANY (ARRAY(
    SELECT l.bucket FROM parcours.lease l
    WHERE l.bucket = %(b)s AND (l.holder IS NULL OR l.expires_at < %(now)s OR l.holder = ANY (%(absent)s::text[]))
    FOR NO KEY UPDATE SKIP LOCKED))
RETURNING term;

-- name: end_stalled
-- scope: shared
-- End sessions that hold leases and have waited since long for what their process sends next. Where it was stopped amid a
-- series of messages, the session's own time limit does not run.
SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.usename = session_user AND a.pid <> pg_backend_pid()
  AND a.state <> 'idle' AND a.wait_event = 'ClientRead' AND a.state_change < %(before)s
  AND EXISTS (SELECT 1 FROM pg_locks l WHERE l.pid = a.pid AND l.granted AND l.relation = 'parcours.lease'::regclass);

-- name: free_leases
-- scope: all
-- Buckets that nobody holds, or a worker that is dead.
SELECT bucket FROM parcours.lease
WHERE holder IS NULL OR expires_at < %(now)s OR holder = ANY (%(absent)s::text[])
ORDER BY bucket;

-- name: release_lease
-- scope: bucket
-- Give a bucket back.
UPDATE parcours.lease SET holder = NULL, expires_at = '-infinity'
WHERE bucket = %(b)s AND holder = %(name)s AND term = %(term)s;

-- name: worker_news
-- scope: all
-- What a worker looks at five times a second: which of its buckets got rows; the latest commands, and which journeys
-- those concern of which it has not heard, all where it is one over every journey. A command may commit behind a later one: so more are looked at than the new.
WITH latest AS (
    SELECT a.audit_id, a.journey_key, a.refused FROM parcours.audit a ORDER BY a.audit_id DESC LIMIT 100
)
SELECT
    (SELECT coalesce(array_agg(l.b), '{}') FROM unnest(%(buckets)s::integer[]) AS l (b)
     WHERE EXISTS (SELECT 1 FROM parcours.pending p WHERE p.bucket = l.b)
        OR EXISTS (SELECT 1 FROM parcours.filling f WHERE f.bucket = l.b)),
    (SELECT coalesce(array_agg(l.audit_id), '{}') FROM latest l),
    (SELECT coalesce(array_agg(DISTINCT j.journey_id), '{}')
     FROM latest l JOIN parcours.journey j ON j.journey_key = l.journey_key OR l.journey_key = '*'
     WHERE l.refused IS NULL AND l.audit_id <> ALL (%(heard)s::bigint[]));

-- name: bucket_journeys
-- scope: bucket
-- The journeys with a fence in a bucket, in the order of their keys.
SELECT f.journey_id, j.journey_key,
    EXISTS (SELECT 1 FROM parcours.inbox i WHERE i.bucket = %(b)s AND i.journey_id = f.journey_id),
    EXISTS (SELECT 1 FROM parcours.message m WHERE m.bucket = %(b)s AND m.journey_id = f.journey_id
        AND m.state = 'claimed' AND m.done_by < %(overdue)s)
FROM parcours.fence f JOIN parcours.journey j USING (journey_id)
WHERE f.bucket = %(b)s
ORDER BY j.journey_key;

-- name: notify_hint
-- scope: shared
-- A hint of a worker for the others: `leases` (share them anew), `settled BUCKET JOURNEY` (an outcome came in).
SELECT pg_notify('parcours', %(hint)s);

-- name: commit_lightly
-- scope: shared
-- The commit of this transaction does not wait for the disk: a crash may undo it, and it is done again from what it read.
SELECT set_config('synchronous_commit', 'off', true);

-- name: commit_durably
-- scope: shared
-- The commit of this transaction waits for the disk, and for everything written before it: something outside rests on it.
SELECT set_config('synchronous_commit', 'on', true);

-- name: notify_rows
-- scope: shared
-- The intake's hint: `rows BUCKET …`, which buckets got rows. It may be lost, so its commit does not wait for the disk.
SELECT set_config('synchronous_commit', 'off', true), pg_notify('parcours', %(hint)s);
