-- name: read_version
-- scope: shared
-- Read a published version with its definition and Program.
SELECT version_id, version_no, journey_id, definition, templates, program FROM parcours.version
WHERE version_id = %(v)s AND program IS NOT NULL;
