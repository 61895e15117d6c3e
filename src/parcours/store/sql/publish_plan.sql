-- What a publish plan counts: who stands where in the versions that people would be taken from.

-- name: plan_standing
-- scope: all
-- Who stands at each step of each version (null: queued), who of them is due by now, and who is due later.
SELECT p.version_id, p.step, count(*), count(*) FILTER (WHERE p.wake_at <= %(at)s),
    count(*) FILTER (WHERE p.wake_at > %(at)s AND p.wake_at < 'infinity')
FROM parcours.participant p
WHERE p.journey_id = %(j)s AND p.version_id = ANY (%(versions)s::integer[]) AND p.finished_at IS NULL
GROUP BY p.version_id, p.step;

-- name: plan_messages
-- scope: all
-- Messages that wait to be sent, by step.
SELECT m.step, count(*) FROM parcours.message m
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
