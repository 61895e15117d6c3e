-- Who answers for a journey; answers that are given again; imports over HTTP with their progress.

ALTER TABLE parcours.journey ADD COLUMN IF NOT EXISTS owner text NOT NULL DEFAULT '';

-- table answer: shared
CREATE TABLE parcours.answer (              -- of commands that came with an Idempotency-Key, for a day
    actor text COLLATE "C" NOT NULL,
    answer_key text COLLATE "C" NOT NULL,
    request text NOT NULL,                  -- hash of what was asked
    given_at timestamptz NOT NULL,
    status integer NOT NULL,
    body jsonb NOT NULL,
    PRIMARY KEY (actor, answer_key)
);
CREATE INDEX answer_old ON parcours.answer (given_at);

-- table load: shared
CREATE TABLE parcours.load (                -- an import over HTTP: what came of it so far
    load_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    mode text NOT NULL,                     -- live | state | history
    actor text NOT NULL,
    created_at timestamptz NOT NULL,
    begun_at timestamptz,
    seen_at timestamptz,                    -- when it told of its progress last
    ended_at timestamptz,
    state text NOT NULL DEFAULT 'waiting',
    bytes bigint,                           -- expected, where that is known
    bytes_read bigint NOT NULL DEFAULT 0,
    stored bigint NOT NULL DEFAULT 0,
    repeated bigint NOT NULL DEFAULT 0,
    bad bigint NOT NULL DEFAULT 0,
    kinds jsonb NOT NULL DEFAULT '{}',
    errors jsonb NOT NULL DEFAULT '[]',     -- the first bad lines
    CONSTRAINT load_mode CHECK (mode IN ('live', 'state', 'history')),
    CONSTRAINT load_state CHECK (state IN ('waiting', 'loading', 'done', 'broken'))
);
