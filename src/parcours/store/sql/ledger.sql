-- Where everybody is: counters kept by the units, held against the rows of people.

-- name: begin_snapshot
-- scope: shared
-- Let everything read in this transaction be of one instant.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;

-- name: ledger_versions
-- scope: shared
-- The published versions, of one journey or of all.
SELECT j.journey_key, v.version_no, v.version_id, v.status, v.settling,
    ARRAY(SELECT jsonb_array_elements_text(v.program -> 'step_ids'))
FROM parcours.version v JOIN parcours.journey j USING (journey_id)
WHERE v.status <> 'draft' AND (%(key)s::text IS NULL OR j.journey_key = %(key)s)
ORDER BY j.journey_key, v.version_no;

-- name: ledger_counters
-- scope: all
-- What the units have counted, bucket by bucket.
SELECT c.bucket, c.version_id, c.kind, c.name, c.n FROM parcours.counter c
WHERE c.version_id = ANY (%(versions)s::integer[])
  AND c.kind IN ('entered', 'transferred_in', 'transferred_out', 'completed', 'succeeded', 'dropped_out', 'cancelled', 'reason', 'in', 'out',
    'gone', 'gone_reason');

-- name: ledger_people
-- scope: all
-- The people there are, bucket by bucket: by status, by reason, and by step where they are inside.
SELECT p.bucket, p.version_id, p.status, p.reason,
    CASE WHEN p.finished_at IS NULL THEN coalesce(p.step, 'entry') END AS step, count(*)
FROM parcours.participant p
WHERE p.version_id = ANY (%(versions)s::integer[])
GROUP BY 1, 2, 3, 4, 5;
