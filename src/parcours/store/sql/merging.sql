-- name: look_by_key
-- scope: shared
-- People are looked up one by one through their keys: plans made while a table was small would read all of it.
SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
    set_config('enable_mergejoin', 'off', true);

-- name: look_freely
-- scope: shared
-- From here on as the planner sees fit.
SELECT set_config('enable_seqscan', 'on', true), set_config('enable_hashjoin', 'on', true),
    set_config('enable_mergejoin', 'on', true);

-- name: lock_names
-- scope: shared
-- Whoever merges a name waits for those who write under it, and they for the merge: until the transaction ends.
SELECT count(CASE WHEN n.merging THEN pg_advisory_xact_lock(7041780, n.slot)::text
                  ELSE pg_advisory_xact_lock_shared(7041780, n.slot)::text END)
FROM unnest(%(slots)s::integer[], %(merging)s::boolean[]) AS n (slot, merging);

-- name: look_up_names
-- scope: all
-- Which of these names, told by their places in the list, are another person's by now, whose people are deleted, and who
-- has no profile yet.
SELECT r.number - 1, m.into_id, pr.deleted_at IS NOT NULL, pr.bucket IS NULL
FROM unnest(%(buckets)s::integer[], %(people)s::uuid[]) WITH ORDINALITY AS r (bucket, profile_id, number)
LEFT JOIN parcours.identity m ON m.bucket = r.bucket AND m.profile_id = r.profile_id
LEFT JOIN parcours.profile pr ON pr.bucket = r.bucket AND pr.profile_id = r.profile_id
WHERE m.into_id IS NOT NULL OR pr.bucket IS NULL OR pr.deleted_at IS NOT NULL;

-- name: link_names
-- scope: all
-- Note to whom a name belongs from now on.
INSERT INTO parcours.identity (bucket, profile_id, user_id, into_id, merged_at)
SELECT r.bucket, r.profile_id, r.user_id, r.into_id, r.arrived_at
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS r (bucket integer, profile_id uuid, user_id text, into_id text, arrived_at timestamptz)
ON CONFLICT DO NOTHING;

-- name: take_history
-- scope: all
-- The events of those who are merged, as history of those who stay; as rows for `take_over_events`.
SELECT coalesce(jsonb_agg(jsonb_build_object('bucket', r.into_bucket, 'profile_id', r.into_profile, 'name', e.name,
    'at', e.happened_at, 'arrived_at', e.received_at, 'feed_no', e.feed_no, 'historical', true,
    'properties', e.properties)), '[]')::text
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS r (bucket integer, profile_id uuid, into_bucket integer, into_profile uuid)
JOIN parcours.event e ON e.bucket = r.bucket AND e.profile_id = r.profile_id;

-- name: take_attributes
-- scope: all
-- The attributes of those who are merged, as rows for `fill_profiles`.
SELECT coalesce(jsonb_agg(jsonb_build_object('bucket', r.into_bucket, 'profile_id', r.into_profile, 'at', r.at,
    'properties', pr.attributes)), '[]')::text
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS r (bucket integer, profile_id uuid, into_bucket integer, into_profile uuid, at timestamptz)
JOIN parcours.profile pr ON pr.bucket = r.bucket AND pr.profile_id = r.profile_id AND pr.attributes <> '{}';

-- name: take_memberships
-- scope: all
-- The lists on which those are who are merged, as rows for `join_audiences`.
SELECT coalesce(jsonb_agg(jsonb_build_object('bucket', r.into_bucket, 'profile_id', r.into_profile,
    'name', h.audience_key, 'op', 'add', 'at', h.since)), '[]')::text
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS r (bucket integer, profile_id uuid, into_bucket integer, into_profile uuid)
JOIN parcours.membership h ON h.bucket = r.bucket AND h.profile_id = r.profile_id;

-- name: consents_of_people
-- scope: all
-- What these people said last.
SELECT c.profile_id::text, c.subscription_key, c.state, c.changed_at
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (bucket integer, profile_id uuid)
JOIN parcours.consent c ON c.bucket = r.bucket AND c.profile_id = r.profile_id;

-- name: take_said
-- scope: all
-- All that those ever said who are merged, as said by those who stay.
SELECT coalesce(jsonb_agg(jsonb_build_object('bucket', r.into_bucket, 'profile_id', r.into_profile,
    'subscription', c.subscription_key, 'state', c.state, 'at', c.changed_at, 'feed_no', c.feed_no, 'by_what', c.by_what,
    'source', c.source)), '[]')::text
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS r (bucket integer, profile_id uuid, into_bucket integer, into_profile uuid)
JOIN parcours.consent_log c ON c.bucket = r.bucket AND c.profile_id = r.profile_id;

-- name: fill_profiles
-- scope: all
-- Write the attributes that are missing.
UPDATE parcours.profile pr
SET attributes = r.properties || pr.attributes, updated_at = greatest(pr.updated_at, r.at)
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (bucket integer, profile_id uuid, at timestamptz, properties jsonb)
WHERE pr.bucket = r.bucket AND pr.profile_id = r.profile_id AND pr.deleted_at IS NULL
  AND pr.attributes IS DISTINCT FROM r.properties || pr.attributes;

-- name: announce_merged
-- scope: all
-- Those who are merged leave every journey. Before everything else that is still to be applied to them.
INSERT INTO parcours.pending (bucket, profile_id, happened_at, feed_no, kind, name, data, arrived_at)
SELECT r.bucket, r.profile_id, %(first)s, r.feed_no, 'remove', '*', '{"reason": "merged"}', r.arrived_at
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (bucket integer, profile_id uuid, feed_no bigint, arrived_at timestamptz)
JOIN parcours.profile pr ON pr.bucket = r.bucket AND pr.profile_id = r.profile_id AND pr.deleted_at IS NULL
ON CONFLICT DO NOTHING;

-- name: announce_grown
-- scope: all
-- Whatever may be true of somebody by now who has got another one's attributes and events: every journey is told.
INSERT INTO parcours.pending (bucket, profile_id, happened_at, feed_no, kind, name, data, arrived_at)
SELECT r.into_bucket, r.into_profile, r.at, r.feed_no, 'profile', '', '{"changed": [], "all": true}', r.arrived_at
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS r (into_bucket integer, into_profile uuid, at timestamptz, feed_no bigint, arrived_at timestamptz)
ON CONFLICT DO NOTHING;

-- name: touch_grown
-- scope: all
-- Let audiences be asked about those who stay, and journeys hear of lists on which they came.
INSERT INTO parcours.pending (bucket, profile_id, happened_at, feed_no, kind, name, data, arrived_at)
SELECT r.into_bucket, r.into_profile, r.at, r.feed_no, 'touch', '',
    jsonb_build_object('new', true, 'loud', r.loud, 'joined', r.joined), r.arrived_at
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS r (into_bucket integer, into_profile uuid, at timestamptz, arrived_at timestamptz, feed_no bigint, loud boolean,
          joined jsonb)
ON CONFLICT DO NOTHING;

-- name: clear_merged
-- scope: all
-- Who was merged is nobody any more.
UPDATE parcours.profile pr SET attributes = '{}', deleted_at = r.arrived_at, updated_at = r.arrived_at
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (bucket integer, profile_id uuid, arrived_at timestamptz)
WHERE pr.bucket = r.bucket AND pr.profile_id = r.profile_id AND pr.deleted_at IS NULL
RETURNING pr.user_id;

-- name: clear_events_of_merged
-- scope: all
-- Their events are the other one's.
DELETE FROM parcours.event e USING jsonb_to_recordset(%(rows)s::jsonb) AS r (bucket integer, profile_id uuid)
WHERE e.bucket = r.bucket AND e.profile_id = r.profile_id;

-- name: clear_memberships_of_merged
-- scope: all
-- Their memberships end.
DELETE FROM parcours.membership h USING jsonb_to_recordset(%(rows)s::jsonb) AS r (bucket integer, profile_id uuid)
WHERE h.bucket = r.bucket AND h.profile_id = r.profile_id;

-- name: clear_belonging_of_merged
-- scope: all
-- They belong to no audience any more.
DELETE FROM parcours.belonging h USING jsonb_to_recordset(%(rows)s::jsonb) AS r (bucket integer, profile_id uuid)
WHERE h.bucket = r.bucket AND h.profile_id = r.profile_id;

-- name: clear_consents_of_merged
-- scope: all
-- What they said last is what the other one said.
DELETE FROM parcours.consent c USING jsonb_to_recordset(%(rows)s::jsonb) AS r (bucket integer, profile_id uuid)
WHERE c.bucket = r.bucket AND c.profile_id = r.profile_id;

-- name: clear_said_of_merged
-- scope: all
-- What they ever said is what the other one said.
DELETE FROM parcours.consent_log c USING jsonb_to_recordset(%(rows)s::jsonb) AS r (bucket integer, profile_id uuid)
WHERE c.bucket = r.bucket AND c.profile_id = r.profile_id;

-- name: name_means
-- scope: bucket
-- Whose name this is by now; nothing where it was never merged.
SELECT m.into_id FROM parcours.identity m WHERE m.bucket = %(b)s AND m.profile_id = %(p)s;

-- name: names_of
-- scope: all
-- The names that became part of these.
SELECT m.user_id, m.merged_at FROM parcours.identity m WHERE m.into_id = ANY (%(names)s::text[])
ORDER BY m.merged_at, m.user_id;
