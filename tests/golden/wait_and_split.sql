-- inside: {'c1': 1, 'c2': 'Order Completed', 'c3': 'unsubscribed_at', 'c4': ['staff'], 'c5': 'sent', 'c6': 'skipped:no_consent', 'c7': 'skipped:not_subscribed', 'c8': 'skipped:suppressed', 'c9': 'skipped:no_address', 'c10': 'skipped:duplicate_address', 'c11': 'skipped:frequency_cap', 'c12': 'skipped:expired', 'c13': 'skipped:pause_discard', 'c14': 'failed:send_failed', 'c15': 'failed:step_failed', 'c16': 'hello', 'c17': 'offer', 'c18': ['hello'], 'c19': 'rest', 'c20': None, 'c21': ['breathe'], 'c22': 'breathe', 'c23': [], 'c24': 'drop_out', 'c25': 'no_consent', 'c26': 'not_subscribed', 'c27': 'suppressed', 'c28': 'pause_discard', 'c29': 'send_failed', 'c30': 'step_failed', 'c31': ['which', 'offer'], 'c32': ['which', 'mark'], 'c33': 'mark', 'c34': ['mark'], 'c35': ['end'], 'c36': 'end', 'c37': '172800000000 microseconds'}
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
         ELSE CASE w.stands WHEN %(c16)s::text THEN 'infinity'::timestamptz WHEN %(c22)s::text THEN CASE WHEN d.base + %(c37)s::interval > d.at THEN d.base + %(c37)s::interval ELSE '-infinity' END WHEN %(c17)s::text THEN 'infinity'::timestamptz WHEN %(c33)s::text THEN '-infinity'::timestamptz ELSE 'infinity'::timestamptz END END,
    NULL::timestamptz,
    d.seen, d.saved
FROM (SELECT p.bucket, p.journey_id, p.profile_id, p.entry_no, p.seq, p.version_id, p.step, p.wake_at, p.goal_met_at,
    r.kind, r.name, x.at, false AS entered,
    CASE WHEN r.kind = 'outcome' THEN coalesce((r.data ->> 'handed_at')::timestamptz, x.at) ELSE x.at END AS base,
    CASE WHEN r.kind = 'outcome' THEN coalesce((r.data ->> 'handed_at')::timestamptz, r.happened_at)
         ELSE r.happened_at END AS since_at,
    r.feed_no AS since_no,
    CASE WHEN r.kind = 'delete' THEN 'profile_deleted'
         WHEN r.kind = 'remove' AND coalesce((r.data ->> 'version')::integer, %(c1)s::integer) = %(c1)s::integer THEN coalesce(r.data ->> 'reason', 'removed_by_user') WHEN ((r.kind = 'event' AND r.name = %(c2)s::text AND (r.happened_at, r.feed_no) > (p.cause_at, p.cause_no))) THEN 'goal' WHEN (coalesce((pr.attributes -> %(c3)s::text) <> 'null'::jsonb, false)) THEN 'exit_rule' WHEN EXISTS (SELECT 1 FROM parcours.membership ex WHERE ex.bucket = %(b)s AND ex.profile_id = p.profile_id AND ex.audience_key = ANY (%(c4)s::text[])) THEN 'excluded' WHEN pr.deleted_at IS NOT NULL THEN 'profile_deleted' END AS leaves,
    CASE WHEN %(may_move)s THEN CASE p.step WHEN %(c16)s::text THEN CASE WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c5)s::text THEN 2 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c6)s::text THEN 3 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c7)s::text THEN 4 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c8)s::text THEN 5 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c9)s::text THEN 2 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c10)s::text THEN 2 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c11)s::text THEN 2 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c12)s::text THEN 2 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c13)s::text THEN 6 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c14)s::text THEN 7 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c15)s::text THEN 8 END WHEN %(c17)s::text THEN CASE WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c5)s::text THEN 11 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c6)s::text THEN 3 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c7)s::text THEN 4 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c8)s::text THEN 5 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c9)s::text THEN 11 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c10)s::text THEN 11 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c11)s::text THEN 11 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c12)s::text THEN 11 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c13)s::text THEN 6 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c14)s::text THEN 7 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c15)s::text THEN 8 END ELSE NULL::integer END END AS route,
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
LEFT JOIN (VALUES (1, %(c18)s::text[], %(c16)s::text, %(c19)s::text, %(c20)s::text), (2, %(c21)s::text[], %(c22)s::text, %(c19)s::text, %(c20)s::text), (3, %(c23)s::text[], %(c20)s::text, %(c24)s::text, %(c25)s::text), (4, %(c23)s::text[], %(c20)s::text, %(c24)s::text, %(c26)s::text), (5, %(c23)s::text[], %(c20)s::text, %(c24)s::text, %(c27)s::text), (6, %(c23)s::text[], %(c20)s::text, %(c24)s::text, %(c28)s::text), (7, %(c23)s::text[], %(c20)s::text, %(c24)s::text, %(c29)s::text), (8, %(c23)s::text[], %(c20)s::text, %(c24)s::text, %(c30)s::text), (9, %(c31)s::text[], %(c17)s::text, %(c19)s::text, %(c20)s::text), (10, %(c32)s::text[], %(c33)s::text, %(c19)s::text, %(c20)s::text), (11, %(c34)s::text[], %(c33)s::text, %(c19)s::text, %(c20)s::text), (12, %(c35)s::text[], %(c36)s::text, %(c36)s::text, %(c20)s::text)) AS w (no, path, stands, outcome, reason) ON w.no = d.route
WHERE d.entered OR d.leaves IS NOT NULL OR d.route IS NOT NULL OR d.goal

-- keep: {'c1': 1, 'c2': 'sent', 'c3': 'skipped:no_consent', 'c4': 'skipped:not_subscribed', 'c5': 'skipped:suppressed', 'c6': 'skipped:no_address', 'c7': 'skipped:duplicate_address', 'c8': 'skipped:frequency_cap', 'c9': 'skipped:expired', 'c10': 'skipped:pause_discard', 'c11': 'failed:send_failed', 'c12': 'failed:step_failed', 'c13': 'hello', 'c14': 'offer'}
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
WHERE p.version_id = %(v)s AND (CASE p.step WHEN %(c13)s::text THEN CASE WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c2)s::text THEN 2 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c3)s::text THEN 3 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c4)s::text THEN 4 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c5)s::text THEN 5 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c6)s::text THEN 2 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c7)s::text THEN 2 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c8)s::text THEN 2 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c9)s::text THEN 2 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c10)s::text THEN 6 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c11)s::text THEN 7 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c12)s::text THEN 8 END WHEN %(c14)s::text THEN CASE WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c2)s::text THEN 11 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c3)s::text THEN 3 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c4)s::text THEN 4 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c5)s::text THEN 5 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c6)s::text THEN 11 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c7)s::text THEN 11 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c8)s::text THEN 11 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c9)s::text THEN 11 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c10)s::text THEN 6 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c11)s::text THEN 7 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c12)s::text THEN 8 END ELSE NULL::integer END) IS NOT NULL
ON CONFLICT DO NOTHING

-- due: {'c1': 1, 'c2': 'breathe', 'c3': 'which', 'c4': 'plan', 'c5': '"pro"', 'c6': 'App Opened', 'c7': '2592000000000 microseconds', 'c8': 2, 'c9': 'mark', 'c10': 'unsubscribed_at', 'c11': ['staff'], 'c12': 'event.plan', 'c13': 'event App Opened', 'c14': ['hello'], 'c15': 'hello', 'c16': 'rest', 'c17': None, 'c18': ['breathe'], 'c19': [], 'c20': 'drop_out', 'c21': 'no_consent', 'c22': 'not_subscribed', 'c23': 'suppressed', 'c24': 'pause_discard', 'c25': 'send_failed', 'c26': 'step_failed', 'c27': ['which', 'offer'], 'c28': 'offer', 'c29': ['which', 'mark'], 'c30': ['mark'], 'c31': ['end'], 'c32': 'end', 'c33': '172800000000 microseconds'}
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
         ELSE CASE w.stands WHEN %(c15)s::text THEN 'infinity'::timestamptz WHEN %(c2)s::text THEN CASE WHEN d.base + %(c33)s::interval > d.at THEN d.base + %(c33)s::interval ELSE '-infinity' END WHEN %(c28)s::text THEN 'infinity'::timestamptz WHEN %(c9)s::text THEN '-infinity'::timestamptz ELSE 'infinity'::timestamptz END END,
    NULL::timestamptz,
    d.seen, d.saved
FROM (SELECT p.bucket, p.journey_id, p.profile_id, p.entry_no, p.seq, p.version_id, p.step, p.wake_at, p.goal_met_at,
    'timer'::text AS kind, NULL::text AS name, x.at, false AS entered, x.at AS base,
    CASE WHEN p.wake_at = '-infinity' THEN p.since_at ELSE greatest(p.wake_at, %(floor)s) END AS since_at,
    CASE WHEN p.wake_at = '-infinity' THEN p.since_no WHEN p.wake_at < %(floor)s THEN -1
         ELSE 4611686018427387904 END AS since_no,
    CASE WHEN p.hops >= 50 AND x.at = p.entered_step_at THEN 'loop_stopped' WHEN (coalesce((pr.attributes -> %(c10)s::text) <> 'null'::jsonb, false)) THEN 'exit_rule' WHEN EXISTS (SELECT 1 FROM parcours.membership ex WHERE ex.bucket = %(b)s AND ex.profile_id = p.profile_id AND ex.audience_key = ANY (%(c11)s::text[])) THEN 'excluded' WHEN pr.deleted_at IS NOT NULL THEN 'profile_deleted' END AS leaves,
    CASE WHEN p.step IS NULL THEN 1 ELSE CASE p.step WHEN %(c2)s::text THEN CASE WHEN (coalesce((p.event -> %(c4)s::text) = %(c5)s::jsonb, false) AND ((SELECT count(*) FROM parcours.event "e0" WHERE "e0".bucket = %(b)s AND "e0".profile_id = p.profile_id AND "e0".name = %(c6)s::text AND "e0".happened_at <= x.at AND "e0".happened_at > x.at - %(c7)s::interval AND "e0".happened_at <= x.at) >= %(c8)s::bigint)) THEN 9 ELSE 10 END WHEN %(c9)s::text THEN 12 ELSE NULL END END AS route,
    false AS goal,
    CASE p.step WHEN %(c2)s::text THEN (jsonb_build_object(%(c12)s::text, (p.event -> %(c4)s::text), %(c13)s::text, to_jsonb(((SELECT count(*) FROM parcours.event "e0" WHERE "e0".bucket = %(b)s AND "e0".profile_id = p.profile_id AND "e0".name = %(c6)s::text AND "e0".happened_at <= x.at AND "e0".happened_at > x.at - %(c7)s::interval AND "e0".happened_at <= x.at) >= %(c8)s::bigint)))) ELSE NULL::jsonb END AS seen,
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
LEFT JOIN (VALUES (1, %(c14)s::text[], %(c15)s::text, %(c16)s::text, %(c17)s::text), (2, %(c18)s::text[], %(c2)s::text, %(c16)s::text, %(c17)s::text), (3, %(c19)s::text[], %(c17)s::text, %(c20)s::text, %(c21)s::text), (4, %(c19)s::text[], %(c17)s::text, %(c20)s::text, %(c22)s::text), (5, %(c19)s::text[], %(c17)s::text, %(c20)s::text, %(c23)s::text), (6, %(c19)s::text[], %(c17)s::text, %(c20)s::text, %(c24)s::text), (7, %(c19)s::text[], %(c17)s::text, %(c20)s::text, %(c25)s::text), (8, %(c19)s::text[], %(c17)s::text, %(c20)s::text, %(c26)s::text), (9, %(c27)s::text[], %(c28)s::text, %(c16)s::text, %(c17)s::text), (10, %(c29)s::text[], %(c9)s::text, %(c16)s::text, %(c17)s::text), (11, %(c30)s::text[], %(c9)s::text, %(c16)s::text, %(c17)s::text), (12, %(c31)s::text[], %(c32)s::text, %(c32)s::text, %(c17)s::text)) AS w (no, path, stands, outcome, reason) ON w.no = d.route
WHERE d.entered OR d.leaves IS NOT NULL OR d.route IS NOT NULL OR d.goal

-- admit: {'c1': 1, 'c2': 'unsubscribed_at', 'c3': 'plan', 'c4': 'country', 'c5': 'event.plan', 'c6': 'profile.country', 'c7': 'Signed Up', 'c8': ['"pro"', '"free"'], 'c9': '"SE"', 'c10': ['staff'], 'c11': ['hello'], 'c12': 'hello', 'c13': 'rest', 'c14': None, 'c15': ['breathe'], 'c16': 'breathe', 'c17': [], 'c18': 'drop_out', 'c19': 'no_consent', 'c20': 'not_subscribed', 'c21': 'suppressed', 'c22': 'pause_discard', 'c23': 'send_failed', 'c24': 'step_failed', 'c25': ['which', 'offer'], 'c26': 'offer', 'c27': ['which', 'mark'], 'c28': 'mark', 'c29': ['mark'], 'c30': ['end'], 'c31': 'end', 'c32': '172800000000 microseconds'}
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
         ELSE CASE w.stands WHEN %(c12)s::text THEN 'infinity'::timestamptz WHEN %(c16)s::text THEN CASE WHEN d.base + %(c32)s::interval > d.at THEN d.base + %(c32)s::interval ELSE '-infinity' END WHEN %(c26)s::text THEN 'infinity'::timestamptz WHEN %(c28)s::text THEN '-infinity'::timestamptz ELSE 'infinity'::timestamptz END END,
    NULL::timestamptz,
    d.seen, d.saved
FROM (SELECT %(b)s::integer AS bucket, %(j)s::integer AS journey_id, p.profile_id, p.entry_no, 0 AS seq,
    %(v)s::integer AS version_id, NULL::text AS step,
    CASE WHEN %(parks)s THEN '9999-12-31 23:59:59.999999+00'::timestamptz ELSE p.at END AS wake_at, NULL::timestamptz AS goal_met_at,
    p.kind, p.name, p.at, true AS entered, p.at AS base, p.happened_at AS since_at, p.feed_no AS since_no,
    CASE WHEN false THEN NULL::text WHEN (coalesce((p.attributes -> %(c2)s::text) <> 'null'::jsonb, false)) THEN 'exit_rule' END AS leaves,
    CASE WHEN %(may_move)s THEN 1 END AS route,
    false AS goal,
    ((jsonb_build_object(%(c5)s::text, ((p.data -> 'properties') -> %(c3)s::text), %(c6)s::text, (p.attributes -> %(c4)s::text))) || coalesce(CASE WHEN %(may_move)s THEN NULL::jsonb END, '{}'::jsonb)) AS seen,
    NULL::jsonb AS saved
FROM (SELECT r.profile_id, r.happened_at, r.feed_no, CASE WHEN g.granted THEN r.data ->> 'kind' ELSE r.kind END AS kind,
    CASE WHEN g.granted THEN r.data ->> 'name' ELSE r.name END AS name, g.granted, r.data, x.at, pr.attributes, pr.user_id,
    prev.entry_no + 1 AS entry_no,
    CASE WHEN pr.deleted_at IS NOT NULL THEN 'profile_deleted'
         WHEN %(refuse_with)s::text IS NOT NULL THEN %(refuse_with)s::text
         WHEN NOT g.granted AND NOT coalesce((pr.attributes -> %(c4)s::text) = %(c9)s::jsonb, false) THEN 'filter'
         WHEN EXISTS (SELECT 1 FROM parcours.membership ex WHERE ex.bucket = %(b)s AND ex.profile_id = r.profile_id AND ex.audience_key = ANY (%(c10)s::text[])) THEN 'excluded'
         WHEN prev.inside THEN 'already_inside'
         WHEN prev.entry_no > 0 THEN 'reentry_once'
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
    OR (r.kind = 'event' AND NOT r.data ? 'kept' AND r.arrived_at >= %(published_at)s AND (((r.name = %(c7)s::text AND coalesce(((r.data -> 'properties') -> %(c3)s::text) = ANY (%(c8)s::jsonb[]), false))))))
  AND (%(nobody_moved)s OR (
    SELECT m.seq FROM parcours.passage m
    WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch = %(inside_batch)s AND m.profile_id = r.profile_id
      AND m.at >= %(since)s AND m.reason IS DISTINCT FROM 'excluded' LIMIT 1) IS NULL)
  AND (%(nobody_frozen)s OR (
    SELECT k.feed_no FROM parcours.kept k
    WHERE k.bucket = %(b)s AND k.journey_id = %(j)s AND k.profile_id = r.profile_id
      AND k.happened_at = r.happened_at AND k.feed_no = r.feed_no AND k.kind = r.kind LIMIT 1) IS NULL) OFFSET 0) p
WHERE p.verdict IS NULL  OFFSET 0) d
LEFT JOIN (VALUES (1, %(c11)s::text[], %(c12)s::text, %(c13)s::text, %(c14)s::text), (2, %(c15)s::text[], %(c16)s::text, %(c13)s::text, %(c14)s::text), (3, %(c17)s::text[], %(c14)s::text, %(c18)s::text, %(c19)s::text), (4, %(c17)s::text[], %(c14)s::text, %(c18)s::text, %(c20)s::text), (5, %(c17)s::text[], %(c14)s::text, %(c18)s::text, %(c21)s::text), (6, %(c17)s::text[], %(c14)s::text, %(c18)s::text, %(c22)s::text), (7, %(c17)s::text[], %(c14)s::text, %(c18)s::text, %(c23)s::text), (8, %(c17)s::text[], %(c14)s::text, %(c18)s::text, %(c24)s::text), (9, %(c25)s::text[], %(c26)s::text, %(c13)s::text, %(c14)s::text), (10, %(c27)s::text[], %(c28)s::text, %(c13)s::text, %(c14)s::text), (11, %(c29)s::text[], %(c28)s::text, %(c13)s::text, %(c14)s::text), (12, %(c30)s::text[], %(c31)s::text, %(c31)s::text, %(c14)s::text)) AS w (no, path, stands, outcome, reason) ON w.no = d.route
WHERE d.entered OR d.leaves IS NOT NULL OR d.route IS NOT NULL OR d.goal

-- refuse: {'c1': 1, 'c2': 'country', 'c3': 'profile.country', 'c4': 'Signed Up', 'c5': 'plan', 'c6': ['"pro"', '"free"'], 'c7': '"SE"', 'c8': ['staff']}
INSERT INTO parcours.refusal AS f
    (bucket, journey_id, profile_id, reason, version_id, trigger, first_at, last_at, feed_no, seen)
SELECT %(b)s, %(j)s, p.profile_id, p.verdict, %(v)s, 
    CASE p.kind WHEN 'add' THEN 'manual' WHEN 'start' THEN split_part(p.name, '/', 2) ELSE p.name END,
    p.at, p.at, p.feed_no, (jsonb_build_object(%(c3)s::text, (p.attributes -> %(c2)s::text)))
FROM (SELECT r.profile_id, r.happened_at, r.feed_no, CASE WHEN g.granted THEN r.data ->> 'kind' ELSE r.kind END AS kind,
    CASE WHEN g.granted THEN r.data ->> 'name' ELSE r.name END AS name, g.granted, r.data, x.at, pr.attributes, pr.user_id,
    prev.entry_no + 1 AS entry_no,
    CASE WHEN pr.deleted_at IS NOT NULL THEN 'profile_deleted'
         WHEN %(refuse_with)s::text IS NOT NULL THEN %(refuse_with)s::text
         WHEN NOT g.granted AND NOT coalesce((pr.attributes -> %(c2)s::text) = %(c7)s::jsonb, false) THEN 'filter'
         WHEN EXISTS (SELECT 1 FROM parcours.membership ex WHERE ex.bucket = %(b)s AND ex.profile_id = r.profile_id AND ex.audience_key = ANY (%(c8)s::text[])) THEN 'excluded'
         WHEN prev.inside THEN 'already_inside'
         WHEN prev.entry_no > 0 THEN 'reentry_once'
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
    OR (r.kind = 'event' AND NOT r.data ? 'kept' AND r.arrived_at >= %(published_at)s AND (((r.name = %(c4)s::text AND coalesce(((r.data -> 'properties') -> %(c5)s::text) = ANY (%(c6)s::jsonb[]), false))))))
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

-- announce: {'c1': 'mark', 'c2': '{"lifecycle": "onboarded"}', 'c3': [], 'c4': ['onboarded'], 'c5': 'wait_and_split'}
INSERT INTO parcours.pending (bucket, profile_id, happened_at, feed_no, kind, name, data, arrived_at)
SELECT m.bucket, m.profile_id, m.at, m.since_no, c.kind, c.name, c.data, m.at
FROM parcours.passage m
JOIN (VALUES (%(c1)s::text, %(c2)s::jsonb, %(c3)s::text[], %(c4)s::text[], %(c3)s::text[])) AS w (step, set, unset, add_to, remove_from) ON w.step = m.to_step
JOIN parcours.profile pr ON pr.bucket = %(b)s AND pr.profile_id = m.profile_id
CROSS JOIN LATERAL (
    SELECT 'profile' AS kind, %(c5)s::text || '/' || m.to_step || '/' || m.entry_no || '/' || m.seq AS name,
        jsonb_build_object('changed', jsonb_agg(k.name)) AS data
    FROM (SELECT s.key AS name FROM jsonb_each(w.set) s WHERE pr.attributes -> s.key IS DISTINCT FROM s.value
          UNION ALL SELECT u FROM unnest(w.unset) u WHERE pr.attributes ? u) k
    HAVING count(*) > 0
    UNION ALL
    SELECT 'audience', a, jsonb_build_object('op', 'add', 'origin', %(c5)s::text) FROM unnest(w.add_to) a
    WHERE NOT EXISTS (SELECT 1 FROM parcours.membership h WHERE h.bucket = %(b)s AND h.profile_id = m.profile_id AND h.audience_key = a)
    UNION ALL
    SELECT 'audience', a, jsonb_build_object('op', 'remove', 'origin', %(c5)s::text) FROM unnest(w.remove_from) a
    WHERE EXISTS (SELECT 1 FROM parcours.membership h WHERE h.bucket = %(b)s AND h.profile_id = m.profile_id AND h.audience_key = a)
) c
WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch = %(batch)s AND m.at >= %(since)s
  AND m.version_id = %(v)s AND m.status = 'active' AND m.path <> '{}' AND pr.deleted_at IS NULL
ON CONFLICT (bucket, profile_id, happened_at, feed_no, kind, name) DO UPDATE SET data = excluded.data

-- write: {'c1': 'mark', 'c2': '{"lifecycle": "onboarded"}', 'c3': [], 'c4': ['onboarded']}
UPDATE parcours.profile pr
SET attributes = (pr.attributes - w.unset) || w.set, updated_at = m.at
FROM parcours.passage m
JOIN (VALUES (%(c1)s::text, %(c2)s::jsonb, %(c3)s::text[], %(c4)s::text[], %(c3)s::text[])) AS w (step, set, unset, add_to, remove_from) ON w.step = m.to_step
WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch = %(batch)s AND m.at >= %(since)s
  AND m.version_id = %(v)s AND m.status = 'active' AND m.path <> '{}'
  AND pr.bucket = %(b)s AND pr.profile_id = m.profile_id AND pr.deleted_at IS NULL

-- join: {'c1': 'mark', 'c2': '{"lifecycle": "onboarded"}', 'c3': [], 'c4': ['onboarded']}
INSERT INTO parcours.membership (bucket, profile_id, audience_key, since)
SELECT m.bucket, m.profile_id, a, m.at
FROM parcours.passage m
JOIN (VALUES (%(c1)s::text, %(c2)s::jsonb, %(c3)s::text[], %(c4)s::text[], %(c3)s::text[])) AS w (step, set, unset, add_to, remove_from) ON w.step = m.to_step
CROSS JOIN LATERAL unnest(w.add_to) a
WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch = %(batch)s AND m.at >= %(since)s
  AND m.version_id = %(v)s AND m.status = 'active' AND m.path <> '{}'
ON CONFLICT DO NOTHING

-- quit: {'c1': 'mark', 'c2': '{"lifecycle": "onboarded"}', 'c3': [], 'c4': ['onboarded']}
DELETE FROM parcours.membership h
USING parcours.passage m
JOIN (VALUES (%(c1)s::text, %(c2)s::jsonb, %(c3)s::text[], %(c4)s::text[], %(c3)s::text[])) AS w (step, set, unset, add_to, remove_from) ON w.step = m.to_step
WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch = %(batch)s AND m.at >= %(since)s
  AND m.version_id = %(v)s AND m.status = 'active' AND m.path <> '{}'
  AND h.bucket = %(b)s AND h.profile_id = m.profile_id AND h.audience_key = ANY (w.remove_from)
