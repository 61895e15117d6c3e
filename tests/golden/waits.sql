-- inside: {'c1': 1, 'c2': ['renewal'], 'c3': 'renewal', 'c4': 'rest', 'c5': None, 'c6': ['renewal', 'morning'], 'c7': 'morning', 'c8': ['end'], 'c9': 'end', 'c10': ['mark'], 'c11': 'mark', 'c12': 'renews_at', 'c13': '-604800000000 microseconds', 'c14': [1, 5], 'c15': 'Europe/Stockholm', 'c16': 'timezone', 'c17': '09:00:00', 'c18': [], 'c19': '2592000000000 microseconds'}
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
         ELSE CASE WHEN w.stands = ANY (%(c18)s::text[]) AND d.lives_from + %(c19)s::interval <= d.at AND %(may_send)s THEN CASE w.stands WHEN %(c3)s::text THEN CASE WHEN CASE WHEN (CASE WHEN jsonb_typeof((d.attributes -> %(c12)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c12)s::text) #>> '{}') END + %(c13)s::interval) < '10000-01-01 00:00:00+00' THEN (CASE WHEN jsonb_typeof((d.attributes -> %(c12)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c12)s::text) #>> '{}') END + %(c13)s::interval) ELSE 'infinity' END > d.at THEN CASE WHEN (CASE WHEN jsonb_typeof((d.attributes -> %(c12)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c12)s::text) #>> '{}') END + %(c13)s::interval) < '10000-01-01 00:00:00+00' THEN (CASE WHEN jsonb_typeof((d.attributes -> %(c12)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c12)s::text) #>> '{}') END + %(c13)s::interval) ELSE 'infinity' END ELSE '-infinity' END WHEN %(c7)s::text THEN CASE WHEN parcours.next_local_time(d.base, coalesce(parcours.zone((d.attributes -> %(c16)s::text) #>> '{}'), %(c15)s::text), %(c14)s::integer[], %(c17)s::time) > d.at THEN parcours.next_local_time(d.base, coalesce(parcours.zone((d.attributes -> %(c16)s::text) #>> '{}'), %(c15)s::text), %(c14)s::integer[], %(c17)s::time) ELSE '-infinity' END WHEN %(c11)s::text THEN '-infinity'::timestamptz ELSE 'infinity'::timestamptz END ELSE least(CASE w.stands WHEN %(c3)s::text THEN CASE WHEN CASE WHEN (CASE WHEN jsonb_typeof((d.attributes -> %(c12)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c12)s::text) #>> '{}') END + %(c13)s::interval) < '10000-01-01 00:00:00+00' THEN (CASE WHEN jsonb_typeof((d.attributes -> %(c12)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c12)s::text) #>> '{}') END + %(c13)s::interval) ELSE 'infinity' END > d.at THEN CASE WHEN (CASE WHEN jsonb_typeof((d.attributes -> %(c12)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c12)s::text) #>> '{}') END + %(c13)s::interval) < '10000-01-01 00:00:00+00' THEN (CASE WHEN jsonb_typeof((d.attributes -> %(c12)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c12)s::text) #>> '{}') END + %(c13)s::interval) ELSE 'infinity' END ELSE '-infinity' END WHEN %(c7)s::text THEN CASE WHEN parcours.next_local_time(d.base, coalesce(parcours.zone((d.attributes -> %(c16)s::text) #>> '{}'), %(c15)s::text), %(c14)s::integer[], %(c17)s::time) > d.at THEN parcours.next_local_time(d.base, coalesce(parcours.zone((d.attributes -> %(c16)s::text) #>> '{}'), %(c15)s::text), %(c14)s::integer[], %(c17)s::time) ELSE '-infinity' END WHEN %(c11)s::text THEN '-infinity'::timestamptz ELSE 'infinity'::timestamptz END, d.lives_from + %(c19)s::interval) END END,
    CASE WHEN d.leaves IS NOT NULL OR w.outcome <> 'rest' THEN NULL WHEN d.route IS NULL THEN d.deadline ELSE CASE w.stands WHEN %(c3)s::text THEN CASE WHEN CASE WHEN (CASE WHEN jsonb_typeof((d.attributes -> %(c12)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c12)s::text) #>> '{}') END + %(c13)s::interval) < '10000-01-01 00:00:00+00' THEN (CASE WHEN jsonb_typeof((d.attributes -> %(c12)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c12)s::text) #>> '{}') END + %(c13)s::interval) ELSE 'infinity' END > d.at THEN CASE WHEN (CASE WHEN jsonb_typeof((d.attributes -> %(c12)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c12)s::text) #>> '{}') END + %(c13)s::interval) < '10000-01-01 00:00:00+00' THEN (CASE WHEN jsonb_typeof((d.attributes -> %(c12)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c12)s::text) #>> '{}') END + %(c13)s::interval) ELSE 'infinity' END ELSE '-infinity' END WHEN %(c7)s::text THEN CASE WHEN parcours.next_local_time(d.base, coalesce(parcours.zone((d.attributes -> %(c16)s::text) #>> '{}'), %(c15)s::text), %(c14)s::integer[], %(c17)s::time) > d.at THEN parcours.next_local_time(d.base, coalesce(parcours.zone((d.attributes -> %(c16)s::text) #>> '{}'), %(c15)s::text), %(c14)s::integer[], %(c17)s::time) ELSE '-infinity' END WHEN %(c11)s::text THEN '-infinity'::timestamptz ELSE 'infinity'::timestamptz END END,
    d.seen, d.saved
FROM (SELECT p.bucket, p.journey_id, p.profile_id, p.entry_no, p.seq, p.version_id, p.step, p.wake_at, p.goal_met_at,
    r.kind, r.name, x.at, false AS entered,
    CASE WHEN r.kind = 'outcome' THEN coalesce((r.data ->> 'handed_at')::timestamptz, x.at) ELSE x.at END AS base,
    CASE WHEN r.kind = 'outcome' THEN coalesce((r.data ->> 'handed_at')::timestamptz, r.happened_at)
         ELSE r.happened_at END AS since_at,
    r.feed_no AS since_no,
    CASE WHEN r.kind = 'delete' THEN 'profile_deleted'
         WHEN r.kind = 'remove' AND coalesce((r.data ->> 'version')::integer, %(c1)s::integer) = %(c1)s::integer THEN coalesce(r.data ->> 'reason', 'removed_by_user') WHEN pr.deleted_at IS NOT NULL THEN 'profile_deleted' END AS leaves,
    CASE WHEN %(may_move)s THEN NULL::integer END AS route,
    false AS goal,
    CASE WHEN r.data ? 'detail' THEN jsonb_build_object('detail', r.data -> 'detail') END AS seen,
    CASE WHEN %(may_move)s THEN NULL::jsonb END AS saved, p.entered_at AS entered_at, coalesce(p.lives_from, p.entered_at) AS lives_from, p.deadline AS deadline, pr.attributes, pr.user_id, p.event, p.saved AS known
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
LEFT JOIN (VALUES (1, %(c2)s::text[], %(c3)s::text, %(c4)s::text, %(c5)s::text), (2, %(c6)s::text[], %(c7)s::text, %(c4)s::text, %(c5)s::text), (3, %(c8)s::text[], %(c9)s::text, %(c9)s::text, %(c5)s::text), (4, %(c10)s::text[], %(c11)s::text, %(c4)s::text, %(c5)s::text)) AS w (no, path, stands, outcome, reason) ON w.no = d.route
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

-- due: {'c1': 1, 'c2': 'renewal', 'c3': 'morning', 'c4': 'mark', 'c5': 'renews_at', 'c6': '2592000 seconds', 'c7': ['renewal'], 'c8': 'rest', 'c9': None, 'c10': ['renewal', 'morning'], 'c11': ['end'], 'c12': 'end', 'c13': ['mark'], 'c14': '-604800000000 microseconds', 'c15': [1, 5], 'c16': 'Europe/Stockholm', 'c17': 'timezone', 'c18': '09:00:00', 'c19': [], 'c20': '2592000000000 microseconds'}
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
         ELSE CASE WHEN w.stands = ANY (%(c19)s::text[]) AND d.lives_from + %(c20)s::interval <= d.at AND %(may_send)s THEN CASE w.stands WHEN %(c2)s::text THEN CASE WHEN CASE WHEN (CASE WHEN jsonb_typeof((d.attributes -> %(c5)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c5)s::text) #>> '{}') END + %(c14)s::interval) < '10000-01-01 00:00:00+00' THEN (CASE WHEN jsonb_typeof((d.attributes -> %(c5)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c5)s::text) #>> '{}') END + %(c14)s::interval) ELSE 'infinity' END > d.at THEN CASE WHEN (CASE WHEN jsonb_typeof((d.attributes -> %(c5)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c5)s::text) #>> '{}') END + %(c14)s::interval) < '10000-01-01 00:00:00+00' THEN (CASE WHEN jsonb_typeof((d.attributes -> %(c5)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c5)s::text) #>> '{}') END + %(c14)s::interval) ELSE 'infinity' END ELSE '-infinity' END WHEN %(c3)s::text THEN CASE WHEN parcours.next_local_time(d.base, coalesce(parcours.zone((d.attributes -> %(c17)s::text) #>> '{}'), %(c16)s::text), %(c15)s::integer[], %(c18)s::time) > d.at THEN parcours.next_local_time(d.base, coalesce(parcours.zone((d.attributes -> %(c17)s::text) #>> '{}'), %(c16)s::text), %(c15)s::integer[], %(c18)s::time) ELSE '-infinity' END WHEN %(c4)s::text THEN '-infinity'::timestamptz ELSE 'infinity'::timestamptz END ELSE least(CASE w.stands WHEN %(c2)s::text THEN CASE WHEN CASE WHEN (CASE WHEN jsonb_typeof((d.attributes -> %(c5)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c5)s::text) #>> '{}') END + %(c14)s::interval) < '10000-01-01 00:00:00+00' THEN (CASE WHEN jsonb_typeof((d.attributes -> %(c5)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c5)s::text) #>> '{}') END + %(c14)s::interval) ELSE 'infinity' END > d.at THEN CASE WHEN (CASE WHEN jsonb_typeof((d.attributes -> %(c5)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c5)s::text) #>> '{}') END + %(c14)s::interval) < '10000-01-01 00:00:00+00' THEN (CASE WHEN jsonb_typeof((d.attributes -> %(c5)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c5)s::text) #>> '{}') END + %(c14)s::interval) ELSE 'infinity' END ELSE '-infinity' END WHEN %(c3)s::text THEN CASE WHEN parcours.next_local_time(d.base, coalesce(parcours.zone((d.attributes -> %(c17)s::text) #>> '{}'), %(c16)s::text), %(c15)s::integer[], %(c18)s::time) > d.at THEN parcours.next_local_time(d.base, coalesce(parcours.zone((d.attributes -> %(c17)s::text) #>> '{}'), %(c16)s::text), %(c15)s::integer[], %(c18)s::time) ELSE '-infinity' END WHEN %(c4)s::text THEN '-infinity'::timestamptz ELSE 'infinity'::timestamptz END, d.lives_from + %(c20)s::interval) END END,
    CASE WHEN d.leaves IS NOT NULL OR w.outcome <> 'rest' THEN NULL WHEN d.route IS NULL THEN d.deadline ELSE CASE w.stands WHEN %(c2)s::text THEN CASE WHEN CASE WHEN (CASE WHEN jsonb_typeof((d.attributes -> %(c5)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c5)s::text) #>> '{}') END + %(c14)s::interval) < '10000-01-01 00:00:00+00' THEN (CASE WHEN jsonb_typeof((d.attributes -> %(c5)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c5)s::text) #>> '{}') END + %(c14)s::interval) ELSE 'infinity' END > d.at THEN CASE WHEN (CASE WHEN jsonb_typeof((d.attributes -> %(c5)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c5)s::text) #>> '{}') END + %(c14)s::interval) < '10000-01-01 00:00:00+00' THEN (CASE WHEN jsonb_typeof((d.attributes -> %(c5)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c5)s::text) #>> '{}') END + %(c14)s::interval) ELSE 'infinity' END ELSE '-infinity' END WHEN %(c3)s::text THEN CASE WHEN parcours.next_local_time(d.base, coalesce(parcours.zone((d.attributes -> %(c17)s::text) #>> '{}'), %(c16)s::text), %(c15)s::integer[], %(c18)s::time) > d.at THEN parcours.next_local_time(d.base, coalesce(parcours.zone((d.attributes -> %(c17)s::text) #>> '{}'), %(c16)s::text), %(c15)s::integer[], %(c18)s::time) ELSE '-infinity' END WHEN %(c4)s::text THEN '-infinity'::timestamptz ELSE 'infinity'::timestamptz END END,
    d.seen, d.saved
FROM (SELECT p.bucket, p.journey_id, p.profile_id, p.entry_no, p.seq, p.version_id, p.step, p.wake_at, p.goal_met_at,
    'timer'::text AS kind, NULL::text AS name, x.at, false AS entered, x.at AS base,
    CASE WHEN p.wake_at = '-infinity' THEN p.since_at ELSE greatest(p.wake_at, %(floor)s) END AS since_at,
    CASE WHEN p.wake_at = '-infinity' THEN p.since_no WHEN p.wake_at < %(floor)s THEN -1
         ELSE 4611686018427387904 END AS since_no,
    CASE WHEN p.hops >= 50 AND x.at = p.entered_step_at THEN 'loop_stopped' WHEN pr.deleted_at IS NOT NULL THEN 'profile_deleted' WHEN p.wake_at > '-infinity' AND (coalesce(p.lives_from, p.entered_at) + %(c6)s::interval = p.wake_at OR coalesce(p.lives_from, p.entered_at) + %(c6)s::interval < greatest(p.wake_at, %(floor)s)) THEN 'lifetime_exceeded' END AS leaves,
    CASE WHEN p.step IS NULL THEN CASE WHEN CASE WHEN jsonb_typeof((pr.attributes -> %(c5)s::text)) = 'string' THEN parcours.instant((pr.attributes -> %(c5)s::text) #>> '{}') END IS NOT NULL THEN 1 ELSE 2 END ELSE CASE p.step WHEN %(c2)s::text THEN 3 WHEN %(c3)s::text THEN 4 WHEN %(c4)s::text THEN 3 ELSE NULL END END AS route,
    false AS goal,
    NULL::jsonb AS seen,
    NULL::jsonb AS saved, p.entered_at AS entered_at, coalesce(p.lives_from, p.entered_at) AS lives_from, p.deadline AS deadline, pr.attributes, pr.user_id, p.event, p.saved AS known
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
LEFT JOIN (VALUES (1, %(c7)s::text[], %(c2)s::text, %(c8)s::text, %(c9)s::text), (2, %(c10)s::text[], %(c3)s::text, %(c8)s::text, %(c9)s::text), (3, %(c11)s::text[], %(c12)s::text, %(c12)s::text, %(c9)s::text), (4, %(c13)s::text[], %(c4)s::text, %(c8)s::text, %(c9)s::text)) AS w (no, path, stands, outcome, reason) ON w.no = d.route
WHERE d.entered OR d.leaves IS NOT NULL OR d.route IS NOT NULL OR d.goal

-- admit: {'c1': 1, 'c2': 'renews_at', 'c3': 'profile.renews_at', 'c4': 'Signed Up', 'c5': ['renewal'], 'c6': 'renewal', 'c7': 'rest', 'c8': None, 'c9': ['renewal', 'morning'], 'c10': 'morning', 'c11': ['end'], 'c12': 'end', 'c13': ['mark'], 'c14': 'mark', 'c15': '-604800000000 microseconds', 'c16': [1, 5], 'c17': 'Europe/Stockholm', 'c18': 'timezone', 'c19': '09:00:00', 'c20': [], 'c21': '2592000000000 microseconds'}
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
         ELSE CASE WHEN w.stands = ANY (%(c20)s::text[]) AND d.lives_from + %(c21)s::interval <= d.at AND %(may_send)s THEN CASE w.stands WHEN %(c6)s::text THEN CASE WHEN CASE WHEN (CASE WHEN jsonb_typeof((d.attributes -> %(c2)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c2)s::text) #>> '{}') END + %(c15)s::interval) < '10000-01-01 00:00:00+00' THEN (CASE WHEN jsonb_typeof((d.attributes -> %(c2)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c2)s::text) #>> '{}') END + %(c15)s::interval) ELSE 'infinity' END > d.at THEN CASE WHEN (CASE WHEN jsonb_typeof((d.attributes -> %(c2)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c2)s::text) #>> '{}') END + %(c15)s::interval) < '10000-01-01 00:00:00+00' THEN (CASE WHEN jsonb_typeof((d.attributes -> %(c2)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c2)s::text) #>> '{}') END + %(c15)s::interval) ELSE 'infinity' END ELSE '-infinity' END WHEN %(c10)s::text THEN CASE WHEN parcours.next_local_time(d.base, coalesce(parcours.zone((d.attributes -> %(c18)s::text) #>> '{}'), %(c17)s::text), %(c16)s::integer[], %(c19)s::time) > d.at THEN parcours.next_local_time(d.base, coalesce(parcours.zone((d.attributes -> %(c18)s::text) #>> '{}'), %(c17)s::text), %(c16)s::integer[], %(c19)s::time) ELSE '-infinity' END WHEN %(c14)s::text THEN '-infinity'::timestamptz ELSE 'infinity'::timestamptz END ELSE least(CASE w.stands WHEN %(c6)s::text THEN CASE WHEN CASE WHEN (CASE WHEN jsonb_typeof((d.attributes -> %(c2)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c2)s::text) #>> '{}') END + %(c15)s::interval) < '10000-01-01 00:00:00+00' THEN (CASE WHEN jsonb_typeof((d.attributes -> %(c2)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c2)s::text) #>> '{}') END + %(c15)s::interval) ELSE 'infinity' END > d.at THEN CASE WHEN (CASE WHEN jsonb_typeof((d.attributes -> %(c2)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c2)s::text) #>> '{}') END + %(c15)s::interval) < '10000-01-01 00:00:00+00' THEN (CASE WHEN jsonb_typeof((d.attributes -> %(c2)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c2)s::text) #>> '{}') END + %(c15)s::interval) ELSE 'infinity' END ELSE '-infinity' END WHEN %(c10)s::text THEN CASE WHEN parcours.next_local_time(d.base, coalesce(parcours.zone((d.attributes -> %(c18)s::text) #>> '{}'), %(c17)s::text), %(c16)s::integer[], %(c19)s::time) > d.at THEN parcours.next_local_time(d.base, coalesce(parcours.zone((d.attributes -> %(c18)s::text) #>> '{}'), %(c17)s::text), %(c16)s::integer[], %(c19)s::time) ELSE '-infinity' END WHEN %(c14)s::text THEN '-infinity'::timestamptz ELSE 'infinity'::timestamptz END, d.lives_from + %(c21)s::interval) END END,
    CASE WHEN d.leaves IS NOT NULL OR w.outcome <> 'rest' THEN NULL WHEN d.route IS NULL THEN d.deadline ELSE CASE w.stands WHEN %(c6)s::text THEN CASE WHEN CASE WHEN (CASE WHEN jsonb_typeof((d.attributes -> %(c2)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c2)s::text) #>> '{}') END + %(c15)s::interval) < '10000-01-01 00:00:00+00' THEN (CASE WHEN jsonb_typeof((d.attributes -> %(c2)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c2)s::text) #>> '{}') END + %(c15)s::interval) ELSE 'infinity' END > d.at THEN CASE WHEN (CASE WHEN jsonb_typeof((d.attributes -> %(c2)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c2)s::text) #>> '{}') END + %(c15)s::interval) < '10000-01-01 00:00:00+00' THEN (CASE WHEN jsonb_typeof((d.attributes -> %(c2)s::text)) = 'string' THEN parcours.instant((d.attributes -> %(c2)s::text) #>> '{}') END + %(c15)s::interval) ELSE 'infinity' END ELSE '-infinity' END WHEN %(c10)s::text THEN CASE WHEN parcours.next_local_time(d.base, coalesce(parcours.zone((d.attributes -> %(c18)s::text) #>> '{}'), %(c17)s::text), %(c16)s::integer[], %(c19)s::time) > d.at THEN parcours.next_local_time(d.base, coalesce(parcours.zone((d.attributes -> %(c18)s::text) #>> '{}'), %(c17)s::text), %(c16)s::integer[], %(c19)s::time) ELSE '-infinity' END WHEN %(c14)s::text THEN '-infinity'::timestamptz ELSE 'infinity'::timestamptz END END,
    d.seen, d.saved
FROM (SELECT %(b)s::integer AS bucket, %(j)s::integer AS journey_id, p.profile_id, p.entry_no, 0 AS seq,
    %(v)s::integer AS version_id, NULL::text AS step,
    CASE WHEN %(parks)s THEN '9999-12-31 23:59:59.999999+00'::timestamptz ELSE p.at END AS wake_at, NULL::timestamptz AS goal_met_at,
    p.kind, p.name, p.at, true AS entered, p.at AS base, p.happened_at AS since_at, p.feed_no AS since_no,
    CASE WHEN false THEN NULL::text  END AS leaves,
    CASE WHEN %(may_move)s THEN CASE WHEN CASE WHEN jsonb_typeof((p.attributes -> %(c2)s::text)) = 'string' THEN parcours.instant((p.attributes -> %(c2)s::text) #>> '{}') END IS NOT NULL THEN 1 ELSE 2 END END AS route,
    false AS goal,
    CASE WHEN %(may_move)s THEN (jsonb_build_object(%(c3)s::text, (p.attributes -> %(c2)s::text))) END AS seen,
    NULL::jsonb AS saved, p.at AS entered_at, p.at AS lives_from, NULL::timestamptz AS deadline, p.attributes, p.user_id, (p.data -> 'properties') AS event, NULL::jsonb AS known
FROM (SELECT r.profile_id, r.happened_at, r.feed_no, CASE WHEN g.granted THEN r.data ->> 'kind' ELSE r.kind END AS kind,
    CASE WHEN g.granted THEN r.data ->> 'name' ELSE r.name END AS name, g.granted, r.data, x.at, pr.attributes, pr.user_id,
    prev.entry_no + 1 AS entry_no,
    CASE WHEN pr.deleted_at IS NOT NULL THEN 'profile_deleted'
         WHEN %(refuse_with)s::text IS NOT NULL THEN %(refuse_with)s::text
         
         
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
LEFT JOIN (VALUES (1, %(c5)s::text[], %(c6)s::text, %(c7)s::text, %(c8)s::text), (2, %(c9)s::text[], %(c10)s::text, %(c7)s::text, %(c8)s::text), (3, %(c11)s::text[], %(c12)s::text, %(c12)s::text, %(c8)s::text), (4, %(c13)s::text[], %(c14)s::text, %(c7)s::text, %(c8)s::text)) AS w (no, path, stands, outcome, reason) ON w.no = d.route
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

-- announce: {'c1': 'mark', 'c2': '{"woken": true}', 'c3': [], 'c4': 'waits'}
INSERT INTO parcours.pending (bucket, profile_id, happened_at, feed_no, kind, name, data, arrived_at)
SELECT m.bucket, m.profile_id, m.at, m.since_no, c.kind, c.name, c.data, m.at
FROM parcours.passage m
JOIN (VALUES (%(c1)s::text, %(c2)s::jsonb, %(c3)s::text[], %(c3)s::text[], %(c3)s::text[])) AS w (step, set, unset, add_to, remove_from) ON w.step = m.to_step
JOIN parcours.profile pr ON pr.bucket = %(b)s AND pr.profile_id = m.profile_id
CROSS JOIN LATERAL (
    SELECT 'profile' AS kind, %(c4)s::text || '/' || m.to_step || '/' || m.entry_no || '/' || m.seq AS name,
        jsonb_build_object('changed', jsonb_agg(k.name)) AS data
    FROM (SELECT s.key AS name FROM jsonb_each(w.set) s WHERE pr.attributes -> s.key IS DISTINCT FROM s.value
          UNION ALL SELECT u FROM unnest(w.unset) u WHERE pr.attributes ? u) k
    HAVING count(*) > 0
    UNION ALL
    SELECT 'audience', a, jsonb_build_object('op', 'add', 'origin', %(c4)s::text) FROM unnest(w.add_to) a
    WHERE NOT EXISTS (SELECT 1 FROM parcours.membership h WHERE h.bucket = %(b)s AND h.profile_id = m.profile_id AND h.audience_key = a)
    UNION ALL
    SELECT 'audience', a, jsonb_build_object('op', 'remove', 'origin', %(c4)s::text) FROM unnest(w.remove_from) a
    WHERE EXISTS (SELECT 1 FROM parcours.membership h WHERE h.bucket = %(b)s AND h.profile_id = m.profile_id AND h.audience_key = a)
) c
WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch = %(batch)s AND m.at >= %(since)s
  AND m.version_id = %(v)s AND m.status = 'active' AND m.path <> '{}' AND pr.deleted_at IS NULL
ON CONFLICT (bucket, profile_id, happened_at, feed_no, kind, name) DO UPDATE SET data = excluded.data

-- write: {'c1': 'mark', 'c2': '{"woken": true}', 'c3': []}
UPDATE parcours.profile pr
SET attributes = (pr.attributes - w.unset) || w.set, updated_at = m.at
FROM parcours.passage m
JOIN (VALUES (%(c1)s::text, %(c2)s::jsonb, %(c3)s::text[], %(c3)s::text[], %(c3)s::text[])) AS w (step, set, unset, add_to, remove_from) ON w.step = m.to_step
WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch = %(batch)s AND m.at >= %(since)s
  AND m.version_id = %(v)s AND m.status = 'active' AND m.path <> '{}'
  AND pr.bucket = %(b)s AND pr.profile_id = m.profile_id AND pr.deleted_at IS NULL

-- join: {'c1': 'mark', 'c2': '{"woken": true}', 'c3': []}
INSERT INTO parcours.membership (bucket, profile_id, audience_key, since)
SELECT m.bucket, m.profile_id, a, m.at
FROM parcours.passage m
JOIN (VALUES (%(c1)s::text, %(c2)s::jsonb, %(c3)s::text[], %(c3)s::text[], %(c3)s::text[])) AS w (step, set, unset, add_to, remove_from) ON w.step = m.to_step
CROSS JOIN LATERAL unnest(w.add_to) a
WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch = %(batch)s AND m.at >= %(since)s
  AND m.version_id = %(v)s AND m.status = 'active' AND m.path <> '{}'
ON CONFLICT DO NOTHING

-- quit: {'c1': 'mark', 'c2': '{"woken": true}', 'c3': []}
DELETE FROM parcours.membership h
USING parcours.passage m
JOIN (VALUES (%(c1)s::text, %(c2)s::jsonb, %(c3)s::text[], %(c3)s::text[], %(c3)s::text[])) AS w (step, set, unset, add_to, remove_from) ON w.step = m.to_step
WHERE m.bucket = %(b)s AND m.journey_id = %(j)s AND m.batch = %(batch)s AND m.at >= %(since)s
  AND m.version_id = %(v)s AND m.status = 'active' AND m.path <> '{}'
  AND h.bucket = %(b)s AND h.profile_id = m.profile_id AND h.audience_key = ANY (w.remove_from)
