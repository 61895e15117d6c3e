-- Who works here: accounts, their sessions and links, and API keys.

-- name: find_session
-- scope: shared
-- Who signed in with this token, where that still holds; and when the session was last seen.
SELECT s.session_id, s.seen_at, a.email, a.role
FROM parcours.session s JOIN parcours.account a USING (account_id)
WHERE s.token_hash = %(token)s AND s.expires_at > %(at)s AND a.disabled_at IS NULL
  AND s.seen_at > %(at)s - make_interval(hours => coalesce(
      (SELECT (o.value #>> '{}')::integer FROM parcours.setting o WHERE o.key = 'session_idle_hours'), %(idle)s));

-- name: see_session
-- scope: shared
-- The session is in use.
UPDATE parcours.session SET seen_at = %(at)s WHERE session_id = %(id)s AND seen_at < %(at)s;

-- name: find_api_key
-- scope: shared
-- The key with this secret, where it still holds.
SELECT k.key_id, k.name, k.scopes, k.person, k.used_at
FROM parcours.api_key k
WHERE k.secret_hash = %(secret)s AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > %(at)s);

-- name: use_api_key
-- scope: shared
-- The key is in use.
UPDATE parcours.api_key SET used_at = %(at)s
WHERE key_id = %(id)s AND (used_at IS NULL OR used_at < %(at)s);

-- name: add_api_key
-- scope: shared
-- A new key; nothing where the name is taken.
INSERT INTO parcours.api_key (name, prefix, secret_hash, scopes, person, created_at, created_by, expires_at)
VALUES (%(name)s, %(prefix)s, %(secret)s, %(scopes)s::text[], %(person)s, %(at)s, %(actor)s, %(expires)s)
ON CONFLICT DO NOTHING RETURNING key_id;

-- name: list_api_keys
-- scope: shared
-- Every key, those in force first.
SELECT k.name, k.prefix, k.scopes, k.person, k.created_at, k.created_by, k.expires_at, k.used_at, k.revoked_at, k.revoked_by
FROM parcours.api_key k
ORDER BY k.revoked_at IS NOT NULL, k.name;

-- name: revoke_api_key
-- scope: shared
-- The key holds no longer; nothing where it did not.
UPDATE parcours.api_key SET revoked_at = %(at)s, revoked_by = %(actor)s
WHERE name = %(name)s AND revoked_at IS NULL RETURNING key_id;
