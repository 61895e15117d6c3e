-- The first administrator: whether one is still to come, and the codes by which one is made.

-- name: lock_accounts
-- scope: shared
-- One account is added at a time, so that the first one is the first.
SELECT pg_advisory_xact_lock(7042, 1);

-- name: has_account
-- scope: shared
-- Whether anybody works here.
SELECT EXISTS (SELECT 1 FROM parcours.account a);

-- name: add_setup_code
-- scope: shared
-- One more code; others hold on.
INSERT INTO parcours.setup_code (code_hash, created_at, expires_at) VALUES (%(code)s, %(at)s, %(expires)s);

-- name: forget_setup_codes
-- scope: shared
-- Codes that hold no longer.
DELETE FROM parcours.setup_code WHERE expires_at <= %(at)s;

-- name: setup_code_holds
-- scope: shared
-- Whether a code holds.
SELECT EXISTS (SELECT 1 FROM parcours.setup_code s WHERE s.code_hash = %(code)s AND s.expires_at > %(at)s);

-- name: end_setup_codes
-- scope: shared
-- The first user is there: none is needed any more.
DELETE FROM parcours.setup_code;
