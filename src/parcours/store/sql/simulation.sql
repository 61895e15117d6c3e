-- name: simulation_session
-- scope: shared
-- The simulation's database is its own and is thrown away: it need not be durable.
SET synchronous_commit = off;

-- name: simulation_log
-- scope: shared
-- Every refusal by itself, where an installation keeps the latest of a kind.
CREATE TABLE IF NOT EXISTS parcours.refusal_log (
    log_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, bucket integer, journey_id integer, profile_id uuid,
    reason text, version_id integer, trigger text, at timestamptz, feed_no bigint);

-- name: simulation_log_function
-- scope: shared
-- Log a refusal.
CREATE OR REPLACE FUNCTION parcours.log_refusal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO parcours.refusal_log (bucket, journey_id, profile_id, reason, version_id, trigger, at, feed_no)
    VALUES (NEW.bucket, NEW.journey_id, NEW.profile_id, NEW.reason, NEW.version_id, NEW.trigger, NEW.last_at, NEW.feed_no);
    RETURN NULL;
END $$;

-- name: simulation_log_trigger
-- scope: shared
-- Log each refusal as it is counted.
CREATE OR REPLACE TRIGGER log_refusal AFTER INSERT OR UPDATE ON parcours.refusal
FOR EACH ROW EXECUTE FUNCTION parcours.log_refusal();

-- name: simulation_work
-- scope: all
-- Which journeys have something to do by an instant, in the order of their keys; no message has, while sending is held.
SELECT j.journey_id, l.bucket
FROM parcours.journey j CROSS JOIN parcours.lease l
WHERE EXISTS (SELECT 1 FROM parcours.inbox i WHERE i.bucket = l.bucket AND i.journey_id = j.journey_id)
   OR EXISTS (
    SELECT 1 FROM parcours.fence f CROSS JOIN LATERAL jsonb_array_elements(f.rights) AS e (value)
    WHERE f.bucket = l.bucket AND f.journey_id = j.journey_id
      AND (e.value ->> 'task' IS NOT NULL OR coalesce(e.value -> 'chores', '[]') <> '[]' OR substr(e.value ->> 'rights', 2, 1) = '1' AND EXISTS (
        SELECT 1 FROM parcours.participant p
        WHERE p.bucket = l.bucket AND p.version_id = (e.value ->> 'version_id')::integer AND p.finished_at IS NULL
          AND p.wake_at <= %(until)s)
       OR (substr(e.value ->> 'rights', 3, 1) = '1' AND NOT EXISTS (SELECT 1 FROM parcours.hold h WHERE h.released_at IS NULL)
           OR e.value ->> 'inside' = 'discard') AND EXISTS (
        SELECT 1 FROM parcours.message o
        WHERE o.bucket = l.bucket AND o.journey_id = j.journey_id AND o.version_id = (e.value ->> 'version_id')::integer
          AND o.state = 'queued' AND o.due_at <= %(until)s)))
   OR EXISTS (
    SELECT 1 FROM parcours.fence f WHERE f.bucket = l.bucket AND f.journey_id = j.journey_id AND f.runs <> '[]')
ORDER BY j.journey_key, l.bucket;

-- name: simulation_next_wake
-- scope: all
-- The next instant at which somebody who may move is due, or a window opens for a message that may leave.
SELECT min(d.at)
FROM parcours.fence f
CROSS JOIN LATERAL jsonb_array_elements(f.rights) AS e (value)
CROSS JOIN LATERAL (
    SELECT p.wake_at AS at FROM parcours.participant p
    WHERE p.bucket = f.bucket AND p.version_id = (e.value ->> 'version_id')::integer AND p.finished_at IS NULL
      AND substr(e.value ->> 'rights', 2, 1) = '1' AND p.wake_at > %(now)s AND p.wake_at < 'infinity'
    UNION ALL
    SELECT o.due_at FROM parcours.message o
    WHERE o.bucket = f.bucket AND o.journey_id = f.journey_id AND o.version_id = (e.value ->> 'version_id')::integer
      AND o.state = 'queued'
      AND (substr(e.value ->> 'rights', 3, 1) = '1' AND NOT EXISTS (SELECT 1 FROM parcours.hold h WHERE h.released_at IS NULL)
        OR e.value ->> 'inside' = 'discard')
      AND o.due_at > %(now)s
) d;

-- name: journeys_by_key
-- scope: shared
-- Every journey, in order of the keys.
SELECT journey_id, journey_key FROM parcours.journey ORDER BY journey_key;

-- name: movable_versions
-- scope: all
-- Versions whose people may move.
SELECT DISTINCT (e.value ->> 'version_id')::integer
FROM parcours.fence f CROSS JOIN LATERAL jsonb_array_elements(f.rights) AS e (value)
WHERE substr(e.value ->> 'rights', 2, 1) = '1';

-- name: lanes_due
-- scope: all
-- Who has a timer in a span.
SELECT DISTINCT p.bucket, p.profile_id::text
FROM unnest(%(movable)s::integer[]) AS v (id)
CROSS JOIN parcours.lease l
JOIN parcours.participant p ON p.bucket = l.bucket AND p.version_id = v.id AND p.finished_at IS NULL
    AND p.wake_at < %(until)s;

-- name: lanes_inside
-- scope: all
-- Where these people are inside, and when they are due within a span, where they may move.
SELECT p.bucket, p.profile_id::text, p.journey_id, p.entry_no, p.seq,
    CASE WHEN p.version_id = ANY (%(movable)s::integer[]) AND p.wake_at < %(until)s THEN p.wake_at END
FROM jsonb_to_recordset(%(people)s::jsonb) AS t (bucket integer, profile_id uuid)
CROSS JOIN unnest(%(journeys)s::integer[]) AS j (id)
JOIN parcours.participant p ON p.bucket = t.bucket AND p.journey_id = j.id AND p.profile_id = t.profile_id
    AND p.finished_at IS NULL;

-- name: lanes_timers
-- scope: all
-- Hold timers (infinity), or show them again, each guarded by the move that stamped it.
UPDATE parcours.participant p SET wake_at = t.wake_at
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS t (bucket integer, journey_id integer, profile_id uuid, entry_no integer, seq integer, wake_at timestamptz)
WHERE p.bucket = t.bucket AND p.journey_id = t.journey_id AND p.profile_id = t.profile_id AND p.entry_no = t.entry_no
  AND p.seq = t.seq AND p.finished_at IS NULL;

-- name: inbox_rows
-- scope: bucket
-- Tell whether a journey's inbox in a bucket holds rows.
SELECT EXISTS (SELECT 1 FROM parcours.inbox i WHERE i.bucket = %(b)s AND i.journey_id = %(j)s);

-- name: simulation_participants
-- scope: all
-- Every passage of every person, of deleted journeys too.
SELECT j.journey_key AS journey, v.version_no AS version, pr.user_id, p.entry_no, p.entered_at,
    CASE WHEN s.swept THEN 'cancelled' ELSE p.status END AS status,
    CASE WHEN s.swept THEN 'journey_stopped' ELSE p.reason END AS reason,
    CASE WHEN s.swept THEN v.cancelled_at ELSE p.finished_at END AS left_at, p.step
FROM parcours.participant p
JOIN parcours.journey_ever j ON j.journey_id = p.journey_id
JOIN parcours.version_ever v ON v.version_id = p.version_id
JOIN parcours.profile pr ON pr.bucket = p.bucket AND pr.profile_id = p.profile_id
CROSS JOIN LATERAL (SELECT p.finished_at IS NULL AND v.cancelled_at IS NOT NULL AS swept) s
ORDER BY j.journey_key, pr.user_id, p.entry_no, j.journey_id;

-- name: simulation_messages
-- scope: all
-- Every message with a final outcome.
SELECT j.journey_key AS journey, v.version_no AS version, pr.user_id, m.entry_no, m.step, m.channel, o.at,
    CASE WHEN m.reason IS DISTINCT FROM 'no_address' THEN m.recipient END AS to_, m.subject, o.outcome, o.reason
FROM parcours.message m
JOIN parcours.journey_ever j ON j.journey_id = m.journey_id
JOIN parcours.version_ever v ON v.version_id = m.version_id
JOIN parcours.profile pr ON pr.bucket = m.bucket AND pr.profile_id = m.profile_id
CROSS JOIN LATERAL (SELECT m.state IN ('queued', 'claimed') AND v.cancelled_at IS NOT NULL AS swept) s
CROSS JOIN LATERAL (
    SELECT CASE WHEN s.swept THEN v.cancelled_at ELSE coalesce(m.handed_at, m.settled_at) END AS at,
        CASE WHEN s.swept THEN 'cancelled' ELSE m.state END AS outcome,
        CASE WHEN s.swept THEN 'stop' ELSE m.reason END AS reason
) o
WHERE s.swept OR m.state NOT IN ('queued', 'claimed')
ORDER BY o.at, j.journey_key, pr.user_id, m.entry_no, m.step COLLATE "C", j.journey_id, m.seq;

-- name: simulation_refusals
-- scope: all
-- Every refusal.
SELECT j.journey_key AS journey, v.version_no AS version, pr.user_id, r.trigger, r.at, r.reason
FROM parcours.refusal_log r
JOIN parcours.journey_ever j ON j.journey_id = r.journey_id
JOIN parcours.version_ever v ON v.version_id = r.version_id
JOIN parcours.profile pr ON pr.bucket = r.bucket AND pr.profile_id = r.profile_id
ORDER BY r.at, j.journey_key, pr.user_id, r.feed_no, r.log_no;

-- name: simulation_moves
-- scope: all
-- Every edge travelled: a passage goes through its path, and leaves to null where it ended nowhere (P1).
SELECT j.journey_key AS journey, pr.user_id, m.entry_no, e.from_, e.to_, m.at, v.version_no AS version
FROM (
    SELECT q.bucket, q.profile_id, q.journey_id, q.version_id, q.entry_no, q.seq, q.at, q.path, q.from_step, q.status
    FROM parcours.passage q
    UNION ALL
    SELECT p.bucket, p.profile_id, p.journey_id, p.version_id, p.entry_no, p.seq + 1, w.cancelled_at, '{}', p.step,
        'cancelled'
    FROM parcours.participant p JOIN parcours.version_ever w ON w.version_id = p.version_id
    WHERE p.finished_at IS NULL AND w.cancelled_at IS NOT NULL
) m
JOIN parcours.journey_ever j ON j.journey_id = m.journey_id
JOIN parcours.version_ever v ON v.version_id = m.version_id
JOIN parcours.profile pr ON pr.bucket = m.bucket AND pr.profile_id = m.profile_id
CROSS JOIN LATERAL (
    SELECT s.no, CASE WHEN s.no = 1 THEN m.from_step ELSE m.path[s.no - 1] END AS from_, s.step AS to_
    FROM unnest(m.path) WITH ORDINALITY AS s (step, no)
    UNION ALL
    SELECT 1000000, CASE WHEN m.path = '{}' THEN m.from_step ELSE m.path[cardinality(m.path)] END, NULL
    WHERE m.status IN ('dropped_out', 'cancelled') OR m.status = 'succeeded' AND m.path = '{}'
) e
ORDER BY j.journey_key, pr.user_id, m.entry_no, m.at, j.journey_id, m.seq, e.no;

-- name: simulation_ledgers
-- scope: all
-- The ledger of every version; of a deleted one as it was kept.
SELECT l.* FROM (
SELECT j.journey_id AS journey_id_, j.journey_key AS journey, v.version_no AS version, v.status,
    coalesce(c.entered, 0) AS entered, coalesce(c.transferred_in, 0) AS transferred_in,
    coalesce(c.transferred_out, 0) AS transferred_out, coalesce(a.active, 0) AS active,
    coalesce(c.completed, 0) AS completed, coalesce(c.succeeded, 0) AS succeeded,
    coalesce(c.dropped_out, 0) AS dropped_out, coalesce(c.cancelled, 0) AS cancelled,
    coalesce(r.reasons, '{}') AS reasons, s.steps
FROM parcours.version v
JOIN parcours.journey j USING (journey_id)
LEFT JOIN LATERAL (
    SELECT sum(n) FILTER (WHERE kind = 'entered')::bigint AS entered,
        sum(n) FILTER (WHERE kind = 'transferred_in')::bigint AS transferred_in,
        sum(n) FILTER (WHERE kind = 'transferred_out')::bigint AS transferred_out,
        sum(n) FILTER (WHERE kind = 'completed')::bigint AS completed,
        sum(n) FILTER (WHERE kind = 'succeeded')::bigint AS succeeded,
        sum(n) FILTER (WHERE kind = 'dropped_out')::bigint AS dropped_out,
        sum(n) FILTER (WHERE kind = 'cancelled')::bigint AS cancelled
    FROM parcours.counter q WHERE q.version_id = v.version_id
) c ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS active FROM parcours.participant p WHERE p.version_id = v.version_id AND p.finished_at IS NULL
) a ON true
LEFT JOIN LATERAL (
    SELECT jsonb_object_agg(t.name, t.n) AS reasons FROM (
        SELECT q.name, sum(q.n)::bigint AS n FROM parcours.counter q
        WHERE q.version_id = v.version_id AND q.kind = 'reason' GROUP BY q.name) t
) r ON true
LEFT JOIN LATERAL (
    SELECT jsonb_object_agg(k.step, jsonb_build_object(
        'in', coalesce(k.entered, 0), 'here', coalesce(k.here, 0), 'out', coalesce(k.gone, 0))) AS steps
    FROM (
        SELECT i.step,
            (SELECT sum(q.n)::bigint FROM parcours.counter q
             WHERE q.version_id = v.version_id AND q.kind = 'in' AND q.name = i.step) AS entered,
            (SELECT sum(q.n)::bigint FROM parcours.counter q
             WHERE q.version_id = v.version_id AND q.kind = 'out' AND q.name = i.step) AS gone,
            (SELECT count(*) FROM parcours.participant p WHERE p.version_id = v.version_id AND p.finished_at IS NULL
               AND coalesce(p.step, 'entry') = i.step) AS here
        FROM (SELECT 'entry' AS step UNION SELECT json_object_keys(v.definition -> 'steps')
              UNION SELECT q.name FROM parcours.counter q WHERE q.version_id = v.version_id AND q.kind = 'in') i
    ) k
) s ON true
UNION ALL
SELECT j.journey_id, j.journey_key, d.version_no, d.status, (d.totals ->> 'entered')::bigint,
    (d.totals ->> 'transferred_in')::bigint, (d.totals ->> 'transferred_out')::bigint, 0, (d.totals ->> 'completed')::bigint,
    (d.totals ->> 'succeeded')::bigint, (d.totals ->> 'dropped_out')::bigint, (d.totals ->> 'cancelled')::bigint,
    d.totals -> 'reasons', d.totals -> 'steps'
FROM parcours.deleted_version d JOIN parcours.journey_ever j ON j.journey_id = d.journey_id
) l
ORDER BY l.journey, l.version, l.journey_id_;
