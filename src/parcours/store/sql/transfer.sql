-- The task that takes people of one version over to another: a part at a time, each part whole or not at all.

-- name: transfer_messages
-- scope: bucket
-- Messages that wait to be sent go along with people who stay at their step: they are rendered, and judged, by the new
-- version. One that waited for its window is asked at once whether the new one is open.
UPDATE parcours.message m
SET version_id = l.version_id, due_at = CASE WHEN m.attempts = 0 THEN least(m.due_at, %(at)s::timestamptz) ELSE m.due_at END
FROM parcours.passage l
WHERE l.bucket = %(b)s AND l.journey_id = %(j)s AND l.batch = %(batch)s AND l.at >= %(since)s
  AND l.status = 'active' AND l.path = '{}' AND l.from_step = ANY (%(steps)s::text[])
  AND m.bucket = %(b)s AND m.state = 'queued'
  AND m.message_id = parcours.message_key(%(journey_key)s, l.profile_id, l.entry_no, l.seq, l.from_step);

-- name: drop_messages
-- scope: bucket
-- Messages that wait to be sent are cancelled where their step is removed (`publish`), or their person leaves.
UPDATE parcours.message m
SET state = 'cancelled', settled_at = l.at,
    reason = CASE WHEN l.reason = 'profile_deleted' THEN l.reason
        WHEN l.path <> '{}' OR l.reason = 'step_removed' THEN 'publish' ELSE 'left' END
FROM parcours.passage l
WHERE l.bucket = %(b)s AND l.journey_id = %(j)s AND l.batch = %(batch)s AND l.at >= %(since)s
  AND (l.status <> 'active' OR l.path <> '{}') AND l.from_step = ANY (%(steps)s::text[])
  AND m.bucket = %(b)s AND m.state = 'queued'
  AND m.message_id = parcours.message_key(%(journey_key)s, l.profile_id, l.entry_no, l.seq - 1, l.from_step);

-- name: transfer_kept
-- scope: bucket
-- What a pause kept for people who are transferred now goes back into the inbox: it is applied where they stand (R22).
WITH released AS (
    DELETE FROM parcours.kept k
    USING parcours.passage m
    WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch = %(batch)s AND m.at >= %(since)s
      AND k.bucket = %(b)s AND k.version_id = %(source)s AND k.profile_id = m.profile_id
    RETURNING k.journey_id, k.profile_id, k.happened_at, k.feed_no, k.kind, k.name, k.data
)
INSERT INTO parcours.inbox (bucket, journey_id, profile_id, happened_at, feed_no, kind, name, data, arrived_at)
SELECT %(b)s::integer, d.journey_id, d.profile_id, d.happened_at, d.feed_no, d.kind, d.name, d.data || '{"kept": true}',
    %(at)s::timestamptz
FROM released d
ON CONFLICT DO NOTHING;

-- name: anybody_left
-- scope: bucket
-- Tell whether somebody is still to be transferred: with a message in a provider's hands.
SELECT count(*) > 0 FROM (
    SELECT p.wake_at FROM parcours.participant p
    WHERE p.bucket = %(b)s AND p.version_id = %(source)s AND p.finished_at IS NULL
    ORDER BY p.wake_at LIMIT 1) one;

-- name: standing_at
-- scope: all
-- How many people stand at these steps, over several versions.
SELECT p.step, count(*) FROM parcours.participant p
WHERE p.journey_id = %(j)s AND p.version_id = ANY (%(versions)s::integer[]) AND p.finished_at IS NULL
  AND p.step = ANY (%(steps)s::text[])
GROUP BY p.step;
