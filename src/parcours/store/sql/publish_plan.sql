-- What a publish plan counts: who stands where in the versions that people would be taken from.

-- name: plan_standing
-- scope: all
-- Who stands at each step of a version (null: queued), who of them is due by now, and who is due later.
-- `by` is the length of the pause where deadlines move with it, of `steps` with a duration or a time-out.
SELECT p.step, count(*), count(*) FILTER (WHERE d.due <= %(at)s),
    count(*) FILTER (WHERE d.due > %(at)s AND d.due < 'infinity')
FROM parcours.participant p
LEFT JOIN parcours.waiting w ON w.bucket = p.bucket AND w.version_id = p.version_id AND w.profile_id = p.profile_id
CROSS JOIN LATERAL (SELECT coalesce(w.wake_at, p.wake_at) AS wake_at) o
CROSS JOIN LATERAL (
    SELECT CASE WHEN p.step = ANY (%(steps)s::text[]) AND o.wake_at > %(since)s AND o.wake_at < 'infinity'
        THEN o.wake_at + %(by)s::interval ELSE o.wake_at END AS due) d
WHERE p.journey_id = %(j)s AND p.version_id = %(v)s AND p.finished_at IS NULL
GROUP BY p.step;

-- name: plan_messages
-- scope: all
-- Messages that wait to be sent, by step, and how many of them until later.
SELECT m.step, count(*), count(*) FILTER (WHERE m.due_at > %(at)s AND m.due_at < 'infinity') FROM parcours.message m
WHERE m.journey_id = %(j)s AND m.version_id = ANY (%(versions)s::integer[]) AND m.state = 'queued'
GROUP BY m.step;

-- name: plan_held
-- scope: all
-- Messages in a provider's hands, and rows that a pause kept for waiting people.
SELECT
    (SELECT count(*) FROM parcours.message m
     WHERE m.journey_id = %(j)s AND m.version_id = ANY (%(versions)s::integer[]) AND m.state = 'claimed'),
    (SELECT count(*) FROM parcours.kept k
     WHERE k.journey_id = %(j)s AND k.version_id = ANY (%(versions)s::integer[]));

-- name: plan_buckets
-- scope: all
-- The buckets, in order.
SELECT l.bucket FROM parcours.lease l ORDER BY l.bucket;
