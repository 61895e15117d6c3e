-- inside: {'c1': 'crm', 'c2': 1, 'c3': 'member', 'c4': 'true', 'c5': 'ask', 'c6': 'sent', 'c7': 'which', 'c8': 'plan', 'c9': '"pro"', 'c10': 'skipped:no_consent', 'c11': 'skipped:not_subscribed', 'c12': 'skipped:suppressed', 'c13': 'skipped:no_address', 'c14': 'skipped:duplicate_address', 'c15': 'skipped:frequency_cap', 'c16': 'skipped:expired', 'c17': 'skipped:pause_discard', 'c18': 'failed:send_failed', 'c19': 'failed:step_failed', 'c20': 'crm.plan', 'c21': ['ask'], 'c22': 'rest', 'c23': None, 'c24': ['which', 'done'], 'c25': 'done', 'c26': 'end', 'c27': ['which', 'later'], 'c28': 'later', 'c29': [], 'c30': 'drop_out', 'c31': 'no_consent', 'c32': 'not_subscribed', 'c33': 'suppressed', 'c34': 'pause_discard', 'c35': ['later'], 'c36': 'step_failed', 'c37': ['done'], 'c38': '86400000000 microseconds'}
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
         ELSE CASE w.stands WHEN %(c5)s::text THEN 'infinity'::timestamptz WHEN %(c28)s::text THEN CASE WHEN d.base + %(c38)s::interval > d.at THEN d.base + %(c38)s::interval ELSE '-infinity' END ELSE 'infinity'::timestamptz END END,
    NULL::timestamptz,
    d.seen, d.saved
FROM (SELECT p.bucket, p.journey_id, p.profile_id, p.entry_no, p.seq, p.version_id, p.step, p.wake_at, p.goal_met_at,
    r.kind, r.name, x.at, false AS entered,
    CASE WHEN r.kind = 'outcome' THEN coalesce((r.data ->> 'handed_at')::timestamptz, x.at) ELSE x.at END AS base,
    CASE WHEN r.kind = 'outcome' THEN coalesce((r.data ->> 'handed_at')::timestamptz, r.happened_at)
         ELSE r.happened_at END AS since_at,
    r.feed_no AS since_no,
    CASE WHEN r.kind = 'delete' THEN 'profile_deleted'
         WHEN r.kind = 'remove' AND coalesce((r.data ->> 'version')::integer, %(c2)s::integer) = %(c2)s::integer THEN coalesce(r.data ->> 'reason', 'removed_by_user') WHEN (coalesce(((p.saved -> %(c1)s::text) -> %(c3)s::text) = %(c4)s::jsonb, false)) THEN 'goal' WHEN pr.deleted_at IS NOT NULL THEN 'profile_deleted' WHEN (%(may_move)s AND (coalesce((((p.saved || coalesce(CASE p.step WHEN %(c5)s::text THEN CASE WHEN r.kind = 'outcome' AND r.data ? 'answer' THEN jsonb_build_object(%(c1)s::text, r.data #> '{answer,body}') END ELSE NULL::jsonb END, '{}'::jsonb)) -> %(c1)s::text) -> %(c3)s::text) = %(c4)s::jsonb, false))) THEN 'goal' END AS leaves,
    CASE WHEN %(may_move)s THEN CASE p.step WHEN %(c5)s::text THEN CASE WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c6)s::text THEN CASE WHEN coalesce(((CASE WHEN r.data ? 'answer' THEN r.data #> '{answer,body}' ELSE (p.saved -> %(c1)s::text) END) -> %(c8)s::text) = %(c9)s::jsonb, false) THEN 2 ELSE 3 END WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c10)s::text THEN 4 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c11)s::text THEN 5 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c12)s::text THEN 6 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c13)s::text THEN CASE WHEN coalesce(((p.saved -> %(c1)s::text) -> %(c8)s::text) = %(c9)s::jsonb, false) THEN 2 ELSE 3 END WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c14)s::text THEN CASE WHEN coalesce(((p.saved -> %(c1)s::text) -> %(c8)s::text) = %(c9)s::jsonb, false) THEN 2 ELSE 3 END WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c15)s::text THEN CASE WHEN coalesce(((p.saved -> %(c1)s::text) -> %(c8)s::text) = %(c9)s::jsonb, false) THEN 2 ELSE 3 END WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c16)s::text THEN CASE WHEN coalesce(((p.saved -> %(c1)s::text) -> %(c8)s::text) = %(c9)s::jsonb, false) THEN 2 ELSE 3 END WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c17)s::text THEN 7 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c18)s::text THEN 8 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c19)s::text THEN 9 END ELSE NULL::integer END END AS route,
    false AS goal,
    nullif(coalesce(CASE WHEN r.data ? 'detail' THEN jsonb_build_object('detail', r.data -> 'detail') END, '{}'::jsonb) || coalesce(CASE p.step WHEN %(c5)s::text THEN (jsonb_build_object(%(c20)s::text, ((CASE WHEN r.data ? 'answer' THEN r.data #> '{answer,body}' ELSE (p.saved -> %(c1)s::text) END) -> %(c8)s::text))) ELSE NULL::jsonb END, '{}'::jsonb), '{}'::jsonb) AS seen,
    CASE WHEN %(may_move)s THEN CASE p.step WHEN %(c5)s::text THEN CASE WHEN r.kind = 'outcome' AND r.data ? 'answer' THEN jsonb_build_object(%(c1)s::text, r.data #> '{answer,body}') END ELSE NULL::jsonb END END AS saved
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
LEFT JOIN (VALUES (1, %(c21)s::text[], %(c5)s::text, %(c22)s::text, %(c23)s::text), (2, %(c24)s::text[], %(c25)s::text, %(c26)s::text, %(c23)s::text), (3, %(c27)s::text[], %(c28)s::text, %(c22)s::text, %(c23)s::text), (4, %(c29)s::text[], %(c23)s::text, %(c30)s::text, %(c31)s::text), (5, %(c29)s::text[], %(c23)s::text, %(c30)s::text, %(c32)s::text), (6, %(c29)s::text[], %(c23)s::text, %(c30)s::text, %(c33)s::text), (7, %(c29)s::text[], %(c23)s::text, %(c30)s::text, %(c34)s::text), (8, %(c35)s::text[], %(c28)s::text, %(c22)s::text, %(c23)s::text), (9, %(c29)s::text[], %(c23)s::text, %(c30)s::text, %(c36)s::text), (10, %(c37)s::text[], %(c25)s::text, %(c26)s::text, %(c23)s::text)) AS w (no, path, stands, outcome, reason) ON w.no = d.route
WHERE d.entered OR d.leaves IS NOT NULL OR d.route IS NOT NULL OR d.goal

-- keep: {'c1': 'crm', 'c2': 1, 'c3': 'sent', 'c4': 'which', 'c5': 'plan', 'c6': '"pro"', 'c7': 'skipped:no_consent', 'c8': 'skipped:not_subscribed', 'c9': 'skipped:suppressed', 'c10': 'skipped:no_address', 'c11': 'skipped:duplicate_address', 'c12': 'skipped:frequency_cap', 'c13': 'skipped:expired', 'c14': 'skipped:pause_discard', 'c15': 'failed:send_failed', 'c16': 'failed:step_failed', 'c17': 'ask'}
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
WHERE p.version_id = %(v)s AND (CASE p.step WHEN %(c17)s::text THEN CASE WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c3)s::text THEN CASE WHEN coalesce(((CASE WHEN r.data ? 'answer' THEN r.data #> '{answer,body}' ELSE (p.saved -> %(c1)s::text) END) -> %(c5)s::text) = %(c6)s::jsonb, false) THEN 2 ELSE 3 END WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c7)s::text THEN 4 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c8)s::text THEN 5 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c9)s::text THEN 6 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c10)s::text THEN CASE WHEN coalesce(((p.saved -> %(c1)s::text) -> %(c5)s::text) = %(c6)s::jsonb, false) THEN 2 ELSE 3 END WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c11)s::text THEN CASE WHEN coalesce(((p.saved -> %(c1)s::text) -> %(c5)s::text) = %(c6)s::jsonb, false) THEN 2 ELSE 3 END WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c12)s::text THEN CASE WHEN coalesce(((p.saved -> %(c1)s::text) -> %(c5)s::text) = %(c6)s::jsonb, false) THEN 2 ELSE 3 END WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c13)s::text THEN CASE WHEN coalesce(((p.saved -> %(c1)s::text) -> %(c5)s::text) = %(c6)s::jsonb, false) THEN 2 ELSE 3 END WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c14)s::text THEN 7 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c15)s::text THEN 8 WHEN r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = %(c16)s::text THEN 9 END ELSE NULL::integer END) IS NOT NULL
ON CONFLICT DO NOTHING

-- due: {'c1': 'crm', 'c2': 1, 'c3': 'later', 'c4': 'member', 'c5': 'true', 'c6': ['ask'], 'c7': 'ask', 'c8': 'rest', 'c9': None, 'c10': ['which', 'done'], 'c11': 'done', 'c12': 'end', 'c13': ['which', 'later'], 'c14': [], 'c15': 'drop_out', 'c16': 'no_consent', 'c17': 'not_subscribed', 'c18': 'suppressed', 'c19': 'pause_discard', 'c20': ['later'], 'c21': 'step_failed', 'c22': ['done'], 'c23': '86400000000 microseconds'}
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
         ELSE CASE w.stands WHEN %(c7)s::text THEN 'infinity'::timestamptz WHEN %(c3)s::text THEN CASE WHEN d.base + %(c23)s::interval > d.at THEN d.base + %(c23)s::interval ELSE '-infinity' END ELSE 'infinity'::timestamptz END END,
    NULL::timestamptz,
    d.seen, d.saved
FROM (SELECT p.bucket, p.journey_id, p.profile_id, p.entry_no, p.seq, p.version_id, p.step, p.wake_at, p.goal_met_at,
    'timer'::text AS kind, NULL::text AS name, x.at, false AS entered, x.at AS base,
    CASE WHEN p.wake_at = '-infinity' THEN p.since_at ELSE greatest(p.wake_at, %(floor)s) END AS since_at,
    CASE WHEN p.wake_at = '-infinity' THEN p.since_no WHEN p.wake_at < %(floor)s THEN -1
         ELSE 4611686018427387904 END AS since_no,
    CASE WHEN p.hops >= 50 AND x.at = p.entered_step_at THEN 'loop_stopped' WHEN (coalesce(((p.saved -> %(c1)s::text) -> %(c4)s::text) = %(c5)s::jsonb, false)) THEN 'goal' WHEN pr.deleted_at IS NOT NULL THEN 'profile_deleted' END AS leaves,
    CASE WHEN p.step IS NULL THEN 1 ELSE CASE p.step WHEN %(c3)s::text THEN 10 ELSE NULL END END AS route,
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
LEFT JOIN (VALUES (1, %(c6)s::text[], %(c7)s::text, %(c8)s::text, %(c9)s::text), (2, %(c10)s::text[], %(c11)s::text, %(c12)s::text, %(c9)s::text), (3, %(c13)s::text[], %(c3)s::text, %(c8)s::text, %(c9)s::text), (4, %(c14)s::text[], %(c9)s::text, %(c15)s::text, %(c16)s::text), (5, %(c14)s::text[], %(c9)s::text, %(c15)s::text, %(c17)s::text), (6, %(c14)s::text[], %(c9)s::text, %(c15)s::text, %(c18)s::text), (7, %(c14)s::text[], %(c9)s::text, %(c15)s::text, %(c19)s::text), (8, %(c20)s::text[], %(c3)s::text, %(c8)s::text, %(c9)s::text), (9, %(c14)s::text[], %(c9)s::text, %(c15)s::text, %(c21)s::text), (10, %(c22)s::text[], %(c11)s::text, %(c12)s::text, %(c9)s::text)) AS w (no, path, stands, outcome, reason) ON w.no = d.route
WHERE d.entered OR d.leaves IS NOT NULL OR d.route IS NOT NULL OR d.goal

-- admit: {'c1': 1, 'c2': 'member', 'c3': 'true', 'c4': 'Signed Up', 'c5': ['ask'], 'c6': 'ask', 'c7': 'rest', 'c8': None, 'c9': ['which', 'done'], 'c10': 'done', 'c11': 'end', 'c12': ['which', 'later'], 'c13': 'later', 'c14': [], 'c15': 'drop_out', 'c16': 'no_consent', 'c17': 'not_subscribed', 'c18': 'suppressed', 'c19': 'pause_discard', 'c20': ['later'], 'c21': 'step_failed', 'c22': ['done'], 'c23': 'crm', 'c24': '86400000000 microseconds'}
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
         ELSE CASE w.stands WHEN %(c6)s::text THEN 'infinity'::timestamptz WHEN %(c13)s::text THEN CASE WHEN d.base + %(c24)s::interval > d.at THEN d.base + %(c24)s::interval ELSE '-infinity' END ELSE 'infinity'::timestamptz END END,
    NULL::timestamptz,
    d.seen, d.saved
FROM (SELECT %(b)s::integer AS bucket, %(j)s::integer AS journey_id, p.profile_id, p.entry_no, 0 AS seq,
    %(v)s::integer AS version_id, NULL::text AS step,
    CASE WHEN %(parks)s THEN '9999-12-31 23:59:59.999999+00'::timestamptz ELSE p.at END AS wake_at, NULL::timestamptz AS goal_met_at,
    p.kind, p.name, p.at, true AS entered, p.at AS base, p.happened_at AS since_at, p.feed_no AS since_no,
    CASE WHEN false THEN NULL::text WHEN (coalesce((NULL::jsonb -> %(c2)s::text) = %(c3)s::jsonb, false)) THEN 'goal' END AS leaves,
    CASE WHEN %(may_move)s THEN 1 END AS route,
    false AS goal,
    CASE WHEN %(may_move)s THEN NULL::jsonb END AS seen,
    NULL::jsonb AS saved
FROM (SELECT r.profile_id, r.happened_at, r.feed_no, CASE WHEN g.granted THEN r.data ->> 'kind' ELSE r.kind END AS kind,
    CASE WHEN g.granted THEN r.data ->> 'name' ELSE r.name END AS name, g.granted, r.data, x.at, pr.attributes, pr.user_id,
    prev.entry_no + 1 AS entry_no,
    CASE WHEN pr.deleted_at IS NOT NULL THEN 'profile_deleted'
         WHEN %(refuse_with)s::text IS NOT NULL THEN %(refuse_with)s::text
         
         
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
LEFT JOIN (VALUES (1, %(c5)s::text[], %(c6)s::text, %(c7)s::text, %(c8)s::text), (2, %(c9)s::text[], %(c10)s::text, %(c11)s::text, %(c8)s::text), (3, %(c12)s::text[], %(c13)s::text, %(c7)s::text, %(c8)s::text), (4, %(c14)s::text[], %(c8)s::text, %(c15)s::text, %(c16)s::text), (5, %(c14)s::text[], %(c8)s::text, %(c15)s::text, %(c17)s::text), (6, %(c14)s::text[], %(c8)s::text, %(c15)s::text, %(c18)s::text), (7, %(c14)s::text[], %(c8)s::text, %(c15)s::text, %(c19)s::text), (8, %(c20)s::text[], %(c13)s::text, %(c7)s::text, %(c8)s::text), (9, %(c14)s::text[], %(c8)s::text, %(c15)s::text, %(c21)s::text), (10, %(c22)s::text[], %(c10)s::text, %(c11)s::text, %(c8)s::text)) AS w (no, path, stands, outcome, reason) ON w.no = d.route
WHERE d.entered OR d.leaves IS NOT NULL OR d.route IS NOT NULL OR d.goal

-- refuse: {'c1': 1, 'c2': 'Signed Up'}
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
