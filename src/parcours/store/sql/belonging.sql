-- Audiences kept up to date: what is asked, who belongs, who is still to be asked.

-- name: audiences_known
-- scope: shared
-- What is known of kept audiences: their revision, how many, of which events they ask.
SELECT value FROM parcours.setting WHERE key = 'audiences';

-- name: keep_known
-- scope: shared
-- Note what is known of kept audiences; workers compile them anew.
INSERT INTO parcours.setting (key, value) VALUES ('audiences', %(value)s::jsonb)
ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- name: ask_by_index
-- scope: shared
-- In what follows nothing is found by reading a whole table: plans made while a table was empty would.
SELECT set_config('enable_seqscan', 'off', true);

-- name: kept_audiences
-- scope: shared
-- Every audience by condition, and whether it is kept up to date.
SELECT audience_key, definition, kept FROM parcours.audience WHERE definition IS NOT NULL ORDER BY audience_key;

-- name: keep_audiences
-- scope: shared
-- Which audiences by condition are kept up to date.
UPDATE parcours.audience SET kept = audience_key = ANY (%(keys)s::text[]) WHERE definition IS NOT NULL;

-- name: begin_filling
-- scope: all
-- Everybody is to be asked these conditions, from the first person on.
INSERT INTO parcours.filling (bucket, audience_key, after)
SELECT l.bucket, k.key, '00000000-0000-0000-0000-000000000000'
FROM parcours.lease l CROSS JOIN unnest(%(keys)s::text[]) AS k (key)
WHERE true
ON CONFLICT (bucket, audience_key) DO UPDATE SET after = excluded.after;

-- name: fillings
-- scope: bucket
-- The conditions that people of a bucket are still to be asked, with the last person asked.
SELECT f.audience_key, f.after::text FROM parcours.filling f WHERE f.bucket = %(b)s ORDER BY f.audience_key;

-- name: next_filling
-- scope: bucket
-- The next condition that people of a bucket are to be asked, locked: nobody begins it anew meanwhile.
SELECT f.audience_key, f.after::text FROM parcours.filling f
WHERE f.bucket = %(b)s ORDER BY f.audience_key LIMIT 1 FOR UPDATE;

-- name: move_filling
-- scope: bucket
-- Note how far a condition has come in a bucket.
UPDATE parcours.filling SET after = %(last)s::uuid WHERE bucket = %(b)s AND audience_key = %(key)s;

-- name: end_filling
-- scope: bucket
-- Everybody of a bucket has been asked a condition.
DELETE FROM parcours.filling WHERE bucket = %(b)s AND audience_key = %(key)s;

-- name: keep_belonging
-- scope: bucket
-- Write down who came or went, and when time alone may change it.
INSERT INTO parcours.belonging AS o (bucket, profile_id, audience_key, member, since, recheck_at)
SELECT %(b)s::integer, r.profile_id, r.key, r.holds, CASE WHEN r.holds THEN r.at END, r.recheck_at
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS r (profile_id uuid, key text, holds boolean, at timestamptz, recheck_at timestamptz)
WHERE true
ON CONFLICT (bucket, profile_id, audience_key) DO UPDATE
SET member = excluded.member, since = CASE WHEN excluded.member AND NOT o.member THEN excluded.since ELSE o.since END,
    until = CASE WHEN o.member AND NOT excluded.member THEN %(at)s::timestamptz ELSE o.until END,
    recheck_at = excluded.recheck_at;

-- name: rechecks_due
-- scope: bucket
-- Who is to be asked again since time has passed, the longest overdue first.
SELECT s.profile_id::text, s.audience_key
FROM unnest(%(keys)s::text[]) AS k (key)
CROSS JOIN LATERAL (
    SELECT q.profile_id, q.audience_key, q.recheck_at FROM parcours.belonging q
    WHERE q.bucket = %(b)s AND q.audience_key = k.key AND q.recheck_at <= %(until)s
    ORDER BY q.recheck_at LIMIT %(n)s) s
ORDER BY s.recheck_at LIMIT %(n)s;

-- name: next_recheck
-- scope: bucket
-- When time alone may next change a membership in a bucket.
SELECT min(s.recheck_at)
FROM unnest(%(keys)s::text[]) AS k (key)
CROSS JOIN LATERAL (
    SELECT q.recheck_at FROM parcours.belonging q
    WHERE q.bucket = %(b)s AND q.audience_key = k.key AND q.recheck_at IS NOT NULL
    ORDER BY q.recheck_at LIMIT 1) s;

-- name: forget_belonging
-- scope: bucket
-- Forget to which audiences a person belonged.
DELETE FROM parcours.belonging WHERE bucket = %(b)s AND profile_id = %(p)s;

-- name: somebody_listens
-- scope: shared
-- Whether some journey is entered by coming into an audience, or going out of it.
SELECT EXISTS (SELECT 1 FROM parcours.listener l WHERE l.kind = 'member');

-- name: touch_people
-- scope: all
-- Let audiences be asked about people who have become known.
INSERT INTO parcours.pending (bucket, profile_id, happened_at, feed_no, kind, name, data, arrived_at)
SELECT r.bucket, r.profile_id, r.at, r.feed_no, 'touch', '', jsonb_build_object('new', true, 'loud', r.loud), r.arrived_at
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS r (bucket integer, profile_id uuid, at timestamptz, arrived_at timestamptz, feed_no bigint, loud boolean)
ON CONFLICT DO NOTHING;
