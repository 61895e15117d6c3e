-- What is too old to be kept goes, a few hundred people at a time; who was where, and how many, stays.

-- name: read_retention
-- scope: shared
-- For how long things are kept.
SELECT s.value FROM parcours.setting s WHERE s.key = 'retention';

-- name: save_retention
-- scope: shared
-- Settle for how long things are kept.
INSERT INTO parcours.setting (key, value) VALUES ('retention', %(value)s::jsonb)
ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- name: walks_due
-- scope: all
-- Buckets in which something old may be, and that were not walked through since.
SELECT l.bucket FROM parcours.lease l LEFT JOIN parcours.retention_walk w ON w.bucket = l.bucket
WHERE w.bucket IS NULL OR w.after IS NOT NULL OR w.began_at < %(before)s
ORDER BY w.after IS NULL, l.bucket;

-- name: begin_walk
-- scope: bucket
-- Begin to walk through the people of a bucket, unless somebody is at it.
INSERT INTO parcours.retention_walk AS w (bucket, began_at, after)
VALUES (%(b)s::integer, %(at)s, '00000000-0000-0000-0000-000000000000')
ON CONFLICT (bucket) DO UPDATE SET began_at = excluded.began_at, after = excluded.after, removed = '{}'
WHERE w.after IS NULL AND w.began_at < %(before)s;

-- name: take_walk
-- scope: bucket
-- Hold a walk that is under way: behind whom it goes on, and what went so far.
SELECT w.after::text, w.removed FROM parcours.retention_walk w
WHERE w.bucket = %(b)s AND w.after IS NOT NULL FOR UPDATE SKIP LOCKED;

-- name: go_on_with_walk
-- scope: bucket
-- Remember how far a walk has come; `last` null: to the end.
UPDATE parcours.retention_walk SET after = %(last)s::uuid, removed = %(removed)s::jsonb WHERE bucket = %(b)s;

-- name: next_people_of_bucket
-- scope: bucket
-- The next people of a bucket in the order of their keys: how many, and the last of them.
SELECT count(*), max(w.profile_id::text COLLATE "C")
FROM (
    SELECT q.profile_id FROM parcours.profile q
    WHERE q.bucket = %(b)s AND q.profile_id > %(after)s::uuid ORDER BY q.profile_id LIMIT %(n)s
) w;

-- name: drop_old_events
-- scope: bucket
-- Events of some people that are too old go.
DELETE FROM parcours.event e
WHERE e.bucket = %(b)s AND e.profile_id > %(after)s::uuid AND e.profile_id <= %(last)s::uuid AND e.happened_at < %(cutoff)s;

-- name: count_old_messages
-- scope: bucket
-- Keep in counters which messages there were of passages that ended long ago.
INSERT INTO parcours.counter AS c (bucket, version_id, kind, name, n)
SELECT %(b)s::integer, m.version_id, 'gone_message', m.step || '/' || m.state || '/' || coalesce(m.reason, ''), count(*)
FROM parcours.journey_ever j
JOIN parcours.participant p ON p.bucket = %(b)s AND p.journey_id = j.journey_id
    AND p.profile_id > %(after)s::uuid AND p.profile_id <= %(last)s::uuid AND p.finished_at < %(cutoff)s
JOIN parcours.message m ON m.bucket = %(b)s AND m.profile_id = p.profile_id AND m.journey_id = p.journey_id
    AND m.entry_no = p.entry_no AND m.state NOT IN ('queued', 'claimed')
GROUP BY 2, 4 ORDER BY 2, 4
ON CONFLICT (bucket, version_id, kind, name) DO UPDATE SET n = c.n + excluded.n;

-- name: drop_old_messages
-- scope: bucket
-- Messages of passages that ended long ago go.
DELETE FROM parcours.message m
USING parcours.participant p, parcours.journey_ever j
WHERE p.bucket = %(b)s AND p.journey_id = j.journey_id AND p.profile_id > %(after)s::uuid AND p.profile_id <= %(last)s::uuid
  AND p.finished_at < %(cutoff)s AND m.bucket = %(b)s AND m.profile_id = p.profile_id AND m.journey_id = p.journey_id
  AND m.entry_no = p.entry_no AND m.state NOT IN ('queued', 'claimed');

-- name: drop_old_moves
-- scope: bucket
-- Moves of passages that ended long ago go.
DELETE FROM parcours.passage m
USING parcours.participant p, parcours.journey_ever j
WHERE p.bucket = %(b)s AND p.journey_id = j.journey_id AND p.profile_id > %(after)s::uuid AND p.profile_id <= %(last)s::uuid
  AND p.finished_at < %(cutoff)s AND m.bucket = %(b)s AND m.profile_id = p.profile_id AND m.journey_id = p.journey_id
  AND m.entry_no = p.entry_no;

-- name: bare_old_passages
-- scope: bucket
-- Of passages that ended long ago only this is kept: that they were, for re-entry and the ledger.
UPDATE parcours.participant p SET event = NULL, saved = '{}'
FROM parcours.journey_ever j
WHERE p.bucket = %(b)s AND p.journey_id = j.journey_id AND p.profile_id > %(after)s::uuid AND p.profile_id <= %(last)s::uuid
  AND p.finished_at < %(cutoff)s AND (p.event IS NOT NULL OR p.saved <> '{}');
