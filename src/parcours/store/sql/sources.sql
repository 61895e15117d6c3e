-- name: add_source
-- scope: shared
-- Make a source, unless one of that name is there.
INSERT INTO parcours.source (name, key_hash, key_hint, created_at) VALUES (%(name)s, %(hash)s, %(hint)s, %(at)s)
ON CONFLICT DO NOTHING RETURNING source_id;

-- name: list_sources
-- scope: shared
-- Every source, by name.
SELECT name, key_hint AS key, enabled, created_at, revoked_at, seen_at FROM parcours.source ORDER BY name;

-- name: find_source
-- scope: shared
-- Whose write key this is.
SELECT source_id, name FROM parcours.source WHERE key_hash = %(hash)s AND enabled;

-- name: revoke_source
-- scope: shared
-- Take a source's key back.
UPDATE parcours.source SET enabled = false, revoked_at = coalesce(revoked_at, %(at)s) WHERE name = %(name)s
RETURNING source_id;

-- name: see_sources
-- scope: shared
-- Note that something came from sources.
UPDATE parcours.source SET seen_at = %(at)s
WHERE source_id = ANY (%(sources)s::integer[]) AND (seen_at IS NULL OR seen_at < %(at)s);

-- name: pending_length
-- scope: all
-- How many rows wait to be routed, up to a limit.
SELECT count(*) FROM (SELECT 1 FROM parcours.pending LIMIT %(limit)s) d;

-- name: forget_seen
-- scope: all
-- Forget messages that came long ago, some at a time.
DELETE FROM parcours.seen s
WHERE s.seen_at < %(before)s AND s.seen_at <= coalesce((
    SELECT q.seen_at FROM parcours.seen q WHERE q.seen_at < %(before)s ORDER BY q.seen_at OFFSET %(n)s LIMIT 1), %(before)s);
