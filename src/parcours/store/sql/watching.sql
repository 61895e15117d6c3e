-- What watches: the ledger checked bit by bit, the conditions of alerts, alerts and their notices.

-- name: watch_alone
-- scope: shared
-- One process at a time does this kind of watching.
SELECT pg_try_advisory_xact_lock(7041777, %(kind)s);

-- name: begin_steady
-- scope: shared
-- Let everything read in this transaction be of one instant, and write.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;

-- name: read_frugally
-- scope: shared
-- What follows reads one bucket and not the whole table, however many people there are, and takes one processor.
SELECT set_config('enable_seqscan', 'off', true), set_config('max_parallel_workers_per_gather', '0', true);

-- name: next_to_check
-- scope: all
-- The version and bucket whose ledger was held against its people longest ago: those that change before those that are over.
SELECT l.bucket, v.version_id
FROM parcours.version v
CROSS JOIN parcours.lease l
LEFT JOIN parcours.ledger_check c ON c.bucket = l.bucket AND c.version_id = v.version_id
WHERE v.status <> 'draft' AND coalesce(c.checked_at, '-infinity')
    < CASE WHEN v.status IN ('live', 'paused', 'closed') OR v.settling IS NOT NULL THEN %(lately)s ELSE %(daily)s END
ORDER BY v.status NOT IN ('live', 'paused', 'closed') AND v.settling IS NULL, c.checked_at NULLS FIRST, l.bucket, v.version_id
LIMIT 1;

-- name: page_counters
-- scope: bucket
-- What the units have counted of a version in one bucket.
SELECT c.kind, c.name, c.n FROM parcours.counter c
WHERE c.bucket = %(b)s AND c.version_id = %(v)s
  AND c.kind IN ('entered', 'completed', 'succeeded', 'dropped_out', 'cancelled', 'reason', 'in', 'out', 'gone', 'gone_reason',
    'transferred_in', 'transferred_out');

-- name: page_people
-- scope: bucket
-- The people of a version in one bucket: by status, by reason, and by step where they are inside.
SELECT p.status, p.reason, CASE WHEN p.finished_at IS NULL THEN coalesce(p.step, 'entry') END AS step, count(*)
FROM parcours.participant p
WHERE p.bucket = %(b)s AND p.version_id = %(v)s
  AND p.journey_id = (SELECT v.journey_id FROM parcours.version v WHERE v.version_id = %(v)s)
GROUP BY 1, 2, 3;

-- name: note_check
-- scope: bucket
-- The ledger of a version was checked here.
INSERT INTO parcours.ledger_check (bucket, version_id, checked_at) VALUES (%(b)s, %(v)s, %(at)s)
ON CONFLICT (bucket, version_id) DO UPDATE SET checked_at = excluded.checked_at;

-- name: clear_mismatches
-- scope: bucket
-- Equations that hold again.
UPDATE parcours.mismatch SET cleared_at = %(at)s
WHERE bucket = %(b)s AND version_id = %(v)s AND cleared_at IS NULL AND equation <> ALL (%(equations)s::text[]);

-- name: see_mismatch
-- scope: bucket
-- An equation that did not hold before does not hold yet; no row where it is a new one.
UPDATE parcours.mismatch SET seen_at = %(at)s, expected = %(expected)s, found = %(found)s
WHERE bucket = %(b)s AND version_id = %(v)s AND equation = %(equation)s AND cleared_at IS NULL;

-- name: add_mismatch
-- scope: bucket
-- An equation does not hold.
INSERT INTO parcours.mismatch (bucket, version_id, equation, expected, found, since, seen_at)
VALUES (%(b)s, %(v)s, %(equation)s, %(expected)s, %(found)s, %(at)s, %(at)s);

-- name: open_mismatches
-- scope: all
-- The equations that do not hold, by journey and version.
SELECT j.journey_key, v.version_no, m.bucket, m.equation, m.expected, m.found, m.since
FROM parcours.mismatch m JOIN parcours.version v USING (version_id) JOIN parcours.journey j USING (journey_id)
WHERE m.cleared_at IS NULL ORDER BY m.since, j.journey_key, v.version_no, m.bucket, m.equation;

-- name: newest_move
-- scope: all
-- When somebody moved last, in any bucket and journey that moves people.
SELECT max(d.at)
FROM parcours.fence f
CROSS JOIN LATERAL (
    SELECT m.at FROM parcours.passage m WHERE m.bucket = f.bucket AND m.journey_id = f.journey_id
    ORDER BY m.batch DESC LIMIT 1) d;

-- name: free_buckets
-- scope: all
-- Buckets that nobody holds while there is work, and how many workers were heard of lately.
SELECT coalesce(array_agg(l.bucket ORDER BY l.bucket), '{}'),
    (SELECT count(*) FROM parcours.worker w WHERE w.seen_at >= %(silent)s)
FROM parcours.lease l
WHERE (l.holder IS NULL OR l.expires_at < %(now)s)
  AND EXISTS (SELECT 1 FROM parcours.version v WHERE v.status IN ('live', 'closed') OR v.settling IS NOT NULL);

-- name: blocked_resumes
-- scope: shared
-- Paused versions whose pause should have ended by itself, and met errors.
SELECT j.journey_key, v.version_no, max(a.at)
FROM parcours.version v
JOIN parcours.journey j USING (journey_id)
JOIN parcours.audit a ON a.journey_key = j.journey_key AND a.version_no = v.version_no
    AND a.refused = 'resume_blocked' AND a.at >= v.paused_at
WHERE v.status = 'paused'
GROUP BY j.journey_key, v.version_no ORDER BY j.journey_key, v.version_no;

-- name: refused_commands
-- scope: shared
-- Commands given for later that were refused lately, and after which nobody has commanded that journey.
SELECT s.scheduled_id, j.journey_key, s.command, s.actor, s.done_at, s.refused, s.said
FROM parcours.scheduled_command s JOIN parcours.journey j ON j.journey_id = s.journey_id
WHERE s.outcome = 'refused' AND s.done_at >= %(since)s
  AND NOT EXISTS (
    SELECT 1 FROM parcours.audit a
    WHERE a.journey_key = j.journey_key AND a.at > s.done_at AND a.actor <> 'engine' AND a.actor NOT LIKE '%%, scheduled')
ORDER BY s.done_at, s.scheduled_id;

-- name: failing_units
-- scope: all
-- Units that fail again and again, by journey.
SELECT j.journey_key, count(*), min(t.since), max(t.tries), min(t.code), min(t.message)
FROM parcours.trouble t JOIN parcours.journey j USING (journey_id)
WHERE t.until > %(stale)s AND t.tries >= 3
GROUP BY j.journey_key ORDER BY j.journey_key;

-- name: failed_sends
-- scope: all
-- Messages that were rejected lately, or tried in vain and queued again, by journey, and what the other side said.
SELECT j.journey_key, m.journey_id, count(*), min(m.detail), array_agg(DISTINCT m.channel)
FROM parcours.message m JOIN parcours.journey j USING (journey_id)
WHERE m.state = 'rejected' AND m.settled_at >= %(since)s OR m.state = 'queued' AND m.attempts > 0
GROUP BY j.journey_key, m.journey_id HAVING count(*) >= %(least)s ORDER BY j.journey_key;

-- name: taken_sends
-- scope: all
-- How many messages of a journey were handed over lately.
SELECT count(*) FROM parcours.message m
WHERE m.journey_id = %(j)s AND m.state IN ('sent', 'uncertain') AND m.settled_at >= %(since)s;

-- name: tally_entrants
-- scope: all
-- Note how many entered each journey that takes people in, and when that number was seen to grow.
INSERT INTO parcours.tally AS t (journey_id, entered, entered_at)
SELECT v.journey_id, coalesce(sum(c.n), 0)::bigint, %(now)s
FROM parcours.version v LEFT JOIN parcours.counter c ON c.version_id = v.version_id AND c.kind = 'entered'
WHERE v.status <> 'draft'
GROUP BY v.journey_id
ON CONFLICT (journey_id) DO UPDATE
SET entered = excluded.entered,
    entered_at = CASE WHEN excluded.entered > t.entered THEN excluded.entered_at ELSE t.entered_at END;

-- name: quiet_journeys
-- scope: shared
-- Live journeys that nobody entered for longer than is asked: since when, and how long is asked.
SELECT j.journey_key, v.version_no, greatest(t.entered_at, v.published_at, v.starts_at, v.released_at) AS since, w.within
FROM parcours.version v
JOIN parcours.journey j USING (journey_id)
JOIN parcours.tally t ON t.journey_id = v.journey_id
LEFT JOIN parcours.watch k ON k.journey_id = v.journey_id
CROSS JOIN LATERAL (SELECT coalesce(k.entrants_within, %(within)s::interval) AS within) w
WHERE v.status = 'live' AND v.entry_open AND w.within > '0' AND (v.starts_at IS NULL OR v.starts_at <= %(now)s)
  AND greatest(t.entered_at, v.published_at, v.starts_at, v.released_at) < %(now)s - w.within
  -- A journey that only schedules fill is quiet in between; it is looked at where somebody asked for it.
  AND (k.entrants_within IS NOT NULL OR NOT EXISTS (SELECT 1 FROM parcours.schedule s WHERE s.version_id = v.version_id))
ORDER BY j.journey_key;

-- name: set_watch
-- scope: shared
-- Ask of one journey that somebody enters within this time; null takes the general setting.
INSERT INTO parcours.watch (journey_id, entrants_within) VALUES (%(j)s, %(within)s)
ON CONFLICT (journey_id) DO UPDATE SET entrants_within = excluded.entrants_within;

-- Alerts ------------------------------------------------------------------------------------------------------------

-- name: see_alert
-- scope: shared
-- An alert that stands is seen again; no row where there is none.
UPDATE parcours.alert SET seen_at = %(now)s, said = %(said)s, severity = %(severity)s, details = %(details)s::jsonb
WHERE alert_key = %(key)s AND cleared_at IS NULL;

-- name: raise_alert
-- scope: shared
-- Raise an alert, unless another process has.
INSERT INTO parcours.alert (alert_key, kind, severity, journey_key, said, remedy, details, since, seen_at)
VALUES (%(key)s, %(kind)s, %(severity)s, %(journey)s, %(said)s, %(remedy)s, %(details)s::jsonb, %(now)s, %(now)s)
ON CONFLICT (alert_key) WHERE cleared_at IS NULL DO NOTHING
RETURNING alert_id;

-- name: clear_alerts
-- scope: shared
-- Alerts whose cause was not seen for a while are over.
UPDATE parcours.alert SET cleared_at = %(now)s WHERE cleared_at IS NULL AND seen_at < %(unseen_since)s
RETURNING alert_id;

-- name: list_alerts
-- scope: shared
-- Alerts that stand, the gravest first, and with `past` those that are over; of one journey or of all.
SELECT a.alert_id, a.alert_key, a.kind, a.severity, a.journey_key, a.said, a.remedy, a.details, a.since, a.seen_at, a.cleared_at
FROM parcours.alert a
WHERE (a.cleared_at IS NULL OR %(past)s) AND (%(key)s::text IS NULL OR a.journey_key = %(key)s)
ORDER BY a.cleared_at DESC NULLS FIRST, a.severity <> 'critical', a.since DESC, a.alert_id DESC LIMIT %(n)s;

-- Notices -----------------------------------------------------------------------------------------------------------

-- name: latest_notice
-- scope: shared
-- When an alert of this key was last to be told by one way.
SELECT max(n.due_at) FROM parcours.notice n JOIN parcours.alert a USING (alert_id)
WHERE a.alert_key = %(key)s AND n.way = %(way)s AND n.tells = 'raised';

-- name: add_notice
-- scope: shared
-- Something is to be told by one way.
INSERT INTO parcours.notice (alert_id, way, tells, due_at) VALUES (%(alert)s, %(way)s, %(tells)s, %(due)s)
ON CONFLICT DO NOTHING;

-- name: drop_untold
-- scope: shared
-- An alert that is over before its turn came to be told needs no telling.
UPDATE parcours.notice SET given_up_at = %(now)s, detail = 'it was over before its turn came'
WHERE alert_id = %(alert)s AND tells = 'raised' AND tries = 0 AND due_at > %(now)s AND taken_at IS NULL;

-- name: told_by
-- scope: shared
-- The ways by which an alert is, or will be, told.
SELECT n.way FROM parcours.notice n WHERE n.alert_id = %(alert)s AND n.tells = 'raised' AND n.given_up_at IS NULL;

-- name: take_notices
-- scope: shared
-- Take what is to be told now, until `again` before anybody else does: an end never before its beginning.
UPDATE parcours.notice SET tries = tries + 1, due_at = %(again)s
WHERE notice_id = ANY (ARRAY(
    SELECT n.notice_id FROM parcours.notice n
    WHERE n.taken_at IS NULL AND n.given_up_at IS NULL AND n.due_at <= %(now)s AND n.way = ANY (%(ways)s::text[])
      AND NOT EXISTS (
        SELECT 1 FROM parcours.notice b WHERE b.alert_id = n.alert_id AND b.way = n.way AND b.notice_id < n.notice_id
          AND b.taken_at IS NULL AND b.given_up_at IS NULL)
    ORDER BY n.due_at, n.notice_id LIMIT %(n)s FOR UPDATE SKIP LOCKED))
RETURNING notice_id, alert_id, way, tells, tries;

-- name: noticed_alert
-- scope: shared
-- The alert that a notice tells of.
SELECT a.alert_id, a.alert_key, a.kind, a.severity, a.journey_key, a.said, a.remedy, a.details, a.since, a.cleared_at
FROM parcours.alert a WHERE a.alert_id = %(alert)s;

-- name: settle_notice
-- scope: shared
-- A notice was taken, or will be tried again, or is given up.
UPDATE parcours.notice SET taken_at = %(taken)s, due_at = %(due)s, given_up_at = %(given_up)s, detail = %(detail)s
WHERE notice_id = %(id)s;

-- name: count_watched
-- scope: all
-- Alerts that stand, by kind and severity, and equations of the ledger that do not hold.
SELECT a.kind, a.severity, count(*) FROM parcours.alert a WHERE a.cleared_at IS NULL GROUP BY a.kind, a.severity
UNION ALL
SELECT 'ledger mismatches', '', count(*) FROM parcours.mismatch m WHERE m.cleared_at IS NULL;
