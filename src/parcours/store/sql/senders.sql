-- Senders: addresses that mails come from.

-- name: senders
-- scope: shared
-- Every sender, by key.
SELECT s.sender_key, s.name, s.address, s.reply_to, s.usual, s.created_at FROM parcours.sender s ORDER BY s.sender_key;

-- name: lock_senders
-- scope: shared
-- One change of senders at a time.
SELECT pg_advisory_xact_lock(7042, 2);

-- name: no_usual_sender
-- scope: shared
-- Another one is to be the usual one.
UPDATE parcours.sender SET usual = false WHERE usual AND sender_key <> %(key)s;

-- name: save_sender
-- scope: shared
-- Make a sender known, or change it.
INSERT INTO parcours.sender (sender_key, name, address, reply_to, usual, created_at)
VALUES (%(key)s, %(name)s, %(address)s, %(reply_to)s, %(usual)s, %(at)s)
ON CONFLICT (sender_key) DO UPDATE
SET name = excluded.name, address = excluded.address, reply_to = excluded.reply_to, usual = excluded.usual;

-- name: delete_sender
-- scope: shared
-- Forget a sender.
DELETE FROM parcours.sender WHERE sender_key = %(key)s;

-- name: save_definition
-- scope: shared
-- A draft that goes live says who sends its mails.
UPDATE parcours.version SET definition = %(definition)s::json WHERE version_id = %(v)s;
