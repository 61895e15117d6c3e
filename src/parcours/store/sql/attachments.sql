-- name: clear_attachments
-- scope: shared
-- Forget the files of a version.
DELETE FROM parcours.attachment a USING parcours.version v
WHERE v.journey_id = %(j)s AND v.version_no = %(version_no)s AND a.version_id = v.version_id;

-- name: add_attachment
-- scope: shared
-- Keep a file with a version.
INSERT INTO parcours.attachment (version_id, name, data)
SELECT version_id, %(name)s, %(data)s FROM parcours.version
WHERE journey_id = %(j)s AND version_no = %(version_no)s;

-- name: read_attachments
-- scope: shared
-- Read the files of a version.
SELECT name, data FROM parcours.attachment WHERE version_id = %(v)s ORDER BY name;

-- name: copy_attachments
-- scope: shared
-- Give a version the files of another one.
INSERT INTO parcours.attachment (version_id, name, data)
SELECT %(to)s, a.name, a.data FROM parcours.attachment a WHERE a.version_id = %(v)s;
