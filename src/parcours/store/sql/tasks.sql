-- name: sweep_participants
-- scope: bucket
-- Write down that people of a stopped version are cancelled, some at a time; the stop was true from its commit on.
INSERT INTO parcours.passage
    (bucket, journey_id, batch, profile_id, entry_no, seq, at, version_id, cause, from_step, to_step, status, reason,
     since_at, since_no, wake_at)
SELECT p.bucket, p.journey_id, %(batch)s::bigint, p.profile_id, p.entry_no, p.seq + 1, %(at)s::timestamptz, p.version_id,
    'stop', p.step, p.step, 'cancelled', 'journey_stopped', p.since_at, p.since_no, 'infinity'
FROM parcours.participant p
WHERE p.bucket = %(b)s AND p.version_id = %(v)s AND p.finished_at IS NULL
ORDER BY p.wake_at LIMIT %(n)s;

-- name: sweep_messages
-- scope: bucket
-- Cancel queued messages of a stopped version, some at a time.
UPDATE parcours.message m
SET state = 'cancelled', reason = 'stop', settled_at = %(at)s
FROM (
    SELECT q.message_id FROM parcours.message q
    WHERE q.bucket = %(b)s AND q.journey_id = %(j)s AND q.state = 'queued' AND q.version_id = %(v)s
    ORDER BY q.due_at LIMIT %(n)s
) s
WHERE m.bucket = %(b)s AND m.message_id = s.message_id AND m.state = 'queued';

-- name: sweep_kept
-- scope: bucket
-- Drop what was kept for people of a stopped version.
DELETE FROM parcours.kept WHERE bucket = %(b)s AND version_id = %(v)s;

-- name: release_kept
-- scope: bucket
-- Put what was kept during the pause back into the inbox, to be applied at the instant of the resume (R22); marked,
-- since what was kept is never a suggestion (R7).
INSERT INTO parcours.inbox (bucket, journey_id, profile_id, happened_at, feed_no, kind, name, data, arrived_at)
SELECT k.bucket, k.journey_id, k.profile_id, k.happened_at, k.feed_no, k.kind, k.name,
    k.data || '{"kept": true}', %(at)s::timestamptz
FROM parcours.kept k
WHERE k.bucket = %(b)s AND k.version_id = %(v)s
ORDER BY k.profile_id, k.happened_at, k.feed_no, k.kind, k.name LIMIT %(n)s
ON CONFLICT DO NOTHING;

-- name: forget_kept
-- scope: bucket
-- Remove the kept rows that were put back: the first ones in the order of the key.
DELETE FROM parcours.kept k
WHERE k.bucket = %(b)s AND k.version_id = %(v)s AND k.ctid = ANY (ARRAY(
    SELECT q.ctid FROM parcours.kept q
    WHERE q.bucket = %(b)s AND q.version_id = %(v)s
    ORDER BY q.profile_id, q.happened_at, q.feed_no, q.kind, q.name LIMIT %(n)s));

-- name: end_task
-- scope: bucket
-- A task is written down in this bucket: take it out of the fence.
-- exempt immutable: JSON is put together from JSON, which looks the same everywhere; not yet tried on Citus
UPDATE parcours.fence
SET rights = (
    SELECT jsonb_agg(CASE WHEN (e.value ->> 'version_id')::integer = %(v)s
        THEN e.value || '{"task": null, "task_at": null}' ELSE e.value END ORDER BY e.no)
    FROM jsonb_array_elements(rights) WITH ORDINALITY AS e (value, no))
WHERE bucket = %(b)s AND journey_id = %(j)s;
