-- Everything kept about one person in one journey.

-- name: why_profile
-- scope: bucket
-- Whether a person is known, and since when deleted.
SELECT created_at, deleted_at FROM parcours.profile WHERE bucket = %(b)s AND profile_id = %(p)s;

-- name: why_versions
-- scope: shared
-- The published versions of a journey, oldest first, and since when they are what they are.
SELECT version_id, version_no, status, entry_open, published_at, starts_at, paused_at, pause, stopped_at, definition
FROM parcours.version WHERE journey_id = %(j)s AND status <> 'draft' ORDER BY version_no;

-- name: why_deleted_versions
-- scope: shared
-- The numbers of a journey's versions that were deleted.
SELECT d.version_id, d.version_no FROM parcours.deleted_version d WHERE d.journey_id = %(j)s;

-- name: why_participants
-- scope: bucket
-- The passages of a person through a journey; without an instant where only an inbox row or a resume can wake it.
-- `resumed_at` where it waits to be set free behind a resume.
SELECT p.entry_no, p.version_id, p.status, p.reason, p.step, p.entered_at, p.finished_at,
    CASE WHEN isfinite(o.wake_at) AND o.wake_at < '9999-12-31 23:59:59.999999+00' THEN o.wake_at END AS wake_at, p.event,
    w.resumed_at
FROM parcours.participant p
LEFT JOIN parcours.waiting w ON w.bucket = %(b)s AND w.version_id = p.version_id AND w.profile_id = p.profile_id
    AND w.entry_no = p.entry_no AND p.finished_at IS NULL
CROSS JOIN LATERAL (SELECT coalesce(w.wake_at, p.wake_at) AS wake_at) o
WHERE p.bucket = %(b)s AND p.journey_id = %(j)s AND p.profile_id = %(p)s ORDER BY p.entry_no;

-- name: why_moves
-- scope: bucket
-- Every move of a person in a journey, with what decided it.
SELECT m.entry_no, m.seq, m.at, m.version_id, m.cause, m.cause_name, m.from_step, m.to_step, m.path, m.status, m.reason,
    m.entered, m.goal, m.seen, m.moved_from
FROM parcours.passage m
WHERE m.bucket = %(b)s AND m.profile_id = %(p)s AND m.journey_id = %(j)s
ORDER BY m.entry_no, m.seq, m.at, m.batch;

-- name: why_messages
-- scope: bucket
-- Every message to a person from a journey.
SELECT m.entry_no, m.seq, m.step, m.channel, m.state, m.reason, m.detail, m.recipient, m.subject, m.attempts,
    coalesce(m.handed_at, m.settled_at) AS at, nullif(m.due_at, 'infinity') AS due_at
FROM parcours.message m
WHERE m.bucket = %(b)s AND m.profile_id = %(p)s AND m.journey_id = %(j)s
ORDER BY m.entry_no, m.seq, m.due_at;

-- name: why_refusals
-- scope: bucket
-- Why a person was refused, the latest of each reason.
SELECT r.reason, r.version_id, r.trigger, r.times, r.first_at, r.last_at, r.seen
FROM parcours.refusal r
WHERE r.bucket = %(b)s AND r.journey_id = %(j)s AND r.profile_id = %(p)s ORDER BY r.last_at, r.reason;

-- name: why_event_count
-- scope: bucket
-- How often a person has done something, of all time.
SELECT count(*) AS n FROM parcours.event e
WHERE e.bucket = %(b)s AND e.profile_id = %(p)s AND e.name = %(event)s;

-- name: why_latest_events
-- scope: bucket
-- The latest events of a name that a person has done.
SELECT e.happened_at, e.received_at, e.historical, e.properties FROM parcours.event e
WHERE e.bucket = %(b)s AND e.profile_id = %(p)s AND e.name = %(event)s
ORDER BY e.happened_at DESC, e.feed_no DESC LIMIT 3;

-- name: why_gate
-- scope: bucket
-- Since when a person waits at the gate of a journey, and what suggested it.
SELECT e.happened_at, e.arrived_at, e.kind, e.name FROM parcours.eligible e
WHERE e.bucket = %(b)s AND e.journey_id = %(j)s AND e.profile_id = %(p)s ORDER BY e.happened_at, e.feed_no LIMIT 1;

-- name: why_gate_order
-- scope: all
-- How many wait at the gate of a journey before somebody, and its limits.
SELECT g.cap, g.rate, (
    SELECT count(*) FROM parcours.eligible e WHERE e.journey_id = %(j)s AND e.happened_at < %(at)s) AS before
FROM parcours.gate g WHERE g.journey_id = %(j)s;

-- name: why_waiting
-- scope: bucket
-- How much of a person is still to be routed, to be applied, and kept until resume.
SELECT
    (SELECT count(*) FROM parcours.pending d WHERE d.bucket = %(b)s AND d.profile_id = %(p)s) AS pending,
    (SELECT count(*) FROM parcours.inbox i WHERE i.bucket = %(b)s AND i.journey_id = %(j)s AND i.profile_id = %(p)s) AS inbox,
    (SELECT count(*) FROM parcours.kept k WHERE k.bucket = %(b)s AND k.profile_id = %(p)s AND k.journey_id = %(j)s) AS kept;
