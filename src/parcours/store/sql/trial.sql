-- One person as they are, read for a trial: nothing of theirs is written.

-- name: person_profile
-- scope: bucket
-- The attributes of a person.
SELECT attributes, created_at FROM parcours.profile
WHERE bucket = %(b)s AND profile_id = %(p)s AND deleted_at IS NULL;

-- name: person_events
-- scope: bucket
-- The stored events of a person, in their order.
SELECT name, happened_at, properties FROM parcours.event
WHERE bucket = %(b)s AND profile_id = %(p)s ORDER BY happened_at, feed_no;

-- name: person_memberships
-- scope: bucket
-- The static audiences of a person.
SELECT audience_key, since FROM parcours.membership WHERE bucket = %(b)s AND profile_id = %(p)s ORDER BY audience_key;

-- name: person_entry_event
-- scope: bucket
-- The event with which a person entered a journey the last time.
SELECT event FROM parcours.participant
WHERE bucket = %(b)s AND profile_id = %(p)s AND event IS NOT NULL
  AND journey_id = (SELECT j.journey_id FROM parcours.journey j WHERE j.journey_key = %(key)s)
ORDER BY entry_no DESC LIMIT 1;
