-- Numbers of a journey: by day, by reason, by branch, by message; and the requests and imports of the HTTP interface.

-- name: report_days
-- scope: all
-- How many entered, and how many left in which way, on each day of the journey's time zone.
SELECT d.day, d.kind, d.reason, count(*)::bigint AS n
FROM (
    SELECT (q.entered_at AT TIME ZONE %(zone)s)::date AS day, 'entered' AS kind, NULL AS reason
    FROM parcours.participant q
    WHERE q.journey_id = %(j)s AND q.version_id = ANY (%(versions)s::integer[])
      AND (%(since)s::timestamptz IS NULL OR q.entered_at >= %(since)s)
      AND (%(until)s::timestamptz IS NULL OR q.entered_at < %(until)s)
    UNION ALL
    SELECT (s.left_at AT TIME ZONE %(zone)s)::date, s.status, s.reason
    FROM parcours.participant q
    LEFT JOIN parcours.version v ON v.version_id = q.version_id
    CROSS JOIN LATERAL (SELECT q.finished_at IS NULL AND v.status = 'stopped' AS swept) w
    CROSS JOIN LATERAL (
        SELECT CASE WHEN w.swept THEN 'cancelled' ELSE q.status END AS status,
            CASE WHEN w.swept THEN 'journey_stopped' ELSE q.reason END AS reason,
            CASE WHEN w.swept THEN v.stopped_at ELSE q.finished_at END AS left_at) s
    WHERE q.journey_id = %(j)s AND q.version_id = ANY (%(versions)s::integer[]) AND s.left_at IS NOT NULL
      AND (%(since)s::timestamptz IS NULL OR s.left_at >= %(since)s)
      AND (%(until)s::timestamptz IS NULL OR s.left_at < %(until)s)) d
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

-- name: report_message_days
-- scope: all
-- Messages by day of the journey's time zone, step, state and reason; queued ones by the day of their step.
SELECT (coalesce(m.handed_at, m.settled_at, m.queued_at) AT TIME ZONE %(zone)s)::date AS day, m.version_id, m.step,
    m.channel, m.state, m.reason, count(*)::bigint AS n
FROM parcours.message m
WHERE m.journey_id = %(j)s AND m.version_id = ANY (%(versions)s::integer[])
  AND (%(since)s::timestamptz IS NULL OR coalesce(m.handed_at, m.settled_at, m.queued_at) >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR coalesce(m.handed_at, m.settled_at, m.queued_at) < %(until)s)
GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6;

-- name: walked_edges
-- scope: bucket
-- How often people went from one step to another, or dropped out at it (to a tilde and the reason), since a batch, and
-- the latest batch there is.
SELECT t.version_id, e.from_step, e.to_step, sum(t.n)::bigint AS n, max(t.batch) AS batch
FROM (
    SELECT m.version_id, m.from_step,
        CASE WHEN m.status = 'dropped_out' THEN m.path || ('~' || m.reason) ELSE m.path END AS path,
        max(m.batch) AS batch, count(*) AS n
    FROM parcours.passage m
    WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch > %(batch)s
    GROUP BY 1, 2, 3) t
CROSS JOIN LATERAL (
    SELECT coalesce(lag(p.step) OVER (ORDER BY p.no), t.from_step, 'entry') AS from_step, p.step AS to_step
    FROM unnest(t.path) WITH ORDINALITY AS p (step, no)) e
GROUP BY 1, 2, 3;

-- name: live_sign
-- scope: all
-- What changes with every unit, command and settled message of a journey.
SELECT sum(f.batch)::bigint,
    (SELECT string_agg(concat_ws('/', v.version_no, v.status, v.entry_open, v.settling), ' ' ORDER BY v.version_no)
     FROM parcours.version v WHERE v.journey_id = %(j)s),
    (SELECT max(h.hold_no + CASE WHEN h.released_at IS NULL THEN 0 ELSE 1000000 END) FROM parcours.hold h)
FROM parcours.fence f WHERE f.journey_id = %(j)s;

-- name: journey_buckets
-- scope: all
-- Every bucket.
SELECT l.bucket FROM parcours.lease l ORDER BY l.bucket;

-- name: forget_answers
-- scope: shared
-- Forget answers that are too old to be given again.
DELETE FROM parcours.answer a WHERE a.given_at < %(since)s;

-- name: find_answer
-- scope: shared
-- The answer that was given to a request with this key.
SELECT a.request, a.status, a.body FROM parcours.answer a WHERE a.actor = %(actor)s AND a.answer_key = %(key)s;

-- name: claim_answer
-- scope: shared
-- Take a key for a request; whoever comes with the same one waits until this transaction ends.
INSERT INTO parcours.answer (actor, answer_key, request, given_at, status, body)
VALUES (%(actor)s, %(key)s, %(request)s, %(at)s, 0, '{}')
ON CONFLICT (actor, answer_key) DO NOTHING;

-- name: keep_answer
-- scope: shared
-- Keep what a request was answered.
UPDATE parcours.answer a SET status = %(status)s, body = %(body)s::jsonb
WHERE a.actor = %(actor)s AND a.answer_key = %(key)s;

-- name: add_load
-- scope: shared
-- Announce an import.
INSERT INTO parcours.load (name, mode, actor, created_at, bytes)
VALUES (%(name)s, %(mode)s, %(actor)s, %(at)s, %(bytes)s)
RETURNING load_id;

-- name: begin_load
-- scope: shared
-- Begin an import that waits, or begin again where one broke off.
UPDATE parcours.load l
SET state = 'loading', begun_at = %(at)s, seen_at = %(at)s, ended_at = NULL, bytes_read = 0, stored = 0, repeated = 0, bad = 0,
    kinds = '{}', errors = '[]'
WHERE l.load_id = %(id)s AND (l.state IN ('waiting', 'broken') OR (l.state = 'loading' AND l.seen_at < %(stale)s))
RETURNING l.mode, l.name;

-- name: tell_load
-- scope: shared
-- Note how far an import has come.
UPDATE parcours.load l
SET state = %(state)s, seen_at = %(at)s, ended_at = CASE WHEN %(state)s = 'loading' THEN NULL ELSE %(at)s::timestamptz END,
    bytes_read = %(bytes)s, stored = %(stored)s, repeated = %(repeated)s, bad = %(bad)s, kinds = %(kinds)s::jsonb,
    errors = %(errors)s::jsonb
WHERE l.load_id = %(id)s;

-- name: list_loads
-- scope: shared
-- Imports, the newest first.
SELECT l.load_id, l.name, l.mode, l.actor, l.created_at, l.begun_at, l.seen_at, l.ended_at, l.state, l.bytes, l.bytes_read,
    l.stored, l.repeated, l.bad, l.kinds, l.errors
FROM parcours.load l WHERE %(id)s::bigint IS NULL OR l.load_id = %(id)s
ORDER BY l.load_id DESC LIMIT %(n)s;

-- name: report_scope
-- scope: shared
-- The versions of a journey with their definitions, oldest first.
SELECT v.version_id, v.version_no, v.status, v.entry_open, v.settling IS NOT NULL AS settling, v.definition
FROM parcours.version v WHERE v.journey_id = %(j)s ORDER BY v.version_no;

-- name: known_zone
-- scope: shared
-- A time zone that this server reads.
SELECT parcours.zone(%(zone)s);
