-- Journeys as lists show them: words, versions, the latest change, what was counted.

-- name: browse_journeys
-- scope: shared
-- Every journey that matches.
SELECT j.journey_id, j.journey_key AS journey, j.name, j.description, j.folder, j.tags, j.owner, j.created_at
FROM parcours.journey j
WHERE (%(key)s::text IS NULL OR j.journey_key = %(key)s)
  AND (%(search)s::text IS NULL
    OR position(lower(%(search)s) IN lower(concat_ws(' ', j.journey_key, j.name, j.description, j.owner,
        array_to_string(j.tags, ' ')))) > 0)
  AND (%(folder)s::text IS NULL OR j.folder = %(folder)s OR starts_with(j.folder, %(folder)s || '/'))
  AND (%(tags)s::text[] IS NULL OR j.tags @> %(tags)s::text[])
  AND (%(owner)s::text IS NULL OR j.owner = %(owner)s);

-- name: browse_changes
-- scope: shared
-- Of each of these journeys the command that changed it last, and the one that stopped it last.
SELECT j.journey_id, l.at AS changed_at, l.actor AS changed_by, l.command AS changed_command,
    s.actor AS stopped_by, s.reason AS stopped_reason
FROM parcours.journey j
LEFT JOIN LATERAL (
    SELECT a.at, a.actor, a.command FROM parcours.audit a
    WHERE a.journey_key = j.journey_key AND a.refused IS NULL AND a.at >= j.created_at
    ORDER BY a.at DESC, a.audit_id DESC LIMIT 1) l ON true
LEFT JOIN LATERAL (
    SELECT a.actor, a.reason FROM parcours.audit a
    WHERE a.journey_key = j.journey_key AND a.command = 'stop' AND a.refused IS NULL AND a.from_status <> a.to_status
      AND a.at >= j.created_at
    ORDER BY a.at DESC, a.audit_id DESC LIMIT 1) s ON true
WHERE j.journey_id = ANY (%(journeys)s::integer[]);

-- name: browse_versions
-- scope: shared
-- The versions of these journeys, oldest first.
SELECT v.journey_id, v.version_id, v.version_no, v.status, v.entry_open, v.created_at, v.published_at, v.starts_at,
    v.ends_at, v.paused_at, v.pause, v.stopped_at, v.finished_at, v.settling IS NOT NULL AS settling, v.fingerprint
FROM parcours.version v WHERE v.journey_id = ANY (%(journeys)s::integer[])
ORDER BY v.journey_id, v.version_no;

-- name: browse_triggers
-- scope: shared
-- The triggers of these versions.
SELECT v.version_id, v.definition -> 'entry' -> 'triggers' FROM parcours.version v
WHERE v.version_id = ANY (%(versions)s::integer[]);

-- name: browse_tasks
-- scope: all
-- Of these journeys the versions of which some bucket has not written down yet what a command made true.
SELECT DISTINCT (r.entry ->> 'version_id')::integer
FROM parcours.fence f CROSS JOIN LATERAL jsonb_array_elements(f.rights) AS r (entry)
WHERE f.journey_id = ANY (%(journeys)s::integer[])
  AND (r.entry ->> 'task' IS NOT NULL OR coalesce(r.entry -> 'chores', '[]') <> '[]');

-- name: browse_counters
-- scope: all
-- What the units have counted of these versions, all buckets added up.
SELECT c.version_id, c.kind, c.name, sum(c.n)::bigint
FROM parcours.lease l
JOIN parcours.counter c ON c.bucket = l.bucket
WHERE c.version_id = ANY (%(versions)s::integer[]) AND c.kind = ANY (%(kinds)s::text[])
GROUP BY 1, 2, 3;

-- name: browse_definitions
-- scope: shared
-- Definitions with a sign that changes with them.
SELECT v.version_id, j.journey_key, v.definition, v.templates,
    coalesce((SELECT jsonb_agg(a.name ORDER BY a.name) FROM parcours.attachment a WHERE a.version_id = v.version_id), '[]')
FROM parcours.version v JOIN parcours.journey j USING (journey_id)
WHERE v.version_id = ANY (%(versions)s::integer[]);

-- name: definition_signs
-- scope: shared
-- What changes whenever a definition or its files do.
SELECT v.version_id, md5(v.definition::text || v.templates::text || coalesce((
    SELECT string_agg(a.name || md5(a.data), '/' ORDER BY a.name) FROM parcours.attachment a
    WHERE a.version_id = v.version_id), ''))
FROM parcours.version v WHERE v.version_id = ANY (%(versions)s::integer[]);

-- name: all_journeys
-- scope: shared
-- Every journey: whether it admits (`live`), else the status of its newest version; the journeys that it starts.
SELECT j.journey_key,
    CASE WHEN bool_or(v.entry_open) THEN 'live' WHEN bool_or(v.status = 'draft') THEN 'draft'
         ELSE (array_agg(v.status ORDER BY v.version_no DESC))[1] END,
    coalesce((
        SELECT array_agg(DISTINCT s.key #>> '{}') FROM parcours.version o
        CROSS JOIN LATERAL jsonb_path_query(o.definition::jsonb, '$.steps.*.end.start') AS s (key)
        WHERE o.journey_id = j.journey_id AND o.status IN ('live', 'paused', 'closed')), '{}')
FROM parcours.journey j JOIN parcours.version v ON v.journey_id = j.journey_id
GROUP BY j.journey_id, j.journey_key;

-- name: journey_facets
-- scope: shared
-- Folders, tags and owners there are, and how many journeys have each.
SELECT 'folder' AS kind, j.folder AS name, count(*) FROM parcours.journey j WHERE j.folder <> '' GROUP BY 2
UNION ALL
SELECT 'owner', j.owner, count(*) FROM parcours.journey j WHERE j.owner <> '' GROUP BY 2
UNION ALL
SELECT 'tag', t.tag, count(*) FROM parcours.journey j CROSS JOIN LATERAL unnest(j.tags) AS t (tag) GROUP BY 2
ORDER BY 1, 2;

-- name: change_words
-- scope: shared
-- Change what belongs to a journey and not to a version; null leaves it as it is.
UPDATE parcours.journey j
SET name = coalesce(%(name)s::text, j.name), description = coalesce(%(description)s::text, j.description),
    folder = coalesce(%(folder)s::text, j.folder), tags = coalesce(%(tags)s::text[], j.tags),
    owner = coalesce(%(owner)s::text, j.owner)
WHERE j.journey_id = %(j)s;

-- name: journey_words
-- scope: shared
-- What belongs to a journey and not to a version.
SELECT j.journey_id, j.name, j.description, j.folder, j.tags, j.owner FROM parcours.journey j
WHERE j.journey_key = %(key)s;

-- name: browse_version
-- scope: shared
-- One version with its definition and files.
SELECT v.version_id, v.version_no, v.status, v.definition, v.templates,
    coalesce((
        SELECT jsonb_agg(jsonb_build_object('name', a.name, 'bytes', length(a.data), 'sum', md5(a.data)) ORDER BY a.name)
        FROM parcours.attachment a WHERE a.version_id = v.version_id), '[]') AS attachments,
    md5(v.definition::text || v.templates::text) AS sign
FROM parcours.version v WHERE v.journey_id = %(j)s AND v.version_no = %(version_no)s;

-- name: read_draft
-- scope: shared
-- The number of the draft of a journey, where one stands.
SELECT v.version_no FROM parcours.version v WHERE v.journey_id = %(j)s AND v.status = 'draft';

-- name: newest_version
-- scope: shared
-- The number of the newest version of a journey.
SELECT max(v.version_no) FROM parcours.version v WHERE v.journey_id = %(j)s;

-- name: save_templates
-- scope: shared
-- Keep exactly these template files with a version.
UPDATE parcours.version v SET templates = %(templates)s::jsonb WHERE v.version_id = %(v)s AND v.status = 'draft';

-- name: put_attachment
-- scope: shared
-- Keep a file with a version, in place of the one of this name.
INSERT INTO parcours.attachment (version_id, name, data) VALUES (%(v)s, %(name)s, %(data)s)
ON CONFLICT (version_id, name) DO UPDATE SET data = excluded.data;

-- name: drop_attachment
-- scope: shared
-- Forget one file of a version.
DELETE FROM parcours.attachment a WHERE a.version_id = %(v)s AND a.name = %(name)s;

-- name: read_attachment
-- scope: shared
-- One file of a version.
SELECT a.data FROM parcours.attachment a WHERE a.version_id = %(v)s AND a.name = %(name)s;

-- name: limit_statement
-- scope: shared
-- Let no statement of this transaction run for longer.
SELECT set_config('statement_timeout', %(ms)s::text, true);
