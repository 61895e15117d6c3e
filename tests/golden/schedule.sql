-- inside: {'c1': 1, 'c2': ['blocked'], 'c3': ['breathe'], 'c4': 'breathe', 'c5': 'rest', 'c6': None, 'c7': ['end'], 'c8': 'end', 'c9': '86400000000 microseconds'}
INSERT INTO parcours.passage
    (bucket, journey_id, batch, profile_id, entry_no, seq, at, version_id, cause, cause_name, from_step, to_step,
     path, status, reason, entered, goal, since_at, since_no, wake_at, deadline, seen, saved)
SELECT d.bucket, d.journey_id, %(batch)s::bigint, d.profile_id, d.entry_no,
    d.seq + CASE WHEN d.leaves IS NULL AND d.route IS NULL THEN 0 ELSE 1 END,
    d.at, d.version_id, d.kind, d.name, d.step,
    CASE WHEN d.leaves IS NULL THEN coalesce(w.stands, d.step) ELSE d.step END,
    CASE WHEN d.leaves IS NULL THEN coalesce(w.path, '{}'::text[]) ELSE '{}'::text[] END,
    CASE WHEN d.leaves = 'goal' THEN 'succeeded'
         WHEN d.leaves IS NOT NULL OR w.outcome = 'drop_out' THEN 'dropped_out'
         WHEN w.outcome = 'end' THEN CASE WHEN d.goal OR d.goal_met_at IS NOT NULL THEN 'succeeded' ELSE 'completed' END
         ELSE 'active' END,
    CASE WHEN d.leaves = 'goal' THEN NULL WHEN d.leaves IS NOT NULL THEN d.leaves ELSE w.reason END,
    d.entered,
    d.goal OR coalesce(d.leaves = 'goal', false),
    d.since_at, d.since_no,
    CASE WHEN d.leaves IS NOT NULL OR w.outcome <> 'rest' THEN 'infinity'::timestamptz
         WHEN d.route IS NULL THEN d.wake_at
         ELSE CASE w.stands WHEN %(c4)s::text THEN CASE WHEN d.base + %(c9)s::interval > d.at THEN d.base + %(c9)s::interval ELSE '-infinity' END ELSE 'infinity'::timestamptz END END,
    NULL::timestamptz,
    d.seen, d.saved
FROM (SELECT p.bucket, p.journey_id, p.profile_id, p.entry_no, p.seq, p.version_id, p.step, p.wake_at, p.goal_met_at,
    r.kind, r.name, x.at, false AS entered,
    CASE WHEN r.kind = 'outcome' THEN coalesce((r.data ->> 'handed_at')::timestamptz, x.at) ELSE x.at END AS base,
    CASE WHEN r.kind = 'outcome' THEN coalesce((r.data ->> 'handed_at')::timestamptz, r.happened_at)
         ELSE r.happened_at END AS since_at,
    r.feed_no AS since_no,
    CASE WHEN r.kind = 'delete' THEN 'profile_deleted'
         WHEN r.kind = 'remove' AND coalesce((r.data ->> 'version')::integer, %(c1)s::integer) = %(c1)s::integer THEN coalesce(r.data ->> 'reason', 'removed_by_user') WHEN EXISTS (SELECT 1 FROM parcours.membership ex WHERE ex.bucket = %(b)s AND ex.profile_id = p.profile_id AND ex.audience_key = ANY (%(c2)s::text[])) THEN 'excluded' WHEN pr.deleted_at IS NOT NULL THEN 'profile_deleted' END AS leaves,
    CASE WHEN %(may_move)s THEN NULL::integer END AS route,
    false AS goal,
    CASE WHEN r.data ? 'detail' THEN jsonb_build_object('detail', r.data -> 'detail') END AS seen,
    CASE WHEN %(may_move)s THEN NULL::jsonb END AS saved
FROM unnest(%(round)s::tid[]) AS t (address)
CROSS JOIN LATERAL (
    SELECT i.* FROM parcours.inbox i
    WHERE i.bucket = %(b)s AND i.journey_id = %(j)s AND i.ctid = t.address LIMIT 1) r
CROSS JOIN LATERAL (
    SELECT q.* FROM parcours.participant q
    WHERE q.bucket = %(b)s AND q.journey_id = %(j)s AND q.profile_id = r.profile_id AND q.finished_at IS NULL
    LIMIT 1
) p
CROSS JOIN LATERAL (SELECT q.* FROM parcours.profile q WHERE q.bucket = %(b)s AND q.profile_id = p.profile_id LIMIT 1) pr
CROSS JOIN LATERAL (SELECT coalesce(%(now)s::timestamptz, r.arrived_at) AS at) x
WHERE p.version_id = %(v)s AND r.kind NOT IN ('add', 'start', 'grant', 'run', 'release', 'qualify') OFFSET 0) d
LEFT JOIN (VALUES (1, %(c3)s::text[], %(c4)s::text, %(c5)s::text, %(c6)s::text), (2, %(c7)s::text[], %(c8)s::text, %(c8)s::text, %(c6)s::text)) AS w (no, path, stands, outcome, reason) ON w.no = d.route
WHERE d.entered OR d.leaves IS NOT NULL OR d.route IS NOT NULL OR d.goal

-- keep: {'c1': 1}
INSERT INTO parcours.kept (bucket, version_id, profile_id, happened_at, feed_no, kind, name, data, journey_id)
SELECT %(b)s, %(v)s, r.profile_id, r.happened_at, r.feed_no, r.kind, r.name, r.data, %(j)s
FROM unnest(%(round)s::tid[]) AS t (address)
CROSS JOIN LATERAL (
    SELECT i.* FROM parcours.inbox i
    WHERE i.bucket = %(b)s AND i.journey_id = %(j)s AND i.ctid = t.address LIMIT 1) r
CROSS JOIN LATERAL (
    SELECT q.* FROM parcours.participant q
    WHERE q.bucket = %(b)s AND q.journey_id = %(j)s AND q.profile_id = r.profile_id AND q.finished_at IS NULL
    LIMIT 1
) p
CROSS JOIN LATERAL (SELECT q.* FROM parcours.profile q WHERE q.bucket = %(b)s AND q.profile_id = p.profile_id LIMIT 1) pr
CROSS JOIN LATERAL (SELECT coalesce(%(now)s::timestamptz, r.arrived_at) AS at) x
WHERE p.version_id = %(v)s AND (NULL::integer) IS NOT NULL
ON CONFLICT DO NOTHING

-- due: {'c1': 1, 'c2': 'breathe', 'c3': ['blocked'], 'c4': ['breathe'], 'c5': 'rest', 'c6': None, 'c7': ['end'], 'c8': 'end', 'c9': '86400000000 microseconds'}
INSERT INTO parcours.passage
    (bucket, journey_id, batch, profile_id, entry_no, seq, at, version_id, cause, cause_name, from_step, to_step,
     path, status, reason, entered, goal, since_at, since_no, wake_at, deadline, seen, saved)
SELECT d.bucket, d.journey_id, %(batch)s::bigint, d.profile_id, d.entry_no,
    d.seq + CASE WHEN d.leaves IS NULL AND d.route IS NULL THEN 0 ELSE 1 END,
    d.at, d.version_id, d.kind, d.name, d.step,
    CASE WHEN d.leaves IS NULL THEN coalesce(w.stands, d.step) ELSE d.step END,
    CASE WHEN d.leaves IS NULL THEN coalesce(w.path, '{}'::text[]) ELSE '{}'::text[] END,
    CASE WHEN d.leaves = 'goal' THEN 'succeeded'
         WHEN d.leaves IS NOT NULL OR w.outcome = 'drop_out' THEN 'dropped_out'
         WHEN w.outcome = 'end' THEN CASE WHEN d.goal OR d.goal_met_at IS NOT NULL THEN 'succeeded' ELSE 'completed' END
         ELSE 'active' END,
    CASE WHEN d.leaves = 'goal' THEN NULL WHEN d.leaves IS NOT NULL THEN d.leaves ELSE w.reason END,
    d.entered,
    d.goal OR coalesce(d.leaves = 'goal', false),
    d.since_at, d.since_no,
    CASE WHEN d.leaves IS NOT NULL OR w.outcome <> 'rest' THEN 'infinity'::timestamptz
         WHEN d.route IS NULL THEN d.wake_at
         ELSE CASE w.stands WHEN %(c2)s::text THEN CASE WHEN d.base + %(c9)s::interval > d.at THEN d.base + %(c9)s::interval ELSE '-infinity' END ELSE 'infinity'::timestamptz END END,
    NULL::timestamptz,
    d.seen, d.saved
FROM (SELECT p.bucket, p.journey_id, p.profile_id, p.entry_no, p.seq, p.version_id, p.step, p.wake_at, p.goal_met_at,
    'timer'::text AS kind, NULL::text AS name, x.at, false AS entered, x.at AS base,
    CASE WHEN p.wake_at = '-infinity' THEN p.since_at ELSE greatest(p.wake_at, %(floor)s) END AS since_at,
    CASE WHEN p.wake_at = '-infinity' THEN p.since_no WHEN p.wake_at < %(floor)s THEN -1
         ELSE 4611686018427387904 END AS since_no,
    CASE WHEN p.hops >= 50 AND x.at = p.entered_step_at THEN 'loop_stopped' WHEN EXISTS (SELECT 1 FROM parcours.membership ex WHERE ex.bucket = %(b)s AND ex.profile_id = p.profile_id AND ex.audience_key = ANY (%(c3)s::text[])) THEN 'excluded' WHEN pr.deleted_at IS NOT NULL THEN 'profile_deleted' END AS leaves,
    CASE WHEN p.step IS NULL THEN 1 ELSE CASE p.step WHEN %(c2)s::text THEN 2 ELSE NULL END END AS route,
    false AS goal,
    NULL::jsonb AS seen,
    NULL::jsonb AS saved
FROM (
    SELECT q.* FROM parcours.participant q
    WHERE q.bucket = %(b)s AND q.version_id = %(v)s AND q.finished_at IS NULL AND q.wake_at <= %(until)s
    ORDER BY q.wake_at LIMIT %(n)s
) p
CROSS JOIN LATERAL (SELECT q.* FROM parcours.profile q WHERE q.bucket = %(b)s AND q.profile_id = p.profile_id LIMIT 1) pr
CROSS JOIN LATERAL (
    SELECT coalesce(%(now)s::timestamptz, CASE WHEN p.wake_at = '-infinity' THEN greatest(p.entered_step_at, %(floor)s)
        ELSE greatest(p.wake_at, %(floor)s) END) AS at) x
WHERE %(inbox_empty)s OR NOT EXISTS (
    SELECT 1 FROM parcours.inbox i
    WHERE i.bucket = %(b)s AND i.journey_id = %(j)s AND i.profile_id = p.profile_id
      AND i.happened_at <= greatest(p.wake_at, %(floor)s)) OFFSET 0) d
LEFT JOIN (VALUES (1, %(c4)s::text[], %(c2)s::text, %(c5)s::text, %(c6)s::text), (2, %(c7)s::text[], %(c8)s::text, %(c8)s::text, %(c6)s::text)) AS w (no, path, stands, outcome, reason) ON w.no = d.route
WHERE d.entered OR d.leaves IS NOT NULL OR d.route IS NOT NULL OR d.goal

-- admit: {'c1': 1, 'c2': ['blocked'], 'c3': ['breathe'], 'c4': 'breathe', 'c5': 'rest', 'c6': None, 'c7': ['end'], 'c8': 'end', 'c9': '86400000000 microseconds'}
INSERT INTO parcours.passage
    (bucket, journey_id, batch, profile_id, entry_no, seq, at, version_id, cause, cause_name, from_step, to_step,
     path, status, reason, entered, goal, since_at, since_no, wake_at, deadline, seen, saved)
SELECT d.bucket, d.journey_id, %(batch)s::bigint, d.profile_id, d.entry_no,
    d.seq + CASE WHEN d.leaves IS NULL AND d.route IS NULL THEN 0 ELSE 1 END,
    d.at, d.version_id, d.kind, d.name, d.step,
    CASE WHEN d.leaves IS NULL THEN coalesce(w.stands, d.step) ELSE d.step END,
    CASE WHEN d.leaves IS NULL THEN coalesce(w.path, '{}'::text[]) ELSE '{}'::text[] END,
    CASE WHEN d.leaves = 'goal' THEN 'succeeded'
         WHEN d.leaves IS NOT NULL OR w.outcome = 'drop_out' THEN 'dropped_out'
         WHEN w.outcome = 'end' THEN CASE WHEN d.goal OR d.goal_met_at IS NOT NULL THEN 'succeeded' ELSE 'completed' END
         ELSE 'active' END,
    CASE WHEN d.leaves = 'goal' THEN NULL WHEN d.leaves IS NOT NULL THEN d.leaves ELSE w.reason END,
    d.entered,
    d.goal OR coalesce(d.leaves = 'goal', false),
    d.since_at, d.since_no,
    CASE WHEN d.leaves IS NOT NULL OR w.outcome <> 'rest' THEN 'infinity'::timestamptz
         WHEN d.route IS NULL THEN d.wake_at
         ELSE CASE w.stands WHEN %(c4)s::text THEN CASE WHEN d.base + %(c9)s::interval > d.at THEN d.base + %(c9)s::interval ELSE '-infinity' END ELSE 'infinity'::timestamptz END END,
    NULL::timestamptz,
    d.seen, d.saved
FROM (SELECT %(b)s::integer AS bucket, %(j)s::integer AS journey_id, p.profile_id, p.entry_no, 0 AS seq,
    %(v)s::integer AS version_id, NULL::text AS step,
    CASE WHEN %(parks)s THEN '9999-12-31 23:59:59.999999+00'::timestamptz ELSE p.at END AS wake_at, NULL::timestamptz AS goal_met_at,
    p.kind, p.name, p.at, true AS entered, p.at AS base, p.happened_at AS since_at, p.feed_no AS since_no,
    CASE WHEN false THEN NULL::text  END AS leaves,
    CASE WHEN %(may_move)s THEN 1 END AS route,
    false AS goal,
    CASE WHEN %(may_move)s THEN NULL::jsonb END AS seen,
    NULL::jsonb AS saved
FROM (SELECT r.profile_id, r.happened_at, r.feed_no, CASE WHEN g.granted THEN r.data ->> 'kind' ELSE r.kind END AS kind,
    CASE WHEN g.granted THEN r.data ->> 'name' ELSE r.name END AS name, g.granted, r.data, x.at, pr.attributes, pr.user_id,
    prev.entry_no + 1 AS entry_no,
    CASE WHEN pr.deleted_at IS NOT NULL THEN 'profile_deleted'
         WHEN %(refuse_with)s::text IS NOT NULL THEN %(refuse_with)s::text
         
         WHEN EXISTS (SELECT 1 FROM parcours.membership ex WHERE ex.bucket = %(b)s AND ex.profile_id = r.profile_id AND ex.audience_key = ANY (%(c2)s::text[])) THEN 'excluded'
         WHEN prev.inside THEN 'already_inside'
         
         WHEN g.granted THEN r.data ->> 'refuse'
    END AS verdict
FROM unnest(%(round)s::tid[]) AS t (address)
CROSS JOIN LATERAL (
    SELECT i.* FROM parcours.inbox i
    WHERE i.bucket = %(b)s AND i.journey_id = %(j)s AND i.ctid = t.address LIMIT 1) r
CROSS JOIN LATERAL (SELECT q.* FROM parcours.profile q WHERE q.bucket = %(b)s AND q.profile_id = r.profile_id LIMIT 1) pr
CROSS JOIN LATERAL (SELECT r.kind = 'grant' AS granted) g
CROSS JOIN LATERAL (SELECT coalesce(%(now)s::timestamptz, r.arrived_at) AS at) x
CROSS JOIN LATERAL (
    SELECT coalesce(max(q.entry_no), 0) AS entry_no, max(q.entered_at) AS entered_at,
        coalesce(bool_or(q.finished_at IS NULL), false) AS inside
    FROM parcours.participant q
    WHERE q.bucket = %(b)s AND q.journey_id = %(j)s AND q.profile_id = r.profile_id
) prev
WHERE (g.granted OR r.kind IN ('add', 'start') OR (r.kind = 'run' AND (r.data ->> 'version')::integer = %(v)s)
    OR (r.kind = 'event' AND NOT r.data ? 'kept' AND r.arrived_at >= %(published_at)s AND (false)))
  AND (%(nobody_moved)s OR (
    SELECT m.seq FROM parcours.passage m
    WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch = %(inside_batch)s AND m.profile_id = r.profile_id
      AND m.at >= %(since)s AND m.reason IS DISTINCT FROM 'excluded' LIMIT 1) IS NULL)
  AND (%(nobody_frozen)s OR (
    SELECT k.feed_no FROM parcours.kept k
    WHERE k.bucket = %(b)s AND k.journey_id = %(j)s AND k.profile_id = r.profile_id
      AND k.happened_at = r.happened_at AND k.feed_no = r.feed_no AND k.kind = r.kind LIMIT 1) IS NULL) OFFSET 0) p
WHERE p.verdict IS NULL  OFFSET 0) d
LEFT JOIN (VALUES (1, %(c3)s::text[], %(c4)s::text, %(c5)s::text, %(c6)s::text), (2, %(c7)s::text[], %(c8)s::text, %(c8)s::text, %(c6)s::text)) AS w (no, path, stands, outcome, reason) ON w.no = d.route
WHERE d.entered OR d.leaves IS NOT NULL OR d.route IS NOT NULL OR d.goal

-- refuse: {'c1': 1, 'c2': ['blocked']}
INSERT INTO parcours.refusal AS f
    (bucket, journey_id, profile_id, reason, version_id, trigger, first_at, last_at, feed_no, seen)
SELECT %(b)s, %(j)s, p.profile_id, p.verdict, %(v)s, 
    CASE p.kind WHEN 'add' THEN 'manual' WHEN 'start' THEN split_part(p.name, '/', 2) ELSE p.name END,
    p.at, p.at, p.feed_no, NULL::jsonb
FROM (SELECT r.profile_id, r.happened_at, r.feed_no, CASE WHEN g.granted THEN r.data ->> 'kind' ELSE r.kind END AS kind,
    CASE WHEN g.granted THEN r.data ->> 'name' ELSE r.name END AS name, g.granted, r.data, x.at, pr.attributes, pr.user_id,
    prev.entry_no + 1 AS entry_no,
    CASE WHEN pr.deleted_at IS NOT NULL THEN 'profile_deleted'
         WHEN %(refuse_with)s::text IS NOT NULL THEN %(refuse_with)s::text
         
         WHEN EXISTS (SELECT 1 FROM parcours.membership ex WHERE ex.bucket = %(b)s AND ex.profile_id = r.profile_id AND ex.audience_key = ANY (%(c2)s::text[])) THEN 'excluded'
         WHEN prev.inside THEN 'already_inside'
         
         WHEN g.granted THEN r.data ->> 'refuse'
    END AS verdict
FROM unnest(%(round)s::tid[]) AS t (address)
CROSS JOIN LATERAL (
    SELECT i.* FROM parcours.inbox i
    WHERE i.bucket = %(b)s AND i.journey_id = %(j)s AND i.ctid = t.address LIMIT 1) r
CROSS JOIN LATERAL (SELECT q.* FROM parcours.profile q WHERE q.bucket = %(b)s AND q.profile_id = r.profile_id LIMIT 1) pr
CROSS JOIN LATERAL (SELECT r.kind = 'grant' AS granted) g
CROSS JOIN LATERAL (SELECT coalesce(%(now)s::timestamptz, r.arrived_at) AS at) x
CROSS JOIN LATERAL (
    SELECT coalesce(max(q.entry_no), 0) AS entry_no, max(q.entered_at) AS entered_at,
        coalesce(bool_or(q.finished_at IS NULL), false) AS inside
    FROM parcours.participant q
    WHERE q.bucket = %(b)s AND q.journey_id = %(j)s AND q.profile_id = r.profile_id
) prev
WHERE (g.granted OR r.kind IN ('add', 'start') OR (r.kind = 'run' AND (r.data ->> 'version')::integer = %(v)s)
    OR (r.kind = 'event' AND NOT r.data ? 'kept' AND r.arrived_at >= %(published_at)s AND (false)))
  AND (%(nobody_moved)s OR (
    SELECT m.seq FROM parcours.passage m
    WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch = %(inside_batch)s AND m.profile_id = r.profile_id
      AND m.at >= %(since)s AND m.reason IS DISTINCT FROM 'excluded' LIMIT 1) IS NULL)
  AND (%(nobody_frozen)s OR (
    SELECT k.feed_no FROM parcours.kept k
    WHERE k.bucket = %(b)s AND k.journey_id = %(j)s AND k.profile_id = r.profile_id
      AND k.happened_at = r.happened_at AND k.feed_no = r.feed_no AND k.kind = r.kind LIMIT 1) IS NULL) OFFSET 0) p
WHERE p.verdict IS NOT NULL
  AND NOT (p.verdict = 'already_inside' AND p.kind = 'run' AND p.data @> '{"recurring": true}')
ON CONFLICT (bucket, journey_id, profile_id, reason) DO UPDATE
SET times = f.times + 1, last_at = excluded.last_at, version_id = excluded.version_id, trigger = excluded.trigger,
    feed_no = excluded.feed_no, seen = excluded.seen

-- run: {'c1': 'vip', 'c2': 'Order Completed', 'c3': '172800000000 microseconds', 'c4': 'staff', 'c5': 'schedule', 'c6': 2}
INSERT INTO parcours.inbox (bucket, journey_id, profile_id, happened_at, feed_no, kind, name, data, arrived_at)
SELECT %(b)s::integer, %(j)s::integer, pr.profile_id, x.at, 4611686018427387903, 'run', t.audience,
    jsonb_build_object('version', %(v)s::integer, 'recurring', t.recurring), x.at
FROM (
    SELECT q.* FROM parcours.profile q
    WHERE q.bucket = %(b)s AND q.profile_id > %(after)s::uuid AND q.profile_id <= %(last)s::uuid
    OFFSET 0
) pr
CROSS JOIN LATERAL (SELECT coalesce(%(now)s::timestamptz, %(at)s::timestamptz) AS at) x
CROSS JOIN LATERAL (SELECT CASE WHEN 0 = ANY (%(triggers)s::integer[]) AND (EXISTS (SELECT 1 FROM parcours.membership ms WHERE ms.bucket = %(b)s AND ms.profile_id = pr.profile_id AND ms.audience_key = %(c1)s::text) AND (NOT EXISTS (SELECT 1 FROM parcours.event "e0" WHERE "e0".bucket = %(b)s AND "e0".profile_id = pr.profile_id AND "e0".name = %(c2)s::text AND "e0".happened_at <= x.at AND "e0".happened_at > x.at - %(c3)s::interval AND "e0".happened_at <= x.at))) THEN 0 WHEN 1 = ANY (%(triggers)s::integer[]) AND (EXISTS (SELECT 1 FROM parcours.membership ms WHERE ms.bucket = %(b)s AND ms.profile_id = pr.profile_id AND ms.audience_key = %(c4)s::text)) THEN 1 END AS no) m
JOIN (VALUES (0, %(c1)s::text, true), (1, %(c4)s::text, false)) AS t (no, audience, recurring) ON t.no = m.no
WHERE pr.deleted_at IS NULL AND parcours.wave_of(%(c5)s::text, pr.user_id, %(c6)s::integer) = %(part)s
ON CONFLICT DO NOTHING

-- tacit: {'c1': ['blocked']}
INSERT INTO parcours.counter AS c (bucket, version_id, kind, name, n)
SELECT %(b)s::integer, %(v)s::integer, 'refused', 'already_inside', count(*)
FROM (SELECT r.profile_id, r.happened_at, r.feed_no, CASE WHEN g.granted THEN r.data ->> 'kind' ELSE r.kind END AS kind,
    CASE WHEN g.granted THEN r.data ->> 'name' ELSE r.name END AS name, g.granted, r.data, x.at, pr.attributes, pr.user_id,
    prev.entry_no + 1 AS entry_no,
    CASE WHEN pr.deleted_at IS NOT NULL THEN 'profile_deleted'
         WHEN %(refuse_with)s::text IS NOT NULL THEN %(refuse_with)s::text
         
         WHEN EXISTS (SELECT 1 FROM parcours.membership ex WHERE ex.bucket = %(b)s AND ex.profile_id = r.profile_id AND ex.audience_key = ANY (%(c1)s::text[])) THEN 'excluded'
         WHEN prev.inside THEN 'already_inside'
         
         WHEN g.granted THEN r.data ->> 'refuse'
    END AS verdict
FROM unnest(%(round)s::tid[]) AS t (address)
CROSS JOIN LATERAL (
    SELECT i.* FROM parcours.inbox i
    WHERE i.bucket = %(b)s AND i.journey_id = %(j)s AND i.ctid = t.address LIMIT 1) r
CROSS JOIN LATERAL (SELECT q.* FROM parcours.profile q WHERE q.bucket = %(b)s AND q.profile_id = r.profile_id LIMIT 1) pr
CROSS JOIN LATERAL (SELECT r.kind = 'grant' AS granted) g
CROSS JOIN LATERAL (SELECT coalesce(%(now)s::timestamptz, r.arrived_at) AS at) x
CROSS JOIN LATERAL (
    SELECT coalesce(max(q.entry_no), 0) AS entry_no, max(q.entered_at) AS entered_at,
        coalesce(bool_or(q.finished_at IS NULL), false) AS inside
    FROM parcours.participant q
    WHERE q.bucket = %(b)s AND q.journey_id = %(j)s AND q.profile_id = r.profile_id
) prev
WHERE (g.granted OR r.kind IN ('add', 'start') OR (r.kind = 'run' AND (r.data ->> 'version')::integer = %(v)s)
    OR (r.kind = 'event' AND NOT r.data ? 'kept' AND r.arrived_at >= %(published_at)s AND (false)))
  AND (%(nobody_moved)s OR (
    SELECT m.seq FROM parcours.passage m
    WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch = %(inside_batch)s AND m.profile_id = r.profile_id
      AND m.at >= %(since)s AND m.reason IS DISTINCT FROM 'excluded' LIMIT 1) IS NULL)
  AND (%(nobody_frozen)s OR (
    SELECT k.feed_no FROM parcours.kept k
    WHERE k.bucket = %(b)s AND k.journey_id = %(j)s AND k.profile_id = r.profile_id
      AND k.happened_at = r.happened_at AND k.feed_no = r.feed_no AND k.kind = r.kind LIMIT 1) IS NULL) OFFSET 0) p
WHERE p.verdict = 'already_inside' AND p.kind = 'run' AND p.data @> '{"recurring": true}'
HAVING count(*) > 0
ON CONFLICT (bucket, version_id, kind, name) DO UPDATE SET n = c.n + excluded.n
