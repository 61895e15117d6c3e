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

-- name: hold_back
-- scope: bucket
-- Rows kept during a pause go to the step where each person stands (R22): who is on the way still, at a message whose
-- outcome is not known or at a step that goes on at once, has not come there; the row waits for the next move.
INSERT INTO parcours.kept (bucket, version_id, profile_id, happened_at, feed_no, kind, name, data, journey_id)
SELECT %(b)s::integer, %(v)s::integer, r.profile_id, r.happened_at, r.feed_no, r.kind, r.name, r.data, %(j)s::integer
FROM unnest(%(round)s::tid[]) AS t (address)
CROSS JOIN LATERAL (
    SELECT i.* FROM parcours.inbox i
    WHERE i.bucket = %(b)s AND i.journey_id = %(j)s AND i.ctid = t.address LIMIT 1) r
CROSS JOIN LATERAL (
    SELECT q.version_id, q.step, q.wake_at FROM parcours.participant q
    WHERE q.bucket = %(b)s AND q.journey_id = %(j)s AND q.profile_id = r.profile_id AND q.finished_at IS NULL
    LIMIT 1
) p
WHERE r.data ? 'kept' AND p.version_id = %(v)s AND (p.step = ANY (%(steps)s::text[]) OR p.wake_at = '-infinity') AND (
    SELECT m.seq FROM parcours.passage m
    WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch = %(batch)s AND m.profile_id = r.profile_id
      AND m.at >= %(since)s LIMIT 1) IS NULL
ON CONFLICT DO NOTHING;

-- name: put_back
-- scope: bucket
-- Put the rows back that were held for people who have moved now.
WITH released AS (
    DELETE FROM parcours.kept k
    USING parcours.passage m
    WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch = %(batch)s AND m.at >= %(since)s AND m.version_id = %(v)s AND k.bucket = %(b)s AND k.version_id = %(v)s AND k.profile_id = m.profile_id
      AND NOT EXISTS (
        SELECT 1 FROM parcours.waiting w
        WHERE w.bucket = %(b)s AND w.version_id = %(v)s AND w.profile_id = m.profile_id)
    RETURNING k.journey_id, k.profile_id, k.happened_at, k.feed_no, k.kind, k.name, k.data, m.at
)
INSERT INTO parcours.inbox (bucket, journey_id, profile_id, happened_at, feed_no, kind, name, data, arrived_at)
SELECT %(b)s::integer, d.journey_id, d.profile_id, d.happened_at, d.feed_no, d.kind, d.name, d.data, d.at FROM released d
ON CONFLICT DO NOTHING;

-- name: anything_held
-- scope: bucket
-- The versions for whose people something is kept or held.
SELECT v.id FROM unnest(%(versions)s::integer[]) AS v (id)
CROSS JOIN LATERAL (SELECT 1 FROM parcours.kept k WHERE k.bucket = %(b)s AND k.version_id = v.id LIMIT 1) one;

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

-- name: end_chores
-- scope: bucket
-- Keep in the fence what is left of a version's chores in this bucket.
-- exempt immutable: JSON is put together from JSON, which looks the same everywhere; not yet tried on Citus
UPDATE parcours.fence
SET rights = (
    SELECT jsonb_agg(CASE WHEN (e.value ->> 'version_id')::integer = %(v)s
        THEN e.value || jsonb_build_object('chores', %(chores)s::jsonb) ELSE e.value END ORDER BY e.no)
    FROM jsonb_array_elements(rights) WITH ORDINALITY AS e (value, no))
WHERE bucket = %(b)s AND journey_id = %(j)s;

-- name: park_queue
-- scope: bucket
-- Put the queue aside, some people at a time: in a pause in which others go on it waits for the resume, at the end of time.
UPDATE parcours.participant p SET wake_at = '9999-12-31 23:59:59.999999+00'
FROM (
    SELECT q.profile_id, q.entry_no FROM parcours.participant q
    WHERE q.bucket = %(b)s AND q.version_id = %(v)s AND q.finished_at IS NULL AND q.wake_at <= %(at)s AND q.step IS NULL
    ORDER BY q.wake_at LIMIT %(n)s
) s
WHERE p.bucket = %(b)s AND p.journey_id = %(j)s AND p.profile_id = s.profile_id AND p.entry_no = s.entry_no;

-- name: unpark_queue
-- scope: bucket
-- The queue is due again, some people at a time.
UPDATE parcours.participant p SET wake_at = p.entered_at
FROM (
    SELECT q.profile_id, q.entry_no FROM parcours.participant q
    WHERE q.bucket = %(b)s AND q.version_id = %(v)s AND q.finished_at IS NULL
      AND q.wake_at = '9999-12-31 23:59:59.999999+00' AND q.step IS NULL
    LIMIT %(n)s
) s
WHERE p.bucket = %(b)s AND p.journey_id = %(j)s AND p.profile_id = s.profile_id AND p.entry_no = s.entry_no;

-- name: next_to_shift
-- scope: bucket
-- The next people inside a version behind one of them: how many, and the last of them.
SELECT count(*), max(q.profile_id::text COLLATE "C") FROM (
    SELECT p.profile_id FROM parcours.participant p
    WHERE p.bucket = %(b)s AND p.journey_id = %(j)s AND p.version_id = %(v)s AND p.finished_at IS NULL
      AND p.profile_id > %(after)s::uuid
    ORDER BY p.profile_id LIMIT %(n)s) q;

-- name: shift_deadlines
-- scope: bucket
-- Move durations, time-outs and lifetimes of some people by the length of a pause (R23): of those who stood there when it
-- began and were not yet due, and of everybody inside then. `steps` are those with a duration or a time-out.
UPDATE parcours.participant p SET wake_at = s.wake_at, deadline = s.deadline, lives_from = s.lives_from
FROM (
    SELECT q.profile_id, q.entry_no, m.deadline, l.lives_from,
        CASE WHEN q.step IS NULL OR q.wake_at IN ('infinity', '-infinity') THEN q.wake_at
             WHEN %(lifetime)s::interval IS NULL THEN t.due
             ELSE least(t.due, coalesce(l.lives_from, q.entered_at) + %(lifetime)s::interval) END AS wake_at
    FROM parcours.participant q
    CROSS JOIN LATERAL (
        SELECT CASE WHEN d.due > %(since)s AND d.due < 'infinity' AND q.step = ANY (%(steps)s::text[])
            THEN d.due + %(by)s::interval ELSE d.due END AS due
        FROM (SELECT coalesce(q.deadline, q.wake_at) AS due) d) t
    CROSS JOIN LATERAL (SELECT CASE WHEN q.deadline IS NOT NULL THEN t.due END AS deadline) m
    CROSS JOIN LATERAL (
        SELECT CASE WHEN %(lifetime)s::interval IS NOT NULL AND (q.step IS NOT NULL OR q.entered_at < %(since)s)
            THEN coalesce(q.lives_from, q.entered_at) + %(by)s::interval ELSE q.lives_from END AS lives_from) l
    WHERE q.bucket = %(b)s AND q.journey_id = %(j)s AND q.version_id = %(v)s AND q.finished_at IS NULL
      AND q.profile_id > %(after)s::uuid AND q.profile_id <= %(last)s::uuid
) s
WHERE p.bucket = %(b)s AND p.journey_id = %(j)s AND p.profile_id = s.profile_id AND p.entry_no = s.entry_no;
