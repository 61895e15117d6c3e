-- What people may ask for (all that is known of them, to be forgotten), and what is too old to be kept.

-- name: lock_person
-- scope: bucket
-- Hold a person: attributes, and since when deleted.
SELECT pr.user_id, pr.attributes, pr.created_at, pr.updated_at, pr.deleted_at FROM parcours.profile pr
WHERE pr.bucket = %(b)s AND pr.profile_id = %(p)s FOR NO KEY UPDATE;

-- name: export_profile
-- scope: bucket
-- A person as it is known.
SELECT pr.user_id, pr.attributes, pr.created_at, pr.updated_at, pr.deleted_at FROM parcours.profile pr
WHERE pr.bucket = %(b)s AND pr.profile_id = %(p)s;

-- name: export_events
-- scope: bucket
-- The kept events of a person, in order.
SELECT e.name, e.happened_at, e.received_at, e.historical, e.properties FROM parcours.event e
WHERE e.bucket = %(b)s AND e.profile_id = %(p)s ORDER BY e.happened_at, e.feed_no;

-- name: export_memberships
-- scope: bucket
-- The audiences of a person.
SELECT m.audience_key, m.since FROM parcours.membership m
WHERE m.bucket = %(b)s AND m.profile_id = %(p)s
UNION ALL
SELECT n.audience_key, n.since FROM parcours.belonging n
WHERE n.bucket = %(b)s AND n.profile_id = %(p)s AND n.member
ORDER BY 1;

-- name: export_passages
-- scope: bucket
-- The passages of a person through journeys, in order.
SELECT j.journey_key AS journey, v.version_no AS version, p.entry_no, p.entered_at, p.status, p.reason, p.step,
    p.finished_at AS left_at, p.goal_met_at, p.event, p.saved
FROM parcours.journey_ever j
JOIN parcours.participant p ON p.bucket = %(b)s AND p.journey_id = j.journey_id AND p.profile_id = %(p)s
LEFT JOIN parcours.version_ever v ON v.version_id = p.version_id
ORDER BY p.entered_at, j.journey_key, p.entry_no;

-- name: export_moves
-- scope: bucket
-- Every move of a person, with the values compared.
SELECT j.journey_key AS journey, m.entry_no, m.at, m.cause, m.cause_name, m.from_step, m.to_step, m.path, m.status, m.reason,
    m.seen, m.saved
FROM parcours.passage m JOIN parcours.journey_ever j ON j.journey_id = m.journey_id
WHERE m.bucket = %(b)s AND m.profile_id = %(p)s ORDER BY m.at, j.journey_key, m.seq;

-- name: export_messages
-- scope: bucket
-- Every message to a person.
SELECT m.message_id::text, j.journey_key AS journey, m.step, m.channel, m.state, m.transactional, m.queued_at, m.handed_at,
    m.settled_at, m.recipient, m.subject, m.reason, m.detail
FROM parcours.message m JOIN parcours.journey_ever j ON j.journey_id = m.journey_id
WHERE m.bucket = %(b)s AND m.profile_id = %(p)s ORDER BY m.queued_at, m.message_id;

-- name: export_refusals
-- scope: bucket
-- By which journeys a person was refused, and why.
SELECT j.journey_key AS journey, r.reason, r.trigger, r.times, r.first_at, r.last_at, r.seen
FROM parcours.journey_ever j
JOIN parcours.refusal r ON r.bucket = %(b)s AND r.journey_id = j.journey_id AND r.profile_id = %(p)s
ORDER BY r.first_at, j.journey_key, r.reason;

-- name: export_waiting
-- scope: bucket
-- What came in of a person and was not acted on yet.
SELECT 'pending' AS place, NULL AS journey, q.happened_at, q.kind, q.name, q.data FROM parcours.pending q
WHERE q.bucket = %(b)s AND q.profile_id = %(p)s
UNION ALL
SELECT 'inbox', j.journey_key, i.happened_at, i.kind, i.name, i.data FROM parcours.journey_ever j
JOIN parcours.inbox i ON i.bucket = %(b)s AND i.journey_id = j.journey_id AND i.profile_id = %(p)s
UNION ALL
SELECT 'kept', j.journey_key, k.happened_at, k.kind, k.name, k.data FROM parcours.version_ever v
JOIN parcours.kept k ON k.bucket = %(b)s AND k.version_id = v.version_id AND k.profile_id = %(p)s
JOIN parcours.journey_ever j ON j.journey_id = v.journey_id
UNION ALL
SELECT 'gate', j.journey_key, e.happened_at, e.kind, e.name, e.data FROM parcours.journey_ever j
JOIN parcours.eligible e ON e.bucket = %(b)s AND e.journey_id = j.journey_id AND e.profile_id = %(p)s
ORDER BY 3, 1, 2, 4;

-- name: export_arrived
-- scope: bucket
-- What came of a person over HTTP lately.
SELECT r.at, r.happened_at, r.source, r.kind, r.name, r.result, r.code, r.data FROM parcours.recent r
WHERE r.bucket = %(b)s AND r.profile_id = %(p)s ORDER BY r.feed_no;

-- name: audit_naming
-- scope: shared
-- Commands whose options name a person.
SELECT a.at, a.actor, a.journey_key AS journey, a.command, a.reason FROM parcours.audit a
WHERE a.options -> 'user_ids' ? %(user_id)s OR a.options ->> 'user_id' = %(user_id)s ORDER BY a.audit_id;

-- name: forget_in_audit
-- scope: shared
-- Let no command name a person any more.
UPDATE parcours.audit a
SET options = CASE WHEN a.options ->> 'user_id' = %(user_id)s THEN jsonb_set(a.options, '{user_id}', '"erased"')
    ELSE jsonb_set(a.options, '{user_ids}', (a.options -> 'user_ids') - %(user_id)s || '["erased"]') END
WHERE a.options -> 'user_ids' ? %(user_id)s OR a.options ->> 'user_id' = %(user_id)s;

-- name: erasure_of
-- scope: bucket
-- Whether a person is to be forgotten, or was.
SELECT e.asked_at, e.asked_by, e.barrier, e.done_at, e.counts, e.root FROM parcours.erasure e
WHERE e.bucket = %(b)s AND e.profile_id = %(p)s;

-- name: erasures_with
-- scope: all
-- How it stands with the former names of a person who is to be forgotten.
SELECT e.done_at, e.counts FROM parcours.erasure e WHERE e.root = %(p)s;

-- name: ask_erasure
-- scope: bucket
-- Note that a person is to be forgotten.
INSERT INTO parcours.erasure (bucket, profile_id, asked_at, asked_by, root)
VALUES (%(b)s::integer, %(p)s, %(at)s, %(actor)s, %(root)s) ON CONFLICT DO NOTHING;

-- name: bury_name
-- scope: bucket
-- Nobody is to be made of a name under which nobody ever was.
INSERT INTO parcours.profile (bucket, profile_id, user_id, created_at, updated_at, deleted_at)
VALUES (%(b)s::integer, %(p)s, 'erased:' || %(p)s::text, %(at)s, %(at)s, %(at)s) ON CONFLICT DO NOTHING;

-- name: erase_identity
-- scope: bucket
-- Forget whose name this became.
DELETE FROM parcours.identity WHERE bucket = %(b)s AND profile_id = %(p)s;

-- name: forget_answers_naming
-- scope: shared
-- Of answers that would be given again, those go that name a person, or the address.
DELETE FROM parcours.answer a
WHERE EXISTS (
    SELECT 1 FROM unnest(%(names)s::text[]) AS n (name)
    WHERE jsonb_path_exists(a.body, '$.** ? (@ == $name)', jsonb_build_object('name', n.name)));

-- name: strip_profile
-- scope: bucket
-- Of a person who is to be forgotten only this is left: that nobody is to be made of this key again.
UPDATE parcours.profile SET user_id = 'erased:' || profile_id::text, attributes = '{}', deleted_at = coalesce(deleted_at, %(at)s),
    updated_at = %(at)s
WHERE bucket = %(b)s AND profile_id = %(p)s;

-- name: count_of_person
-- scope: bucket
-- How much is known of a person: events, passages, of these inside, messages.
SELECT (SELECT count(*) FROM parcours.event e WHERE e.bucket = %(b)s AND e.profile_id = %(p)s),
    count(p.profile_id), count(p.profile_id) FILTER (WHERE p.finished_at IS NULL),
    (SELECT count(*) FROM parcours.message m WHERE m.bucket = %(b)s AND m.profile_id = %(p)s)
FROM parcours.journey_ever j
JOIN parcours.participant p ON p.bucket = %(b)s AND p.journey_id = j.journey_id AND p.profile_id = %(p)s;

-- name: addresses_of_person
-- scope: bucket
-- Where mails to a person went.
SELECT DISTINCT m.recipient FROM parcours.message m
WHERE m.bucket = %(b)s AND m.profile_id = %(p)s AND m.channel = 'email' AND m.recipient IS NOT NULL;

-- name: suppress_erased
-- scope: shared
-- Keep the hash of an address, lest it be written to when it comes in again.
INSERT INTO parcours.suppression (address_key, reason, added_by, added_at)
SELECT parcours.address_key(%(address)s::text), 'erased', %(actor)s, %(at)s ON CONFLICT DO NOTHING;

-- name: hash_suppressions
-- scope: shared
-- Of these addresses the list keeps the hashes alone.
UPDATE parcours.suppression x SET address = NULL, detail = NULL
FROM unnest(%(addresses)s::text[]) AS a (address)
WHERE x.address_key = parcours.address_key(a.address);

-- name: erasures_open
-- scope: all
-- Some people who are still to be forgotten, those not looked at for the longest time first.
SELECT e.bucket, e.profile_id FROM parcours.erasure e
WHERE e.done_at IS NULL AND (e.looked_at IS NULL OR e.looked_at < %(before)s)
ORDER BY e.looked_at NULLS FIRST LIMIT 20;

-- name: snapshot_bounds
-- scope: shared
-- The oldest transaction that writes, and the one that begins next.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint;

-- name: look_at_erasure
-- scope: bucket
-- Note that an erasure was looked at.
UPDATE parcours.erasure SET looked_at = %(at)s, barrier = coalesce(barrier, %(barrier)s)
WHERE bucket = %(b)s AND profile_id = %(p)s;

-- name: end_erasure
-- scope: bucket
-- A person is forgotten.
UPDATE parcours.erasure SET looked_at = %(at)s, done_at = %(at)s, counts = %(counts)s::jsonb
WHERE bucket = %(b)s AND profile_id = %(p)s;

-- name: in_the_way_of_erasure
-- scope: bucket
-- Tell whether a person is inside somewhere, a provider may hold a message, or something on the way has to be counted back.
SELECT EXISTS (SELECT 1 FROM parcours.journey_ever j
        JOIN parcours.participant p ON p.bucket = %(b)s AND p.journey_id = j.journey_id AND p.profile_id = %(p)s
        WHERE p.finished_at IS NULL)
    OR EXISTS (SELECT 1 FROM parcours.message m
        WHERE m.bucket = %(b)s AND m.profile_id = %(p)s AND m.state = 'claimed' AND m.done_by > %(overdue)s)
    OR EXISTS (SELECT 1 FROM parcours.pending q
        WHERE q.bucket = %(b)s AND q.profile_id = %(p)s AND q.kind IN ('delete', 'grant', 'release'))
    OR EXISTS (SELECT 1 FROM parcours.journey j
        JOIN parcours.inbox i ON i.bucket = %(b)s AND i.journey_id = j.journey_id AND i.profile_id = %(p)s
        WHERE i.kind IN ('delete', 'grant', 'release'));

-- name: count_gone_people
-- scope: bucket
-- Keep in the ledger's counters that passages were there whose rows go.
INSERT INTO parcours.counter AS c (bucket, version_id, kind, name, n)
SELECT %(b)s::integer, p.version_id, k.kind, k.name, count(*)
FROM parcours.journey_ever j
JOIN parcours.participant p ON p.bucket = %(b)s AND p.journey_id = j.journey_id AND p.profile_id = %(p)s
CROSS JOIN LATERAL (SELECT 'gone' AS kind, p.status AS name
    UNION ALL SELECT 'gone_reason', p.reason WHERE p.status = 'dropped_out') k
GROUP BY p.version_id, k.kind, k.name ORDER BY p.version_id, k.kind, k.name
ON CONFLICT (bucket, version_id, kind, name) DO UPDATE SET n = c.n + excluded.n;

-- name: count_gone_messages
-- scope: bucket
-- Keep in counters which messages there were of a person.
INSERT INTO parcours.counter AS c (bucket, version_id, kind, name, n)
SELECT %(b)s::integer, m.version_id, 'gone_message', m.step || '/' || m.state || '/' || coalesce(m.reason, ''), count(*)
FROM parcours.message m WHERE m.bucket = %(b)s AND m.profile_id = %(p)s
GROUP BY 2, 4 ORDER BY 2, 4
ON CONFLICT (bucket, version_id, kind, name) DO UPDATE SET n = c.n + excluded.n;

-- name: erase_messages
-- scope: bucket
-- Forget the messages to a person.
DELETE FROM parcours.message WHERE bucket = %(b)s AND profile_id = %(p)s;

-- name: erase_moves
-- scope: bucket
-- Forget the moves of a person.
DELETE FROM parcours.passage WHERE bucket = %(b)s AND profile_id = %(p)s;

-- name: erase_passages
-- scope: bucket
-- Forget the passages of a person.
DELETE FROM parcours.participant p USING parcours.journey_ever j
WHERE p.bucket = %(b)s AND p.journey_id = j.journey_id AND p.profile_id = %(p)s;

-- name: erase_refusals
-- scope: bucket
-- Forget by whom a person was refused.
DELETE FROM parcours.refusal r USING parcours.journey_ever j
WHERE r.bucket = %(b)s AND r.journey_id = j.journey_id AND r.profile_id = %(p)s;

-- name: erase_eligible
-- scope: bucket
-- A person who is to be forgotten waits at no gate.
DELETE FROM parcours.eligible e USING parcours.journey_ever j
WHERE e.bucket = %(b)s AND e.journey_id = j.journey_id AND e.profile_id = %(p)s;

-- name: erase_kept
-- scope: bucket
-- Forget what a pause kept for a person.
DELETE FROM parcours.kept k USING parcours.version_ever v
WHERE k.bucket = %(b)s AND k.version_id = v.version_id AND k.profile_id = %(p)s;

-- name: erase_turns
-- scope: bucket
-- Forget that a person waited to be set free.
DELETE FROM parcours.waiting w USING parcours.version_ever v
WHERE w.bucket = %(b)s AND w.version_id = v.version_id AND w.profile_id = %(p)s;

-- name: erase_inbox
-- scope: bucket
-- Forget what came in of a person for journeys.
DELETE FROM parcours.inbox i USING parcours.journey_ever j
WHERE i.bucket = %(b)s AND i.journey_id = j.journey_id AND i.profile_id = %(p)s;

-- name: erase_unasked
-- scope: bucket
-- Forget that history has changed a person.
DELETE FROM parcours.unasked WHERE bucket = %(b)s AND profile_id = %(p)s;

-- name: erase_pending
-- scope: bucket
-- Forget what came in of a person.
DELETE FROM parcours.pending WHERE bucket = %(b)s AND profile_id = %(p)s;

-- name: erase_seen
-- scope: bucket
-- Forget which lines there were of a person.
DELETE FROM parcours.seen WHERE bucket = %(b)s AND profile_id = %(p)s;

-- name: erase_consents
-- scope: bucket
-- Forget what a person said.
DELETE FROM parcours.consent WHERE bucket = %(b)s AND profile_id = %(p)s;

-- name: erase_said
-- scope: bucket
-- Forget all that a person ever said.
DELETE FROM parcours.consent_log WHERE bucket = %(b)s AND profile_id = %(p)s;

-- name: erase_belongings
-- scope: bucket
-- Forget to which audiences by condition a person belonged.
DELETE FROM parcours.belonging WHERE bucket = %(b)s AND profile_id = %(p)s;
