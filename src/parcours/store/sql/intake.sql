-- name: remember_seen
-- scope: all
-- Remember the messages of a batch; returns the feed numbers of those not seen before.
INSERT INTO parcours.seen (bucket, profile_id, message_key, feed_no, seen_at)
SELECT r.bucket, r.profile_id, r.message_key, r.feed_no, %(received_at)s::timestamptz
FROM unnest(%(buckets)s::integer[], %(people)s::uuid[], %(keys)s::uuid[], %(numbers)s::bigint[])
    AS r (bucket, profile_id, message_key, feed_no)
ORDER BY r.bucket, r.profile_id, r.message_key, r.feed_no
ON CONFLICT DO NOTHING
RETURNING feed_no;

-- name: create_profiles
-- scope: all
-- Make sure that everybody named has a profile; returns who had none.
INSERT INTO parcours.profile (bucket, profile_id, user_id, created_at, updated_at)
SELECT DISTINCT ON (r.bucket, r.profile_id) r.bucket, r.profile_id, r.user_id, r.at, r.at
FROM ROWS FROM (unnest(%(buckets)s::integer[]), unnest(%(people)s::uuid[]), unnest(%(instants)s::timestamptz[]),
        jsonb_array_elements_text(%(names)s::jsonb)) AS r (bucket, profile_id, at, user_id)
ORDER BY r.bucket, r.profile_id, r.at
ON CONFLICT DO NOTHING
RETURNING profile_id::text;

-- name: announce_profiles
-- scope: all
-- Tell journeys which attributes are about to change; where nobody is to be told, audiences are asked all the same.
INSERT INTO parcours.pending (bucket, profile_id, happened_at, feed_no, kind, name, data, arrived_at)
SELECT r.bucket, r.profile_id, r.at, r.feed_no, CASE WHEN r.announce THEN 'profile' ELSE 'touch' END, '', jsonb_build_object('changed', c.names), r.arrived_at
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS r (bucket integer, profile_id uuid, at timestamptz, arrived_at timestamptz, feed_no bigint, properties jsonb, announce boolean)
JOIN parcours.profile pr ON pr.bucket = r.bucket AND pr.profile_id = r.profile_id AND pr.deleted_at IS NULL
CROSS JOIN LATERAL (
    SELECT jsonb_agg(k.key) AS names FROM jsonb_each(r.properties) k WHERE pr.attributes -> k.key IS DISTINCT FROM k.value
) c
WHERE c.names IS NOT NULL AND (r.announce OR %(touch)s)
ON CONFLICT DO NOTHING;

-- name: write_profiles
-- scope: all
-- Merge attributes, top-level name by name.
UPDATE parcours.profile pr
SET attributes = pr.attributes || r.properties, updated_at = greatest(pr.updated_at, r.at)
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (bucket integer, profile_id uuid, at timestamptz, properties jsonb)
WHERE pr.bucket = r.bucket AND pr.profile_id = r.profile_id AND pr.deleted_at IS NULL
  AND pr.attributes IS DISTINCT FROM pr.attributes || r.properties;

-- name: store_events
-- scope: all
-- Keep events of people who are not deleted, as the intake knows by now.
INSERT INTO parcours.event (bucket, profile_id, name, happened_at, feed_no, received_at, historical, properties)
SELECT r.bucket, r.profile_id, r.name, r.at, r.feed_no, coalesce(%(received_at)s::timestamptz, r.at), r.historical,
    r.properties
FROM ROWS FROM (unnest(%(buckets)s::integer[]), unnest(%(people)s::uuid[]), unnest(%(instants)s::timestamptz[]),
        unnest(%(numbers)s::bigint[]), unnest(%(historical)s::boolean[]), jsonb_array_elements_text(%(names)s::jsonb),
        jsonb_array_elements(%(properties)s::jsonb)) AS r (bucket, profile_id, at, feed_no, historical, name, properties)
WHERE true
ON CONFLICT DO NOTHING;

-- name: take_over_events
-- scope: all
-- Keep events of somebody else, which are of another person from now on.
INSERT INTO parcours.event (bucket, profile_id, name, happened_at, feed_no, received_at, historical, properties)
SELECT r.bucket, r.profile_id, r.name, r.at, r.feed_no, r.arrived_at, r.historical, r.properties
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS r (bucket integer, profile_id uuid, name text, at timestamptz, arrived_at timestamptz, feed_no bigint,
          historical boolean, properties jsonb)
JOIN parcours.profile pr ON pr.bucket = r.bucket AND pr.profile_id = r.profile_id AND pr.deleted_at IS NULL
ON CONFLICT DO NOTHING;

-- name: announce_events
-- scope: all
-- Let journeys hear of events that are not history.
INSERT INTO parcours.pending (bucket, profile_id, happened_at, feed_no, kind, name, data, arrived_at)
SELECT r.bucket, r.profile_id, r.at, r.feed_no, 'event', r.name, jsonb_build_object('properties', r.properties),
    coalesce(%(received_at)s::timestamptz, r.at)
FROM ROWS FROM (unnest(%(buckets)s::integer[]), unnest(%(people)s::uuid[]), unnest(%(instants)s::timestamptz[]),
        unnest(%(numbers)s::bigint[]), unnest(%(historical)s::boolean[]), jsonb_array_elements_text(%(names)s::jsonb),
        jsonb_array_elements(%(properties)s::jsonb)) AS r (bucket, profile_id, at, feed_no, historical, name, properties)
WHERE NOT r.historical
ON CONFLICT DO NOTHING;

-- name: touch_events
-- scope: all
-- Let audiences be asked about events of which journeys do not hear.
INSERT INTO parcours.pending (bucket, profile_id, happened_at, feed_no, kind, name, data, arrived_at)
SELECT r.bucket, r.profile_id, r.at, r.feed_no, 'touch', r.name, jsonb_build_object('event', r.name), r.arrived_at
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS r (bucket integer, profile_id uuid, name text, at timestamptz, arrived_at timestamptz, feed_no bigint)
ON CONFLICT DO NOTHING;

-- name: note_unasked
-- scope: all
-- Note whom history has changed inside journeys that look at it: an attribute, a list, events that audiences count; or, by
-- `*`, at anything.
INSERT INTO parcours.unasked (bucket, profile_id)
SELECT DISTINCT r.bucket, r.profile_id
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (bucket integer, profile_id uuid, kind text, name text)
WHERE EXISTS (
        SELECT 1 FROM parcours.listener l
        JOIN parcours.participant p ON p.bucket = r.bucket AND p.journey_id = l.journey_id AND p.profile_id = r.profile_id
            AND p.finished_at IS NULL
        WHERE l.kind = r.kind AND l.name = r.name)
    OR (r.kind = '*' AND EXISTS (
        SELECT 1 FROM parcours.journey j
        JOIN parcours.participant p ON p.bucket = r.bucket AND p.journey_id = j.journey_id AND p.profile_id = r.profile_id
            AND p.finished_at IS NULL))
ORDER BY r.bucket, r.profile_id
ON CONFLICT DO NOTHING;

-- name: announce_memberships
-- scope: all
-- Tell journeys which memberships are about to change; where they are not to be told, audiences are asked all the same.
INSERT INTO parcours.pending (bucket, profile_id, happened_at, feed_no, kind, name, data, arrived_at)
SELECT r.bucket, r.profile_id, r.at, r.feed_no, %(kind)s, r.name,
    jsonb_build_object('op', r.op, 'audience', r.name), r.arrived_at
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS r (bucket integer, profile_id uuid, name text, op text, at timestamptz, arrived_at timestamptz, feed_no bigint)
JOIN parcours.profile pr ON pr.bucket = r.bucket AND pr.profile_id = r.profile_id AND pr.deleted_at IS NULL
WHERE (r.op = 'add') <> EXISTS (
    SELECT 1 FROM parcours.membership h
    WHERE h.bucket = r.bucket AND h.profile_id = r.profile_id AND h.audience_key = r.name)
  AND NOT EXISTS (SELECT 1 FROM parcours.audience a WHERE a.audience_key = r.name AND a.definition IS NOT NULL)
ON CONFLICT DO NOTHING;

-- name: join_audiences
-- scope: all
-- Add members; lines for an audience by condition are without effect (P31). Returns who came where.
INSERT INTO parcours.membership (bucket, profile_id, audience_key, since)
SELECT r.bucket, r.profile_id, r.name, r.at
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (bucket integer, profile_id uuid, name text, op text, at timestamptz)
JOIN parcours.profile pr ON pr.bucket = r.bucket AND pr.profile_id = r.profile_id AND pr.deleted_at IS NULL
WHERE r.op = 'add'
  AND NOT EXISTS (SELECT 1 FROM parcours.audience a WHERE a.audience_key = r.name AND a.definition IS NOT NULL)
ON CONFLICT DO NOTHING
RETURNING profile_id::text, audience_key;

-- name: quit_audiences
-- scope: all
-- Remove members.
DELETE FROM parcours.membership h
USING jsonb_to_recordset(%(rows)s::jsonb) AS r (bucket integer, profile_id uuid, name text, op text)
WHERE r.op = 'remove' AND h.bucket = r.bucket AND h.profile_id = r.profile_id AND h.audience_key = r.name;

-- name: create_audience
-- scope: shared
-- Make sure that a static audience is known by its key.
INSERT INTO parcours.audience (audience_key, name, created_at)
SELECT r.name, '', %(at)s FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (name text) ON CONFLICT DO NOTHING;

-- name: known_people
-- scope: all
-- Which of these people have a profile; returns the numbers of their rows.
SELECT r.number FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (bucket integer, profile_id uuid, number integer)
JOIN parcours.profile pr ON pr.bucket = r.bucket AND pr.profile_id = r.profile_id;

-- name: announce_people
-- scope: all
-- Suggest people to a journey, or take them out of it, by hand.
INSERT INTO parcours.pending (bucket, profile_id, happened_at, feed_no, kind, name, data, arrived_at)
SELECT r.bucket, r.profile_id, %(at)s, r.feed_no, %(kind)s, %(name)s, %(data)s::jsonb, %(at)s
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (bucket integer, profile_id uuid, feed_no bigint)
ON CONFLICT DO NOTHING;

-- name: delete_profile
-- scope: bucket
-- Mark a person as deleted and forget its attributes.
UPDATE parcours.profile SET attributes = '{}', deleted_at = %(at)s, updated_at = %(at)s
WHERE bucket = %(b)s AND profile_id = %(p)s AND deleted_at IS NULL;

-- name: delete_events
-- scope: bucket
-- Forget a deleted person's events.
DELETE FROM parcours.event WHERE bucket = %(b)s AND profile_id = %(p)s;

-- name: delete_memberships
-- scope: bucket
-- Forget a deleted person's memberships.
DELETE FROM parcours.membership WHERE bucket = %(b)s AND profile_id = %(p)s;

-- name: count_people_inside
-- scope: all
-- How many of these people are inside a journey, or one version of it.
SELECT count(DISTINCT p.profile_id)
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (bucket integer, profile_id uuid)
JOIN parcours.journey j ON j.journey_key = %(key)s
JOIN parcours.participant p ON p.bucket = r.bucket AND p.journey_id = j.journey_id AND p.profile_id = r.profile_id
    AND p.finished_at IS NULL
JOIN parcours.version v ON v.version_id = p.version_id
WHERE %(version)s::integer IS NULL OR v.version_no = %(version)s::integer;
