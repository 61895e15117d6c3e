-- name: database_users
-- scope: shared
-- Who is connected to a database.
SELECT DISTINCT coalesce(nullif(a.application_name, ''), 'process ' || a.pid)
FROM pg_stat_activity a
WHERE a.datname = %(name)s AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend'
ORDER BY 1;

-- name: begin_backup
-- scope: shared
-- Keep upkeep from changing tables while a backup reads them: its lock would hold up everybody behind it.
SELECT pg_advisory_lock(7041776);

-- name: note_backup
-- scope: shared
-- Remember when the latest backup was begun; the backup holds it too.
INSERT INTO parcours.setting (key, value) VALUES ('backed_up_at', to_jsonb(%(at)s::text))
ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- name: latest_backup
-- scope: shared
-- When the latest backup was begun.
SELECT value #>> '{}' FROM parcours.setting WHERE key = 'backed_up_at';

-- name: export_snapshot
-- scope: shared
-- Let another process see what this transaction sees.
SELECT pg_export_snapshot();

-- name: database_bytes
-- scope: shared
-- How large the database is.
SELECT pg_database_size(current_database());

-- name: analyse_everything
-- scope: shared
-- Learn what the tables hold: a restored database knows nothing of that.
ANALYZE;

-- name: backup_counts
-- scope: all
-- What a backup holds of running work.
SELECT (SELECT count(*) FROM parcours.profile p WHERE p.deleted_at IS NULL),
    (SELECT count(*) FROM parcours.participant p WHERE p.finished_at IS NULL),
    (SELECT count(*) FROM parcours.message m WHERE m.state = 'queued'),
    (SELECT count(*) FROM parcours.message m WHERE m.state = 'claimed');

-- name: database_is_empty
-- scope: all
-- Tell whether nothing was ever done in this database.
SELECT NOT EXISTS (SELECT 1 FROM parcours.journey) AND NOT EXISTS (SELECT 1 FROM parcours.profile)
    AND NOT EXISTS (SELECT 1 FROM parcours.audience);

-- name: forget_holders
-- scope: all
-- Nobody holds a bucket of a restored database.
UPDATE parcours.lease SET holder = NULL, expires_at = '-infinity' WHERE bucket >= 0;

-- name: forget_all_workers
-- scope: shared
-- No worker lives in a restored database.
DELETE FROM parcours.worker;

-- name: claimed_where
-- scope: all
-- Buckets and journeys with messages that were in a provider's hands.
SELECT DISTINCT m.bucket, m.journey_id FROM parcours.message m WHERE m.state = 'claimed' ORDER BY 1, 2;

-- name: running_journeys
-- scope: shared
-- Journeys with a version in which people move.
SELECT DISTINCT j.journey_key FROM parcours.version v JOIN parcours.journey j USING (journey_id)
WHERE v.status IN ('live', 'closed') ORDER BY 1;
