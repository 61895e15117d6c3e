-- name: note_recent
-- scope: all
-- Keep what came lately, for looking at; of people who were erased nothing but the hash of their key.
INSERT INTO parcours.recent
    (bucket, feed_no, profile_id, user_id, at, happened_at, source, kind, name, result, code, place, said, hint, data)
SELECT r.bucket, r.feed_no, r.profile_id, CASE WHEN e.asked_at IS NULL THEN r.user_id ELSE 'erased:' || e.profile_id::text END,
    r.at, r.happened_at, r.source, r.kind, r.name, r.result, r.code, r.place, r.said, r.hint,
    CASE WHEN e.asked_at IS NULL THEN r.data ELSE '{}' END
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS r (bucket integer, feed_no bigint, profile_id uuid, user_id text, at timestamptz, happened_at timestamptz, source text,
          kind text, name text, result text, code text, place text, said text, hint text, data jsonb)
LEFT JOIN parcours.erasure e ON e.bucket = r.bucket AND e.profile_id = r.profile_id
ON CONFLICT DO NOTHING;

-- name: forget_recent
-- scope: all
-- Keep the latest ones only.
DELETE FROM parcours.recent r
WHERE r.at < (SELECT q.at FROM parcours.recent q ORDER BY q.at DESC, q.feed_no DESC OFFSET %(most)s LIMIT 1);

-- name: list_recent
-- scope: all
-- The latest that came, the newest first: of everybody or of one person, behind a place in the feed.
SELECT r.bucket, r.feed_no, r.profile_id, r.user_id, r.at, r.happened_at, r.source, r.kind, r.name, r.result, r.code, r.place,
    r.said, r.hint, r.data, m.into_id AS now_known_as
FROM parcours.recent r
LEFT JOIN parcours.identity m ON m.bucket = r.bucket AND m.profile_id = r.profile_id
WHERE (%(user_id)s::text IS NULL OR r.user_id = %(user_id)s::text)
  AND (%(after)s::bigint IS NULL OR r.feed_no > %(after)s::bigint)
  AND (%(result)s::text IS NULL OR r.result = %(result)s::text)
ORDER BY r.feed_no DESC LIMIT %(n)s;

-- name: recent_waiting
-- scope: all
-- Which of these still wait to be routed (no journey), or to be applied to a journey.
SELECT r.feed_no, NULL AS journey
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (bucket integer, profile_id uuid, feed_no bigint)
JOIN parcours.pending d ON d.bucket = r.bucket AND d.profile_id = r.profile_id AND d.feed_no = r.feed_no
UNION
SELECT r.feed_no, j.journey_key
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (bucket integer, profile_id uuid, feed_no bigint)
CROSS JOIN parcours.journey j
JOIN parcours.inbox i ON i.bucket = r.bucket AND i.journey_id = j.journey_id AND i.profile_id = r.profile_id
    AND i.feed_no = r.feed_no;

-- name: recent_moves
-- scope: all
-- What these moved: entrances and moves that count from their place in the feed.
SELECT r.feed_no, j.journey_key, p.entered, p.from_step, p.to_step, p.status, p.reason, p.at
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (bucket integer, profile_id uuid, feed_no bigint, at timestamptz)
JOIN parcours.passage p ON p.bucket = r.bucket AND p.profile_id = r.profile_id AND p.since_no = r.feed_no AND p.at >= r.at
    AND p.cause <> 'timer'
JOIN parcours.journey j ON j.journey_id = p.journey_id
ORDER BY r.feed_no, p.at, p.seq;

-- name: recent_refusals
-- scope: all
-- At which entrances these were refused; the latest of a person, journey and reason is known.
SELECT r.feed_no, j.journey_key, f.reason, f.last_at
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (bucket integer, profile_id uuid, feed_no bigint)
CROSS JOIN parcours.journey j
JOIN parcours.refusal f ON f.bucket = r.bucket AND f.journey_id = j.journey_id AND f.profile_id = r.profile_id
    AND f.feed_no = r.feed_no
ORDER BY r.feed_no, j.journey_key;

-- name: erase_recent
-- scope: bucket
-- Forget what came lately of a person who is erased.
DELETE FROM parcours.recent WHERE bucket = %(b)s AND profile_id = %(p)s;

-- name: forget_recent_naming
-- scope: all
-- Forget what came lately of others that names a person who is erased.
DELETE FROM parcours.recent r
WHERE EXISTS (
    SELECT 1 FROM unnest(%(names)s::text[]) AS n (name)
    WHERE jsonb_path_exists(r.data, '$.** ? (@ == $name)', jsonb_build_object('name', n.name)));
