SELECT pr.profile_id, x.at,
    -2305843009213693952 - (extract(epoch FROM %(upto)s::timestamptz - e.happened_at) * 1000000)::bigint AS feed_no,
    e.name, jsonb_build_object('version', %(v)s::integer, 'recurring', false, 'properties', e.properties) AS data
FROM (
    SELECT q.* FROM parcours.profile q
    WHERE q.bucket = %(b)s AND q.profile_id > %(after)s::uuid AND q.profile_id <= %(last)s::uuid
    OFFSET 0
) pr
CROSS JOIN LATERAL (SELECT coalesce(%(now)s::timestamptz, %(upto)s::timestamptz) AS at) x
CROSS JOIN LATERAL ({triggers}) t
CROSS JOIN LATERAL (SELECT t.name, t.happened_at, t.properties) e
WHERE pr.deleted_at IS NULL
