-- What a command would do to whom: asked by a dry run only.

-- name: due_people
-- scope: all
-- Of those inside these versions: how many are due by now, and within the hour behind it.
SELECT count(*) FILTER (WHERE p.wake_at <= %(at)s), count(*) FILTER (WHERE p.wake_at > %(at)s)
FROM parcours.participant p
WHERE p.journey_id = %(j)s AND p.version_id = ANY (%(versions)s::integer[]) AND p.finished_at IS NULL
  AND p.wake_at > '-infinity' AND p.wake_at <= %(within)s;

-- name: kept_rows
-- scope: all
-- How many events and outcomes were kept for people of these versions.
SELECT count(*) FROM parcours.kept k
WHERE k.journey_id = %(j)s AND k.version_id = ANY (%(versions)s::integer[]);

-- name: all_passages
-- scope: all
-- How many passages of people there were through these versions.
SELECT count(*) FROM parcours.participant p
WHERE p.journey_id = %(j)s AND p.version_id = ANY (%(versions)s::integer[]);

-- name: inside_others
-- scope: all
-- How many people are inside the journey's other versions.
SELECT count(*) FROM parcours.participant p
WHERE p.journey_id = %(j)s AND p.version_id <> ALL (%(versions)s::integer[]) AND p.finished_at IS NULL;
