-- What metrics read from the database when they are asked for: cheap at any size.

-- name: gauge_people
-- scope: all
-- How many people are inside each journey, by what was counted; those of a stopped version are cancelled.
SELECT j.journey_key, sum(CASE WHEN c.kind IN ('entered', 'transferred_in') THEN c.n ELSE -c.n END)::bigint
FROM parcours.journey j
JOIN parcours.version v USING (journey_id)
JOIN parcours.counter c ON c.version_id = v.version_id
WHERE v.status NOT IN ('draft', 'stopped')
  AND c.kind IN ('entered', 'transferred_in', 'completed', 'succeeded', 'dropped_out', 'cancelled', 'transferred_out')
GROUP BY j.journey_key ORDER BY j.journey_key;

-- name: gauge_messages
-- scope: all
-- How many messages are queued for each journey, and since when the oldest is due that may be sent.
SELECT j.journey_key, count(*), min(m.due_at) FILTER (
        WHERE m.due_at < 'infinity' AND v.status IN ('live', 'closed') AND NOT EXISTS (SELECT 1 FROM parcours.hold h WHERE h.released_at IS NULL))
FROM parcours.message m
JOIN parcours.journey j USING (journey_id)
JOIN parcours.version v USING (version_id)
WHERE m.state = 'queued'
GROUP BY j.journey_key ORDER BY j.journey_key;

-- name: gauge_arrivals
-- scope: all
-- How many rows wait to be routed and to be applied, and when the oldest of each came.
SELECT 'pending', count(*), min(d.arrived_at) FROM parcours.pending d
UNION ALL
SELECT 'inbox', count(*), min(i.arrived_at) FROM parcours.inbox i;

-- name: gauge_timers
-- scope: all
-- Since when the oldest timer is due, of those that may fire.
SELECT min(d.wake_at)
FROM parcours.lease l
CROSS JOIN parcours.version v
CROSS JOIN LATERAL (
    SELECT p.wake_at FROM parcours.participant p
    WHERE p.bucket = l.bucket AND p.version_id = v.version_id AND p.finished_at IS NULL AND p.wake_at > '-infinity'
    ORDER BY p.wake_at LIMIT 1) d
WHERE v.status IN ('live', 'closed') AND (v.starts_at IS NULL OR v.starts_at <= %(now)s) AND d.wake_at <= %(now)s;
