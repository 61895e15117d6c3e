-- Scheduled runs: what is to come, what is under way in which bucket, and how far.

-- name: plan_schedule
-- scope: shared
-- Note the next occurrence of a schedule.
INSERT INTO parcours.schedule (version_id, trigger_no, next_at) VALUES (%(v)s, %(no)s, %(at)s)
ON CONFLICT (version_id, trigger_no) DO UPDATE SET next_at = excluded.next_at;

-- name: end_schedule
-- scope: shared
-- A schedule has no occurrence any more.
DELETE FROM parcours.schedule WHERE version_id = %(v)s AND trigger_no = %(no)s;

-- name: void_schedules
-- scope: shared
-- Where nobody enters any more, what was still to come of the schedules is void.
DELETE FROM parcours.schedule s
WHERE EXISTS (SELECT 1 FROM parcours.version v WHERE v.version_id = s.version_id AND NOT v.entry_open);

-- name: void_runs
-- scope: shared
-- Where nobody enters any more, runs that have not begun are void.
DELETE FROM parcours.run r
WHERE r.begun_at IS NULL
  AND EXISTS (SELECT 1 FROM parcours.version v WHERE v.version_id = r.version_id AND NOT v.entry_open);

-- name: mark_one_shot
-- scope: shared
-- Every trigger of this version is a schedule of one occurrence: it finishes behind its run.
UPDATE parcours.version SET one_shot = true WHERE version_id = %(v)s;

-- name: schedules_due
-- scope: shared
-- Schedules whose occurrence has come, those of one version together.
SELECT s.version_id, s.trigger_no, s.next_at, v.definition
FROM parcours.schedule s JOIN parcours.version v USING (version_id)
WHERE s.next_at <= %(at)s AND v.entry_open AND (v.ends_at IS NULL OR s.next_at < v.ends_at)
ORDER BY s.version_id, s.trigger_no
FOR UPDATE OF s SKIP LOCKED;

-- name: plan_run
-- scope: shared
-- Note a run: a part of an occurrence.
INSERT INTO parcours.run (version_id, occurrence, part, triggers, at)
VALUES (%(v)s, %(occurrence)s, %(part)s, %(triggers)s::integer[], %(at)s);

-- name: runs_due
-- scope: shared
-- Runs that have come, oldest first, journeys in the order of their keys.
SELECT r.run_id, r.version_id, r.at, r.occurrence, r.part, r.triggers, v.version_no, v.status, v.journey_id, j.journey_key
FROM parcours.run r JOIN parcours.version v USING (version_id) JOIN parcours.journey j USING (journey_id)
WHERE r.begun_at IS NULL AND r.at <= %(at)s AND v.entry_open AND (v.ends_at IS NULL OR r.at < v.ends_at)
ORDER BY r.at, j.journey_key, v.version_no, r.occurrence, r.part
LIMIT %(n)s
FOR UPDATE OF r SKIP LOCKED;

-- name: begin_run
-- scope: shared
-- A run is under way.
UPDATE parcours.run SET begun_at = %(at)s WHERE run_id = %(run)s;

-- name: begin_backfill
-- scope: shared
-- A backfill is under way, a run of its own that has no schedule.
INSERT INTO parcours.run (version_id, occurrence, part, triggers, at, begun_at) VALUES (%(v)s, %(at)s, -1, '{}', %(at)s, %(at)s)
RETURNING run_id;

-- name: every_bucket
-- scope: all
-- The buckets there are.
SELECT l.bucket FROM parcours.lease l ORDER BY l.bucket;

-- name: hand_out_run
-- scope: all
-- Let every bucket take part in a run, from its first person on.
UPDATE parcours.fence SET runs = runs || %(runs)s::jsonb WHERE journey_id = %(j)s;

-- name: open_runs
-- scope: shared
-- Runs that began and are not known to be done.
SELECT run_id FROM parcours.run WHERE begun_at IS NOT NULL AND done_at IS NULL ORDER BY run_id;

-- name: runs_under_way
-- scope: all
-- Runs that some bucket has not come through.
SELECT DISTINCT (e.value ->> 'run_id')::integer
FROM parcours.fence f CROSS JOIN LATERAL jsonb_array_elements(f.runs) AS e (value)
WHERE f.runs <> '[]';

-- name: end_runs
-- scope: shared
-- These runs have come to everybody.
UPDATE parcours.run SET done_at = %(at)s WHERE run_id = ANY (%(runs)s::integer[]) AND done_at IS NULL;

-- name: next_run
-- scope: shared
-- The next instant of a schedule or a wave.
SELECT min(n.at) FROM (
    SELECT s.version_id, s.next_at AS at FROM parcours.schedule s
    UNION ALL SELECT r.version_id, r.at FROM parcours.run r WHERE r.begun_at IS NULL
) n
JOIN parcours.version v USING (version_id)
WHERE v.entry_open;

-- name: spent_versions
-- scope: all
-- Live versions whose only triggers were schedules of one occurrence, with nothing of them still to come, and nobody
-- suggested by them who is neither admitted nor refused.
SELECT v.journey_id, j.journey_key, v.version_id, v.version_no, v.status, v.settling
FROM parcours.version v JOIN parcours.journey j USING (journey_id)
WHERE v.one_shot AND v.status = 'live'
  AND NOT EXISTS (SELECT 1 FROM parcours.version o WHERE o.journey_id = v.journey_id AND o.settling = 'transfer')
  AND NOT EXISTS (SELECT 1 FROM parcours.schedule s WHERE s.version_id = v.version_id)
  AND NOT EXISTS (SELECT 1 FROM parcours.run r WHERE r.version_id = v.version_id AND r.done_at IS NULL)
  AND NOT EXISTS (
    SELECT 1 FROM parcours.lease l
    CROSS JOIN LATERAL (
        SELECT 1 FROM parcours.inbox i
        WHERE i.bucket = l.bucket AND i.journey_id = v.journey_id AND i.kind = 'run' LIMIT 1) one)
  AND NOT EXISTS (SELECT 1 FROM parcours.eligible e WHERE e.journey_id = v.journey_id)
ORDER BY j.journey_key, v.version_no;

-- name: run_window
-- scope: bucket
-- The next people of a bucket in the order of their keys: how many, and the last of them.
SELECT count(*), max(w.profile_id::text COLLATE "C")
FROM (
    SELECT q.profile_id FROM parcours.profile q
    WHERE q.bucket = %(b)s AND q.profile_id > %(after)s::uuid
    ORDER BY q.profile_id LIMIT %(n)s
) w;

-- name: keep_runs
-- scope: bucket
-- Note how far the runs of this bucket have come.
UPDATE parcours.fence SET runs = %(runs)s::jsonb WHERE bucket = %(b)s AND journey_id = %(j)s;
