-- name: claim_messages
-- scope: bucket
-- Take queued messages that are due, each with its person and the gates' verdict (lifecycle, Before every step), and write it
-- down: claimed, with the time in which the hand-over may begin and must end, or settled; or queued still, for the next
-- opening of its window. `opened_by` is the latest instant at which a window counts as open now. By row addresses, and with
-- a state that no partial index seems to serve: only what is taken is read, however long the queue. `subscriptions` names
-- the type of each mail that is advertising (P121).
UPDATE parcours.message m
SET state = g.verdict, reason = g.reason,
    recipient = CASE WHEN q.channel = 'email' AND g.addressed AND g.verdict IN ('claimed', 'skipped') THEN g.attributes ->> 'email' END,
    due_at = CASE WHEN g.verdict = 'queued' THEN g.opening ELSE q.due_at END,
    claimed_at = CASE WHEN g.verdict = 'claimed' THEN g.at END,
    begin_by = CASE WHEN g.verdict = 'claimed' THEN g.at + %(begin_within)s END,
    done_by = CASE WHEN g.verdict = 'claimed' THEN g.at + %(begin_within)s + h.hand_over END,
    settled_at = CASE WHEN g.verdict NOT IN ('claimed', 'queued') THEN g.at END,
    transactional = q.channel = 'email' AND g.subscription IS NULL
FROM unnest(ARRAY(
    SELECT t.address FROM unnest(%(channels)s::text[], %(room)s::bigint[]) AS c (channel, room)
    CROSS JOIN LATERAL (
        SELECT d.address FROM unnest(%(sending)s::integer[]) AS s (version_id)
        CROSS JOIN LATERAL (
            SELECT o.ctid AS address, o.due_at FROM parcours.message o
            WHERE o.bucket = %(b)s AND o.version_id = s.version_id AND o.channel = c.channel AND o.state = 'queued'
              AND o.due_at <= %(until)s AND (o.due_at = o.queued_at OR o.due_at <= %(opened_by)s)
            ORDER BY o.due_at LIMIT c.room) d
        ORDER BY d.due_at LIMIT c.room) t
)) AS a (address)
JOIN parcours.message q ON q.bucket = %(b)s AND q.ctid = a.address
JOIN unnest(%(channels)s::text[], %(hand_over)s::interval[]) AS h (channel, hand_over) ON h.channel = q.channel
JOIN jsonb_to_recordset(%(limits)s::jsonb) AS w (version_id integer, floor timestamptz, expires jsonb, discard boolean,
    zone text, own_zone boolean, weekdays integer[], opens time, shuts time, subscriptions jsonb) ON w.version_id = q.version_id
CROSS JOIN LATERAL (
    SELECT pr.attributes, pr.user_id, p.event, p.saved, p.entered_at, u.addressed, u.opening, u.at, u.subscription, v.verdict,
        CASE v.verdict WHEN 'cancelled' THEN CASE WHEN pr.deleted_at IS NULL THEN 'left' ELSE 'profile_deleted' END
            WHEN 'skipped' THEN u.refusal END AS reason
    FROM parcours.participant p
    JOIN parcours.profile pr ON pr.bucket = %(b)s AND pr.profile_id = q.profile_id
    CROSS JOIN LATERAL (
        SELECT t.*, CASE WHEN w.opens IS NOT NULL THEN parcours.next_opening(
                t.at, coalesce(CASE WHEN w.own_zone THEN parcours.zone(pr.attributes ->> 'timezone') END, w.zone),
                w.weekdays, w.opens, w.shuts) END AS opening,
            CASE WHEN w.discard THEN 'pause_discard' WHEN q.queued_at + (w.expires ->> q.step)::interval <= t.at THEN 'expired'
                WHEN q.channel <> 'email' THEN NULL
                ELSE coalesce(CASE WHEN t.subscription IS NOT NULL THEN (
                    SELECT CASE WHEN bool_or(c.state = 'out' AND c.subscription_key = '*') THEN 'no_consent'
                        WHEN bool_or(c.state = 'out') THEN 'not_subscribed'
                        WHEN bool_and(c.subscription_key = '*') IS NOT FALSE AND EXISTS (SELECT 1 FROM parcours.subscription_type y
                            WHERE y.subscription_key = t.subscription AND y.usual = 'out') THEN 'no_consent' END
                    FROM parcours.consent c WHERE c.bucket = %(b)s AND c.profile_id = q.profile_id
                      AND c.subscription_key IN ('*', t.subscription)) END,
                    CASE WHEN NOT t.addressed THEN 'no_address' WHEN EXISTS (SELECT 1 FROM parcours.suppression x
                        WHERE x.address_key = parcours.address_key(pr.attributes ->> 'email')
                          AND (t.subscription IS NOT NULL OR x.reason = 'bounce')) THEN 'suppressed' END) END AS refusal
        FROM (SELECT coalesce(%(now)s::timestamptz, greatest(q.due_at, w.floor)) AS at, w.subscriptions ->> q.step AS subscription,
            coalesce(jsonb_typeof(pr.attributes -> 'email') = 'string'
                AND (pr.attributes ->> 'email') COLLATE "C" ~ %(address)s, false) AS addressed OFFSET 0) t OFFSET 0) u
    CROSS JOIN LATERAL (SELECT CASE WHEN p.finished_at IS NOT NULL OR p.seq <> q.seq OR pr.deleted_at IS NOT NULL THEN 'cancelled'
        WHEN u.opening > u.at THEN 'queued' WHEN u.refusal IS NULL THEN 'claimed' ELSE 'skipped' END AS verdict OFFSET 0) v
    WHERE p.bucket = %(b)s AND p.journey_id = %(j)s AND p.profile_id = q.profile_id AND p.entry_no = q.entry_no
    OFFSET 0) g
WHERE m.bucket = %(b)s AND m.ctid = a.address AND m.state || '' = 'queued'
RETURNING m.message_id, m.version_id, m.profile_id, m.entry_no, m.step, m.state, m.reason, m.recipient, m.attempts, g.at,
    m.due_at, g.attributes, g.user_id, g.event, g.saved, g.entered_at;

-- name: settle_messages
-- scope: all
-- Record what became of claimed messages, a fact that needs no right, and bring what opens a way out back as inbox rows,
-- each at the position of the move that made its message. Returns how many were still claimed.
-- exempt insert-in-cte: one statement settles for several buckets; where they are spread, its rows travel over one node
WITH settled AS (
    UPDATE parcours.message m
    SET state = s.state, reason = s.reason, detail = s.detail, subject = s.subject, handed_at = s.handed_at,
        recipient = coalesce(s.recipient, m.recipient), settled_at = s.settled_at, attempts = m.attempts + s.tried,
        due_at = coalesce(s.due_at, m.due_at), claimed_at = NULL, begin_by = NULL, done_by = NULL
    FROM jsonb_to_recordset(%(rows)s::jsonb)
        AS s (bucket integer, message_id uuid, state text, reason text, detail text, subject text, handed_at timestamptz,
              settled_at timestamptz, tried integer, due_at timestamptz, exit text, recipient text, answer jsonb)
    WHERE m.bucket = s.bucket AND m.message_id = s.message_id AND m.state = 'claimed'
    RETURNING m.bucket, m.journey_id, m.profile_id, m.feed_no, m.message_id, m.seq, m.entry_no, m.handed_at, m.settled_at,
        m.detail, s.exit, s.answer
), told AS (
    INSERT INTO parcours.inbox (bucket, journey_id, profile_id, happened_at, feed_no, kind, name, data, arrived_at)
    SELECT t.bucket, t.journey_id, t.profile_id, t.settled_at, t.feed_no, 'outcome', t.message_id::text,
        jsonb_build_object('exit', t.exit, 'handed_at', t.handed_at, 'seq', t.seq, 'entry_no', t.entry_no)
            || CASE WHEN t.detail IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('detail', t.detail) END
            || CASE WHEN t.answer IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('answer', t.answer) END,
        t.settled_at
    FROM settled t
    WHERE t.exit IS NOT NULL
    ON CONFLICT DO NOTHING
)
SELECT count(*) FROM settled;

-- name: report_outcomes
-- scope: bucket
-- Bring outcomes back as inbox rows, each at the position of the move that made its message.
INSERT INTO parcours.inbox (bucket, journey_id, profile_id, happened_at, feed_no, kind, name, data, arrived_at)
SELECT %(b)s::integer, m.journey_id, m.profile_id, s.at, m.feed_no, 'outcome', m.message_id::text,
    jsonb_build_object('exit', s.exit, 'handed_at', m.handed_at, 'seq', m.seq, 'entry_no', m.entry_no)
        || CASE WHEN s.detail IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('detail', s.detail) END,
    s.at
FROM jsonb_to_recordset(%(rows)s::jsonb) AS s (message_id uuid, exit text, at timestamptz, detail text)
JOIN parcours.message m ON m.bucket = %(b)s AND m.message_id = s.message_id
WHERE s.exit IS NOT NULL
ON CONFLICT DO NOTHING;

-- name: overdue_claims
-- scope: bucket
-- Claims whose time has run out and that nobody settled: their fate is unknown.
UPDATE parcours.message m
SET state = 'uncertain', handed_at = m.begin_by, settled_at = %(now)s, detail = 'no answer was recorded',
    claimed_at = NULL, begin_by = NULL, done_by = NULL
WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.state = 'claimed' AND m.done_by < %(overdue)s
RETURNING m.message_id::text;

-- name: claims_open
-- scope: all
-- How many messages of these versions are in a provider's hands, and until when at most.
SELECT count(*), max(m.done_by) FROM parcours.message m
WHERE m.journey_id = %(j)s AND m.state = 'claimed' AND m.version_id = ANY (%(versions)s::integer[]);
