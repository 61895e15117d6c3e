-- name: route_pending
-- scope: bucket
-- Give each journey that listens its own row, in batches of the oldest. Of people whom history has changed every journey is
-- given it, once (P25).
WITH taken AS (
    DELETE FROM parcours.pending d
    WHERE d.bucket = %(b)s AND d.ctid = ANY (ARRAY(
        SELECT q.ctid FROM parcours.pending q WHERE q.bucket = %(b)s LIMIT %(n)s))
    RETURNING d.profile_id, d.happened_at, d.feed_no, d.kind, d.name, d.data, d.arrived_at
), asked AS (
    DELETE FROM parcours.unasked u
    WHERE u.bucket = %(b)s AND u.profile_id = ANY (ARRAY(
        SELECT t.profile_id FROM taken t WHERE t.kind IN ('event', 'profile', 'audience')))
    RETURNING u.profile_id
)
SELECT count(*), coalesce(jsonb_agg(CASE WHEN a.profile_id IS NULL THEN to_jsonb(taken)
    ELSE jsonb_set(to_jsonb(taken), '{data,all}', 'true') END), '[]')::text
FROM taken LEFT JOIN asked a ON a.profile_id = taken.profile_id AND taken.kind IN ('event', 'profile', 'audience');

-- name: sieves_known
-- scope: shared
-- The sieves that some journey has before its inbox, by their ids.
SELECT coalesce(array_agg(DISTINCT s.id ORDER BY s.id), '{}')
FROM parcours.listener l CROSS JOIN LATERAL unnest(l.sieves) AS s (id) WHERE l.sieves IS NOT NULL;

-- name: read_sieves
-- scope: shared
-- What these sieves ask.
SELECT DISTINCT ON (e.value ->> 'id') e.value ->> 'id', e.value ->> 'text', e.value -> 'constants'
FROM parcours.version v CROSS JOIN LATERAL jsonb_each(v.program -> 'sieves') AS e (name, value)
WHERE v.status IN ('live', 'paused', 'closed') AND e.value ->> 'id' = ANY (%(ids)s)
ORDER BY e.value ->> 'id';
