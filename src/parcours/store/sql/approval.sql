-- A publish that waits for a second person.

-- name: draft_fingerprint
-- scope: shared
-- What a draft says, with its templates and files, and the choices of the command that would put it live.
SELECT encode(sha256(convert_to(concat_ws(chr(31), v.definition::text, v.templates::text, %(options)s::text,
    (SELECT string_agg(a.name || encode(sha256(a.data), 'hex'), ',' ORDER BY a.name)
     FROM parcours.attachment a WHERE a.version_id = v.version_id)), 'UTF8')), 'hex')
FROM parcours.version v WHERE v.version_id = %(v)s;

-- name: standing_approval
-- scope: shared
-- What somebody has asked for a draft.
SELECT p.approval_id, p.fingerprint, p.person, p.asked_by, p.options
FROM parcours.approval p WHERE p.version_id = %(v)s AND p.over_at IS NULL FOR NO KEY UPDATE;

-- name: ask_approval
-- scope: shared
-- Somebody asks.
INSERT INTO parcours.approval (journey_id, version_id, fingerprint, options, reason, asked_at, asked_by, person)
VALUES (%(j)s, %(v)s, %(fingerprint)s, %(options)s::jsonb, %(reason)s, %(at)s, %(actor)s, %(person)s);

-- name: end_approval
-- scope: shared
-- It is over: approved, replaced by another one, or withdrawn.
UPDATE parcours.approval SET over_at = %(at)s, outcome = %(outcome)s
WHERE approval_id = %(id)s AND over_at IS NULL RETURNING version_id;

-- name: list_approvals
-- scope: shared
-- What waits for a second person, the oldest first.
SELECT p.approval_id, j.journey_key, v.version_no, p.options, p.reason, p.asked_at, p.asked_by, p.person
FROM parcours.approval p
JOIN parcours.version v ON v.version_id = p.version_id AND v.status = 'draft'
JOIN parcours.journey j ON j.journey_id = v.journey_id
WHERE p.over_at IS NULL AND (%(key)s::text IS NULL OR j.journey_key = %(key)s)
ORDER BY p.asked_at, p.approval_id;

-- name: key_person
-- scope: shared
-- Who stands behind a key.
SELECT k.person FROM parcours.api_key k WHERE k.name = %(name)s;
