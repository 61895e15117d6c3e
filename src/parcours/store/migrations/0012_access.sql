-- Access: the people who work with the system, their sessions and links, API keys, and what waits for a second person.
-- Secrets are never kept: of a token its SHA-256, of a password its argon2id.

-- table account: shared
CREATE TABLE parcours.account (             -- a user: somebody who works here, never a person in a journey
    account_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text COLLATE "C" NOT NULL UNIQUE, -- in lower case
    name text NOT NULL DEFAULT '',
    role text NOT NULL,
    language text NOT NULL DEFAULT 'en',
    password_hash text,                     -- null: signs in by a link only
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    signed_in_at timestamptz,
    disabled_at timestamptz,
    CONSTRAINT account_role CHECK (role IN ('viewer', 'editor', 'publisher', 'admin')),
    CONSTRAINT account_language CHECK (language IN ('en', 'sv', 'fr')),
    CONSTRAINT account_email CHECK (email = lower(email))
);

-- table session: shared
CREATE TABLE parcours.session (             -- a browser that somebody signed in with
    session_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id integer NOT NULL REFERENCES parcours.account ON DELETE CASCADE,
    token_hash bytea NOT NULL UNIQUE,
    way text NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,           -- kept to the minute
    expires_at timestamptz NOT NULL,        -- whatever happens; being idle ends it earlier
    address text NOT NULL DEFAULT '',
    agent text NOT NULL DEFAULT '',
    CONSTRAINT session_way CHECK (way IN ('password', 'link', 'invitation'))
);
CREATE INDEX session_account ON parcours.session (account_id);

-- table sign_in_link: shared
CREATE TABLE parcours.sign_in_link (        -- signs somebody in once
    token_hash bytea PRIMARY KEY,
    account_id integer NOT NULL REFERENCES parcours.account ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX sign_in_link_account ON parcours.sign_in_link (account_id);

-- table invitation: shared
CREATE TABLE parcours.invitation (
    invitation_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    email text COLLATE "C" NOT NULL,
    role text NOT NULL,
    language text NOT NULL DEFAULT 'en',
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    withdrawn_at timestamptz,
    CONSTRAINT invitation_role CHECK (role IN ('viewer', 'editor', 'publisher', 'admin')),
    CONSTRAINT invitation_language CHECK (language IN ('en', 'sv', 'fr'))
);
CREATE UNIQUE INDEX invitation_open ON parcours.invitation (email)
    WHERE accepted_at IS NULL AND withdrawn_at IS NULL;

-- table api_key: shared
CREATE TABLE parcours.api_key (
    key_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE,  -- for ever, so that the audit means one key by it
    prefix text COLLATE "C" NOT NULL,       -- the beginning of the key, shown to recognise it
    secret_hash bytea NOT NULL UNIQUE,
    scopes text[] NOT NULL,
    person text NOT NULL,                   -- who stands behind it: whoever made it
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    expires_at timestamptz,
    used_at timestamptz,                    -- kept to the minute
    revoked_at timestamptz,
    revoked_by text,
    CONSTRAINT api_key_scopes
        CHECK (scopes <@ ARRAY['ingest', 'read', 'write', 'publish', 'admin'] AND cardinality(scopes) > 0)
);

-- table attempt: shared
CREATE TABLE parcours.attempt (             -- tries to sign in, by address and by account, in the window that began
    subject text COLLATE "C" PRIMARY KEY,
    n integer NOT NULL,
    since timestamptz NOT NULL
);
CREATE INDEX attempt_since ON parcours.attempt (since);

-- table approval: shared
CREATE TABLE parcours.approval (            -- a publish that waits for a second person
    approval_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    journey_id integer NOT NULL,
    version_id integer NOT NULL,
    fingerprint text NOT NULL,              -- of the definition and the choices that were asked for
    options jsonb NOT NULL DEFAULT '{}',
    reason text,
    asked_at timestamptz NOT NULL,
    asked_by text NOT NULL,
    person text NOT NULL,                   -- who stands behind it
    over_at timestamptz,
    outcome text,
    CONSTRAINT approval_outcome CHECK (outcome IN ('approved', 'replaced', 'withdrawn', 'void')),
    CONSTRAINT approval_over CHECK ((over_at IS NULL) = (outcome IS NULL))
);
CREATE UNIQUE INDEX approval_standing ON parcours.approval (version_id) WHERE over_at IS NULL;
