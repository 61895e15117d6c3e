-- name: read_version
-- scope: shared
-- Read a published version with its definition and Program, and how many deleted journeys had its key before.
SELECT v.version_id, v.version_no, v.journey_id, v.definition, v.templates, v.program,
    (SELECT count(*) FROM parcours.deleted_journey d JOIN parcours.journey j ON j.journey_key = d.journey_key
     WHERE j.journey_id = v.journey_id AND d.journey_id < v.journey_id) AS former
FROM parcours.version v
WHERE v.version_id = %(v)s AND v.program IS NOT NULL;

-- name: find_journey
-- scope: shared
-- Find a journey by its key.
SELECT journey_id FROM parcours.journey WHERE journey_key = %(key)s;

-- name: lock_journey
-- scope: shared
-- Hold a journey, so that commands come one after the other and each sees what the one before made.
SELECT journey_id FROM parcours.journey WHERE journey_key = %(key)s FOR NO KEY UPDATE;

-- name: list_journeys
-- scope: shared
-- List journeys with their newest version.
SELECT j.journey_key, j.name, j.folder, j.tags, v.version_no, v.status, v.entry_open, v.published_at, j.journey_id
FROM parcours.journey j
LEFT JOIN LATERAL (
    SELECT * FROM parcours.version q WHERE q.journey_id = j.journey_id
    ORDER BY (q.status = 'draft'), q.version_no DESC LIMIT 1) v ON true
ORDER BY j.journey_key;

-- name: save_journey
-- scope: shared
-- Create a journey, or update what belongs to it and not to a version.
INSERT INTO parcours.journey (journey_key, name, description, folder, tags, created_at)
VALUES (%(key)s, %(name)s, %(description)s, %(folder)s, %(tags)s::text[], %(at)s)
ON CONFLICT (journey_key) DO UPDATE
SET name = excluded.name, description = excluded.description, folder = excluded.folder, tags = excluded.tags
RETURNING journey_id;

-- name: lock_versions
-- scope: shared
-- Lock and read every version of a journey, oldest first.
SELECT version_id, version_no, status, entry_open, published_at, starts_at, ends_at, paused_at, pause_no, pause,
    released_at, stopped_at, settling, definition, templates
FROM parcours.version WHERE journey_id = %(j)s ORDER BY version_no FOR UPDATE;

-- name: save_draft
-- scope: shared
-- Replace the draft of a journey.
UPDATE parcours.version SET definition = %(definition)s::json, templates = %(templates)s::jsonb
WHERE version_id = %(v)s AND status = 'draft';

-- name: add_draft
-- scope: shared
-- Make the next draft of a journey.
INSERT INTO parcours.version (journey_id, version_no, definition, templates, created_at)
SELECT %(j)s, coalesce(max(version_no), 0) + 1, %(definition)s::json, %(templates)s::jsonb, %(at)s
FROM parcours.version_ever WHERE journey_id = %(j)s
RETURNING version_no, version_id;

-- name: copy_version
-- scope: shared
-- Make the next draft of a journey, as another version of it is.
INSERT INTO parcours.version (journey_id, version_no, definition, templates, created_at)
SELECT v.journey_id, (SELECT max(e.version_no) FROM parcours.version_ever e WHERE e.journey_id = v.journey_id) + 1,
    v.definition, v.templates, %(at)s
FROM parcours.version v WHERE v.version_id = %(v)s
RETURNING version_id, version_no;

-- name: add_journey
-- scope: shared
-- Make a journey as another one is, in the same folder and with the same tags; none where the key is taken.
INSERT INTO parcours.journey (journey_key, name, description, folder, tags, created_at)
SELECT %(key)s, %(name)s, j.description, j.folder, j.tags, %(at)s FROM parcours.journey j WHERE j.journey_id = %(j)s
ON CONFLICT DO NOTHING
RETURNING journey_id;

-- name: journey_keys
-- scope: shared
-- The keys that begin so.
SELECT j.journey_key FROM parcours.journey j WHERE starts_with(j.journey_key, %(begins)s);

-- name: journey_name
-- scope: shared
-- The name of a journey.
SELECT j.name FROM parcours.journey j WHERE j.journey_id = %(j)s;

-- name: publish_version
-- scope: shared
-- Freeze a draft: from now on it is live and has its Program.
UPDATE parcours.version
SET status = 'live', entry_open = true, program = %(program)s::jsonb, fingerprint = %(fingerprint)s, published_at = %(at)s,
    starts_at = %(starts_at)s, ends_at = %(ends_at)s, released_at = %(released_at)s
WHERE version_id = %(v)s;

-- name: set_status
-- scope: shared
-- Give a version its new status.
UPDATE parcours.version
SET status = %(status)s, entry_open = %(entry_open)s,
    paused_at = CASE WHEN %(status)s::text = 'paused' THEN coalesce(paused_at, %(at)s) END,
    pause_no = pause_no + CASE WHEN %(status)s::text = 'paused' AND paused_at IS NULL THEN 1 ELSE 0 END,
    pause = %(pause)s::jsonb,
    released_at = CASE WHEN %(release)s THEN %(at)s ELSE released_at END,
    stopped_at = CASE WHEN %(status)s::text = 'stopped' THEN %(at)s ELSE stopped_at END,
    finished_at = CASE WHEN %(status)s::text = 'finished' THEN %(at)s ELSE finished_at END,
    settling = %(settling)s
WHERE version_id = %(v)s;

-- name: release_version
-- scope: shared
-- The start date has come: people who queued are let go.
UPDATE parcours.version SET released_at = greatest(released_at, %(at)s) WHERE version_id = %(v)s;

-- name: end_settling
-- scope: shared
-- What a command made true is written down everywhere.
UPDATE parcours.version SET settling = NULL WHERE version_id = %(v)s;

-- name: add_listener
-- scope: shared
-- Let a journey hear of an event, an attribute or an audience.
INSERT INTO parcours.listener (journey_id, kind, name)
SELECT %(j)s, r.kind, r.name FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (kind text, name text) ON CONFLICT DO NOTHING;

-- name: drop_listeners
-- scope: shared
-- A journey no longer hears what only versions that are over listened for.
DELETE FROM parcours.listener l
WHERE l.journey_id = %(j)s AND NOT EXISTS (
    SELECT 1 FROM parcours.version v CROSS JOIN LATERAL jsonb_array_elements(v.program -> 'listeners') AS e (value)
    WHERE v.journey_id = %(j)s AND v.status IN ('live', 'paused', 'closed')
      AND e.value ->> 0 = l.kind AND e.value ->> 1 = l.name);

-- name: set_sieves
-- scope: shared
-- Which sieves an event goes through before a journey's inbox: none where some version that is not over must see them all.
UPDATE parcours.listener l SET sieves = f.sieves
FROM (
    SELECT e.value ->> 1 AS name,
        CASE WHEN bool_and(coalesce(v.program -> 'sieves' ? (e.value ->> 1), false))
            THEN array_agg(DISTINCT v.program -> 'sieves' -> (e.value ->> 1) ->> 'id') END AS sieves
    FROM parcours.version v CROSS JOIN LATERAL jsonb_array_elements(v.program -> 'listeners') AS e (value)
    WHERE v.journey_id = %(j)s AND v.status IN ('live', 'paused', 'closed') AND e.value ->> 0 = 'event'
    GROUP BY e.value ->> 1
) f
WHERE l.journey_id = %(j)s AND l.kind = 'event' AND l.name = f.name AND l.sieves IS DISTINCT FROM f.sieves;

-- name: schedule_command
-- scope: shared
-- Note what will happen by itself.
INSERT INTO parcours.scheduled_command (version_id, at, command) VALUES (%(v)s, %(at)s, %(command)s);

-- name: scheduled_due
-- scope: shared
-- What should have happened by itself by now, in order; `given` are commands that somebody gave for later.
SELECT s.scheduled_id, s.version_id, s.at, s.command, j.journey_key, v.version_no, v.journey_id, v.status, v.entry_open,
    s.actor IS NOT NULL AS given, s.pause_no
FROM parcours.scheduled_command s
LEFT JOIN parcours.version v USING (version_id)
JOIN parcours.journey j ON j.journey_id = coalesce(s.journey_id, v.journey_id)
WHERE s.done_at IS NULL AND s.at <= %(at)s
ORDER BY s.at, j.journey_key, v.version_no, s.scheduled_id LIMIT %(n)s::bigint;

-- name: end_pause_by_itself
-- scope: shared
-- Note what the present pause of a version does by itself.
INSERT INTO parcours.scheduled_command (version_id, at, command, pause_no)
SELECT v.version_id, %(at)s, %(command)s, v.pause_no FROM parcours.version v WHERE v.version_id = %(v)s;

-- name: void_pause_end
-- scope: shared
-- A pause does by itself no more what was noted: it is over, or was told otherwise.
UPDATE parcours.scheduled_command SET done_at = %(at)s
WHERE version_id = %(v)s AND pause_no IS NOT NULL AND done_at IS NULL;

-- name: block_pause_end
-- scope: shared
-- A pause that was to end by itself met errors: it goes on, and says so.
UPDATE parcours.version
SET pause = pause || %(said)s::jsonb
WHERE version_id = %(v)s AND status = 'paused';

-- name: next_scheduled
-- scope: shared
-- The next instant at which something happens by itself.
SELECT min(at) FROM parcours.scheduled_command WHERE done_at IS NULL;

-- name: end_scheduled
-- scope: shared
-- It happened, or it was void.
UPDATE parcours.scheduled_command SET done_at = %(at)s WHERE scheduled_id = %(id)s AND done_at IS NULL;

-- name: write_audit
-- scope: shared
-- Keep who commanded what, when, why and with which effect.
INSERT INTO parcours.audit
    (at, actor, journey_key, version_no, command, options, reason, from_status, to_status, refused, counts)
VALUES (%(at)s, %(actor)s, %(key)s, %(version_no)s, %(command)s, %(options)s::jsonb, %(reason)s, %(from_status)s,
    %(to_status)s, %(refused)s, %(counts)s::jsonb);

-- name: raise_fences
-- scope: all
-- Make sure that a journey has a fence in every bucket. Those there are left out: a conflict waits for the unit that has it.
INSERT INTO parcours.fence (bucket, journey_id)
SELECT l.bucket, %(j)s FROM parcours.lease l
WHERE NOT EXISTS (SELECT 1 FROM parcours.fence f WHERE f.bucket = l.bucket AND f.journey_id = %(j)s)
ON CONFLICT DO NOTHING;

-- name: ask_units_to_wait
-- scope: shared
-- Wait for the units of this journey that are under way; those that come see it and let the command pass.
SELECT pg_advisory_xact_lock(7041, %(j)s);

-- name: lock_fences
-- scope: all
-- Wait for the units under way, bucket by bucket; from here on none begins until the command commits.
-- exempt lock-in-all: where fences are spread over nodes, a command will have to lock them one by one
SELECT 1 FROM parcours.fence WHERE journey_id = %(j)s ORDER BY bucket FOR NO KEY UPDATE;

-- name: set_fences
-- scope: all
-- Give every bucket the rights of every version; tasks not yet written down stay (but for a resume where people are frozen
-- again), a resume is one only where something was kept or parked, and chores of before come first.
-- exempt immutable: JSON is put together from JSON and numbers, which look the same everywhere; not yet tried on Citus
UPDATE parcours.fence f
SET rights = (
    SELECT coalesce(jsonb_agg(
        CASE
            WHEN n.value ->> 'task' = 'resume' AND NOT EXISTS (
                SELECT 1 FROM parcours.kept k
                WHERE k.bucket = f.bucket AND k.version_id = (n.value ->> 'version_id')::integer)
              AND NOT EXISTS (
                SELECT 1 FROM parcours.participant p
                WHERE p.bucket = f.bucket AND p.version_id = (n.value ->> 'version_id')::integer AND p.finished_at IS NULL
                  AND p.wake_at = '9999-12-31 23:59:59.999999+00')
              AND jsonb_array_length(coalesce(o.value -> 'chores', '[]')) = 0
                THEN n.value || '{"task": null, "task_at": null}'
            WHEN n.value ->> 'task' = 'transfer' AND NOT EXISTS (
                SELECT 1 FROM parcours.participant p
                WHERE p.bucket = f.bucket AND p.version_id = (n.value ->> 'version_id')::integer AND p.finished_at IS NULL)
                THEN n.value || '{"task": null, "task_at": null}'
            WHEN n.value ->> 'task' IS NULL AND (n.value ->> 'inside') IS DISTINCT FROM 'freeze'
              AND o.value ->> 'task' IS NOT NULL
                THEN n.value || jsonb_build_object('task', o.value -> 'task', 'task_at', o.value -> 'task_at')
            ELSE n.value
        END || jsonb_build_object('chores', CASE
            WHEN n.value ->> 'status' IN ('stopped', 'finished') THEN '[]'
            ELSE coalesce(o.value -> 'chores', '[]') || (n.value -> 'chores') END)
        ORDER BY n.no), '[]')
    FROM jsonb_array_elements(%(rights)s::jsonb) WITH ORDINALITY AS n (value, no)
    LEFT JOIN jsonb_array_elements(f.rights) AS o (value) ON o.value ->> 'version_id' = n.value ->> 'version_id')
WHERE f.journey_id = %(j)s;

-- name: tasks_open
-- scope: all
-- In how many buckets a version's task is still to be written down.
SELECT count(*) FROM parcours.fence f
WHERE f.journey_id = %(j)s AND EXISTS (
    SELECT 1 FROM jsonb_array_elements(f.rights) AS e (value)
    WHERE (e.value ->> 'version_id')::integer = %(v)s
      AND (e.value ->> 'task' IS NOT NULL OR coalesce(e.value -> 'chores', '[]') <> '[]'));

-- name: count_inside
-- scope: all
-- How many people are inside these versions, how many of them queued: by the ledger, since a command must not take the
-- longer the more people there are.
SELECT coalesce(sum(CASE WHEN c.kind IN ('entered', 'transferred_in') THEN c.n
                         WHEN c.kind IN ('completed', 'succeeded', 'dropped_out', 'cancelled', 'transferred_out')
                         THEN -c.n END), 0)::bigint,
    coalesce(sum(CASE WHEN c.name = 'entry' THEN CASE c.kind WHEN 'in' THEN c.n WHEN 'out' THEN -c.n END END), 0)::bigint
FROM parcours.lease l
JOIN parcours.counter c ON c.bucket = l.bucket AND c.version_id = ANY (%(versions)s::integer[]);

-- name: count_queued_messages
-- scope: all
-- How many messages of these versions wait to be sent.
SELECT count(*) FROM parcours.message m
WHERE m.journey_id = %(j)s AND m.version_id = ANY (%(versions)s::integer[]) AND m.state = 'queued';

-- name: anybody_inside
-- scope: all
-- Tell whether somebody is inside a version.
SELECT EXISTS (
    SELECT 1 FROM parcours.lease l
    CROSS JOIN LATERAL (
        SELECT 1 FROM parcours.participant p
        WHERE p.bucket = l.bucket AND p.version_id = %(v)s AND p.finished_at IS NULL LIMIT 1) one);

-- name: settling_versions
-- scope: shared
-- Closed versions that may be finished, and stopped ones that may be swept.
SELECT v.journey_id, j.journey_key, v.version_id, v.version_no, v.status, v.settling
FROM parcours.version v JOIN parcours.journey j USING (journey_id)
WHERE v.settling IS NOT NULL OR v.status = 'closed' AND NOT EXISTS (
    SELECT 1 FROM parcours.version o WHERE o.journey_id = v.journey_id AND o.settling = 'transfer')
ORDER BY j.journey_key, v.version_no;

-- name: other_journeys
-- scope: shared
-- Every journey beside that of a version: whether it admits (`live`), else the status of its newest version; the
-- journeys that it starts.
SELECT j.journey_key,
    CASE WHEN bool_or(v.entry_open) THEN 'live' WHEN bool_or(v.status = 'draft') THEN 'draft'
         ELSE (array_agg(v.status ORDER BY v.version_no DESC))[1] END,
    coalesce((
        SELECT array_agg(DISTINCT s.key #>> '{}') FROM parcours.version o
        CROSS JOIN LATERAL jsonb_path_query(o.definition::jsonb, '$.steps.*.end.start') AS s (key)
        WHERE o.journey_id = j.journey_id AND o.status IN ('live', 'paused', 'closed')), '{}')
FROM parcours.journey j JOIN parcours.version v ON v.journey_id = j.journey_id
WHERE j.journey_id <> (SELECT o.journey_id FROM parcours.version o WHERE o.version_id = %(v)s)
GROUP BY j.journey_id, j.journey_key;

-- name: stored_versions
-- scope: shared
-- The definitions of one journey or of all, without locking them.
SELECT j.journey_key, v.version_id, v.version_no, v.status, v.entry_open, v.definition, v.templates
FROM parcours.version v JOIN parcours.journey j USING (journey_id)
WHERE j.journey_key = coalesce(%(key)s, j.journey_key)
ORDER BY j.journey_key, v.version_no;
