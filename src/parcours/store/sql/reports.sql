-- What people ask about journeys: lists, one of them, what was commanded; and the word to the workers.

-- name: notify_workers
-- scope: shared
-- Wake the workers at the commit: something came for this journey ('' where it may be any).
SELECT pg_notify('parcours', %(journey)s);

-- name: report_versions
-- scope: shared
-- Every version with its dates, of one journey or of all, newest first in each.
SELECT j.journey_key, j.name, j.description, j.folder, j.tags, v.version_id, v.version_no, v.status, v.entry_open,
    v.created_at, v.published_at, v.starts_at, v.ends_at, v.paused_at, v.stopped_at, v.finished_at,
    v.settling IS NOT NULL AS settling, v.fingerprint
FROM parcours.journey j LEFT JOIN parcours.version v USING (journey_id)
WHERE %(key)s::text IS NULL OR j.journey_key = %(key)s
ORDER BY j.journey_key, v.version_no DESC;

-- name: report_inside
-- scope: all
-- How many are inside each version, by what was counted.
SELECT c.version_id,
    sum(CASE WHEN c.kind IN ('entered', 'transferred_in') THEN c.n ELSE -c.n END)::bigint
FROM parcours.counter c
WHERE c.version_id = ANY (%(versions)s::integer[])
  AND c.kind IN ('entered', 'transferred_in', 'completed', 'succeeded', 'dropped_out', 'cancelled', 'transferred_out')
GROUP BY c.version_id;

-- name: report_messages
-- scope: all
-- The messages of one journey, by version, step and state, those that are not kept any more included.
SELECT a.version_id, a.step, a.state, a.reason, sum(a.n)::bigint AS n
FROM (
    SELECT m.version_id, m.step, m.state, m.reason, count(*) AS n
    FROM parcours.message m WHERE m.journey_id = %(j)s AND m.version_id = ANY (%(versions)s::integer[])
    GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT c.version_id, split_part(c.name, '/', 1), split_part(c.name, '/', 2), nullif(split_part(c.name, '/', 3), ''), c.n
    FROM parcours.counter c WHERE c.version_id = ANY (%(versions)s::integer[]) AND c.kind = 'gone_message'
) a
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4;

-- name: report_refusals
-- scope: all
-- Who was refused by a journey, by reason: people, and times; without people what recurring schedules refuse in silence.
SELECT r.reason, count(*) AS people, sum(r.times)::bigint AS times, max(r.last_at) AS last_at FROM parcours.refusal r
WHERE r.journey_id = %(j)s GROUP BY r.reason
UNION ALL
SELECT c.name, NULL, sum(c.n)::bigint, NULL FROM parcours.counter c
WHERE c.version_id = ANY (%(versions)s::integer[]) AND c.kind = 'refused' GROUP BY c.name
ORDER BY 1, 2;

-- name: latest_stop
-- scope: shared
-- Who gave the latest command that stopped a version of a journey.
SELECT a.actor FROM parcours.audit a
WHERE a.journey_key = %(key)s AND a.command = 'stop' AND a.refused IS NULL AND a.from_status <> a.to_status
ORDER BY a.audit_id DESC LIMIT 1;

-- name: report_audit
-- scope: shared
-- The latest commands, newest first: of one journey or of all, and by whom, of which kind, since when, refused ones only.
SELECT a.audit_id, a.at, a.actor, a.journey_key, a.version_no, a.command, a.options, a.reason, a.from_status, a.to_status,
    a.refused, a.counts
FROM parcours.audit a
WHERE (%(key)s::text IS NULL OR a.journey_key = %(key)s)
  AND (%(actor)s::text IS NULL OR a.actor = %(actor)s OR starts_with(a.actor, %(actor)s || ',')
    OR split_part(split_part(a.actor, ',', 1), ':', 2) = %(actor)s)
  AND (%(command)s::text IS NULL OR a.command = %(command)s)
  AND (%(since)s::timestamptz IS NULL OR a.at >= %(since)s)
  AND (NOT %(refused)s OR a.refused IS NOT NULL)
ORDER BY a.at DESC, a.audit_id DESC LIMIT %(n)s;

-- name: claims_now
-- scope: all
-- The messages of these versions that are in a provider's hands.
SELECT m.bucket, m.message_id FROM parcours.message m
WHERE m.journey_id = %(j)s AND m.state = 'claimed' AND m.version_id = ANY (%(versions)s::integer[]);

-- name: claims_became
-- scope: all
-- What became of messages that were in a provider's hands, by state.
SELECT m.state, count(*) FROM parcours.message m
JOIN jsonb_to_recordset(%(rows)s::jsonb) AS r (bucket integer, message_id uuid)
    ON m.bucket = r.bucket AND m.message_id = r.message_id
GROUP BY m.state;

-- name: describe_database
-- scope: shared
-- The server's version, and the size of the database.
SELECT 'PostgreSQL ' || current_setting('server_version'), pg_size_pretty(pg_database_size(current_database()));

-- name: idle_databases
-- scope: shared
-- Databases of this server whose names begin so, and which nobody uses.
SELECT d.datname FROM pg_database d
WHERE starts_with(d.datname, %(prefix)s) AND NOT EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.datid = d.oid);
