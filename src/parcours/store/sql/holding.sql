-- The switch that holds all sending, over every journey.

-- name: hold_standing
-- scope: shared
-- Since when, by whom and why all sending is held; no row where it is not.
SELECT h.held_at, h.held_by, h.reason FROM parcours.hold h WHERE h.released_at IS NULL;

-- name: lock_leases
-- scope: all
-- Wait for the units under way, bucket by bucket; from here on none begins until the switch is set.
-- exempt lock-in-all: where leases are spread over nodes, they will have to be locked one by one
SELECT 1 FROM parcours.lease ORDER BY bucket FOR NO KEY UPDATE;

-- name: hold_sending
-- scope: shared
-- Hold all sending, unless it is held already.
INSERT INTO parcours.hold (held_at, held_by, reason) VALUES (%(at)s, %(actor)s, %(reason)s)
ON CONFLICT DO NOTHING;

-- name: release_sending
-- scope: shared
-- Let messages leave again.
UPDATE parcours.hold SET released_at = %(at)s, released_by = %(actor)s WHERE released_at IS NULL;

-- name: held_messages
-- scope: all
-- How many messages are queued that could leave, and how many of them are due by an instant.
SELECT count(*), count(*) FILTER (WHERE m.due_at <= %(at)s)
FROM parcours.message m JOIN parcours.version v USING (version_id)
WHERE m.state = 'queued' AND v.status IN ('live', 'closed');

-- name: all_claims
-- scope: all
-- The messages of all journeys that are in a provider's hands.
SELECT m.bucket, m.message_id, m.done_by FROM parcours.message m WHERE m.state = 'claimed';
