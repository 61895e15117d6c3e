-- name: hold_lease
-- scope: bucket
-- Make sure that this worker still owns the bucket, keep it for this transaction, and for a while behind it.
UPDATE parcours.lease SET expires_at = greatest(expires_at, %(expires)s::timestamptz)
WHERE bucket = %(b)s AND holder = %(holder)s AND term = %(term)s
RETURNING 1;

-- name: let_commands_pass
-- scope: shared
-- False where a command waits for this journey: units then begin no more, so that it waits for the longest one under
-- way and not for one after the other. A hint for speed; what is right is kept by the fences.
SELECT pg_try_advisory_xact_lock_shared(7041, %(j)s);

-- name: open_fence
-- scope: bucket
-- Begin a unit: take the fence, reserve batch numbers, learn the rights of every version.
UPDATE parcours.fence
SET batch = batch + 4096, clock = greatest(clock, coalesce(%(now)s::timestamptz, clock))
WHERE bucket = %(b)s AND journey_id = %(j)s
RETURNING batch - 4096, clock, rights, runs;

-- name: tune_unit
-- scope: shared
-- In a unit nothing is ever found by reading a whole table (plans made while a table was empty would), and nobody is
-- looked up twice in a statement. Its commit does not wait for the disk, unless it claims (decision 0049). Tells whether
-- all sending is held.
SELECT set_config('enable_seqscan', 'off', true), set_config('enable_memoize', 'off', true),
    EXISTS (SELECT 1 FROM parcours.hold h WHERE h.released_at IS NULL), set_config('synchronous_commit', 'off', true);

-- name: take_round
-- scope: bucket
-- Choose the oldest inbox row of each person behind `after` whose timer is not due before it, and who is not in a version
-- whose people are being transferred (`leaving`): theirs wait for them. By row addresses, since no
-- statistics are ever right for a queue, and nobody else touches these rows. Returns how many people were looked at and
-- the last of them, how many rows were chosen, of which kinds, and their addresses.
SELECT count(*), max(c.profile_id::text COLLATE "C"), count(*) FILTER (WHERE c.chosen),
    coalesce(array_agg(DISTINCT c.kind) FILTER (WHERE c.chosen), '{}'),
    coalesce(array_agg(c.address) FILTER (WHERE c.chosen), '{}')::text
FROM (
    SELECT o.profile_id, o.address, o.kind, (cardinality(%(leaving)s::integer[]) = 0 OR NOT EXISTS (
        SELECT 1 FROM parcours.participant e
        WHERE e.bucket = %(b)s AND e.journey_id = %(j)s AND e.profile_id = o.profile_id AND e.finished_at IS NULL
          AND e.version_id = ANY (%(leaving)s::integer[]))) AND (NOT %(timers_due)s OR NOT EXISTS (
        SELECT 1 FROM (
            SELECT a.version_id, a.wake_at, a.finished_at FROM parcours.participant a
            WHERE a.bucket = %(b)s AND a.journey_id = %(j)s AND a.profile_id = o.profile_id
            ORDER BY a.entry_no DESC LIMIT 1
        ) p
        LEFT JOIN parcours.version v ON v.version_id = p.version_id
        WHERE p.finished_at IS NULL AND p.version_id = ANY (%(movable)s::integer[]) AND p.wake_at <= %(until)s
          AND greatest(p.wake_at, v.released_at) < o.happened_at)) AS chosen
    FROM (
        SELECT DISTINCT ON (q.profile_id) q.ctid AS address, q.profile_id, q.happened_at, q.kind
        FROM parcours.inbox q
        WHERE q.bucket = %(b)s AND q.journey_id = %(j)s AND q.profile_id > %(after)s::uuid
        ORDER BY q.profile_id, q.happened_at, q.feed_no, q.kind, q.name
        LIMIT %(n)s
    ) o
) c;

-- name: by_address
-- scope: shared
-- Rows whose addresses are known are found by these alone, in what follows.
SELECT set_config('enable_indexscan', 'off', true), set_config('enable_bitmapscan', 'off', true);

-- name: drop_round
-- scope: bucket
-- Take the rows of a round out of the inbox: they are applied.
DELETE FROM parcours.inbox i
WHERE i.bucket = %(b)s AND i.journey_id = %(j)s AND i.ctid = ANY (%(round)s::tid[]);

-- name: by_index
-- scope: shared
-- Back to finding rows by index.
SELECT set_config('enable_indexscan', 'on', true), set_config('enable_bitmapscan', 'on', true);

-- name: move_participants
-- scope: bucket
-- Let people stand where their passage of this batch took them, each guarded by the step it leaves.
UPDATE parcours.participant p
SET version_id = m.version_id, step = m.to_step, seq = m.seq, status = m.status, reason = m.reason, wake_at = m.wake_at, deadline = m.deadline,
    since_at = CASE WHEN m.seq > p.seq THEN m.since_at ELSE p.since_at END,
    since_no = CASE WHEN m.seq > p.seq THEN m.since_no ELSE p.since_no END,
    hops = CASE WHEN m.at = p.entered_step_at THEN p.hops + 1 ELSE 0 END,
    entered_step_at = CASE WHEN m.seq > p.seq THEN m.at ELSE p.entered_step_at END,
    goal_met_at = CASE WHEN m.goal AND p.goal_met_at IS NULL THEN m.at ELSE p.goal_met_at END,
    finished_at = CASE WHEN m.status <> 'active' THEN m.at END,
    saved = CASE WHEN m.saved IS NULL THEN p.saved ELSE p.saved || m.saved END
FROM parcours.passage m
WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch = %(batch)s AND m.at >= %(since)s
  AND p.bucket = %(b)s AND p.journey_id = %(j)s AND p.profile_id = m.profile_id AND p.entry_no = m.entry_no
  AND p.step IS NOT DISTINCT FROM m.from_step AND m.seq - p.seq BETWEEN 0 AND 1 AND p.status = 'active';

-- name: create_participants
-- scope: bucket
-- Let those admitted in this batch be inside, already where their first walk took them.
INSERT INTO parcours.participant
    (bucket, journey_id, profile_id, entry_no, version_id, status, step, seq, entered_at, entered_step_at, cause_at,
     cause_no, since_at, since_no, wake_at, deadline, goal_met_at, finished_at, reason, event)
SELECT m.bucket, m.journey_id, m.profile_id, m.entry_no, m.version_id, m.status, m.to_step, m.seq, m.at, m.at, m.since_at,
    m.since_no, m.since_at, m.since_no, m.wake_at, m.deadline, CASE WHEN m.goal THEN m.at END,
    CASE WHEN m.status <> 'active' THEN m.at END, m.reason,
    CASE WHEN m.cause IN ('event', 'run') THEN (
        SELECT i.data -> 'properties' FROM parcours.inbox i
        WHERE i.bucket = %(b)s AND i.journey_id = %(j)s AND i.profile_id = m.profile_id AND i.happened_at = m.since_at
          AND i.feed_no = m.since_no AND i.kind IN ('event', 'run', 'grant') AND i.data ? 'properties' LIMIT 1) END
FROM parcours.passage m
WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch = %(batch)s AND m.at >= %(since)s;

-- name: queue_messages
-- scope: bucket
-- Queue the messages of those who came to a message step in these batches.
INSERT INTO parcours.message
    (bucket, message_id, journey_id, version_id, profile_id, entry_no, seq, step, channel, queued_at, due_at, feed_no)
SELECT m.bucket, parcours.message_key(%(journey_key)s, m.profile_id, m.entry_no, m.seq, m.to_step), m.journey_id,
    m.version_id, m.profile_id, m.entry_no, m.seq, m.to_step, c.channel, m.at, m.at, m.since_no
FROM parcours.passage m
JOIN unnest(%(steps)s::text[], %(channels)s::text[]) AS c (step, channel) ON c.step = m.to_step
WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch BETWEEN %(first)s AND %(last)s AND m.at >= %(since)s
  AND m.version_id = %(v)s AND m.status = 'active' AND m.path <> '{}';

-- name: queue_messages_for_window
-- scope: bucket
-- The same where the journey has a window: who comes outside it waits for its next opening (R21). Looking that up costs
-- more than everything else here, so journeys without a window do without.
INSERT INTO parcours.message
    (bucket, message_id, journey_id, version_id, profile_id, entry_no, seq, step, channel, queued_at, due_at, feed_no)
SELECT m.bucket, parcours.message_key(%(journey_key)s, m.profile_id, m.entry_no, m.seq, m.to_step), m.journey_id,
    m.version_id, m.profile_id, m.entry_no, m.seq, m.to_step, c.channel, m.at, coalesce(w.opening, m.at), m.since_no
FROM parcours.passage m
JOIN unnest(%(steps)s::text[], %(channels)s::text[]) AS c (step, channel) ON c.step = m.to_step
LEFT JOIN LATERAL (
    SELECT parcours.next_opening(
        m.at, coalesce(CASE WHEN %(own_zone)s THEN parcours.zone(pr.attributes ->> 'timezone') END, %(zone)s::text),
        %(weekdays)s::integer[], %(opens)s::time, %(shuts)s::time) AS opening
    FROM parcours.profile pr WHERE pr.bucket = %(b)s AND pr.profile_id = m.profile_id
) w ON true
WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch BETWEEN %(first)s AND %(last)s AND m.at >= %(since)s
  AND m.version_id = %(v)s AND m.status = 'active' AND m.path <> '{}';

-- name: cancel_messages
-- scope: bucket
-- Whoever left in these batches while a message waited for its window is sent nothing. Those of a stop are swept.
UPDATE parcours.message m
SET state = 'cancelled', reason = CASE WHEN l.reason = 'profile_deleted' THEN l.reason ELSE 'left' END, settled_at = l.at
FROM parcours.passage l
WHERE l.bucket = %(b)s AND l.journey_id = %(j)s AND l.batch BETWEEN %(first)s AND %(last)s AND l.at >= %(since)s
  AND l.version_id = %(v)s AND l.status NOT IN ('active', 'cancelled') AND l.from_step = ANY (%(steps)s::text[])
  AND m.bucket = %(b)s AND m.state = 'queued'
  AND m.message_id = parcours.message_key(%(journey_key)s, l.profile_id, l.entry_no, l.seq - 1, l.from_step);

-- name: count_moves
-- scope: bucket
-- Keep the counters of the ledger in the transaction of the moves they count. A transfer counts in both versions: out of the
-- step in the one, into it in the other, where that has it.
INSERT INTO parcours.counter AS c (bucket, version_id, kind, name, n)
SELECT %(b)s::integer, i.version_id, i.kind, i.name, sum(t.n)
FROM (
    SELECT m.version_id, m.from_step, m.path, m.status, m.reason, m.entered, m.moved_from, count(*) AS n
    FROM parcours.passage m
    WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch BETWEEN %(first)s AND %(last)s AND m.at >= %(since)s
    GROUP BY m.version_id, m.from_step, m.path, m.status, m.reason, m.entered, m.moved_from
) t
CROSS JOIN LATERAL (
    SELECT t.moved_from IS NULL OR t.from_step IS NULL
        OR (SELECT v.program -> 'step_ids' ? t.from_step FROM parcours.version v WHERE v.version_id = t.version_id) AS has_it
) s
CROSS JOIN LATERAL (
    SELECT t.version_id, 'entered' AS kind, '' AS name WHERE t.entered
    UNION ALL SELECT t.version_id, 'in', 'entry' WHERE t.entered
    UNION ALL SELECT t.version_id, 'out', coalesce(t.from_step, 'entry')
        WHERE s.has_it AND (t.path <> '{}' OR t.status <> 'active')
    UNION ALL SELECT t.version_id, 'in', p.step FROM unnest(t.path) AS p (step)
    UNION ALL SELECT t.version_id, 'out', p.step FROM unnest(t.path) WITH ORDINALITY AS p (step, no)
        WHERE p.no < cardinality(t.path) OR t.status <> 'active'
    UNION ALL SELECT t.version_id, t.status, '' WHERE t.status <> 'active'
    UNION ALL SELECT t.version_id, 'reason', t.reason WHERE t.status = 'dropped_out'
    UNION ALL SELECT t.version_id, 'transferred_in', '' WHERE t.moved_from IS NOT NULL
    UNION ALL SELECT t.version_id, 'in', coalesce(t.from_step, 'entry') WHERE t.moved_from IS NOT NULL AND s.has_it
    UNION ALL SELECT t.moved_from, 'transferred_out', '' WHERE t.moved_from IS NOT NULL
    UNION ALL SELECT t.moved_from, 'out', coalesce(t.from_step, 'entry') WHERE t.moved_from IS NOT NULL
) i
GROUP BY i.version_id, i.kind, i.name
ORDER BY i.version_id, i.kind, i.name
ON CONFLICT (bucket, version_id, kind, name) DO UPDATE SET n = c.n + excluded.n;

-- name: recheck_events
-- scope: bucket
-- Whoever came to a wait because of a message's outcome: look once at events between the hand-over and now (R8).
INSERT INTO parcours.inbox (bucket, journey_id, profile_id, happened_at, feed_no, kind, name, data, arrived_at)
SELECT m.bucket, m.journey_id, m.profile_id, e.happened_at, e.feed_no, 'recheck', e.name,
    jsonb_build_object('properties', e.properties, 'seq', m.seq), m.at
FROM parcours.passage m
JOIN jsonb_to_recordset(%(awaited)s::jsonb) AS a (step text, name text) ON a.step = m.to_step
JOIN parcours.event e ON e.bucket = %(b)s AND e.profile_id = m.profile_id AND e.name = a.name AND NOT e.historical
    AND (e.happened_at, e.feed_no) > (m.since_at, m.since_no)
WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch = %(batch)s AND m.at >= %(since)s
  AND m.version_id = %(v)s AND m.status = 'active' AND m.cause = 'outcome'
  AND NOT EXISTS (SELECT 1 FROM parcours.inbox i WHERE i.bucket = %(b)s AND i.journey_id = %(j)s
    AND i.profile_id = m.profile_id AND i.happened_at = e.happened_at AND i.feed_no = e.feed_no AND i.kind = 'event')
  AND NOT EXISTS (SELECT 1 FROM parcours.pending i WHERE i.bucket = %(b)s
    AND i.profile_id = m.profile_id AND i.happened_at = e.happened_at AND i.feed_no = e.feed_no AND i.kind = 'event')
ON CONFLICT DO NOTHING;

-- name: refuse_added
-- scope: bucket
-- Where no version admits, people added by hand are refused by the status of the newest one.
INSERT INTO parcours.refusal AS f (bucket, journey_id, profile_id, reason, version_id, trigger, first_at, last_at, feed_no)
SELECT %(b)s::integer, %(j)s::integer, r.profile_id,
    CASE WHEN pr.deleted_at IS NULL THEN %(reason)s::text ELSE 'profile_deleted' END, %(v)s::integer,
    CASE WHEN r.kind = 'add' OR r.data ->> 'kind' = 'add' THEN 'manual'
         WHEN r.data ->> 'kind' = 'start' THEN split_part(r.data ->> 'name', '/', 2)
         ELSE r.data ->> 'name' END, x.at, x.at,
    r.feed_no
FROM unnest(%(round)s::tid[]) AS t (address)
CROSS JOIN LATERAL (
    SELECT i.* FROM parcours.inbox i
    WHERE i.bucket = %(b)s AND i.journey_id = %(j)s AND i.ctid = t.address LIMIT 1) r
JOIN parcours.profile pr ON pr.bucket = %(b)s AND pr.profile_id = r.profile_id
CROSS JOIN LATERAL (SELECT coalesce(%(now)s::timestamptz, r.arrived_at) AS at) x
WHERE r.kind IN ('add', 'grant')
ON CONFLICT (bucket, journey_id, profile_id, reason) DO UPDATE
SET times = f.times + 1, last_at = excluded.last_at, version_id = excluded.version_id, trigger = excluded.trigger,
    feed_no = excluded.feed_no;

-- name: something_due
-- scope: bucket
-- Tell whether some timer of these versions is due.
SELECT EXISTS (
    SELECT 1 FROM unnest(%(movable)s::integer[]) AS v (id)
    CROSS JOIN LATERAL (
        SELECT 1 FROM parcours.participant p
        WHERE p.bucket = %(b)s AND p.version_id = v.id AND p.finished_at IS NULL AND p.wake_at <= %(until)s
        ORDER BY p.wake_at LIMIT 1) d);

-- name: next_instants
-- scope: bucket
-- When a journey is next due in a bucket: the earliest timer of those who may move, the earliest message of each channel
-- that may leave, whether the inbox holds rows.
SELECT
    (SELECT nullif(min(d.wake_at), 'infinity') FROM unnest(%(movable)s::integer[]) AS v (id)
     CROSS JOIN LATERAL (
        SELECT greatest(p.wake_at, '2000-01-01 00:00:00+00') AS wake_at FROM parcours.participant p
        WHERE p.bucket = %(b)s AND p.version_id = v.id AND p.finished_at IS NULL
        ORDER BY p.wake_at LIMIT 1) d),
    ARRAY (
        SELECT (SELECT nullif(min(d.due_at), 'infinity') FROM unnest(%(sending)s::integer[]) AS v (id)
            CROSS JOIN LATERAL (
                SELECT q.due_at FROM parcours.message q
                WHERE q.bucket = %(b)s AND q.version_id = v.id AND q.state = 'queued' AND q.channel = c.name
                ORDER BY q.due_at LIMIT 1) d)
        FROM unnest(%(channels)s::text[]) WITH ORDINALITY AS c (name, no) ORDER BY c.no),
    EXISTS (SELECT 1 FROM parcours.inbox i WHERE i.bucket = %(b)s AND i.journey_id = %(j)s);

-- name: count_batch
-- scope: bucket
-- How many passages of a batch move or end somebody.
SELECT count(*) FROM parcours.passage m
WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch = %(batch)s AND m.at >= %(since)s
  AND (m.path <> '{}' OR m.status <> 'active');
