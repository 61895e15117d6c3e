-- Accounts and how people come in: passwords, links, invitations; and the settings of the installation.

-- name: read_options
-- scope: shared
-- The settings that somebody has set.
SELECT o.key, o.value FROM parcours.setting o WHERE o.key = ANY (%(names)s::text[]);

-- name: lock_options
-- scope: shared
-- One change of settings at a time.
SELECT pg_advisory_xact_lock(7042, 0);

-- name: write_option
-- scope: shared
-- Set one.
INSERT INTO parcours.setting (key, value) VALUES (%(name)s, %(value)s::jsonb)
ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- name: count_attempt
-- scope: shared
-- One more try to sign in: how many in the window that runs, and since when that runs.
INSERT INTO parcours.attempt AS t (subject, n, since) VALUES (%(subject)s, 1, %(at)s)
ON CONFLICT (subject) DO UPDATE SET
    n = CASE WHEN t.since > %(window)s THEN t.n + 1 ELSE 1 END,
    since = CASE WHEN t.since > %(window)s THEN t.since ELSE excluded.since END
RETURNING n, since;

-- name: forgive_attempt
-- scope: shared
-- A try was no guess.
UPDATE parcours.attempt SET n = n - 1 WHERE subject = %(subject)s AND n > 0;

-- name: forget_attempts
-- scope: shared
-- Tries of windows that are over, a part at a time.
DELETE FROM parcours.attempt
WHERE subject IN (SELECT t.subject FROM parcours.attempt t WHERE t.since <= %(window)s ORDER BY t.subject LIMIT 1000);

-- name: find_account
-- scope: shared
-- An account by its address.
SELECT a.account_id, a.email, a.name, a.role, a.language, a.password_hash, a.created_at, a.created_by, a.signed_in_at,
    a.disabled_at
FROM parcours.account a WHERE a.email = %(email)s;

-- name: lock_account
-- scope: shared
-- The same, and nobody changes it meanwhile.
SELECT a.account_id, a.email, a.name, a.role, a.language, a.password_hash, a.created_at, a.created_by, a.signed_in_at,
    a.disabled_at
FROM parcours.account a WHERE a.email = %(email)s FOR NO KEY UPDATE;

-- name: list_accounts
-- scope: shared
-- Every account, with the number of its sessions and of the keys that it stands behind.
SELECT a.email, a.name, a.role, a.language, a.password_hash IS NOT NULL AS has_password, a.created_at, a.created_by,
    a.signed_in_at, a.disabled_at,
    (SELECT count(*) FROM parcours.session s WHERE s.account_id = a.account_id AND s.expires_at > %(at)s) AS sessions,
    ARRAY(SELECT k.name FROM parcours.api_key k WHERE k.person = a.email AND k.revoked_at IS NULL ORDER BY k.name) AS keys
FROM parcours.account a
WHERE %(email)s::text IS NULL OR a.email = %(email)s
ORDER BY a.email;

-- name: add_account
-- scope: shared
-- A new account; nothing where the address has one.
INSERT INTO parcours.account (email, name, role, language, password_hash, created_at, created_by)
VALUES (%(email)s, %(name)s, %(role)s, %(language)s, %(password)s, %(at)s, %(actor)s)
ON CONFLICT DO NOTHING RETURNING account_id;

-- name: save_account
-- scope: shared
-- What may change of an account.
UPDATE parcours.account SET name = %(name)s, role = %(role)s, language = %(language)s, disabled_at = %(disabled)s
WHERE account_id = %(id)s;

-- name: lock_admins
-- scope: shared
-- Who is an admin and may come in, none of whom changes meanwhile.
SELECT a.account_id FROM parcours.account a WHERE a.role = 'admin' AND a.disabled_at IS NULL
ORDER BY a.account_id FOR NO KEY UPDATE;

-- name: save_password
-- scope: shared
-- Another password, hashed.
UPDATE parcours.account SET password_hash = %(password)s WHERE account_id = %(id)s;

-- name: came_in
-- scope: shared
-- Somebody signed in.
UPDATE parcours.account SET signed_in_at = %(at)s WHERE account_id = %(id)s;

-- name: open_session
-- scope: shared
-- A new session.
INSERT INTO parcours.session (account_id, token_hash, way, created_at, seen_at, expires_at, address, agent)
VALUES (%(id)s, %(token)s, %(way)s, %(at)s, %(at)s, %(expires)s, %(address)s, %(agent)s)
RETURNING session_id;

-- name: session_way
-- scope: shared
-- How a session began, and when.
SELECT s.way, s.created_at FROM parcours.session s WHERE s.session_id = %(id)s;

-- name: list_sessions
-- scope: shared
-- The sessions of an account that have not expired, the one used last first.
SELECT s.session_id, s.way, s.created_at, s.seen_at, s.expires_at, s.address, s.agent
FROM parcours.session s JOIN parcours.account a USING (account_id)
WHERE a.email = %(email)s AND s.expires_at > %(at)s
ORDER BY s.seen_at DESC, s.session_id DESC;

-- name: end_session
-- scope: shared
-- One session of an account is over.
DELETE FROM parcours.session s USING parcours.account a
WHERE a.account_id = s.account_id AND a.email = %(email)s AND s.session_id = %(id)s
RETURNING s.session_id;

-- name: end_sessions
-- scope: shared
-- All sessions of an account are over, but for one perhaps.
DELETE FROM parcours.session s USING parcours.account a
WHERE a.account_id = s.account_id AND a.email = %(email)s
  AND (%(but)s::bigint IS NULL OR s.session_id <> %(but)s)
RETURNING s.session_id;

-- name: forget_sessions
-- scope: shared
-- Sessions that have expired.
DELETE FROM parcours.session WHERE expires_at <= %(at)s;

-- name: add_link
-- scope: shared
-- A link that signs somebody in once.
INSERT INTO parcours.sign_in_link (token_hash, account_id, created_at, created_by, expires_at)
VALUES (%(token)s, %(id)s, %(at)s, %(actor)s, %(expires)s);

-- name: use_link
-- scope: shared
-- The link is used up; whose it was, where it held.
UPDATE parcours.sign_in_link SET used_at = %(at)s
WHERE token_hash = %(token)s AND used_at IS NULL AND expires_at > %(at)s
RETURNING account_id;

-- name: account_of_link
-- scope: shared
-- Who comes in by it.
SELECT a.email FROM parcours.account a WHERE a.account_id = %(id)s AND a.disabled_at IS NULL;

-- name: void_links
-- scope: shared
-- The links of an account hold no longer.
UPDATE parcours.sign_in_link SET expires_at = %(at)s
WHERE account_id = %(id)s AND used_at IS NULL AND expires_at > %(at)s;

-- name: add_invitation
-- scope: shared
-- An invitation.
INSERT INTO parcours.invitation (token_hash, email, role, language, created_at, created_by, expires_at)
VALUES (%(token)s, %(email)s, %(role)s, %(language)s, %(at)s, %(actor)s, %(expires)s)
RETURNING invitation_id;

-- name: withdraw_invitations
-- scope: shared
-- Open invitations hold no longer: one, or those of an address.
UPDATE parcours.invitation SET withdrawn_at = %(at)s
WHERE accepted_at IS NULL AND withdrawn_at IS NULL
  AND (invitation_id = %(invitation)s::integer OR email = %(email)s::text)
RETURNING email;

-- name: list_invitations
-- scope: shared
-- Invitations, the latest first.
SELECT i.invitation_id, i.email, i.role, i.language, i.created_at, i.created_by, i.expires_at, i.accepted_at, i.withdrawn_at
FROM parcours.invitation i ORDER BY i.invitation_id DESC LIMIT 500;

-- name: find_invitation
-- scope: shared
-- The invitation of a token, where it holds.
SELECT i.invitation_id, i.email, i.role, i.language, i.expires_at, i.created_by
FROM parcours.invitation i
WHERE i.token_hash = %(token)s AND i.accepted_at IS NULL AND i.withdrawn_at IS NULL AND i.expires_at > %(at)s
  AND NOT EXISTS (SELECT 1 FROM parcours.account a WHERE a.email = i.email);

-- name: accept_invitation
-- scope: shared
-- It is used up.
UPDATE parcours.invitation SET accepted_at = %(at)s
WHERE invitation_id = %(invitation)s AND accepted_at IS NULL AND withdrawn_at IS NULL
RETURNING invitation_id;

-- name: page_audit
-- scope: shared
-- A page of the audit, newest first: of one journey or of all, and by whom, of which kind, when, refused ones only.
SELECT a.audit_id, a.at, a.actor, a.journey_key, a.version_no, a.command, a.options, a.reason, a.from_status, a.to_status,
    a.refused, a.counts
FROM parcours.audit a
WHERE (%(before)s::bigint IS NULL OR a.audit_id < %(before)s)
  AND (%(key)s::text IS NULL OR a.journey_key = %(key)s)
  AND (%(everything)s OR NOT starts_with(a.journey_key, '@'))
  AND (%(actor)s::text IS NULL OR a.actor = %(actor)s OR starts_with(a.actor, %(actor)s || ',')
    OR split_part(split_part(a.actor, ',', 1), ':', 2) = %(actor)s)
  AND (%(command)s::text IS NULL OR a.command = %(command)s)
  AND (%(since)s::timestamptz IS NULL OR a.at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR a.at < %(until)s)
  AND (NOT %(refused)s OR a.refused IS NOT NULL)
ORDER BY a.audit_id DESC LIMIT %(n)s;
