-- People by name: in audiences and in journeys.

-- name: audience_members
-- scope: all
-- The members of a static audience.
SELECT pr.user_id FROM parcours.membership m
JOIN parcours.profile pr ON pr.bucket = m.bucket AND pr.profile_id = m.profile_id
WHERE m.audience_key = %(key)s;

-- name: save_audience
-- scope: shared
-- Make an audience known, or give it its name.
INSERT INTO parcours.audience (audience_key, name, created_at) VALUES (%(key)s, %(name)s, %(at)s)
ON CONFLICT (audience_key) DO UPDATE SET name = excluded.name;

-- name: people_inside
-- scope: all
-- Which of these people are inside a journey now, and in which version.
SELECT r.user_id, p.version_id
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (bucket integer, profile_id uuid, user_id text)
JOIN parcours.participant p ON p.bucket = r.bucket AND p.journey_id = %(j)s AND p.profile_id = r.profile_id
    AND p.finished_at IS NULL;

-- name: people_known
-- scope: all
-- Which of these people have a profile that is not deleted.
SELECT r.user_id FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (bucket integer, profile_id uuid, user_id text)
JOIN parcours.profile pr ON pr.bucket = r.bucket AND pr.profile_id = r.profile_id AND pr.deleted_at IS NULL;
