INSERT INTO parcours.inbox (bucket, journey_id, profile_id, happened_at, feed_no, kind, name, data, arrived_at)
SELECT DISTINCT ON (h.journey_id, r.profile_id, r.happened_at, r.feed_no, r.kind, r.name)
    %(b)s::integer, h.journey_id, r.profile_id, r.happened_at, r.feed_no, r.kind, r.name, r.data, r.arrived_at
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS r (profile_id uuid, happened_at timestamptz, feed_no bigint, kind text, name text, data jsonb, arrived_at timestamptz)
CROSS JOIN LATERAL (
    SELECT l.journey_id FROM parcours.listener l
    WHERE r.kind = 'event' AND l.kind = 'event' AND l.name IN (r.name, '*'){sieved}
    UNION ALL
    SELECT l.journey_id FROM parcours.listener l
    WHERE r.kind = 'audience' AND l.kind = 'audience' AND l.name = r.name
    UNION ALL
    SELECT l.journey_id FROM parcours.listener l
    WHERE r.kind = 'audience' AND l.kind = 'field' AND l.name = '*'
    UNION ALL
    SELECT l.journey_id FROM parcours.listener l
    WHERE r.kind = 'profile' AND l.kind = 'field'
      AND (l.name = '*' OR r.data -> 'changed' ? l.name)
    UNION ALL
    SELECT l.journey_id FROM parcours.listener l
    WHERE r.kind = 'qualify' AND l.kind = 'member' AND (r.data -> 'entered' ? l.name OR r.data -> 'left' ? l.name)
    UNION ALL
    SELECT j.journey_id FROM parcours.journey j WHERE r.kind IN ('add', 'remove') AND j.journey_key = r.name
    UNION ALL
    SELECT j.journey_id FROM parcours.journey j WHERE r.kind IN ('start', 'grant', 'release') AND j.journey_key = split_part(r.name, '/', 1)
    UNION ALL
    SELECT j.journey_id FROM parcours.journey j WHERE r.kind = 'delete' OR (r.kind = 'remove' AND r.name = '*')
        OR (r.kind IN ('event', 'profile', 'audience') AND r.data ? 'all')
) h
WHERE EXISTS (SELECT 1 FROM parcours.fence f WHERE f.bucket = %(b)s AND f.journey_id = h.journey_id)
ON CONFLICT DO NOTHING
