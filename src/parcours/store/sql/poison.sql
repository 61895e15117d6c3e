-- name: fail_row_person
-- scope: bucket
-- Whoever an inbox row concerned that no statement could bear leaves with step_failed.
INSERT INTO parcours.passage
    (bucket, journey_id, batch, profile_id, entry_no, seq, at, version_id, cause, from_step, to_step, status, reason,
     since_at, since_no, wake_at, seen)
SELECT p.bucket, p.journey_id, %(batch)s::bigint, p.profile_id, p.entry_no, p.seq + 1, %(at)s::timestamptz, p.version_id,
    r.kind, p.step, p.step, 'dropped_out', 'step_failed', p.since_at, p.since_no, 'infinity', %(seen)s::jsonb
FROM unnest(%(round)s::tid[]) AS t (address)
CROSS JOIN LATERAL (
    SELECT i.* FROM parcours.inbox i
    WHERE i.bucket = %(b)s AND i.journey_id = %(j)s AND i.ctid = t.address LIMIT 1) r
JOIN parcours.participant p ON p.bucket = %(b)s AND p.journey_id = %(j)s AND p.profile_id = r.profile_id
    AND p.finished_at IS NULL;

-- name: fail_due_person
-- scope: bucket
-- The first person due, whom no statement could move, leaves with step_failed.
INSERT INTO parcours.passage
    (bucket, journey_id, batch, profile_id, entry_no, seq, at, version_id, cause, from_step, to_step, status, reason,
     since_at, since_no, wake_at, seen)
SELECT p.bucket, p.journey_id, %(batch)s::bigint, p.profile_id, p.entry_no, p.seq + 1, %(at)s::timestamptz, p.version_id,
    'timer', p.step, p.step, 'dropped_out', 'step_failed', p.since_at, p.since_no, 'infinity', %(seen)s::jsonb
FROM parcours.participant p
WHERE p.bucket = %(b)s AND p.journey_id = %(j)s AND p.version_id = ANY (%(movable)s::integer[])
  AND p.finished_at IS NULL AND p.wake_at <= %(at)s
ORDER BY p.wake_at LIMIT 1;

-- name: fail_leaving_person
-- scope: bucket
-- The next person to be transferred, whom no statement could take over, leaves with step_failed.
INSERT INTO parcours.passage
    (bucket, journey_id, batch, profile_id, entry_no, seq, at, version_id, cause, from_step, to_step, status, reason,
     since_at, since_no, wake_at, seen)
SELECT p.bucket, p.journey_id, %(batch)s::bigint, p.profile_id, p.entry_no, p.seq + 1, %(at)s::timestamptz, p.version_id,
    'transfer', p.step, p.step, 'dropped_out', 'step_failed', p.since_at, p.since_no, 'infinity', %(seen)s::jsonb
FROM parcours.participant p
WHERE p.bucket = %(b)s AND p.version_id = %(source)s AND p.finished_at IS NULL AND p.profile_id <> ALL (ARRAY(
    SELECT c.profile_id FROM parcours.message c
    WHERE c.bucket = %(b)s AND c.journey_id = %(j)s AND c.state = 'claimed'))
ORDER BY p.wake_at LIMIT 1;
