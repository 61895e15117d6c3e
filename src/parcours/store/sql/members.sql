-- Audiences as people look at them: how many belong, who, and whom a count means.

-- name: audience_rows
-- scope: all
-- Every audience, with its members. `size` is null where nobody has been asked a condition yet.
SELECT a.audience_key AS key, a.name, a.definition, a.kept, a.created_at,
    CASE WHEN a.definition IS NULL
        THEN (SELECT count(*) FROM parcours.membership h WHERE h.audience_key = a.audience_key)
        ELSE (SELECT count(*) FROM parcours.belonging s WHERE s.audience_key = a.audience_key AND s.member) END AS members
FROM parcours.audience a
WHERE %(key)s::text IS NULL OR a.audience_key = %(key)s::text
ORDER BY a.audience_key;

-- name: filling_places
-- scope: all
-- How far conditions have come that everybody is being asked, bucket by bucket.
SELECT f.audience_key, f.bucket, f.after::text FROM parcours.filling f;

-- name: bucket_count
-- scope: all
-- How many buckets there are.
SELECT count(*) FROM parcours.lease;

-- name: members_of_list
-- scope: all
-- The next members of a list, by bucket and key, with the instant since which each belongs.
SELECT pr.user_id, h.since, h.bucket, h.profile_id::text
FROM parcours.membership h
JOIN parcours.profile pr ON pr.bucket = h.bucket AND pr.profile_id = h.profile_id
WHERE h.audience_key = %(key)s AND (h.bucket, h.profile_id) > (%(bucket)s, %(after)s::uuid)
ORDER BY h.bucket, h.profile_id LIMIT %(n)s;

-- name: members_by_condition
-- scope: all
-- The next members by condition, by bucket and key, with the instant since which each belongs.
SELECT pr.user_id, s.since, s.bucket, s.profile_id::text
FROM parcours.belonging s
JOIN parcours.profile pr ON pr.bucket = s.bucket AND pr.profile_id = s.profile_id
WHERE s.audience_key = %(key)s AND s.member AND (s.bucket, s.profile_id) > (%(bucket)s, %(after)s::uuid)
ORDER BY s.bucket, s.profile_id LIMIT %(n)s;

-- name: rename_audience
-- scope: shared
-- Give an audience another name; its key stays.
UPDATE parcours.audience SET name = %(name)s WHERE audience_key = %(key)s;

-- name: drop_audience
-- scope: shared
-- Forget an audience.
DELETE FROM parcours.audience WHERE audience_key = %(key)s;

-- name: drop_members
-- scope: bucket
-- Forget the members of an audience in a bucket.
DELETE FROM parcours.membership WHERE bucket = %(b)s AND audience_key = %(key)s;

-- name: drop_belonging
-- scope: bucket
-- Forget who belonged to an audience by condition in a bucket.
DELETE FROM parcours.belonging WHERE bucket = %(b)s AND audience_key = %(key)s;

-- name: counted_journey
-- scope: shared
-- The journey of a count, and its version where one is named.
SELECT j.journey_id, v.version_id FROM parcours.journey j
LEFT JOIN parcours.version v ON v.journey_id = j.journey_id AND v.version_no = %(version)s::integer
WHERE j.journey_key = %(key)s;

-- name: counted_passages
-- scope: bucket
-- Who entered; perhaps who is inside, stands or stood at a step, or left in some way.
SELECT DISTINCT pr.user_id
FROM parcours.participant p
JOIN parcours.profile pr ON pr.bucket = %(b)s AND pr.profile_id = p.profile_id AND pr.deleted_at IS NULL
WHERE p.bucket = %(b)s AND p.journey_id = %(j)s AND (%(v)s::integer IS NULL OR p.version_id = %(v)s)
  AND (%(status)s::text IS NULL OR p.status = %(status)s)
  AND (%(reason)s::text IS NULL OR p.reason = %(reason)s)
  AND (%(step)s::text IS NULL OR p.step = %(step)s)
  AND (%(since)s::timestamptz IS NULL OR coalesce(CASE WHEN %(ended)s THEN p.finished_at END, p.entered_at) >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR coalesce(CASE WHEN %(ended)s THEN p.finished_at END, p.entered_at) < %(until)s);

-- name: counted_listed
-- scope: bucket
-- Who stands in the list of participants, narrowed as `walk_participants` narrows it.
SELECT DISTINCT pr.user_id
FROM parcours.participant p
JOIN parcours.profile pr ON pr.bucket = %(b)s AND pr.profile_id = p.profile_id AND pr.deleted_at IS NULL
LEFT JOIN parcours.version v ON v.version_id = p.version_id
CROSS JOIN LATERAL (SELECT p.finished_at IS NULL AND (v.version_id IS NULL OR v.status = 'stopped') AS swept) w
CROSS JOIN LATERAL (
    SELECT CASE WHEN w.swept THEN 'cancelled' ELSE p.status END AS status,
        CASE WHEN w.swept THEN 'journey_stopped' ELSE p.reason END AS reason) s
WHERE p.bucket = %(b)s AND p.journey_id = %(j)s AND (%(v)s::integer IS NULL OR p.version_id = %(v)s)
  AND (%(statuses)s::text[] IS NULL OR s.status = ANY (%(statuses)s::text[]))
  AND (%(reason)s::text IS NULL OR s.reason = %(reason)s)
  AND (%(steps)s::text[] IS NULL OR p.step = ANY (%(steps)s::text[])
    OR (p.step IS NULL AND s.status = 'active' AND 'entry' = ANY (%(steps)s::text[])))
  AND (%(search)s::text IS NULL OR starts_with(pr.user_id, %(search)s))
  AND (%(since)s::timestamptz IS NULL OR p.entered_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR p.entered_at < %(until)s);

-- name: filled_from
-- scope: shared
-- From which journeys' counts the audiences that there are were filled.
SELECT DISTINCT a.audience_key, d.options ->> 'journey'
FROM parcours.audit d JOIN parcours.audience a ON a.audience_key = d.options ->> 'audience' AND d.at >= a.created_at
WHERE d.journey_key = '*' AND d.command = 'begin_audience_from' AND d.options ->> 'journey' IS NOT NULL
ORDER BY 1, 2;

-- name: counted_steps
-- scope: bucket
-- Who came to a step, or through it.
SELECT DISTINCT pr.user_id
FROM parcours.passage m
JOIN parcours.profile pr ON pr.bucket = %(b)s AND pr.profile_id = m.profile_id AND pr.deleted_at IS NULL
WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND (%(v)s::integer IS NULL OR m.version_id = %(v)s)
  AND %(step)s = ANY (m.path)
  AND (%(since)s::timestamptz IS NULL OR m.at >= %(since)s) AND (%(until)s::timestamptz IS NULL OR m.at < %(until)s);

-- name: counted_messages
-- scope: bucket
-- Whose messages of a step had an outcome.
SELECT DISTINCT pr.user_id
FROM parcours.message m
JOIN parcours.profile pr ON pr.bucket = %(b)s AND pr.profile_id = m.profile_id AND pr.deleted_at IS NULL
WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND (%(v)s::integer IS NULL OR m.version_id = %(v)s)
  AND m.step = %(step)s AND m.state = %(outcome)s AND (%(reason)s::text IS NULL OR m.reason = %(reason)s)
  AND (%(since)s::timestamptz IS NULL OR coalesce(m.handed_at, m.settled_at, m.queued_at) >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR coalesce(m.handed_at, m.settled_at, m.queued_at) < %(until)s);

-- name: counted_reactions
-- scope: bucket
-- Who opened a mail of a step, or clicked in it (P11).
SELECT DISTINCT pr.user_id
FROM parcours.participant p
JOIN parcours.event e ON e.bucket = %(b)s AND e.profile_id = p.profile_id AND e.name = %(event)s
    AND e.properties ->> 'journey' = %(key)s AND e.properties ->> 'step' = %(step)s
    AND (e.happened_at, e.feed_no) > (p.cause_at, p.cause_no) AND e.happened_at <= coalesce(p.finished_at, 'infinity')
JOIN parcours.profile pr ON pr.bucket = %(b)s AND pr.profile_id = p.profile_id AND pr.deleted_at IS NULL
WHERE p.bucket = %(b)s AND p.journey_id = %(j)s AND (%(v)s::integer IS NULL OR p.version_id = %(v)s)
  AND (%(since)s::timestamptz IS NULL OR e.happened_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR e.happened_at < %(until)s);

-- name: counted_refusals
-- scope: bucket
-- Who was refused at the entrance for a reason, last within a span.
SELECT DISTINCT pr.user_id
FROM parcours.refusal f
JOIN parcours.profile pr ON pr.bucket = %(b)s AND pr.profile_id = f.profile_id AND pr.deleted_at IS NULL
WHERE f.bucket = %(b)s AND f.journey_id = %(j)s AND (%(v)s::integer IS NULL OR f.version_id = %(v)s)
  AND (%(reason)s::text IS NULL OR f.reason = %(reason)s)
  AND (%(since)s::timestamptz IS NULL OR f.last_at >= %(since)s) AND (%(until)s::timestamptz IS NULL OR f.last_at < %(until)s);

-- name: count_members
-- scope: all
-- How many people a list has.
SELECT count(*) FROM parcours.membership h WHERE h.audience_key = %(key)s;

-- name: count_those
-- scope: all
-- How many of these people are in a list.
SELECT count(*) FROM unnest(%(people)s::text[]) AS p (user_id)
JOIN parcours.membership h ON h.profile_id = parcours.profile_id(p.user_id) AND h.audience_key = %(key)s;
