-- name: claim_candidates
-- scope: bucket
-- Queued messages that are due, each with its person and the gates' verdict (lifecycle, Before every step).
SELECT q.message_id, q.version_id, q.profile_id, q.entry_no, q.step, g.verdict,
    CASE WHEN g.verdict = 'cancelled' THEN CASE WHEN g.deleted THEN 'profile_deleted' ELSE 'left' END
         WHEN g.verdict = 'skipped' THEN 'no_address' END AS reason,
    g.attributes ->> 'email' AS recipient, q.attempts, coalesce(%(now)s::timestamptz, q.due_at) AS at,
    g.attributes, g.user_id, g.event, g.saved, g.entered_at
FROM (
    SELECT o.* FROM parcours.message o
    WHERE o.bucket = %(b)s AND o.journey_id = %(j)s AND o.state = 'queued' AND o.due_at <= %(until)s
      AND o.version_id = ANY (%(sending)s::integer[])
    ORDER BY o.due_at LIMIT %(n)s
) q
CROSS JOIN LATERAL (
    SELECT pr.attributes, pr.user_id, p.event, p.saved, p.entered_at, pr.deleted_at IS NOT NULL AS deleted,
        CASE WHEN p.finished_at IS NOT NULL OR p.seq <> q.seq OR pr.deleted_at IS NOT NULL THEN 'cancelled'
             WHEN jsonb_typeof(pr.attributes -> 'email') = 'string'
                AND (pr.attributes ->> 'email') COLLATE "C" ~ %(address)s THEN 'claimed'
             ELSE 'skipped' END AS verdict
    FROM parcours.participant p
    JOIN parcours.profile pr ON pr.bucket = %(b)s AND pr.profile_id = q.profile_id
    WHERE p.bucket = %(b)s AND p.journey_id = %(j)s AND p.profile_id = q.profile_id AND p.entry_no = q.entry_no
    OFFSET 0
) g;

-- name: claim_messages
-- scope: bucket
-- Write the verdicts down: claimed with the time in which the hand-over may begin and must end, or settled.
UPDATE parcours.message m
SET state = c.verdict, reason = c.reason, recipient = c.recipient,
    claimed_at = CASE WHEN c.verdict = 'claimed' THEN c.at END,
    begin_by = CASE WHEN c.verdict = 'claimed' THEN c.begin_by END,
    done_by = CASE WHEN c.verdict = 'claimed' THEN c.done_by END,
    settled_at = CASE WHEN c.verdict <> 'claimed' THEN c.at END
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS c (message_id uuid, verdict text, reason text, recipient text, at timestamptz, begin_by timestamptz, done_by timestamptz)
WHERE m.bucket = %(b)s AND m.message_id = c.message_id AND m.state = 'queued';

-- name: settle_messages
-- scope: bucket
-- Record what became of claimed messages; a fact, needing no right. Returns those that were still claimed.
UPDATE parcours.message m
SET state = s.state, reason = s.reason, detail = s.detail, subject = s.subject, handed_at = s.handed_at,
    settled_at = s.settled_at, attempts = m.attempts + s.tried, due_at = coalesce(s.due_at, m.due_at),
    claimed_at = NULL, begin_by = NULL, done_by = NULL
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS s (message_id uuid, state text, reason text, detail text, subject text, handed_at timestamptz,
          settled_at timestamptz, tried integer, due_at timestamptz)
WHERE m.bucket = %(b)s AND m.message_id = s.message_id AND m.state = 'claimed'
RETURNING m.message_id::text;

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
