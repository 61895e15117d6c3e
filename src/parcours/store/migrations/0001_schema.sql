-- The whole schema: shared tables first, then person tables (bucket leads every primary key).
-- Keys compare by code point: the database is created with COLLATE "C", and keys say so where it matters.

CREATE SCHEMA IF NOT EXISTS parcours;

-- table setting: shared
CREATE TABLE parcours.setting (
    key text PRIMARY KEY,
    value jsonb NOT NULL
);

-- table time_zone: shared
CREATE TABLE parcours.time_zone (           -- the IANA names that this PostgreSQL reads
    name text COLLATE "C" PRIMARY KEY
);
INSERT INTO parcours.time_zone (name)
SELECT DISTINCT z.name FROM pg_timezone_names z
WHERE z.name !~ '^(posix|right)/' AND z.name NOT IN ('Factory', 'localtime', 'posixrules');

-- table journey: shared
CREATE TABLE parcours.journey (
    journey_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    journey_key text COLLATE "C" NOT NULL UNIQUE,
    name text NOT NULL DEFAULT '',
    description text NOT NULL DEFAULT '',
    folder text NOT NULL DEFAULT '',
    tags text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL
);

-- table version: shared
CREATE TABLE parcours.version (
    version_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    journey_id integer NOT NULL REFERENCES parcours.journey,
    version_no integer NOT NULL,
    status text NOT NULL DEFAULT 'draft',
    entry_open boolean NOT NULL DEFAULT false,
    definition json NOT NULL,               -- the journey file, canonical; json keeps the order of its steps
    templates jsonb NOT NULL DEFAULT '{}',  -- file name -> text
    program jsonb,                          -- compiled at publish, frozen with the version
    fingerprint text,
    created_at timestamptz NOT NULL,
    published_at timestamptz,
    starts_at timestamptz,
    ends_at timestamptz,
    paused_at timestamptz,
    pause_no integer NOT NULL DEFAULT 0,
    pause jsonb,                            -- the choices of the present pause
    released_at timestamptz,                -- latest instant at which frozen or queued people were let go
    stopped_at timestamptz,
    finished_at timestamptz,
    settling text,                          -- task still being written down in sets: sweep
    one_shot boolean NOT NULL DEFAULT false, -- every trigger is a schedule of one occurrence: it finishes behind its run
    UNIQUE (journey_id, version_no),
    CONSTRAINT version_status CHECK (status IN ('draft', 'live', 'paused', 'closed', 'stopped', 'finished')),
    CONSTRAINT version_entry CHECK (NOT entry_open OR status IN ('live', 'paused')),
    CONSTRAINT version_program CHECK (status = 'draft' OR program IS NOT NULL)
);
CREATE UNIQUE INDEX version_one_draft ON parcours.version (journey_id) WHERE status = 'draft';
CREATE UNIQUE INDEX version_one_entry ON parcours.version (journey_id) WHERE entry_open;

-- table attachment: shared
CREATE TABLE parcours.attachment (          -- files that mails carry
    version_id integer NOT NULL REFERENCES parcours.version ON DELETE CASCADE,
    name text COLLATE "C" NOT NULL,         -- as the step names it
    data bytea NOT NULL,
    PRIMARY KEY (version_id, name)
);

-- table listener: shared
CREATE TABLE parcours.listener (
    journey_id integer NOT NULL,
    kind text NOT NULL,                     -- event | field | audience
    name text COLLATE "C" NOT NULL,         -- event name, attribute, audience key; '*' any attribute
    PRIMARY KEY (kind, name, journey_id)
);

-- table audience: shared
CREATE TABLE parcours.audience (
    audience_key text COLLATE "C" PRIMARY KEY,
    name text NOT NULL DEFAULT '',
    definition jsonb,                       -- the file of an audience by condition; null where members are listed
    created_at timestamptz NOT NULL
);

-- table audit: shared
CREATE TABLE parcours.audit (
    audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    journey_key text NOT NULL,
    version_no integer,
    command text NOT NULL,
    options jsonb NOT NULL DEFAULT '{}',
    reason text,
    from_status text,
    to_status text,
    refused text,
    counts jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_journey ON parcours.audit (journey_key, at);

-- table scheduled_command: shared
CREATE TABLE parcours.scheduled_command (
    scheduled_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version_id integer NOT NULL,
    at timestamptz NOT NULL,
    command text NOT NULL,                  -- open | close | stop
    done_at timestamptz
);
CREATE INDEX scheduled_due ON parcours.scheduled_command (at) WHERE done_at IS NULL;

-- table schedule: shared
CREATE TABLE parcours.schedule (            -- what is still to come of the schedules of versions whose entry is open
    version_id integer NOT NULL,
    trigger_no integer NOT NULL,            -- place among the triggers of the journey file, from 0
    next_at timestamptz NOT NULL,
    PRIMARY KEY (version_id, trigger_no)
);

-- table run: shared
CREATE TABLE parcours.run (                 -- one part of one occurrence: all at once, or a wave
    run_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version_id integer NOT NULL,
    occurrence timestamptz NOT NULL,
    part integer NOT NULL,
    triggers integer[] NOT NULL,
    at timestamptz NOT NULL,
    begun_at timestamptz,
    done_at timestamptz,
    UNIQUE (version_id, occurrence, part)
);
CREATE INDEX run_open ON parcours.run (at) WHERE done_at IS NULL;

-- table worker: shared
CREATE TABLE parcours.worker (
    name text PRIMARY KEY,
    seen_at timestamptz NOT NULL,
    lock_key bigint,                        -- of the lock that goes with its connection; null while it holds none
    server_started_at timestamptz           -- the server whose lock that is: others cannot judge by it
);

-- table lease: person(bucket)
CREATE TABLE parcours.lease (
    bucket integer PRIMARY KEY,
    holder text,
    term bigint NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL DEFAULT '-infinity'
);

-- table trouble: person(bucket)
CREATE TABLE parcours.trouble (             -- units that failed and wait for another try
    bucket integer NOT NULL,
    journey_id integer NOT NULL,
    code text NOT NULL,
    message text NOT NULL,
    since timestamptz NOT NULL,
    tries integer NOT NULL,
    last_at timestamptz NOT NULL,
    until timestamptz NOT NULL,
    PRIMARY KEY (bucket, journey_id)
);

-- table fence: person(bucket)
CREATE TABLE parcours.fence (
    bucket integer NOT NULL,
    journey_id integer NOT NULL,
    batch bigint NOT NULL DEFAULT 0,
    clock timestamptz NOT NULL DEFAULT '0001-01-01 00:00:00+00',
    rights jsonb NOT NULL DEFAULT '[]',     -- one object per published version, oldest first
    runs jsonb NOT NULL DEFAULT '[]',       -- runs under way here, each with the last person it has come to
    PRIMARY KEY (bucket, journey_id)
) WITH (fillfactor = 50);

-- table profile: person(bucket)
CREATE TABLE parcours.profile (
    bucket integer NOT NULL,
    profile_id uuid NOT NULL,               -- first 16 bytes of SHA-256 of user_id
    user_id text COLLATE "C" NOT NULL,
    attributes jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    PRIMARY KEY (bucket, profile_id)
) WITH (fillfactor = 85);

-- table event: person(bucket)
CREATE TABLE parcours.event (
    bucket integer NOT NULL,
    profile_id uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    happened_at timestamptz NOT NULL,       -- least(timestamp, received_at)
    feed_no bigint NOT NULL,                -- order of arrival
    received_at timestamptz NOT NULL,
    historical boolean NOT NULL DEFAULT false,
    properties jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (bucket, profile_id, name, happened_at, feed_no)
) PARTITION BY RANGE (happened_at);
CREATE TABLE parcours.event_default PARTITION OF parcours.event DEFAULT;

-- table seen: person(bucket)
CREATE TABLE parcours.seen (
    bucket integer NOT NULL,
    profile_id uuid NOT NULL,
    message_key uuid NOT NULL,              -- hash of the messageId, or of the line where it has none
    feed_no bigint NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (bucket, profile_id, message_key)
);

-- table membership: person(bucket)
CREATE TABLE parcours.membership (
    bucket integer NOT NULL,
    profile_id uuid NOT NULL,
    audience_key text COLLATE "C" NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (bucket, profile_id, audience_key)
);

-- table pending: person(bucket)
CREATE TABLE parcours.pending (
    bucket integer NOT NULL,
    profile_id uuid NOT NULL,
    happened_at timestamptz NOT NULL,
    feed_no bigint NOT NULL,
    kind text NOT NULL,                     -- event | profile | audience | add | remove | start | delete
    name text COLLATE "C" NOT NULL,         -- event name, audience key, journey key; '' for a profile;
                                            -- started journey/starting journey
    data jsonb NOT NULL DEFAULT '{}',
    arrived_at timestamptz NOT NULL,
    PRIMARY KEY (bucket, profile_id, happened_at, feed_no, kind, name)
);

-- table inbox: person(bucket)
CREATE TABLE parcours.inbox (
    bucket integer NOT NULL,
    journey_id integer NOT NULL,
    profile_id uuid NOT NULL,
    happened_at timestamptz NOT NULL,
    feed_no bigint NOT NULL,
    kind text NOT NULL,                     -- event | profile | audience | add | remove | start | run | grant |
                                            -- outcome | recheck
    name text COLLATE "C" NOT NULL,
    data jsonb NOT NULL DEFAULT '{}',
    arrived_at timestamptz NOT NULL,
    PRIMARY KEY (bucket, journey_id, profile_id, happened_at, feed_no, kind, name)
);

-- table gate: shared
CREATE TABLE parcours.gate (                -- entry cap and rate of the version that admits
    journey_id integer PRIMARY KEY,
    version_id integer NOT NULL,
    cap bigint,
    rate double precision,                  -- people a second
    granted bigint NOT NULL DEFAULT 0,      -- places given away, those given back included
    last_at timestamptz                     -- when the latest one went through
);

-- table eligible: person(bucket)
CREATE TABLE parcours.eligible (            -- who waits at a gate: neither admitted nor refused
    bucket integer NOT NULL,
    journey_id integer NOT NULL,
    happened_at timestamptz NOT NULL,
    feed_no bigint NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    profile_id uuid NOT NULL,
    kind text NOT NULL,
    name text COLLATE "C" NOT NULL,
    data jsonb NOT NULL,
    arrived_at timestamptz NOT NULL,
    PRIMARY KEY (bucket, journey_id, happened_at, feed_no, profile_id, kind, name)
);
CREATE INDEX eligible_oldest ON parcours.eligible (journey_id, happened_at, feed_no, user_id);

-- table kept: person(bucket)
CREATE TABLE parcours.kept (                -- inbox rows awaited by frozen people, until resume
    bucket integer NOT NULL,
    version_id integer NOT NULL,
    profile_id uuid NOT NULL,
    happened_at timestamptz NOT NULL,
    feed_no bigint NOT NULL,
    kind text NOT NULL,
    name text COLLATE "C" NOT NULL,
    data jsonb NOT NULL DEFAULT '{}',
    journey_id integer NOT NULL,
    PRIMARY KEY (bucket, version_id, profile_id, happened_at, feed_no, kind, name)
);

-- table participant: person(bucket)
CREATE TABLE parcours.participant (
    bucket integer NOT NULL,
    journey_id integer NOT NULL,
    profile_id uuid NOT NULL,
    entry_no integer NOT NULL,
    version_id integer NOT NULL,
    status text NOT NULL,
    step text COLLATE "C",                  -- where it stands; null while queued
    seq integer NOT NULL,                   -- counts its moves
    hops integer NOT NULL DEFAULT 0,        -- moves at one instant
    entered_at timestamptz NOT NULL,
    entered_step_at timestamptz NOT NULL,
    cause_at timestamptz NOT NULL,          -- position of what admitted it: events behind it are of this passage
    cause_no bigint NOT NULL,
    since_at timestamptz NOT NULL,          -- position of what brought it to its step: a wait listens behind it
    since_no bigint NOT NULL,
    wake_at timestamptz NOT NULL,           -- infinity where only an inbox row can wake it
    goal_met_at timestamptz,
    finished_at timestamptz,
    reason text,
    event jsonb,                            -- properties of the entry event
    saved jsonb NOT NULL DEFAULT '{}',      -- save_as
    PRIMARY KEY (bucket, journey_id, profile_id, entry_no),
    CONSTRAINT participant_status
        CHECK (status IN ('active', 'completed', 'succeeded', 'dropped_out', 'cancelled')),
    CONSTRAINT participant_finished CHECK ((status = 'active') = (finished_at IS NULL)),
    CONSTRAINT participant_reason CHECK ((status IN ('dropped_out', 'cancelled')) = (reason IS NOT NULL))
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
CREATE UNIQUE INDEX participant_inside ON parcours.participant (bucket, journey_id, profile_id)
    WHERE finished_at IS NULL;
-- Secondary indexes do not begin with bucket: a look-up by key could take one of them by that column alone, and does
-- where there are no statistics yet (docs/decisions/0007).
CREATE INDEX participant_due ON parcours.participant (version_id, bucket, wake_at) WHERE finished_at IS NULL;

-- table passage: person(bucket)
CREATE TABLE parcours.passage (             -- append-only: every move, with what decided it
    bucket integer NOT NULL,
    journey_id integer NOT NULL,
    batch bigint NOT NULL,
    profile_id uuid NOT NULL,
    entry_no integer NOT NULL,
    seq integer NOT NULL,                   -- the participant's seq after it
    at timestamptz NOT NULL,
    version_id integer NOT NULL,
    cause text NOT NULL,                    -- event | profile | audience | add | remove | delete | outcome | timer | stop
    cause_name text,
    from_step text COLLATE "C",
    to_step text COLLATE "C",               -- where it stands afterwards
    path text[] NOT NULL DEFAULT '{}',      -- steps entered, in order
    status text NOT NULL,
    reason text,
    entered boolean NOT NULL DEFAULT false, -- this is the admission
    goal boolean NOT NULL DEFAULT false,    -- the goal was met here
    since_at timestamptz NOT NULL,
    since_no bigint NOT NULL,
    wake_at timestamptz NOT NULL,
    seen jsonb,                             -- values compared at branches
    saved jsonb,                            -- what a save_as keeps from here on
    PRIMARY KEY (bucket, journey_id, batch, profile_id, seq, at)
) PARTITION BY RANGE (at);
CREATE TABLE parcours.passage_default PARTITION OF parcours.passage DEFAULT;
CREATE INDEX passage_person ON parcours.passage (profile_id, journey_id, entry_no, seq);

-- table refusal: person(bucket)
CREATE TABLE parcours.refusal (             -- the latest per person, journey and reason
    bucket integer NOT NULL,
    journey_id integer NOT NULL,
    profile_id uuid NOT NULL,
    reason text NOT NULL,
    version_id integer NOT NULL,
    trigger text NOT NULL,
    times integer NOT NULL DEFAULT 1,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    feed_no bigint NOT NULL,
    seen jsonb,
    PRIMARY KEY (bucket, journey_id, profile_id, reason)
);

-- table message: person(bucket)
CREATE TABLE parcours.message (
    bucket integer NOT NULL,
    message_id uuid NOT NULL,               -- hash of journey, person, entry_no, seq, step: equal for any number of buckets
    journey_id integer NOT NULL,
    version_id integer NOT NULL,
    profile_id uuid NOT NULL,
    entry_no integer NOT NULL,
    seq integer NOT NULL,
    step text COLLATE "C" NOT NULL,
    channel text NOT NULL,                  -- email | webhook
    state text NOT NULL DEFAULT 'queued',
    queued_at timestamptz NOT NULL,         -- the instant of the walk that reached its step
    due_at timestamptz NOT NULL,            -- later than that for a window or another try
    feed_no bigint NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    claimed_at timestamptz,
    begin_by timestamptz,
    done_by timestamptz,
    handed_at timestamptz,
    settled_at timestamptz,
    recipient text,                         -- address; of a webhook its URL, known at the hand-over
    subject text,
    reason text,
    detail text,
    PRIMARY KEY (bucket, message_id),
    CONSTRAINT message_state
        CHECK (state IN ('queued', 'claimed', 'sent', 'skipped', 'rejected', 'cancelled', 'uncertain')),
    CONSTRAINT message_claim CHECK (state <> 'claimed' OR done_by IS NOT NULL)
) WITH (fillfactor = 70);
CREATE INDEX message_due ON parcours.message (journey_id, bucket, channel, due_at) WHERE state = 'queued';
CREATE INDEX message_claimed ON parcours.message (journey_id, bucket, done_by) WHERE state = 'claimed';
CREATE INDEX message_person ON parcours.message (profile_id, journey_id, entry_no);

-- table counter: person(bucket)
CREATE TABLE parcours.counter (
    bucket integer NOT NULL,
    version_id integer NOT NULL,
    kind text NOT NULL,                     -- entered | completed | succeeded | dropped_out | cancelled | reason | in | out | refused | message
    name text COLLATE "C" NOT NULL,         -- reason, step, step/outcome; '' otherwise
    n bigint NOT NULL,
    PRIMARY KEY (bucket, version_id, kind, name)
) WITH (fillfactor = 50);
