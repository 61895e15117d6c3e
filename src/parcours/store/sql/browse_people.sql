-- Who is, or was, in a journey: pages by a key, the newest first or in the order of buckets.

-- name: browse_participants
-- scope: all
-- Participants of a journey that match, the latest entered first, behind a place in that order. People of a stopped
-- version whom the sweep has not reached are what they are since the stop.
SELECT p.user_id, p.name, p.bucket, p.profile_id, p.entry_no, p.version_no, p.status, p.reason, p.step, p.entered_at,
    p.entered_step_at, p.wake_at, p.left_at, p.goal_met_at
FROM (
    SELECT q.bucket, q.profile_id, pr.user_id, parcours.person_name(pr.attributes) AS name, q.entry_no,
        coalesce(v.version_no, d.version_no) AS version_no, s.status, s.reason,
        CASE WHEN s.status = 'active' THEN coalesce(q.step, 'entry') ELSE q.step END AS step, q.entered_at,
        q.entered_step_at, s.left_at, q.goal_met_at,
        CASE WHEN s.status = 'active' AND isfinite(q.wake_at) AND q.wake_at < '9999-01-01 00:00:00+00' THEN q.wake_at END
            AS wake_at
    FROM parcours.participant q
    LEFT JOIN parcours.version v ON v.version_id = q.version_id
    LEFT JOIN parcours.deleted_version d ON d.version_id = q.version_id
    JOIN parcours.profile pr ON pr.bucket = q.bucket AND pr.profile_id = q.profile_id
    CROSS JOIN LATERAL (
        SELECT q.finished_at IS NULL AND (v.version_id IS NULL OR v.status = 'stopped') AS swept) w
    CROSS JOIN LATERAL (
        SELECT CASE WHEN w.swept THEN 'cancelled' ELSE q.status END AS status,
            CASE WHEN w.swept THEN 'journey_stopped' ELSE q.reason END AS reason,
            CASE WHEN w.swept THEN v.stopped_at ELSE q.finished_at END AS left_at) s
    WHERE q.journey_id = %(j)s
      AND (%(version)s::integer IS NULL OR coalesce(v.version_no, d.version_no) = %(version)s)
      AND (%(statuses)s::text[] IS NULL OR s.status = ANY (%(statuses)s::text[]))
      AND (%(reasons)s::text[] IS NULL OR s.reason = ANY (%(reasons)s::text[]))
      AND (%(steps)s::text[] IS NULL OR q.step = ANY (%(steps)s::text[])
        OR (q.step IS NULL AND s.status = 'active' AND 'entry' = ANY (%(steps)s::text[])))
      AND (%(entered_from)s::timestamptz IS NULL OR q.entered_at >= %(entered_from)s)
      AND (%(entered_to)s::timestamptz IS NULL OR q.entered_at < %(entered_to)s)
      AND (%(search)s::text IS NULL OR starts_with(pr.user_id, %(search)s))
      AND (%(at)s::timestamptz IS NULL OR (q.entered_at, q.profile_id, q.entry_no) < (%(at)s, %(p)s, %(entry_no)s))
    ORDER BY q.entered_at DESC, q.profile_id DESC, q.entry_no DESC LIMIT %(n)s) p
ORDER BY p.entered_at DESC, p.profile_id DESC, p.entry_no DESC;

-- name: walk_participants
-- scope: bucket
-- Participants of a journey in one bucket that match, by person, behind one of them: any depth costs the same.
SELECT pr.user_id, parcours.person_name(pr.attributes) AS name, q.bucket, q.profile_id, q.entry_no,
    coalesce(v.version_no, d.version_no) AS version_no, s.status, s.reason,
    CASE WHEN s.status = 'active' THEN coalesce(q.step, 'entry') ELSE q.step END AS step, q.entered_at,
    q.entered_step_at,
    CASE WHEN s.status = 'active' AND isfinite(q.wake_at) AND q.wake_at < '9999-01-01 00:00:00+00' THEN q.wake_at END
        AS wake_at,
    s.left_at, q.goal_met_at
FROM parcours.participant q
LEFT JOIN parcours.version v ON v.version_id = q.version_id
LEFT JOIN parcours.deleted_version d ON d.version_id = q.version_id
JOIN parcours.profile pr ON pr.bucket = %(b)s AND pr.profile_id = q.profile_id
CROSS JOIN LATERAL (SELECT q.finished_at IS NULL AND (v.version_id IS NULL OR v.status = 'stopped') AS swept) w
CROSS JOIN LATERAL (
    SELECT CASE WHEN w.swept THEN 'cancelled' ELSE q.status END AS status,
        CASE WHEN w.swept THEN 'journey_stopped' ELSE q.reason END AS reason,
        CASE WHEN w.swept THEN v.stopped_at ELSE q.finished_at END AS left_at) s
WHERE q.bucket = %(b)s AND q.journey_id = %(j)s
  AND (%(person)s::uuid IS NULL OR q.profile_id = %(person)s)
  AND (%(version)s::integer IS NULL OR coalesce(v.version_no, d.version_no) = %(version)s)
  AND (%(statuses)s::text[] IS NULL OR s.status = ANY (%(statuses)s::text[]))
  AND (%(reasons)s::text[] IS NULL OR s.reason = ANY (%(reasons)s::text[]))
  AND (%(steps)s::text[] IS NULL OR q.step = ANY (%(steps)s::text[])
    OR (q.step IS NULL AND s.status = 'active' AND 'entry' = ANY (%(steps)s::text[])))
  AND (%(entered_from)s::timestamptz IS NULL OR q.entered_at >= %(entered_from)s)
  AND (%(entered_to)s::timestamptz IS NULL OR q.entered_at < %(entered_to)s)
  AND (%(search)s::text IS NULL OR starts_with(pr.user_id, %(search)s))
  AND (q.profile_id, q.entry_no) > (%(p)s, %(entry_no)s)
ORDER BY q.profile_id, q.entry_no LIMIT %(n)s;

-- name: browse_messages
-- scope: all
-- Messages of a journey that match, the latest queued first, behind a place in that order.
SELECT pr.user_id, parcours.person_name(pr.attributes) AS name, m.message_id, m.entry_no, v.version_no, m.step, m.channel,
    s.state, m.queued_at,
    CASE WHEN s.state = 'queued' THEN nullif(m.due_at, 'infinity') END AS due_at, m.handed_at, s.settled_at, m.attempts,
    m.recipient, m.subject, s.reason, m.detail
FROM parcours.message m
JOIN parcours.profile pr ON pr.bucket = m.bucket AND pr.profile_id = m.profile_id
LEFT JOIN parcours.version v ON v.version_id = m.version_id
CROSS JOIN LATERAL (SELECT m.state = 'queued' AND (v.version_id IS NULL OR v.status = 'stopped') AS swept) w
CROSS JOIN LATERAL (
    SELECT CASE WHEN w.swept THEN 'cancelled' ELSE m.state END AS state,
        CASE WHEN w.swept THEN 'stop' ELSE m.reason END AS reason,
        CASE WHEN w.swept THEN v.stopped_at ELSE m.settled_at END AS settled_at) s
WHERE m.journey_id = %(j)s
  AND (%(person)s::uuid IS NULL OR m.profile_id = %(person)s)
  AND (%(version)s::integer IS NULL OR v.version_no = %(version)s)
  AND (%(steps)s::text[] IS NULL OR m.step = ANY (%(steps)s::text[]))
  AND (%(states)s::text[] IS NULL OR s.state = ANY (%(states)s::text[]))
  AND (%(reasons)s::text[] IS NULL OR s.reason = ANY (%(reasons)s::text[]))
  AND (%(at)s::timestamptz IS NULL OR (m.queued_at, m.message_id) < (%(at)s, %(id)s))
ORDER BY m.queued_at DESC, m.message_id DESC LIMIT %(n)s;

-- name: browse_refusals
-- scope: all
-- Who was refused by a journey, the latest of each person and reason, the newest first, behind a place in that order.
SELECT pr.user_id, parcours.person_name(pr.attributes) AS name, r.profile_id, r.reason, v.version_no, r.trigger, r.times,
    r.first_at, r.last_at, r.seen
FROM parcours.refusal r
JOIN parcours.profile pr ON pr.bucket = r.bucket AND pr.profile_id = r.profile_id
LEFT JOIN parcours.version_ever v ON v.version_id = r.version_id
WHERE r.journey_id = %(j)s
  AND (%(person)s::uuid IS NULL OR r.profile_id = %(person)s)
  AND (%(reasons)s::text[] IS NULL OR r.reason = ANY (%(reasons)s::text[]))
  AND (%(at)s::timestamptz IS NULL OR (r.last_at, r.profile_id, r.reason) < (%(at)s, %(id)s, %(reason)s))
ORDER BY r.last_at DESC, r.profile_id DESC, r.reason DESC LIMIT %(n)s;

-- name: walk_profiles
-- scope: bucket
-- Profiles of one bucket that match, by their keys, behind one of them.
SELECT pr.user_id, parcours.person_name(pr.attributes) AS name, pr.profile_id, pr.attributes, pr.created_at, pr.updated_at,
    pr.deleted_at
FROM parcours.profile pr
WHERE pr.bucket = %(b)s AND pr.profile_id > %(p)s
  AND (%(deleted)s OR pr.deleted_at IS NULL)
  AND (%(search)s::text IS NULL OR position(lower(%(search)s) IN lower(pr.user_id)) > 0
    OR position(lower(%(search)s) IN lower(concat_ws(' ', pr.attributes ->> 'email', pr.attributes ->> 'name',
        pr.attributes ->> 'first_name', pr.attributes ->> 'last_name', pr.attributes ->> 'phone'))) > 0)
ORDER BY pr.profile_id LIMIT %(n)s;

-- name: walk_members
-- scope: bucket
-- Profiles of one bucket that match and belong to an audience, a list or by condition, by their keys, behind one of them.
SELECT pr.user_id, parcours.person_name(pr.attributes) AS name, pr.profile_id, pr.attributes, pr.created_at, pr.updated_at,
    pr.deleted_at
FROM (
    SELECT m.profile_id FROM parcours.membership m
    WHERE m.bucket = %(b)s AND m.audience_key = %(audience)s AND m.profile_id > %(p)s
    UNION ALL
    SELECT s.profile_id FROM parcours.belonging s
    WHERE s.bucket = %(b)s AND s.audience_key = %(audience)s AND s.member AND s.profile_id > %(p)s) belongs
JOIN parcours.profile pr ON pr.bucket = %(b)s AND pr.profile_id = belongs.profile_id
WHERE (%(deleted)s OR pr.deleted_at IS NULL)
  AND (%(search)s::text IS NULL OR position(lower(%(search)s) IN lower(pr.user_id)) > 0
    OR position(lower(%(search)s) IN lower(concat_ws(' ', pr.attributes ->> 'email', pr.attributes ->> 'name',
        pr.attributes ->> 'first_name', pr.attributes ->> 'last_name', pr.attributes ->> 'phone'))) > 0)
ORDER BY pr.profile_id LIMIT %(n)s;

-- name: browse_profile
-- scope: bucket
-- One profile.
SELECT pr.user_id, parcours.person_name(pr.attributes) AS name, pr.profile_id, pr.attributes, pr.created_at, pr.updated_at,
    pr.deleted_at
FROM parcours.profile pr WHERE pr.bucket = %(b)s AND pr.profile_id = %(p)s;

-- name: browse_memberships
-- scope: bucket
-- The audiences of a person, lists and those by condition.
SELECT m.audience_key AS audience, coalesce(a.name, '') AS name, m.since
FROM (
    SELECT audience_key, since FROM parcours.membership WHERE bucket = %(b)s AND profile_id = %(p)s
    UNION ALL
    SELECT audience_key, since FROM parcours.belonging WHERE bucket = %(b)s AND profile_id = %(p)s AND member) m
LEFT JOIN parcours.audience a ON a.audience_key = m.audience_key
ORDER BY m.audience_key;

-- name: browse_passages
-- scope: bucket
-- Every passage of a person through any journey, the latest first.
SELECT j.journey_key AS journey, j.name, coalesce(v.version_no, d.version_no) AS version_no, q.entry_no, s.status, s.reason,
    CASE WHEN s.status = 'active' THEN coalesce(q.step, 'entry') ELSE q.step END AS step, q.entered_at, s.left_at,
    CASE WHEN s.status = 'active' AND isfinite(q.wake_at) AND q.wake_at < '9999-01-01 00:00:00+00' THEN q.wake_at END
        AS wake_at
FROM parcours.participant q
JOIN parcours.journey j ON j.journey_id = q.journey_id
LEFT JOIN parcours.version v ON v.version_id = q.version_id
LEFT JOIN parcours.deleted_version d ON d.version_id = q.version_id
CROSS JOIN LATERAL (SELECT q.finished_at IS NULL AND (v.version_id IS NULL OR v.status = 'stopped') AS swept) w
CROSS JOIN LATERAL (
    SELECT CASE WHEN w.swept THEN 'cancelled' ELSE q.status END AS status,
        CASE WHEN w.swept THEN 'journey_stopped' ELSE q.reason END AS reason,
        CASE WHEN w.swept THEN v.stopped_at ELSE q.finished_at END AS left_at) s
WHERE q.bucket = %(b)s AND q.profile_id = %(p)s AND q.journey_id = ANY (ARRAY(SELECT o.journey_id FROM parcours.journey o))
ORDER BY q.entered_at DESC, j.journey_key, q.entry_no DESC LIMIT %(n)s;

-- name: browse_person_messages
-- scope: bucket
-- Every message to a person from any journey, the latest first.
SELECT j.journey_key AS journey, m.entry_no, m.step, m.channel, m.state, m.queued_at, m.handed_at, m.settled_at,
    m.recipient, m.subject, m.reason, m.detail
FROM parcours.message m JOIN parcours.journey j ON j.journey_id = m.journey_id
WHERE m.bucket = %(b)s AND m.profile_id = %(p)s
ORDER BY m.queued_at DESC, m.message_id DESC LIMIT %(n)s;

-- name: browse_person_events
-- scope: bucket
-- What a person has done, the latest first, behind a place in that order.
SELECT e.name, e.happened_at, e.received_at, e.historical, e.properties, e.feed_no
FROM parcours.event e
WHERE e.bucket = %(b)s AND e.profile_id = %(p)s
  AND (%(name)s::text IS NULL OR e.name = %(name)s)
  AND (%(at)s::timestamptz IS NULL OR (e.happened_at, e.feed_no) < (%(at)s, %(feed_no)s))
ORDER BY e.happened_at DESC, e.feed_no DESC LIMIT %(n)s;

-- name: sample_attribute_values
-- scope: bucket
-- The values of an attribute among some people of a bucket, with how many have each.
SELECT few.value, count(*) FROM (
    SELECT p.attributes -> %(field)s AS value FROM parcours.profile p
    WHERE p.bucket = %(b)s AND p.deleted_at IS NULL ORDER BY p.profile_id LIMIT %(n)s) AS few
WHERE jsonb_typeof(few.value) IN ('string', 'number', 'boolean') AND length(few.value::text) <= 200
GROUP BY 1 ORDER BY 2 DESC LIMIT 200;

-- name: sample_property_values
-- scope: bucket
-- The values of a property of an event among some people of a bucket, with how often each came.
SELECT few.value, count(*) FROM (
    SELECT e.properties -> %(field)s AS value FROM parcours.event e
    WHERE e.bucket = %(b)s AND e.name = %(event)s ORDER BY e.profile_id LIMIT %(n)s) AS few
WHERE jsonb_typeof(few.value) IN ('string', 'number', 'boolean') AND length(few.value::text) <= 200
GROUP BY 1 ORDER BY 2 DESC LIMIT 200;

-- name: sample_event_properties
-- scope: bucket
-- The events of some people of a bucket: how often, when last, and the types of their properties.
SELECT few.name, count(DISTINCT (few.profile_id, few.happened_at, few.feed_no)), max(few.happened_at),
    jsonb_agg(DISTINCT jsonb_build_array(k.key, jsonb_typeof(k.value))) FILTER (WHERE k.key IS NOT NULL)
FROM (
    SELECT e.name, e.properties, e.profile_id, e.happened_at, e.feed_no FROM parcours.event e
    WHERE e.bucket = %(b)s ORDER BY e.profile_id LIMIT %(n)s) AS few
LEFT JOIN LATERAL jsonb_each(few.properties) AS k (key, value) ON true
GROUP BY few.name;

-- name: sample_people
-- scope: bucket
-- Some people of a bucket, by user_id.
SELECT p.user_id FROM parcours.profile p
WHERE p.bucket = %(b)s AND p.deleted_at IS NULL ORDER BY p.profile_id LIMIT %(n)s;
