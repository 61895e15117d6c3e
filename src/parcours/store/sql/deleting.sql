-- Deletion: what is kept of a journey or version, what goes at once, and what is removed behind.

-- name: totals_counted
-- scope: all
-- What was counted of some versions, all buckets together.
SELECT c.version_id, c.kind, c.name, sum(c.n)::bigint FROM parcours.counter c
WHERE c.version_id = ANY (%(versions)s::integer[]) GROUP BY c.version_id, c.kind, c.name;

-- name: totals_inside
-- scope: all
-- Who is inside some versions, by step.
SELECT p.version_id, coalesce(p.step, 'entry'), count(*) FROM parcours.participant p
WHERE p.journey_id = %(j)s AND p.version_id = ANY (%(versions)s::integer[]) AND p.finished_at IS NULL
GROUP BY p.version_id, coalesce(p.step, 'entry');

-- name: messages_of_versions
-- scope: all
-- How many messages there are of some versions.
SELECT count(*) FROM parcours.message m
WHERE m.journey_id = %(j)s AND m.version_id = ANY (%(versions)s::integer[]);

-- name: keep_deleted_journey
-- scope: shared
-- Keep what a deleted journey was.
INSERT INTO parcours.deleted_journey (journey_id, journey_key, name, folder, created_at, deleted_at, deleted_by, reason)
SELECT j.journey_id, j.journey_key, j.name, j.folder, j.created_at, %(at)s, %(actor)s, %(reason)s
FROM parcours.journey j WHERE j.journey_id = %(j)s;

-- name: keep_deleted_version
-- scope: shared
-- Keep what a deleted version was, with its totals.
INSERT INTO parcours.deleted_version
    (version_id, journey_id, version_no, status, published_at, stopped_at, finished_at, deleted_at, deleted_by, reason,
     stopped_with, totals)
SELECT v.version_id, v.journey_id, v.version_no, %(status)s, v.published_at,
    CASE WHEN %(stopped)s THEN %(at)s ELSE v.stopped_at END, v.finished_at, %(at)s, %(actor)s, %(reason)s, %(stopped)s,
    %(totals)s::jsonb
FROM parcours.version v WHERE v.version_id = %(v)s;

-- name: plan_removal
-- scope: all
-- Note that the rows of people are to be removed in every bucket.
INSERT INTO parcours.removal (bucket, journey_id, versions, whole)
SELECT l.bucket, %(j)s, %(versions)s::integer[], %(whole)s FROM parcours.lease l;

-- name: delete_versions
-- scope: shared
-- These versions are no more; their files go with them.
DELETE FROM parcours.version WHERE version_id = ANY (%(versions)s::integer[]);

-- name: delete_plans
-- scope: shared
-- Nothing happens by itself to versions that are no more.
DELETE FROM parcours.scheduled_command
WHERE done_at IS NULL AND (version_id = ANY (%(versions)s::integer[]) OR %(whole)s AND journey_id = %(j)s);

-- name: delete_schedules
-- scope: shared
-- Their schedules are no more.
DELETE FROM parcours.schedule WHERE version_id = ANY (%(versions)s::integer[]);

-- name: delete_runs
-- scope: shared
-- Their runs are no more.
DELETE FROM parcours.run WHERE version_id = ANY (%(versions)s::integer[]);

-- name: delete_catch_up
-- scope: shared
-- Nobody is set free in them any more.
DELETE FROM parcours.catch_up WHERE version_id = ANY (%(versions)s::integer[]);

-- name: delete_gate
-- scope: shared
-- The journey has no gate any more.
DELETE FROM parcours.gate WHERE journey_id = %(j)s;

-- name: delete_listeners
-- scope: shared
-- The journey hears nothing any more.
DELETE FROM parcours.listener WHERE journey_id = %(j)s;

-- name: delete_watch
-- scope: shared
-- Nobody watches it any more.
DELETE FROM parcours.watch WHERE journey_id = %(j)s;

-- name: delete_fences
-- scope: all
-- No unit works for the journey any more.
DELETE FROM parcours.fence WHERE journey_id = %(j)s;

-- name: delete_pending
-- scope: all
-- Who was to enter or leave it by its name does not: the name may be another journey's soon.
DELETE FROM parcours.pending
WHERE kind IN ('add', 'remove') AND name = %(key)s
   OR kind IN ('start', 'grant') AND split_part(name, '/', 1) = %(key)s;

-- name: delete_journey
-- scope: shared
-- The journey is no more.
DELETE FROM parcours.journey WHERE journey_id = %(j)s;

-- name: deleted_journeys
-- scope: shared
-- What was deleted, the latest first: journeys with their versions, and versions of journeys that go on.
SELECT j.journey_key, d.journey_id IS NOT NULL AS whole, coalesce(d.name, '') AS name, v.version_no, v.status,
    v.published_at, coalesce(v.deleted_at, d.deleted_at) AS deleted_at, coalesce(v.deleted_by, d.deleted_by) AS deleted_by,
    coalesce(v.reason, d.reason) AS reason, v.totals,
    EXISTS (SELECT 1 FROM parcours.removal r WHERE r.journey_id = j.journey_id) AS removing
FROM parcours.journey_ever j
LEFT JOIN parcours.deleted_journey d ON d.journey_id = j.journey_id
LEFT JOIN parcours.deleted_version v ON v.journey_id = j.journey_id
WHERE d.journey_id IS NOT NULL OR v.version_id IS NOT NULL
ORDER BY coalesce(v.deleted_at, d.deleted_at) DESC, j.journey_key, v.version_no;

-- name: journey_of_versions
-- scope: shared
-- The journey of some versions, deleted or not.
SELECT e.journey_id FROM parcours.version_ever e WHERE e.version_id = ANY (%(versions)s::integer[]) LIMIT 1;

-- name: next_number
-- scope: shared
-- The number that the next version of a journey has: those of published versions are not given again.
SELECT coalesce(max(e.version_no), 0) + 1 FROM parcours.version_ever e WHERE e.journey_id = %(j)s;

-- name: take_removal
-- scope: shared
-- Take some removal that nobody is at, the oldest first.
SELECT r.removal_id, r.bucket, r.journey_id, r.versions, r.whole, r.after::text FROM parcours.removal r
WHERE NOT (r.removal_id = ANY (%(later)s::bigint[]))
ORDER BY r.removal_id LIMIT 1 FOR UPDATE SKIP LOCKED;

-- name: removal_people
-- scope: bucket
-- The next people of a journey in a bucket, in the order of their keys: how many, and the last of them.
SELECT count(*), max(w.profile_id::text COLLATE "C")
FROM (
    SELECT q.profile_id FROM parcours.participant q
    WHERE q.bucket = %(b)s AND q.journey_id = %(j)s AND q.profile_id > %(after)s::uuid
    ORDER BY q.profile_id LIMIT %(n)s
) w;

-- name: claims_standing
-- scope: bucket
-- Tell whether a provider may still hold messages of a journey.
SELECT EXISTS (
    SELECT 1 FROM parcours.message m
    WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.state = 'claimed' AND m.done_by > %(overdue)s);

-- name: remove_messages
-- scope: bucket
-- Remove the messages of some people in these versions.
DELETE FROM parcours.message m
USING parcours.participant p
WHERE p.bucket = %(b)s AND p.journey_id = %(j)s AND p.profile_id > %(after)s::uuid AND p.profile_id <= %(last)s::uuid
  AND p.version_id = ANY (%(versions)s::integer[])
  AND m.bucket = %(b)s AND m.profile_id = p.profile_id AND m.journey_id = %(j)s AND m.entry_no = p.entry_no;

-- name: remove_passages
-- scope: bucket
-- Remove the moves of some people in these versions.
DELETE FROM parcours.passage m
USING parcours.participant p
WHERE p.bucket = %(b)s AND p.journey_id = %(j)s AND p.profile_id > %(after)s::uuid AND p.profile_id <= %(last)s::uuid
  AND p.version_id = ANY (%(versions)s::integer[])
  AND m.bucket = %(b)s AND m.profile_id = p.profile_id AND m.journey_id = %(j)s AND m.entry_no = p.entry_no;

-- name: remove_participants
-- scope: bucket
-- Remove some people of a journey that is no more.
DELETE FROM parcours.participant p
WHERE p.bucket = %(b)s AND p.journey_id = %(j)s AND p.profile_id > %(after)s::uuid AND p.profile_id <= %(last)s::uuid;

-- name: bare_participants
-- scope: bucket
-- Of people of a version that is no more keep only that they were in: it counts for re-entry.
UPDATE parcours.participant p SET event = NULL, saved = '{}'
WHERE p.bucket = %(b)s AND p.journey_id = %(j)s AND p.profile_id > %(after)s::uuid AND p.profile_id <= %(last)s::uuid
  AND p.version_id = ANY (%(versions)s::integer[]);

-- name: go_on_with_removal
-- scope: shared
-- Remember how far a removal has come.
UPDATE parcours.removal SET after = %(last)s::uuid WHERE removal_id = %(removal)s;

-- name: remove_kept
-- scope: bucket
-- Remove what was kept for people of these versions, some at a time.
DELETE FROM parcours.kept k
WHERE k.bucket = %(b)s AND k.ctid = ANY (ARRAY(
    SELECT q.ctid FROM parcours.kept q
    WHERE q.bucket = %(b)s AND q.version_id = ANY (%(versions)s::integer[]) LIMIT %(n)s));

-- name: remove_waiting
-- scope: bucket
-- Remove who waited to be set free in versions that are no more, some at a time.
DELETE FROM parcours.waiting w
WHERE w.bucket = %(b)s AND w.ctid = ANY (ARRAY(
    SELECT q.ctid FROM parcours.waiting q
    WHERE q.bucket = %(b)s AND q.version_id = ANY (%(versions)s::integer[]) LIMIT %(n)s));

-- name: remove_inbox
-- scope: bucket
-- Remove what came in for a journey that is no more, some at a time.
DELETE FROM parcours.inbox i
WHERE i.bucket = %(b)s AND i.ctid = ANY (ARRAY(
    SELECT q.ctid FROM parcours.inbox q WHERE q.bucket = %(b)s AND q.journey_id = %(j)s LIMIT %(n)s));

-- name: remove_eligible
-- scope: bucket
-- Remove who waited at the gate of a journey that is no more, some at a time.
DELETE FROM parcours.eligible e
WHERE e.bucket = %(b)s AND e.ctid = ANY (ARRAY(
    SELECT q.ctid FROM parcours.eligible q WHERE q.bucket = %(b)s AND q.journey_id = %(j)s LIMIT %(n)s));

-- name: remove_refusals
-- scope: bucket
-- Remove who was refused by a journey that is no more, some at a time.
DELETE FROM parcours.refusal r
WHERE r.bucket = %(b)s AND r.ctid = ANY (ARRAY(
    SELECT q.ctid FROM parcours.refusal q WHERE q.bucket = %(b)s AND q.journey_id = %(j)s LIMIT %(n)s));

-- name: remove_counters
-- scope: bucket
-- Remove what was counted of versions that are no more.
DELETE FROM parcours.counter WHERE bucket = %(b)s AND version_id = ANY (%(versions)s::integer[]);

-- name: remove_checks
-- scope: bucket
-- Remove when their ledger was checked.
DELETE FROM parcours.ledger_check WHERE bucket = %(b)s AND version_id = ANY (%(versions)s::integer[]);

-- name: remove_mismatches
-- scope: bucket
-- Remove what did not add up in them.
DELETE FROM parcours.mismatch WHERE bucket = %(b)s AND version_id = ANY (%(versions)s::integer[]);

-- name: remove_trouble
-- scope: bucket
-- Remove the trouble that its units had.
DELETE FROM parcours.trouble WHERE bucket = %(b)s AND journey_id = %(j)s;

-- name: wait_for_units
-- scope: bucket
-- Hold a bucket: whoever routed or worked in it before has ended.
SELECT 1 FROM parcours.lease WHERE bucket = %(b)s FOR NO KEY UPDATE;

-- name: end_removal
-- scope: shared
-- Nothing is left to be removed in a bucket.
DELETE FROM parcours.removal WHERE removal_id = %(removal)s;
