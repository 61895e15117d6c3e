SELECT %(b)s::integer AS bucket, %(j)s::integer AS journey_id, p.profile_id, p.entry_no, 0 AS seq,
    %(v)s::integer AS version_id, NULL::text AS step,
    CASE WHEN %(parks)s THEN '9999-12-31 23:59:59.999999+00'::timestamptz ELSE p.at END AS wake_at, NULL::timestamptz AS goal_met_at,
    p.kind, p.name, p.at, true AS entered, p.at AS base, p.happened_at AS since_at, p.feed_no AS since_no,
    CASE {leave} END AS leaves,
    CASE WHEN %(may_move)s THEN {route} END AS route,
    {remember} AS goal,
    {seen} AS seen,
    NULL::jsonb AS saved{carried}
FROM ({candidates} OFFSET 0) p
WHERE p.verdict IS NULL {through}
