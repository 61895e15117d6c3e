-- inside: {'c1': 'order', 'c2': 1, 'c3': 'Order Completed', 'c4': 'total', 'c5': '100', 'c6': 'large', 'c7': '1000', 'c8': 'bought', 'c9': 'sent', 'c10': 'skipped:no_consent', 'c11': 'skipped:not_subscribed', 'c12': 'skipped:suppressed', 'c13': 'skipped:no_address', 'c14': 'skipped:duplicate_address', 'c15': 'skipped:frequency_cap', 'c16': 'skipped:expired', 'c17': 'skipped:pause_discard', 'c18': 'failed:send_failed', 'c19': 'failed:step_failed', 'c20': 'remind', 'c21': 'vip', 'c22': 'true', 'c23': 'order.total', 'c24': ['bought'], 'c25': 'rest', 'c26': None, 'c27': ['large', 'end'], 'c28': 'end', 'c29': ['large'], 'c30': 'drop_out', 'c31': 'split_else', 'c32': ['end'], 'c33': ['remind'], 'c34': [], 'c35': 'no_consent', 'c36': 'not_subscribed', 'c37': 'suppressed', 'c38': 'no_address', 'c39': 'duplicate_address', 'c40': 'frequency_cap', 'c41': 'expired', 'c42': 'pause_discard', 'c43': 'send_failed', 'c44': 'step_failed', 'c45': '86400000000 microseconds'}
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
         ELSE CASE w.stands WHEN %(c8)s::text THEN CASE WHEN d.base + %(c45)s::interval > d.at THEN d.base + %(c45)s::interval ELSE '-infinity' END WHEN %(c20)s::text THEN 'infinity'::timestamptz ELSE 'infinity'::timestamptz END END,
    NULL::timestamptz,
    d.seen, d.saved
FROM (SELECT p.bucket, p.journey_id, p.profile_id, p.entry_no, p.seq, p.version_id, p.step, p.wake_at, p.goal_met_at,
    r.kind, r.name, x.at, false AS entered,
    CASE WHEN r.kind = 'outcome' THEN coalesce((r.data ->> 'handed_at')::timestamptz, x.at) ELSE x.at END AS base,
    CASE WHEN r.kind = 'outcome' THEN coalesce((r.data ->> 'handed_at')::timestamptz, r.happened_at)
         ELSE r.happened_at END AS since_at,
    r.feed_no AS since_no,
    CASE WHEN r.kind = 'delete' THEN 'profile_deleted'
         WHEN r.kind = 'remove' AND coalesce((r.data ->> 'version')::integer, %(c2)s::integer) = %(c2)s::integer THEN coalesce(r.data ->> 'reason', 'removed_by_user') WHEN pr.deleted_at IS NOT NULL THEN 'profile_deleted' END AS leaves,
    CASE WHEN %(may_move)s THEN CASE p.step WHEN %(c8)s::text THEN CASE WHEN r.name = %(c3)s::text AND (r.data ? 'kept' OR (r.happened_at, r.feed_no) > (p.since_at, p.since_no)) AND (r.kind = 'event' OR r.kind = 'recheck' AND (r.data ->> 'seq')::integer = p.seq) AND coalesce(CASE WHEN jsonb_typeof(((r.data -> 'properties') -> %(c4)s::text)) = 'number' THEN ((r.data -> 'properties') -> %(c4)s::text)::numeric >= %(c5)s::numeric END, false) THEN CASE WHEN coalesce(CASE WHEN jsonb_typeof(((r.data -> 'properties') -> %(c4)s::text)) = 'number' THEN ((r.data -> 'properties') -> %(c4)s::text)::numeric >= %(c7)s::numeric END, false) THEN 2 ELSE 3 END WHEN r.name = %(c3)s::text AND (r.data ? 'kept' OR (r.happened_at, r.feed_no) > (p.since_at, p.since_no)) AND (r.kind = 'event' OR r.kind = 'recheck' AND (r.data ->> 'seq')::integer = p.seq) THEN 4 END WHEN %(c20)s::text THEN CASE WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c9)s::text THEN 4 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c10)s::text THEN 6 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c11)s::text THEN 7 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c12)s::text THEN 8 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c13)s::text THEN 9 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c14)s::text THEN 10 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c15)s::text THEN 11 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c16)s::text THEN 12 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c17)s::text THEN 13 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c18)s::text THEN 14 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c19)s::text THEN 15 END ELSE NULL::integer END END AS route,
    (p.goal_met_at IS NULL AND (coalesce((pr.attributes -> %(c21)s::text) = %(c22)s::jsonb, false))) AS goal,
    nullif(coalesce(CASE WHEN r.data ? 'detail' THEN jsonb_build_object('detail', r.data -> 'detail') END, '{}'::jsonb) || coalesce(CASE p.step WHEN %(c8)s::text THEN (jsonb_build_object(%(c23)s::text, ((CASE WHEN r.kind IN ('event', 'recheck') AND r.name = %(c3)s::text THEN r.data -> 'properties' ELSE (p.saved -> %(c1)s::text) END) -> %(c4)s::text))) ELSE NULL::jsonb END, '{}'::jsonb), '{}'::jsonb) AS seen,
    CASE WHEN %(may_move)s THEN CASE p.step WHEN %(c8)s::text THEN CASE WHEN r.name = %(c3)s::text AND (r.data ? 'kept' OR (r.happened_at, r.feed_no) > (p.since_at, p.since_no)) AND (r.kind = 'event' OR r.kind = 'recheck' AND (r.data ->> 'seq')::integer = p.seq) AND coalesce(CASE WHEN jsonb_typeof(((r.data -> 'properties') -> %(c4)s::text)) = 'number' THEN ((r.data -> 'properties') -> %(c4)s::text)::numeric >= %(c5)s::numeric END, false) THEN jsonb_build_object(%(c1)s::text, r.data -> 'properties') WHEN r.name = %(c3)s::text AND (r.data ? 'kept' OR (r.happened_at, r.feed_no) > (p.since_at, p.since_no)) AND (r.kind = 'event' OR r.kind = 'recheck' AND (r.data ->> 'seq')::integer = p.seq) THEN NULL::jsonb END ELSE NULL::jsonb END END AS saved
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
LEFT JOIN (VALUES (1, %(c24)s::text[], %(c8)s::text, %(c25)s::text, %(c26)s::text), (2, %(c27)s::text[], %(c28)s::text, %(c28)s::text, %(c26)s::text), (3, %(c29)s::text[], %(c6)s::text, %(c30)s::text, %(c31)s::text), (4, %(c32)s::text[], %(c28)s::text, %(c28)s::text, %(c26)s::text), (5, %(c33)s::text[], %(c20)s::text, %(c25)s::text, %(c26)s::text), (6, %(c34)s::text[], %(c26)s::text, %(c30)s::text, %(c35)s::text), (7, %(c34)s::text[], %(c26)s::text, %(c30)s::text, %(c36)s::text), (8, %(c34)s::text[], %(c26)s::text, %(c30)s::text, %(c37)s::text), (9, %(c34)s::text[], %(c26)s::text, %(c30)s::text, %(c38)s::text), (10, %(c34)s::text[], %(c26)s::text, %(c30)s::text, %(c39)s::text), (11, %(c34)s::text[], %(c26)s::text, %(c30)s::text, %(c40)s::text), (12, %(c34)s::text[], %(c26)s::text, %(c30)s::text, %(c41)s::text), (13, %(c34)s::text[], %(c26)s::text, %(c30)s::text, %(c42)s::text), (14, %(c34)s::text[], %(c26)s::text, %(c30)s::text, %(c43)s::text), (15, %(c34)s::text[], %(c26)s::text, %(c30)s::text, %(c44)s::text)) AS w (no, path, stands, outcome, reason) ON w.no = d.route
WHERE d.entered OR d.leaves IS NOT NULL OR d.route IS NOT NULL OR d.goal

-- keep: {'c1': 'order', 'c2': 1, 'c3': 'Order Completed', 'c4': 'total', 'c5': '100', 'c6': 'large', 'c7': '1000', 'c8': 'bought', 'c9': 'sent', 'c10': 'skipped:no_consent', 'c11': 'skipped:not_subscribed', 'c12': 'skipped:suppressed', 'c13': 'skipped:no_address', 'c14': 'skipped:duplicate_address', 'c15': 'skipped:frequency_cap', 'c16': 'skipped:expired', 'c17': 'skipped:pause_discard', 'c18': 'failed:send_failed', 'c19': 'failed:step_failed', 'c20': 'remind'}
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
WHERE p.version_id = %(v)s AND (CASE p.step WHEN %(c8)s::text THEN CASE WHEN r.name = %(c3)s::text AND (r.data ? 'kept' OR (r.happened_at, r.feed_no) > (p.since_at, p.since_no)) AND (r.kind = 'event' OR r.kind = 'recheck' AND (r.data ->> 'seq')::integer = p.seq) AND coalesce(CASE WHEN jsonb_typeof(((r.data -> 'properties') -> %(c4)s::text)) = 'number' THEN ((r.data -> 'properties') -> %(c4)s::text)::numeric >= %(c5)s::numeric END, false) THEN CASE WHEN coalesce(CASE WHEN jsonb_typeof(((r.data -> 'properties') -> %(c4)s::text)) = 'number' THEN ((r.data -> 'properties') -> %(c4)s::text)::numeric >= %(c7)s::numeric END, false) THEN 2 ELSE 3 END WHEN r.name = %(c3)s::text AND (r.data ? 'kept' OR (r.happened_at, r.feed_no) > (p.since_at, p.since_no)) AND (r.kind = 'event' OR r.kind = 'recheck' AND (r.data ->> 'seq')::integer = p.seq) THEN 4 END WHEN %(c20)s::text THEN CASE WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c9)s::text THEN 4 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c10)s::text THEN 6 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c11)s::text THEN 7 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c12)s::text THEN 8 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c13)s::text THEN 9 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c14)s::text THEN 10 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c15)s::text THEN 11 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c16)s::text THEN 12 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c17)s::text THEN 13 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c18)s::text THEN 14 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c19)s::text THEN 15 END ELSE NULL::integer END) IS NOT NULL
ON CONFLICT DO NOTHING

-- due: {'c1': 'order', 'c2': 1, 'c3': 'bought', 'c4': 'vip', 'c5': 'true', 'c6': ['bought'], 'c7': 'rest', 'c8': None, 'c9': ['large', 'end'], 'c10': 'end', 'c11': ['large'], 'c12': 'large', 'c13': 'drop_out', 'c14': 'split_else', 'c15': ['end'], 'c16': ['remind'], 'c17': 'remind', 'c18': [], 'c19': 'no_consent', 'c20': 'not_subscribed', 'c21': 'suppressed', 'c22': 'no_address', 'c23': 'duplicate_address', 'c24': 'frequency_cap', 'c25': 'expired', 'c26': 'pause_discard', 'c27': 'send_failed', 'c28': 'step_failed', 'c29': '86400000000 microseconds'}
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
         ELSE CASE w.stands WHEN %(c3)s::text THEN CASE WHEN d.base + %(c29)s::interval > d.at THEN d.base + %(c29)s::interval ELSE '-infinity' END WHEN %(c17)s::text THEN 'infinity'::timestamptz ELSE 'infinity'::timestamptz END END,
    NULL::timestamptz,
    d.seen, d.saved
FROM (SELECT p.bucket, p.journey_id, p.profile_id, p.entry_no, p.seq, p.version_id, p.step, p.wake_at, p.goal_met_at,
    'timer'::text AS kind, NULL::text AS name, x.at, false AS entered, x.at AS base,
    CASE WHEN p.wake_at = '-infinity' THEN p.since_at ELSE greatest(p.wake_at, %(floor)s) END AS since_at,
    CASE WHEN p.wake_at = '-infinity' THEN p.since_no WHEN p.wake_at < %(floor)s THEN -1
         ELSE 4611686018427387904 END AS since_no,
    CASE WHEN p.hops >= 50 AND x.at = p.entered_step_at THEN 'loop_stopped' WHEN pr.deleted_at IS NOT NULL THEN 'profile_deleted' END AS leaves,
    CASE WHEN p.step IS NULL THEN 1 ELSE CASE p.step WHEN %(c3)s::text THEN 5 ELSE NULL END END AS route,
    (p.goal_met_at IS NULL AND (coalesce((pr.attributes -> %(c4)s::text) = %(c5)s::jsonb, false))) AS goal,
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
LEFT JOIN (VALUES (1, %(c6)s::text[], %(c3)s::text, %(c7)s::text, %(c8)s::text), (2, %(c9)s::text[], %(c10)s::text, %(c10)s::text, %(c8)s::text), (3, %(c11)s::text[], %(c12)s::text, %(c13)s::text, %(c14)s::text), (4, %(c15)s::text[], %(c10)s::text, %(c10)s::text, %(c8)s::text), (5, %(c16)s::text[], %(c17)s::text, %(c7)s::text, %(c8)s::text), (6, %(c18)s::text[], %(c8)s::text, %(c13)s::text, %(c19)s::text), (7, %(c18)s::text[], %(c8)s::text, %(c13)s::text, %(c20)s::text), (8, %(c18)s::text[], %(c8)s::text, %(c13)s::text, %(c21)s::text), (9, %(c18)s::text[], %(c8)s::text, %(c13)s::text, %(c22)s::text), (10, %(c18)s::text[], %(c8)s::text, %(c13)s::text, %(c23)s::text), (11, %(c18)s::text[], %(c8)s::text, %(c13)s::text, %(c24)s::text), (12, %(c18)s::text[], %(c8)s::text, %(c13)s::text, %(c25)s::text), (13, %(c18)s::text[], %(c8)s::text, %(c13)s::text, %(c26)s::text), (14, %(c18)s::text[], %(c8)s::text, %(c13)s::text, %(c27)s::text), (15, %(c18)s::text[], %(c8)s::text, %(c13)s::text, %(c28)s::text)) AS w (no, path, stands, outcome, reason) ON w.no = d.route
WHERE d.entered OR d.leaves IS NOT NULL OR d.route IS NOT NULL OR d.goal

-- admit: {'c1': 1, 'c2': 'vip', 'c3': 'true', 'c4': 'Product Added', 'c5': '86400000000 microseconds', 'c6': ['bought'], 'c7': 'bought', 'c8': 'rest', 'c9': None, 'c10': ['large', 'end'], 'c11': 'end', 'c12': ['large'], 'c13': 'large', 'c14': 'drop_out', 'c15': 'split_else', 'c16': ['end'], 'c17': ['remind'], 'c18': 'remind', 'c19': [], 'c20': 'no_consent', 'c21': 'not_subscribed', 'c22': 'suppressed', 'c23': 'no_address', 'c24': 'duplicate_address', 'c25': 'frequency_cap', 'c26': 'expired', 'c27': 'pause_discard', 'c28': 'send_failed', 'c29': 'step_failed', 'c30': 'order'}
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
         ELSE CASE w.stands WHEN %(c7)s::text THEN CASE WHEN d.base + %(c5)s::interval > d.at THEN d.base + %(c5)s::interval ELSE '-infinity' END WHEN %(c18)s::text THEN 'infinity'::timestamptz ELSE 'infinity'::timestamptz END END,
    NULL::timestamptz,
    d.seen, d.saved
FROM (SELECT %(b)s::integer AS bucket, %(j)s::integer AS journey_id, p.profile_id, p.entry_no, 0 AS seq,
    %(v)s::integer AS version_id, NULL::text AS step,
    CASE WHEN %(parks)s THEN '9999-12-31 23:59:59.999999+00'::timestamptz ELSE p.at END AS wake_at, NULL::timestamptz AS goal_met_at,
    p.kind, p.name, p.at, true AS entered, p.at AS base, p.happened_at AS since_at, p.feed_no AS since_no,
    CASE WHEN false THEN NULL::text  END AS leaves,
    CASE WHEN %(may_move)s THEN 1 END AS route,
    (true AND (coalesce((p.attributes -> %(c2)s::text) = %(c3)s::jsonb, false))) AS goal,
    CASE WHEN %(may_move)s THEN NULL::jsonb END AS seen,
    NULL::jsonb AS saved
FROM (SELECT r.profile_id, r.happened_at, r.feed_no, CASE WHEN g.granted THEN r.data ->> 'kind' ELSE r.kind END AS kind,
    CASE WHEN g.granted THEN r.data ->> 'name' ELSE r.name END AS name, g.granted, r.data, x.at, pr.attributes, pr.user_id,
    prev.entry_no + 1 AS entry_no,
    CASE WHEN pr.deleted_at IS NOT NULL THEN 'profile_deleted'
         WHEN %(refuse_with)s::text IS NOT NULL THEN %(refuse_with)s::text
         
         
         WHEN prev.inside THEN 'already_inside'
         WHEN prev.entered_at + %(c5)s::interval > x.at THEN 'reentry_interval'
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
    OR (r.kind = 'event' AND NOT r.data ? 'kept' AND r.arrived_at >= %(published_at)s AND ((r.name = %(c4)s::text))))
  AND (%(nobody_moved)s OR (
    SELECT m.seq FROM parcours.passage m
    WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch = %(inside_batch)s AND m.profile_id = r.profile_id
      AND m.at >= %(since)s AND m.reason IS DISTINCT FROM 'excluded' LIMIT 1) IS NULL)
  AND (%(nobody_frozen)s OR (
    SELECT k.feed_no FROM parcours.kept k
    WHERE k.bucket = %(b)s AND k.journey_id = %(j)s AND k.profile_id = r.profile_id
      AND k.happened_at = r.happened_at AND k.feed_no = r.feed_no AND k.kind = r.kind LIMIT 1) IS NULL) OFFSET 0) p
WHERE p.verdict IS NULL  OFFSET 0) d
LEFT JOIN (VALUES (1, %(c6)s::text[], %(c7)s::text, %(c8)s::text, %(c9)s::text), (2, %(c10)s::text[], %(c11)s::text, %(c11)s::text, %(c9)s::text), (3, %(c12)s::text[], %(c13)s::text, %(c14)s::text, %(c15)s::text), (4, %(c16)s::text[], %(c11)s::text, %(c11)s::text, %(c9)s::text), (5, %(c17)s::text[], %(c18)s::text, %(c8)s::text, %(c9)s::text), (6, %(c19)s::text[], %(c9)s::text, %(c14)s::text, %(c20)s::text), (7, %(c19)s::text[], %(c9)s::text, %(c14)s::text, %(c21)s::text), (8, %(c19)s::text[], %(c9)s::text, %(c14)s::text, %(c22)s::text), (9, %(c19)s::text[], %(c9)s::text, %(c14)s::text, %(c23)s::text), (10, %(c19)s::text[], %(c9)s::text, %(c14)s::text, %(c24)s::text), (11, %(c19)s::text[], %(c9)s::text, %(c14)s::text, %(c25)s::text), (12, %(c19)s::text[], %(c9)s::text, %(c14)s::text, %(c26)s::text), (13, %(c19)s::text[], %(c9)s::text, %(c14)s::text, %(c27)s::text), (14, %(c19)s::text[], %(c9)s::text, %(c14)s::text, %(c28)s::text), (15, %(c19)s::text[], %(c9)s::text, %(c14)s::text, %(c29)s::text)) AS w (no, path, stands, outcome, reason) ON w.no = d.route
WHERE d.entered OR d.leaves IS NOT NULL OR d.route IS NOT NULL OR d.goal

-- refuse: {'c1': 1, 'c2': 'Product Added', 'c3': '86400000000 microseconds'}
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
         
         
         WHEN prev.inside THEN 'already_inside'
         WHEN prev.entered_at + %(c3)s::interval > x.at THEN 'reentry_interval'
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
    OR (r.kind = 'event' AND NOT r.data ? 'kept' AND r.arrived_at >= %(published_at)s AND ((r.name = %(c2)s::text))))
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
