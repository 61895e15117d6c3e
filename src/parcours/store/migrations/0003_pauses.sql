-- Pause choices: an end by itself, deadlines that move, people who are set free one after the other.

-- What a pause does by itself at its `until` is void when that pause is over.
ALTER TABLE parcours.scheduled_command ADD COLUMN IF NOT EXISTS pause_no integer;

-- With `extend` the deadline of a step and the lifetime move apart; where a journey has a lifetime, `wake_at` is the
-- earlier of both, so the deadline is kept beside it. `lives_from`: whence a lifetime counts that was extended.
ALTER TABLE parcours.participant ADD COLUMN IF NOT EXISTS deadline timestamptz;
ALTER TABLE parcours.participant ADD COLUMN IF NOT EXISTS lives_from timestamptz;
ALTER TABLE parcours.passage ADD COLUMN IF NOT EXISTS deadline timestamptz;

-- table catch_up: shared
CREATE TABLE parcours.catch_up (            -- versions that set free, one after the other, those whom a resume found waiting
    version_id integer PRIMARY KEY,
    journey_id integer NOT NULL,
    rate double precision NOT NULL,         -- people a second
    since timestamptz NOT NULL,             -- the resume
    next_at timestamptz NOT NULL            -- when the next one may go
);

-- table waiting: person(bucket)
CREATE TABLE parcours.waiting (             -- who waits to be set free behind a resume; frozen until then
    bucket integer NOT NULL,
    version_id integer NOT NULL,
    profile_id uuid NOT NULL,
    journey_id integer NOT NULL,
    entry_no integer NOT NULL,
    rank smallint NOT NULL,                 -- 0 something is kept, 1 something is overdue, 2 queued
    due_at timestamptz NOT NULL,            -- when that happened, was due, or the person entered
    feed_no bigint NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    wake_at timestamptz NOT NULL,           -- of the participant, which stands at the end of time meanwhile
    resumed_at timestamptz NOT NULL,
    granted_at timestamptz,                 -- its turn has come
    PRIMARY KEY (bucket, version_id, profile_id)
);
CREATE INDEX waiting_order ON parcours.waiting (version_id, rank, due_at, feed_no, user_id) WHERE granted_at IS NULL;
