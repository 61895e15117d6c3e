-- The demonstration's own database, and what its screen shows.

-- name: demo_state
-- scope: shared
-- Whether the demonstration's database is there, and whether a demonstration runs in it now.
SELECT EXISTS (SELECT 1 FROM pg_database d WHERE d.datname = 'parcours_demo'),
    EXISTS (
        SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database
        WHERE d.datname = 'parcours_demo' AND l.locktype = 'advisory' AND l.objid = 7061726);

-- name: drop_demo
-- scope: shared
-- Remove the demonstration's database, whoever looks at it.
DROP DATABASE IF EXISTS parcours_demo WITH (FORCE);

-- name: create_demo
-- scope: shared
-- Make the demonstration's database; text compares by code point.
CREATE DATABASE parcours_demo TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C';

-- name: hold_demo
-- scope: shared
-- Say that a demonstration runs, for as long as this connection is open.
SELECT pg_try_advisory_lock(7061726);

-- name: demo_people
-- scope: all
-- How many people there are.
SELECT count(*) FROM parcours.profile;

-- name: demo_journeys
-- scope: all
-- A line per journey: its newest published version, and everybody counted over all its versions.
SELECT j.journey_key, v.status, v.entry_open,
    coalesce(n.entered, 0), coalesce(n.completed, 0), coalesce(n.succeeded, 0), coalesce(n.dropped_out, 0),
    coalesce(n.cancelled, 0), coalesce(m.sent, 0)
FROM parcours.journey j
JOIN LATERAL (
    SELECT v.status, v.entry_open FROM parcours.version v
    WHERE v.journey_id = j.journey_id AND v.status <> 'draft' ORDER BY v.version_no DESC LIMIT 1) v ON true
LEFT JOIN (
    SELECT v.journey_id,
        sum(c.n) FILTER (WHERE c.kind = 'entered')::bigint AS entered,
        sum(c.n) FILTER (WHERE c.kind = 'completed')::bigint AS completed,
        sum(c.n) FILTER (WHERE c.kind = 'succeeded')::bigint AS succeeded,
        sum(c.n) FILTER (WHERE c.kind = 'dropped_out')::bigint AS dropped_out,
        sum(c.n) FILTER (WHERE c.kind = 'cancelled')::bigint AS cancelled
    FROM parcours.counter c JOIN parcours.version v USING (version_id) GROUP BY v.journey_id) n
    ON n.journey_id = j.journey_id
LEFT JOIN (
    SELECT o.journey_id, count(*) AS sent FROM parcours.message o
    WHERE o.state IN ('sent', 'uncertain') GROUP BY o.journey_id) m
    ON m.journey_id = j.journey_id
ORDER BY j.journey_key;

-- name: demo_mails
-- scope: all
-- The newest mails: subject, recipient.
SELECT m.subject, m.recipient FROM parcours.message m
WHERE m.state = 'sent' ORDER BY m.settled_at DESC, m.message_id LIMIT %(n)s;
