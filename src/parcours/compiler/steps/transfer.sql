SELECT p.bucket, p.journey_id, p.profile_id, p.entry_no, p.seq, %(v)s::integer AS version_id, p.step,
    CASE WHEN p.step IS NULL AND %(parks)s THEN '9999-12-31 23:59:59.999999+00'::timestamptz
         WHEN p.step IS NULL AND p.wake_at = '9999-12-31 23:59:59.999999+00' THEN p.entered_at
         ELSE {wake} END AS wake_at, p.goal_met_at, 'transfer'::text AS kind, NULL::text AS name, x.at, false AS entered, x.at AS base,
    %(at)s::timestamptz AS since_at, -1::bigint AS since_no,
    CASE WHEN false THEN NULL::text {leave} END AS leaves,
    {route} AS route,
    {remember} AS goal,
    {seen} AS seen,
    NULL::jsonb AS saved, p.version_id AS moved_from{carried}
FROM (
    SELECT q.* FROM parcours.participant q
    WHERE q.bucket = %(b)s AND q.version_id = %(source)s AND q.finished_at IS NULL AND q.profile_id <> ALL (ARRAY(
        SELECT c.profile_id FROM parcours.message c
        WHERE c.bucket = %(b)s AND c.journey_id = %(j)s AND c.state = 'claimed'))
    ORDER BY q.wake_at LIMIT %(n)s
) p
CROSS JOIN LATERAL (SELECT q.* FROM parcours.profile q WHERE q.bucket = %(b)s AND q.profile_id = p.profile_id LIMIT 1) pr
CROSS JOIN LATERAL (SELECT coalesce(%(now)s::timestamptz, %(at)s::timestamptz) AS at) x
