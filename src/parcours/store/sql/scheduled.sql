-- Commands that somebody gave for later.

-- name: give_for_later
-- scope: shared
-- Keep a command until its instant.
INSERT INTO parcours.scheduled_command (version_id, at, command, journey_id, actor, given_at, options, reason)
VALUES (%(v)s, %(at)s, %(command)s, %(j)s, %(actor)s, %(given_at)s, %(options)s::jsonb, %(reason)s)
RETURNING scheduled_id;

-- name: given_commands
-- scope: shared
-- Commands that were given for later, of one journey or of all, or one by its number: those to come first, then the latest
-- that are over.
SELECT s.scheduled_id, j.journey_key, v.version_no, s.at, s.command, s.actor, s.given_at, s.options, s.reason,
    s.done_at, s.outcome, s.refused, s.said
FROM parcours.scheduled_command s
JOIN parcours.journey j ON j.journey_id = s.journey_id
LEFT JOIN parcours.version v ON v.version_id = s.version_id
WHERE (%(key)s::text IS NULL OR j.journey_key = %(key)s)
  AND (%(id)s::bigint IS NULL OR s.scheduled_id = %(id)s)
  AND (%(past)s OR s.done_at IS NULL)
ORDER BY s.done_at IS NOT NULL, CASE WHEN s.done_at IS NULL THEN s.at END, s.done_at DESC, s.scheduled_id LIMIT %(n)s;

-- name: end_given
-- scope: shared
-- Write down what became of a command that was given for later, unless that is known.
UPDATE parcours.scheduled_command
SET done_at = %(at)s, outcome = %(outcome)s, refused = %(refused)s, said = %(said)s
WHERE scheduled_id = %(id)s AND done_at IS NULL;

-- name: take_given
-- scope: shared
-- Take a command whose instant has come; no row where another worker was faster, or it was taken back.
SELECT s.options, s.reason, s.actor, v.version_no, s.version_id IS NOT NULL AND v.version_id IS NULL AS gone
FROM parcours.scheduled_command s LEFT JOIN parcours.version v ON v.version_id = s.version_id
WHERE s.scheduled_id = %(id)s AND s.done_at IS NULL FOR UPDATE OF s;

-- name: journey_zone
-- scope: shared
-- The time zone of the newest version of a journey.
SELECT coalesce((
    SELECT v.definition ->> 'timezone' FROM parcours.version v WHERE v.journey_id = j.journey_id
    ORDER BY v.version_no DESC LIMIT 1), 'UTC')
FROM parcours.journey j WHERE j.journey_key = %(key)s;
