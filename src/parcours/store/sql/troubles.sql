-- name: note_trouble
-- scope: bucket
-- Write down that a unit failed, since when it does so, and when it is tried again.
INSERT INTO parcours.trouble AS t (bucket, journey_id, code, message, since, tries, last_at, until)
VALUES (%(b)s, %(j)s, %(code)s, %(message)s, %(at)s, 1, %(at)s, %(until)s)
ON CONFLICT (bucket, journey_id) DO UPDATE
SET code = excluded.code, message = excluded.message, tries = t.tries + 1, last_at = excluded.last_at,
    until = excluded.until;

-- name: forget_trouble
-- scope: bucket
-- A unit works again.
DELETE FROM parcours.trouble WHERE bucket = %(b)s AND journey_id = %(j)s;
