-- Intake over HTTP: who may send, whose other names are known, what came lately.

-- table source: shared
CREATE TABLE parcours.source (              -- a site, an app or a server that sends people and events
    source_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE,
    key_hash bytea NOT NULL UNIQUE,         -- SHA-256 of its write key, which is shown once
    key_hint text NOT NULL,                 -- the end of the key, to tell it from others
    enabled boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz,
    seen_at timestamptz,                    -- when something came from it, to the minute
    CONSTRAINT source_revoked CHECK (enabled = (revoked_at IS NULL))
);

-- table identity: person(bucket)
CREATE TABLE parcours.identity (            -- names that turned out to be another person's: bucket and key of the former
    bucket integer NOT NULL,
    profile_id uuid NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    into_id text COLLATE "C" NOT NULL,      -- user_id of the one that stays
    merged_at timestamptz NOT NULL,
    PRIMARY KEY (bucket, profile_id)
);

-- table recent: person(bucket)
CREATE TABLE parcours.recent (              -- the latest that came over HTTP, for looking at; the oldest go
    bucket integer NOT NULL,                -- 0 where nobody is named
    feed_no bigint NOT NULL,
    profile_id uuid,
    user_id text COLLATE "C",
    at timestamptz NOT NULL,                -- when it came
    happened_at timestamptz,
    source text NOT NULL,
    kind text NOT NULL,                     -- identify | track | page | …
    name text,
    result text NOT NULL,                   -- taken | repeated | refused
    code text,
    place text,
    said text,
    hint text,
    data jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (bucket, feed_no),
    CONSTRAINT recent_result CHECK (result IN ('taken', 'repeated', 'refused'))
);
CREATE INDEX recent_at ON parcours.recent (at);

-- Repeated lines are told apart for some days; older rows go.
CREATE INDEX seen_at ON parcours.seen (seen_at);
