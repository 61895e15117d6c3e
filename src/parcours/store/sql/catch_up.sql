-- People whom a resume found waiting are set free one after the other: marked once, then let go by one writer per version.

-- name: begin_catch_up
-- scope: shared
-- From a resume on, set people of a version free at this rate.
INSERT INTO parcours.catch_up (version_id, journey_id, rate, since, next_at)
VALUES (%(v)s, %(j)s, %(rate)s, %(at)s, %(at)s)
ON CONFLICT (version_id) DO UPDATE SET rate = excluded.rate, since = excluded.since, next_at = excluded.next_at;

-- name: end_catch_up
-- scope: shared
-- Nobody waits any more, or a resume lets everybody go at once.
DELETE FROM parcours.catch_up WHERE version_id = %(v)s;

-- name: catching_up
-- scope: shared
-- Tell whether a version has people who wait to be set free.
SELECT EXISTS (SELECT 1 FROM parcours.catch_up c WHERE c.version_id = %(v)s);

-- name: catch_ups_under_way
-- scope: shared
-- Versions that set people free now, in the order of their journeys' keys.
SELECT c.version_id FROM parcours.catch_up c
JOIN parcours.version v USING (version_id)
JOIN parcours.journey j ON j.journey_id = c.journey_id
WHERE v.status IN ('live', 'closed') AND c.next_at <= %(now)s
ORDER BY j.journey_key, v.version_no;

-- name: open_catch_up
-- scope: shared
-- Hold a version's catch-up, unless another worker does.
SELECT c.journey_id, j.journey_key, c.rate, c.since, c.next_at
FROM parcours.catch_up c
JOIN parcours.version v USING (version_id)
JOIN parcours.journey j ON j.journey_id = c.journey_id
WHERE c.version_id = %(v)s AND v.status IN ('live', 'closed')
FOR UPDATE OF c SKIP LOCKED;

-- name: first_waiting
-- scope: all
-- Those who go next, over all buckets.
SELECT w.bucket, w.profile_id::text FROM parcours.waiting w
WHERE w.version_id = %(v)s AND w.granted_at IS NULL
ORDER BY w.rank, w.due_at, w.feed_no, w.user_id LIMIT %(n)s;

-- name: anybody_to_free
-- scope: all
-- Tell whether somebody waits still: for a turn, or for a release that is on its way and may yet be void.
SELECT EXISTS (
    SELECT 1 FROM parcours.lease l JOIN parcours.waiting w ON w.bucket = l.bucket AND w.version_id = %(v)s);

-- name: grant_release
-- scope: all
-- Send people on to be set free, each at an instant, behind everything else of it.
INSERT INTO parcours.pending (bucket, profile_id, happened_at, feed_no, kind, name, data, arrived_at)
SELECT r.bucket, r.profile_id, r.at, 4611686018427387902, 'release', %(key)s || '/' || %(v)s::integer,
    jsonb_build_object('version', %(v)s::integer, 'since', %(since)s::text), r.at
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (bucket integer, profile_id uuid, at timestamptz)
ON CONFLICT DO NOTHING;

-- name: mark_granted
-- scope: all
-- Their turn has come: they are not chosen again.
UPDATE parcours.waiting w SET granted_at = r.at
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (bucket integer, profile_id uuid, at timestamptz)
WHERE w.bucket = r.bucket AND w.version_id = %(v)s AND w.profile_id = r.profile_id;

-- name: keep_catch_up
-- scope: shared
-- Remember when the next one may go.
UPDATE parcours.catch_up SET next_at = %(at)s WHERE version_id = %(v)s;

-- name: next_catch_up
-- scope: shared
-- The next instant at which somebody is set free.
SELECT min(c.next_at) FROM parcours.catch_up c JOIN parcours.version v USING (version_id)
WHERE v.status IN ('live', 'closed');

-- name: mark_waiting
-- scope: bucket
-- Write down who of some people waits to be set free, and its place: what was kept comes first, then what is overdue (a
-- timer, or a message that may leave), then the queue (R22).
INSERT INTO parcours.waiting
    (bucket, version_id, profile_id, journey_id, entry_no, rank, due_at, feed_no, user_id, wake_at, resumed_at)
SELECT %(b)s::integer, %(v)s::integer, p.profile_id, %(j)s::integer, p.entry_no, c.rank, c.due_at, c.feed_no, pr.user_id,
    CASE WHEN p.step IS NULL THEN p.entered_at ELSE p.wake_at END, %(at)s::timestamptz
FROM parcours.participant p
JOIN parcours.profile pr ON pr.bucket = %(b)s AND pr.profile_id = p.profile_id
CROSS JOIN LATERAL (
    SELECT o.rank, o.due_at, o.feed_no FROM (
        (SELECT 0 AS rank, k.happened_at AS due_at, k.feed_no FROM parcours.kept k
         WHERE k.bucket = %(b)s AND k.version_id = %(v)s AND k.profile_id = p.profile_id
         ORDER BY k.happened_at, k.feed_no LIMIT 1)
        UNION ALL
        SELECT 1, CASE WHEN p.wake_at = '-infinity' THEN p.entered_step_at ELSE p.wake_at END, 0
        WHERE p.step IS NOT NULL AND p.wake_at < %(at)s
        UNION ALL
        SELECT 1, m.due_at, 0 FROM parcours.message m
        WHERE p.step = ANY (%(steps)s::text[]) AND m.bucket = %(b)s AND m.profile_id = p.profile_id
          AND m.journey_id = %(j)s AND m.entry_no = p.entry_no AND m.seq = p.seq AND m.state = 'queued' AND m.due_at < %(at)s
        UNION ALL
        SELECT 2, p.entered_at, 0 WHERE p.step IS NULL
    ) o ORDER BY o.rank, o.due_at, o.feed_no LIMIT 1
) c
WHERE p.bucket = %(b)s AND p.journey_id = %(j)s AND p.version_id = %(v)s AND p.finished_at IS NULL
  AND p.profile_id > %(after)s::uuid AND p.profile_id <= %(last)s::uuid
ON CONFLICT DO NOTHING;

-- name: park_waiting
-- scope: bucket
-- Whoever waits stands at the end of time: in nobody's way.
UPDATE parcours.participant p SET wake_at = '9999-12-31 23:59:59.999999+00'
FROM parcours.waiting w
WHERE w.bucket = %(b)s AND w.version_id = %(v)s AND w.profile_id > %(after)s::uuid AND w.profile_id <= %(last)s::uuid
  AND p.bucket = %(b)s AND p.journey_id = %(j)s AND p.profile_id = w.profile_id AND p.entry_no = w.entry_no
  AND p.finished_at IS NULL;

-- name: park_messages
-- scope: bucket
-- Their messages wait with them.
UPDATE parcours.message m SET due_at = 'infinity'
FROM parcours.waiting w
WHERE w.bucket = %(b)s AND w.version_id = %(v)s AND w.profile_id > %(after)s::uuid AND w.profile_id <= %(last)s::uuid
  AND m.bucket = %(b)s AND m.profile_id = w.profile_id AND m.journey_id = %(j)s AND m.entry_no = w.entry_no
  AND m.state = 'queued' AND m.due_at < %(at)s;

-- name: forget_kept_of_nobody
-- scope: bucket
-- What was kept for people who have left since concerns nobody.
DELETE FROM parcours.kept k
WHERE k.bucket = %(b)s AND k.version_id = %(v)s AND NOT EXISTS (
    SELECT 1 FROM parcours.participant p
    WHERE p.bucket = %(b)s AND p.journey_id = %(j)s AND p.profile_id = k.profile_id AND p.finished_at IS NULL
      AND p.version_id = %(v)s);

-- name: unmark_people
-- scope: bucket
-- Some of those who still wait stand again as they stood before: what comes next decides anew.
UPDATE parcours.participant p SET wake_at = w.wake_at
FROM (
    SELECT q.* FROM parcours.waiting q WHERE q.bucket = %(b)s AND q.version_id = %(v)s ORDER BY q.profile_id LIMIT %(n)s
) w
WHERE p.bucket = %(b)s AND p.journey_id = %(j)s AND p.profile_id = w.profile_id AND p.entry_no = w.entry_no
  AND p.finished_at IS NULL;

-- name: unmark_messages
-- scope: bucket
-- So do their messages.
UPDATE parcours.message m SET due_at = greatest(m.queued_at, CASE WHEN w.rank = 1 THEN w.due_at END)
FROM (
    SELECT q.* FROM parcours.waiting q WHERE q.bucket = %(b)s AND q.version_id = %(v)s ORDER BY q.profile_id LIMIT %(n)s
) w
WHERE m.bucket = %(b)s AND m.profile_id = w.profile_id AND m.journey_id = %(j)s AND m.entry_no = w.entry_no
  AND m.state = 'queued' AND m.due_at = 'infinity';

-- name: unmark_rows
-- scope: bucket
-- They wait no more: the first ones in the order of the key.
DELETE FROM parcours.waiting w
WHERE w.bucket = %(b)s AND w.version_id = %(v)s AND w.profile_id = ANY (ARRAY(
    SELECT q.profile_id FROM parcours.waiting q
    WHERE q.bucket = %(b)s AND q.version_id = %(v)s ORDER BY q.profile_id LIMIT %(n)s));

-- name: anybody_waits
-- scope: bucket
-- The versions of which somebody waits here to be set free.
SELECT v.id FROM unnest(%(versions)s::integer[]) AS v (id)
CROSS JOIN LATERAL (SELECT 1 FROM parcours.waiting w WHERE w.bucket = %(b)s AND w.version_id = v.id LIMIT 1) one;

-- name: part_round
-- scope: bucket
-- Part the rows of a round: those of people who wait to be set free, and the others.
SELECT coalesce(array_agg(t.address) FILTER (WHERE t.waits), '{}')::text,
    coalesce(array_agg(t.address) FILTER (WHERE NOT t.waits), '{}')::text
FROM (
    SELECT a.address, EXISTS (
        SELECT 1 FROM parcours.waiting w
        WHERE w.bucket = %(b)s AND w.version_id = %(v)s AND w.profile_id = r.profile_id) AS waits
    FROM unnest(%(round)s::tid[]) AS a (address)
    CROSS JOIN LATERAL (
        SELECT i.profile_id FROM parcours.inbox i
        WHERE i.bucket = %(b)s AND i.journey_id = %(j)s AND i.ctid = a.address LIMIT 1) r
) t;

-- name: whose_turn
-- scope: bucket
-- Whom the rows of this round set free, and each at which instant; a row of a former resume sets nobody free.
SELECT coalesce(array_agg(w.profile_id), '{}')::text, coalesce(array_agg(r.happened_at), '{}')::text
FROM unnest(%(round)s::tid[]) AS t (address)
CROSS JOIN LATERAL (
    SELECT i.* FROM parcours.inbox i
    WHERE i.bucket = %(b)s AND i.journey_id = %(j)s AND i.ctid = t.address LIMIT 1) r
JOIN parcours.waiting w ON w.bucket = %(b)s AND w.version_id = %(v)s AND w.profile_id = r.profile_id
WHERE r.kind = 'release' AND (r.data ->> 'version')::integer = %(v)s AND (r.data ->> 'since')::timestamptz = w.resumed_at;

-- name: free_people
-- scope: bucket
-- Set people free: what was due by then is due at it.
UPDATE parcours.participant p SET wake_at = CASE WHEN w.wake_at <= f.at THEN f.at ELSE w.wake_at END
FROM unnest(%(people)s::uuid[], %(at)s::timestamptz[]) AS f (profile_id, at)
JOIN parcours.waiting w ON w.bucket = %(b)s AND w.version_id = %(v)s AND w.profile_id = f.profile_id
WHERE p.bucket = %(b)s AND p.journey_id = %(j)s AND p.profile_id = w.profile_id AND p.entry_no = w.entry_no
  AND p.finished_at IS NULL;

-- name: free_messages
-- scope: bucket
-- Their messages may leave.
UPDATE parcours.message m SET due_at = f.at
FROM unnest(%(people)s::uuid[], %(at)s::timestamptz[]) AS f (profile_id, at)
JOIN parcours.waiting w ON w.bucket = %(b)s AND w.version_id = %(v)s AND w.profile_id = f.profile_id
WHERE m.bucket = %(b)s AND m.profile_id = w.profile_id AND m.journey_id = %(j)s AND m.entry_no = w.entry_no
  AND m.state = 'queued' AND m.due_at = 'infinity';

-- name: free_kept
-- scope: bucket
-- What was kept for them is applied first; marked, since it is never a suggestion (R7).
INSERT INTO parcours.inbox (bucket, journey_id, profile_id, happened_at, feed_no, kind, name, data, arrived_at)
SELECT k.bucket, k.journey_id, k.profile_id, k.happened_at, k.feed_no, k.kind, k.name, k.data || '{"kept": true}', f.at
FROM unnest(%(people)s::uuid[], %(at)s::timestamptz[]) AS f (profile_id, at)
JOIN parcours.kept k ON k.bucket = %(b)s AND k.version_id = %(v)s AND k.profile_id = f.profile_id
ON CONFLICT DO NOTHING;

-- name: forget_freed_kept
-- scope: bucket
-- It is kept no more.
DELETE FROM parcours.kept WHERE bucket = %(b)s AND version_id = %(v)s AND profile_id = ANY (%(people)s::uuid[]);

-- name: forget_freed
-- scope: bucket
-- They wait no more.
DELETE FROM parcours.waiting WHERE bucket = %(b)s AND version_id = %(v)s AND profile_id = ANY (%(people)s::uuid[]);

-- name: forget_left_kept
-- scope: bucket
-- What was kept for people who left in this batch while they waited concerns nobody.
DELETE FROM parcours.kept k
USING parcours.passage m
JOIN parcours.waiting w ON w.bucket = %(b)s AND w.version_id = %(v)s AND w.profile_id = m.profile_id
WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch = %(batch)s AND m.at >= %(since)s AND m.version_id = %(v)s
  AND m.status <> 'active' AND k.bucket = %(b)s AND k.version_id = %(v)s AND k.profile_id = m.profile_id;

-- name: forget_left
-- scope: bucket
-- Who left in this batch waits no more.
DELETE FROM parcours.waiting w
USING parcours.passage m
WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch = %(batch)s AND m.at >= %(since)s AND m.version_id = %(v)s
  AND m.status <> 'active' AND w.bucket = %(b)s AND w.version_id = %(v)s AND w.profile_id = m.profile_id;

-- name: sweep_waiting
-- scope: bucket
-- Nobody of a stopped version waits any more.
DELETE FROM parcours.waiting WHERE bucket = %(b)s AND version_id = %(v)s;

-- name: coming_releases
-- scope: all
-- Versions of a journey that set people free one after the other: how many still wait, at which pace.
SELECT v.version_no, v.status, c.rate, (
    SELECT count(*) FROM parcours.lease l
    JOIN parcours.waiting w ON w.bucket = l.bucket AND w.version_id = c.version_id) AS people
FROM parcours.catch_up c JOIN parcours.version v USING (version_id)
WHERE c.journey_id = %(j)s ORDER BY v.version_no;
