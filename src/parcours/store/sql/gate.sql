-- name: set_gate
-- scope: shared
-- Let a journey's gate guard the version published now: nobody has gone through it yet.
INSERT INTO parcours.gate (journey_id, version_id, cap, rate, last_at) VALUES (%(j)s, %(v)s, %(cap)s, %(rate)s, %(last)s)
ON CONFLICT (journey_id) DO UPDATE
SET version_id = excluded.version_id, cap = excluded.cap, rate = excluded.rate, granted = 0, last_at = excluded.last_at;

-- name: lift_gate
-- scope: shared
-- The version published now has no limits: whoever waits at the journey's gate, where it has one, goes through.
UPDATE parcours.gate SET version_id = %(v)s, cap = NULL, rate = NULL, granted = 0, last_at = NULL
WHERE journey_id = %(j)s;

-- name: gates_waited_at
-- scope: all
-- Journeys with a gate at which somebody waits, in the order of their keys.
SELECT g.journey_id FROM parcours.gate g JOIN parcours.journey j ON j.journey_id = g.journey_id
WHERE EXISTS (SELECT 1 FROM parcours.eligible e WHERE e.journey_id = g.journey_id)
ORDER BY j.journey_key;

-- name: open_gate
-- scope: shared
-- Hold a gate, unless another worker does: its version, whether that admits, its limits, how many went through and when.
SELECT j.journey_key, g.version_id,
    v.entry_open AND NOT (v.status = 'paused' AND coalesce(v.pause ->> 'entrants' = 'drop', false)), g.cap, g.rate, g.granted, g.last_at
FROM parcours.gate g
JOIN parcours.version v ON v.version_id = g.version_id
JOIN parcours.journey j ON j.journey_id = g.journey_id
WHERE g.journey_id = %(j)s
FOR UPDATE OF g SKIP LOCKED;

-- name: counted_at_gate
-- scope: all
-- How many entered a version, and how many were let through its gate and then refused all the same.
SELECT coalesce(sum(c.n) FILTER (WHERE c.kind = 'entered'), 0)::bigint,
    coalesce(sum(c.n) FILTER (WHERE c.kind = 'returned'), 0)::bigint
FROM parcours.counter c WHERE c.version_id = %(v)s AND c.kind IN ('entered', 'returned');

-- name: first_at_gate
-- scope: all
-- Those who wait at a gate, the oldest over all buckets first.
SELECT e.bucket, e.profile_id::text, e.happened_at, e.feed_no, e.kind, e.name, e.arrived_at
FROM parcours.eligible e WHERE e.journey_id = %(j)s
ORDER BY e.happened_at, e.feed_no, e.user_id, e.kind, e.name LIMIT %(n)s;

-- name: let_through
-- scope: all
-- Send people on to admission, which asks again, each at an instant; `refuse` is the reason where the gate has no room.
-- Events of a later instant than that of the suggestion are of the passage, whatever their number.
INSERT INTO parcours.pending (bucket, profile_id, happened_at, feed_no, kind, name, data, arrived_at)
SELECT e.bucket, e.profile_id, r.at, CASE WHEN r.at > e.arrived_at THEN -1 ELSE e.feed_no END, 'grant',
    %(key)s || '/' || e.feed_no || '/' || e.kind || '/' || e.name,
    e.data || jsonb_build_object('kind', e.kind, 'name', e.name)
        || CASE WHEN r.version IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('granted_by', r.version) END
        || CASE WHEN r.refuse IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('refuse', r.refuse) END,
    r.at
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (bucket integer, profile_id uuid, happened_at timestamptz, feed_no bigint,
    kind text, name text, at timestamptz, version integer, refuse text)
JOIN parcours.eligible e ON e.bucket = r.bucket AND e.journey_id = %(j)s AND e.happened_at = r.happened_at
    AND e.feed_no = r.feed_no AND e.profile_id = r.profile_id AND e.kind = r.kind AND e.name = r.name
ON CONFLICT DO NOTHING;

-- name: leave_gate
-- scope: all
-- They wait no more.
DELETE FROM parcours.eligible e
USING jsonb_to_recordset(%(rows)s::jsonb) AS r (bucket integer, profile_id uuid, happened_at timestamptz, feed_no bigint,
    kind text, name text)
WHERE e.bucket = r.bucket AND e.journey_id = %(j)s AND e.happened_at = r.happened_at AND e.feed_no = r.feed_no
  AND e.profile_id = r.profile_id AND e.kind = r.kind AND e.name = r.name;

-- name: keep_gate
-- scope: shared
-- Remember how many went through, and the instant of the last of them.
UPDATE parcours.gate SET granted = granted + %(n)s, last_at = %(last)s WHERE journey_id = %(j)s;

-- name: return_grants
-- scope: bucket
-- Give back the places of people whom a gate let through and admission refused.
INSERT INTO parcours.counter AS c (bucket, version_id, kind, name, n)
SELECT %(b)s::integer, (r.data ->> 'granted_by')::integer, 'returned', '', count(*)
FROM unnest(%(round)s::tid[]) AS t (address)
CROSS JOIN LATERAL (
    SELECT i.* FROM parcours.inbox i
    WHERE i.bucket = %(b)s AND i.journey_id = %(j)s AND i.ctid = t.address LIMIT 1) r
WHERE r.kind = 'grant' AND r.data ? 'granted_by' AND (
    SELECT m.seq FROM parcours.passage m
    WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch = %(batch)s AND m.profile_id = r.profile_id
      AND m.at >= %(since)s LIMIT 1) IS NULL
GROUP BY 2
ON CONFLICT (bucket, version_id, kind, name) DO UPDATE SET n = c.n + excluded.n;
