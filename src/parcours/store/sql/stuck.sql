-- People who should move and do not, cheap at any size: only what is overdue is read.

-- name: stuck_timers
-- scope: all
-- People whose timer is due since before `late` while they may move.
SELECT 'timer' AS kind, p.bucket, j.journey_key, v.version_no, p.profile_id, p.entry_no, p.step, p.seq,
    greatest(CASE WHEN p.wake_at = '-infinity' THEN p.entered_step_at ELSE p.wake_at END, v.released_at, v.starts_at) AS since,
    NULL::uuid AS message_id, NULL::integer AS attempts, NULL::text AS detail, NULL::timestamptz AS next_at
FROM parcours.version v
JOIN parcours.journey j USING (journey_id)
CROSS JOIN parcours.lease l
CROSS JOIN LATERAL (
    SELECT q.* FROM parcours.participant q
    WHERE q.bucket = l.bucket AND q.version_id = v.version_id AND q.finished_at IS NULL AND q.wake_at < %(late)s
      AND (%(person)s::uuid IS NULL OR q.profile_id = %(person)s)
      AND (q.wake_at > '-infinity' OR q.entered_step_at < %(late)s)
    ORDER BY q.wake_at LIMIT %(n)s
) p
WHERE v.status IN ('live', 'closed') AND (%(key)s::text IS NULL OR j.journey_key = %(key)s)
  AND greatest(v.released_at, v.starts_at, '-infinity') < %(late)s
ORDER BY since, p.bucket, p.profile_id LIMIT %(n)s;

-- name: stuck_queued
-- scope: all
-- People whose message is overdue, or was tried in vain.
SELECT 'queued' AS kind, m.bucket, j.journey_key, v.version_no, m.profile_id, m.entry_no, m.step, m.seq,
    greatest(least(m.due_at, p.entered_step_at), v.released_at, v.starts_at) AS since,
    m.message_id, m.attempts, m.detail, CASE WHEN m.attempts > 0 THEN nullif(m.due_at, 'infinity') END AS next_at
FROM parcours.message m
JOIN parcours.journey j USING (journey_id)
JOIN parcours.version v USING (version_id)
JOIN parcours.participant p ON p.bucket = m.bucket AND p.journey_id = m.journey_id AND p.profile_id = m.profile_id
    AND p.entry_no = m.entry_no AND p.seq = m.seq AND p.finished_at IS NULL
WHERE m.state = 'queued' AND NOT EXISTS (SELECT 1 FROM parcours.hold h WHERE h.released_at IS NULL)
  AND (%(key)s::text IS NULL OR j.journey_key = %(key)s)
  AND (%(person)s::uuid IS NULL OR m.profile_id = %(person)s)
  AND v.status IN ('live', 'closed') AND greatest(v.released_at, v.starts_at, '-infinity') < %(late)s
  AND (m.due_at < %(late)s OR (m.attempts > 0 AND p.entered_step_at < %(late)s))
ORDER BY since, m.bucket, m.profile_id LIMIT %(n)s;

-- name: stuck_claimed
-- scope: all
-- People whose message has no outcome though its time is over.
SELECT 'claimed' AS kind, m.bucket, j.journey_key, v.version_no, m.profile_id, m.entry_no, m.step, m.seq,
    m.done_by AS since, m.message_id, m.attempts, m.detail, NULL::timestamptz AS next_at
FROM parcours.message m
JOIN parcours.journey j USING (journey_id)
JOIN parcours.version v USING (version_id)
WHERE m.state = 'claimed' AND m.done_by < %(late)s AND (%(key)s::text IS NULL OR j.journey_key = %(key)s)
  AND (%(person)s::uuid IS NULL OR m.profile_id = %(person)s)
ORDER BY since, m.bucket, m.profile_id LIMIT %(n)s;

-- name: stuck_arrivals
-- scope: all
-- People inside for whom something came in before `late` that is not applied yet.
SELECT 'arrival' AS kind, i.bucket, j.journey_key, v.version_no, i.profile_id, p.entry_no, p.step, p.seq,
    min(i.arrived_at) AS since, NULL::uuid AS message_id, NULL::integer AS attempts,
    count(*) || ' changes' AS detail, NULL::timestamptz AS next_at
FROM parcours.inbox i
JOIN parcours.journey j USING (journey_id)
JOIN parcours.participant p ON p.bucket = i.bucket AND p.journey_id = i.journey_id AND p.profile_id = i.profile_id
    AND p.finished_at IS NULL
JOIN parcours.version v ON v.version_id = p.version_id
WHERE i.arrived_at < %(late)s AND (%(key)s::text IS NULL OR j.journey_key = %(key)s)
  AND (%(person)s::uuid IS NULL OR i.profile_id = %(person)s)
GROUP BY 2, 3, 4, 5, 6, 7, 8
ORDER BY since, i.bucket, i.profile_id LIMIT %(n)s;

-- name: failed_lately
-- scope: all
-- People who fell out of a journey because of a fault, looked for only where some did.
SELECT j.journey_key, v.version_no, pr.user_id, p.entry_no, p.step, p.finished_at, s.detail
FROM (SELECT DISTINCT c.version_id FROM parcours.counter c WHERE c.kind = 'reason' AND c.name = 'step_failed' AND c.n > 0) f
JOIN parcours.version v USING (version_id)
JOIN parcours.journey j USING (journey_id)
JOIN parcours.participant p ON p.journey_id = v.journey_id AND p.version_id = v.version_id AND p.reason = 'step_failed'
    AND p.finished_at >= %(since)s
JOIN parcours.profile pr ON pr.bucket = p.bucket AND pr.profile_id = p.profile_id
LEFT JOIN LATERAL (
    SELECT m.seen ->> 'detail' AS detail FROM parcours.passage m
    WHERE m.bucket = p.bucket AND m.profile_id = p.profile_id AND m.journey_id = p.journey_id AND m.entry_no = p.entry_no
      AND m.reason = 'step_failed' LIMIT 1) s ON true
WHERE %(key)s::text IS NULL OR j.journey_key = %(key)s
ORDER BY p.finished_at DESC LIMIT %(n)s;

-- name: stuck_people
-- scope: all
-- The user_id of each of these people.
SELECT pr.profile_id, pr.user_id
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (bucket integer, profile_id uuid)
JOIN parcours.profile pr ON pr.bucket = r.bucket AND pr.profile_id = r.profile_id;

-- name: bucket_holders
-- scope: all
-- Buckets that nobody holds, and units that wait after a failure.
SELECT l.bucket, l.holder IS NULL OR l.expires_at < %(now)s AS free, j.journey_key, t.code, t.message, t.since, t.tries, t.until
FROM parcours.lease l
LEFT JOIN parcours.trouble t ON t.bucket = l.bucket AND t.until > %(stale)s
LEFT JOIN parcours.journey j ON j.journey_id = t.journey_id
WHERE l.holder IS NULL OR l.expires_at < %(now)s OR t.bucket IS NOT NULL
ORDER BY l.bucket, j.journey_key;

-- name: hold_fence
-- scope: bucket
-- Wait until no unit of this journey is under way in this bucket; none begins before the commit.
SELECT 1 FROM parcours.fence WHERE bucket = %(b)s AND journey_id = %(j)s FOR NO KEY UPDATE;

-- name: retry_message
-- scope: bucket
-- Let a queued message be tried at once.
UPDATE parcours.message SET due_at = %(at)s
WHERE bucket = %(b)s AND message_id = %(m)s AND state = 'queued' AND due_at > %(at)s;

-- name: skip_message
-- scope: bucket
-- Cancel a queued message by hand.
UPDATE parcours.message SET state = 'cancelled', reason = 'skip', settled_at = %(at)s
WHERE bucket = %(b)s AND message_id = %(m)s AND state = 'queued';

-- name: give_up_message
-- scope: bucket
-- Settle a message as uncertain whose outcome nobody recorded though its time is over.
UPDATE parcours.message
SET state = 'uncertain', handed_at = begin_by, settled_at = %(at)s, detail = 'no answer was recorded',
    claimed_at = NULL, begin_by = NULL, done_by = NULL
WHERE bucket = %(b)s AND message_id = %(m)s AND state = 'claimed' AND done_by < %(at)s;
