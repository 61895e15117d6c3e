-- Who may be written to: subscription types, what people have said about them, addresses that are written to no more;
-- and what people may ask for: to be erased. Keys by which links in mails are signed.

-- table subscription_type: shared
CREATE TABLE parcours.subscription_type (
    subscription_key text COLLATE "C" PRIMARY KEY,
    names jsonb NOT NULL DEFAULT '{}',      -- language (en, sv, fr) -> what people read
    descriptions jsonb NOT NULL DEFAULT '{}',
    usual text NOT NULL,                    -- of whoever has said nothing: in | out
    created_at timestamptz NOT NULL,
    CONSTRAINT subscription_usual CHECK (usual IN ('in', 'out'))
);

-- table consent: person(bucket)
CREATE TABLE parcours.consent (             -- the latest that a person said
    bucket integer NOT NULL,
    profile_id uuid NOT NULL,
    subscription_key text COLLATE "C" NOT NULL, -- '*': all that is advertising
    state text NOT NULL,
    changed_at timestamptz NOT NULL,
    feed_no bigint NOT NULL,                -- which was later, where instants are equal
    by_what text NOT NULL,                  -- page | one_click | feed | api:NAME | cli:NAME
    source text,                            -- where it was said: a form, a campaign, the message that held the link
    PRIMARY KEY (bucket, profile_id, subscription_key),
    CONSTRAINT consent_state CHECK (state IN ('in', 'out'))
) WITH (fillfactor = 90);

-- table consent_log: person(bucket)
CREATE TABLE parcours.consent_log (         -- all that a person ever said: the proof
    bucket integer NOT NULL,
    profile_id uuid NOT NULL,
    subscription_key text COLLATE "C" NOT NULL,
    changed_at timestamptz NOT NULL,
    feed_no bigint NOT NULL,
    state text NOT NULL,
    by_what text NOT NULL,
    source text,
    PRIMARY KEY (bucket, profile_id, subscription_key, changed_at, feed_no)
);

-- table suppression: shared
CREATE TABLE parcours.suppression (         -- addresses that are written to no more
    address_key bytea NOT NULL,             -- parcours.address_key of it
    reason text NOT NULL,
    address text,                           -- null once its person was erased
    detail text,
    added_by text NOT NULL,
    added_at timestamptz NOT NULL,
    PRIMARY KEY (address_key, reason),
    CONSTRAINT suppression_reason CHECK (reason IN ('bounce', 'complaint', 'manual', 'erased'))
);

-- table signing_key: shared
CREATE TABLE parcours.signing_key (         -- links in mails are signed by the newest, and taken by all that are not retired
    key_no integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    secret bytea NOT NULL,
    created_at timestamptz NOT NULL,
    retired_at timestamptz
);

-- table erasure: person(bucket)
CREATE TABLE parcours.erasure (             -- people who are to be forgotten, and were
    bucket integer NOT NULL,
    profile_id uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    asked_by text NOT NULL,
    barrier text,                           -- transactions before it may still write about the person
    looked_at timestamptz,                  -- when it was tried last
    done_at timestamptz,
    counts jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (bucket, profile_id)
);

-- table retention_walk: person(bucket)
CREATE TABLE parcours.retention_walk (      -- how far the removal of what is old has come today
    bucket integer PRIMARY KEY,
    began_at timestamptz NOT NULL,
    after uuid,                             -- the last person looked at; null when everybody was
    removed jsonb NOT NULL DEFAULT '{}'
);

ALTER TABLE parcours.message ADD COLUMN IF NOT EXISTS transactional boolean NOT NULL DEFAULT false;

INSERT INTO parcours.signing_key (secret, created_at)
SELECT decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'), '2020-01-01 00:00:00+00';
INSERT INTO parcours.setting (key, value)
VALUES ('address_salt', to_jsonb(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')))
ON CONFLICT (key) DO NOTHING;

-- An address as the suppression list knows it: however it is written, and not to be read back without what this
-- installation alone knows.
CREATE OR REPLACE FUNCTION parcours.address_key(address text) RETURNS bytea
LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$
    SELECT sha256(convert_to((SELECT s.value #>> '{}' FROM parcours.setting s WHERE s.key = 'address_salt')
        || lower(btrim(address) COLLATE "C"), 'UTF8'))
$$;
