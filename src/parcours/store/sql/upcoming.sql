-- What will happen to a journey by itself.

-- name: coming_commands
-- scope: shared
-- What is to be done at an instant: commands given for later, start and end dates, ends of pauses.
SELECT v.version_no, s.at, s.command, s.actor, s.reason, s.scheduled_id, s.options, s.pause_no
FROM parcours.scheduled_command s LEFT JOIN parcours.version v USING (version_id)
WHERE coalesce(s.journey_id, v.journey_id) = %(j)s AND s.done_at IS NULL
ORDER BY s.at, v.version_no, s.scheduled_id;

-- name: coming_versions
-- scope: shared
-- Versions in which something can still happen, oldest first.
SELECT v.version_id, v.version_no, v.status, v.entry_open, v.paused_at, v.starts_at, v.one_shot, v.pause, v.settling IS NOT NULL AS settling
FROM parcours.version v
WHERE v.journey_id = %(j)s AND (v.status IN ('live', 'paused', 'closed') OR v.settling IS NOT NULL) ORDER BY v.version_no;

-- name: coming_runs
-- scope: shared
-- Runs to come: the next occurrence of each schedule, and of one that is divided or under way the next part and how many.
SELECT v.version_no, s.next_at AS at, false AS begun, NULL::integer AS part, NULL::bigint AS parts, NULL::timestamptz AS last_at
FROM parcours.schedule s JOIN parcours.version v USING (version_id)
WHERE v.journey_id = %(j)s AND v.entry_open AND (v.ends_at IS NULL OR s.next_at < v.ends_at)
UNION ALL
SELECT v.version_no, min(r.at), false, min(r.part), count(*), max(r.at)
FROM parcours.run r JOIN parcours.version v USING (version_id)
WHERE v.journey_id = %(j)s AND v.entry_open AND r.begun_at IS NULL AND (v.ends_at IS NULL OR r.at < v.ends_at)
GROUP BY v.version_no, r.occurrence
UNION ALL
SELECT v.version_no, r.begun_at, true, r.part, 1, r.at
FROM parcours.run r JOIN parcours.version v USING (version_id)
WHERE v.journey_id = %(j)s AND v.entry_open AND r.begun_at IS NOT NULL AND r.done_at IS NULL
ORDER BY 2, 1;

-- name: coming_timers
-- scope: all
-- For each version whose people may move: when the next timer is due, and how many are by `soon`.
SELECT w.version_id, min(d.next_at), sum(d.soon)::bigint
FROM unnest(%(versions)s::integer[]) AS w (version_id)
CROSS JOIN parcours.lease l
CROSS JOIN LATERAL (
    SELECT (
        SELECT p.wake_at FROM parcours.participant p
        WHERE p.bucket = l.bucket AND p.version_id = w.version_id AND p.finished_at IS NULL
          AND p.wake_at > '-infinity' AND p.wake_at < '9999-01-01 00:00:00+00'
        ORDER BY p.wake_at LIMIT 1) AS next_at,
        (SELECT count(*) FROM parcours.participant p
        WHERE p.bucket = l.bucket AND p.version_id = w.version_id AND p.finished_at IS NULL AND p.wake_at <= %(soon)s) AS soon
) d
GROUP BY w.version_id;

-- name: coming_messages
-- scope: all
-- For each version whose messages may leave: when the next one is due, how many are queued, and how many are due by `soon`.
SELECT m.version_id, min(m.due_at), count(*), count(*) FILTER (WHERE m.due_at <= %(soon)s)
FROM parcours.message m
WHERE m.journey_id = %(j)s AND m.version_id = ANY (%(versions)s::integer[]) AND m.state = 'queued' AND m.due_at < 'infinity'
GROUP BY m.version_id;
