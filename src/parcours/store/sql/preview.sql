-- What a resume would set free, counted from the people who are frozen.

-- name: preview_kept
-- scope: all
-- What was kept for people inside a version, by kind and name: rows, and people.
SELECT k.kind, CASE WHEN k.kind = 'outcome' THEN '' ELSE k.name END AS name, count(*) AS rows,
    count(DISTINCT k.profile_id) AS people
FROM parcours.kept k
JOIN parcours.participant p ON p.bucket = k.bucket AND p.journey_id = k.journey_id AND p.profile_id = k.profile_id
    AND p.version_id = k.version_id AND p.finished_at IS NULL
WHERE k.version_id = %(v)s
GROUP BY 1, 2 ORDER BY 1, 2;

-- name: preview_people
-- scope: all
-- Who would go at once (hour null) or become due within some hours behind a resume, by step and hour; the queue has no step.
-- `by` is the length of the pause where deadlines move with it, of `steps` with a duration or a time-out.
SELECT p.step, CASE WHEN p.step IS NULL OR d.due < %(at)s THEN NULL
    ELSE floor(extract(epoch FROM d.due - %(at)s) / 3600)::integer END AS hour, count(*) AS people
FROM parcours.participant p
LEFT JOIN parcours.waiting w ON w.bucket = p.bucket AND w.version_id = p.version_id AND w.profile_id = p.profile_id
CROSS JOIN LATERAL (SELECT coalesce(w.wake_at, p.wake_at) AS wake_at) o
CROSS JOIN LATERAL (
    SELECT CASE WHEN p.step = ANY (%(steps)s::text[]) AND o.wake_at > %(since)s AND o.wake_at < 'infinity'
        THEN o.wake_at + %(by)s::interval ELSE o.wake_at END AS due) d
WHERE p.version_id = %(v)s AND p.finished_at IS NULL AND (p.step IS NULL OR d.due < %(until)s)
GROUP BY 1, 2 ORDER BY 2 NULLS FIRST, 1;

-- name: preview_messages
-- scope: all
-- Messages that would leave at once (hour null) or become due within some hours, by step and hour.
SELECT m.step, CASE WHEN m.due_at < %(at)s OR m.due_at = 'infinity' THEN NULL
    ELSE floor(extract(epoch FROM m.due_at - %(at)s) / 3600)::integer END AS hour, count(*) AS messages
FROM parcours.message m
WHERE m.journey_id = %(j)s AND m.version_id = %(v)s AND m.state = 'queued'
  AND (m.due_at < %(until)s OR m.due_at = 'infinity')
GROUP BY 1, 2 ORDER BY 2 NULLS FIRST, 1;
