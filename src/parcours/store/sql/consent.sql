-- What people have said about being written to, and addresses that are written to no more.

-- name: write_consents
-- scope: all
-- Keep the latest that each person said; what was said before it changes nothing.
INSERT INTO parcours.consent AS k (bucket, profile_id, subscription_key, state, changed_at, feed_no, by_what, source)
SELECT r.bucket, r.profile_id, r.subscription, r.state, r.at, r.feed_no, r.by_what, r.source
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS r (bucket integer, profile_id uuid, subscription text, state text, at timestamptz, feed_no bigint, by_what text, source text)
JOIN parcours.profile pr ON pr.bucket = r.bucket AND pr.profile_id = r.profile_id AND pr.deleted_at IS NULL
ON CONFLICT (bucket, profile_id, subscription_key) DO UPDATE
SET state = excluded.state, changed_at = excluded.changed_at, feed_no = excluded.feed_no, by_what = excluded.by_what,
    source = excluded.source
WHERE (k.changed_at, k.feed_no) <= (excluded.changed_at, excluded.feed_no);

-- name: log_consents
-- scope: all
-- Keep all that was said.
INSERT INTO parcours.consent_log (bucket, profile_id, subscription_key, changed_at, feed_no, state, by_what, source)
SELECT r.bucket, r.profile_id, r.subscription, r.at, r.feed_no, r.state, r.by_what, r.source
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS r (bucket integer, profile_id uuid, subscription text, state text, at timestamptz, feed_no bigint, by_what text, source text)
JOIN parcours.profile pr ON pr.bucket = r.bucket AND pr.profile_id = r.profile_id AND pr.deleted_at IS NULL
ON CONFLICT DO NOTHING;

-- name: person_consents
-- scope: bucket
-- What a person said last.
SELECT c.subscription_key, c.state, c.changed_at, c.by_what, c.source FROM parcours.consent c
WHERE c.bucket = %(b)s AND c.profile_id = %(p)s ORDER BY c.subscription_key;

-- name: person_said
-- scope: bucket
-- All that a person ever said, in order.
SELECT c.subscription_key, c.state, c.changed_at, c.by_what, c.source FROM parcours.consent_log c
WHERE c.bucket = %(b)s AND c.profile_id = %(p)s ORDER BY c.changed_at, c.feed_no, c.subscription_key;

-- name: reader_of_link
-- scope: bucket
-- Whose preferences a link shows: attributes, and whether the person is deleted.
SELECT pr.user_id, pr.attributes, pr.deleted_at IS NOT NULL FROM parcours.profile pr
WHERE pr.bucket = %(b)s AND pr.profile_id = %(p)s;

-- name: step_of_message
-- scope: bucket
-- Which journey and step made a message.
SELECT j.journey_key, m.step FROM parcours.message m
JOIN parcours.journey_ever j ON j.journey_id = m.journey_id
WHERE m.bucket = %(b)s AND m.message_id = %(m)s AND m.profile_id = %(p)s;

-- name: subscription_types
-- scope: shared
-- The types of subscription.
SELECT t.subscription_key, t.names, t.descriptions, t.usual, t.created_at FROM parcours.subscription_type t
ORDER BY t.subscription_key;

-- name: save_subscription_type
-- scope: shared
-- Make a type known, or change it.
INSERT INTO parcours.subscription_type (subscription_key, names, descriptions, usual, created_at)
VALUES (%(key)s, %(names)s::jsonb, %(descriptions)s::jsonb, %(usual)s, %(at)s)
ON CONFLICT (subscription_key) DO UPDATE
SET names = excluded.names, descriptions = excluded.descriptions, usual = excluded.usual;

-- name: delete_subscription_type
-- scope: shared
-- Forget a type; what people said of it stays.
DELETE FROM parcours.subscription_type WHERE subscription_key = %(key)s;

-- name: count_consents
-- scope: all
-- How many people have said what, by type.
SELECT c.subscription_key, c.state, count(*) FROM parcours.consent c GROUP BY 1, 2 ORDER BY 1, 2;

-- name: suppress_addresses
-- scope: shared
-- Put addresses on the list; returns how many were not on it for this reason.
INSERT INTO parcours.suppression AS x (address_key, reason, address, detail, added_by, added_at)
SELECT DISTINCT ON (k.key) k.key, r.reason, r.address, r.detail, r.added_by, %(at)s
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (address text, reason text, detail text, added_by text)
CROSS JOIN LATERAL (SELECT parcours.address_key(r.address) AS key) k
ORDER BY k.key
ON CONFLICT (address_key, reason) DO NOTHING;

-- name: unsuppress_addresses
-- scope: shared
-- Take addresses off the list, whatever the reason, or for one of them.
DELETE FROM parcours.suppression x
USING unnest(%(addresses)s::text[]) AS a (address)
WHERE x.address_key = parcours.address_key(a.address) AND (%(reason)s::text IS NULL OR x.reason = %(reason)s);

-- name: suppressions
-- scope: shared
-- The list, the latest first: all of it, or by address, or by reason.
SELECT x.address, x.reason, x.detail, x.added_by, x.added_at, encode(x.address_key, 'hex')
FROM parcours.suppression x
WHERE (%(address)s::text IS NULL OR x.address_key = parcours.address_key(%(address)s))
  AND (%(reason)s::text IS NULL OR x.reason = %(reason)s)
ORDER BY x.added_at DESC, x.address_key LIMIT %(n)s;

-- name: count_suppressions
-- scope: shared
-- How many addresses are on the list, by reason.
SELECT x.reason, count(*) FROM parcours.suppression x GROUP BY 1 ORDER BY 1;

-- name: signing_keys
-- scope: shared
-- The keys by which links are signed, the newest first.
SELECT s.key_no, s.secret, s.created_at, s.retired_at FROM parcours.signing_key s ORDER BY s.key_no DESC;

-- name: add_signing_key
-- scope: shared
-- Sign links by a new key from now on.
INSERT INTO parcours.signing_key (secret, created_at) VALUES (%(secret)s, %(at)s) RETURNING key_no;

-- name: retire_signing_keys
-- scope: shared
-- Take no link any more that was signed by an older key than the newest.
UPDATE parcours.signing_key SET retired_at = %(at)s
WHERE retired_at IS NULL AND key_no < (SELECT max(n.key_no) FROM parcours.signing_key n);

-- name: consent_around
-- scope: shared
-- The declared types, and whether the workers know where people reach us; null where none ever ran.
SELECT ARRAY(SELECT t.subscription_key FROM parcours.subscription_type t),
    (SELECT s.value <> 'null' FROM parcours.setting s WHERE s.key = 'public_url');

-- name: definitions_of_versions
-- scope: shared
-- The definitions of some versions, the newest last.
SELECT v.definition FROM parcours.version v WHERE v.version_id = ANY (%(versions)s::integer[]) ORDER BY v.version_no;

-- name: note_public_url
-- scope: shared
-- Remember where people reach us, as the worker that sends mails knows it.
INSERT INTO parcours.setting (key, value) VALUES ('public_url', %(url)s::jsonb)
ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE setting.value <> excluded.value;
