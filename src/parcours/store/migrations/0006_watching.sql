-- What watches: commands given for later, the ledger checked by the engine, alerts and their notices.

-- A row with an actor is a command that somebody gave for later; one without follows from a definition or a pause.
ALTER TABLE parcours.scheduled_command
    ALTER COLUMN version_id DROP NOT NULL,  -- of a given command: null where it means every version to which it then applies
    ADD COLUMN journey_id integer,          -- of a given command only
    ADD COLUMN actor text,
    ADD COLUMN given_at timestamptz,
    ADD COLUMN options jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN reason text,
    ADD COLUMN outcome text,                -- of a given command that is over: done | unchanged | refused | withdrawn | void
    ADD COLUMN refused text,                -- the code, where it was refused
    ADD COLUMN said text,                   -- and what was said then
    ADD CONSTRAINT scheduled_whose CHECK (version_id IS NOT NULL OR journey_id IS NOT NULL),
    ADD CONSTRAINT scheduled_given CHECK ((actor IS NULL) = (journey_id IS NULL)),
    ADD CONSTRAINT scheduled_outcome
        CHECK (outcome IS NULL OR outcome IN ('done', 'unchanged', 'refused', 'withdrawn', 'void'));

-- table watch: shared
CREATE TABLE parcours.watch (               -- what is asked of single journeys, in place of the general settings
    journey_id integer PRIMARY KEY,
    entrants_within interval                -- an alert where nobody enters for so long; zero: never
);

-- table ledger_check: person(bucket)
CREATE TABLE parcours.ledger_check (        -- when the ledger of a version was held against its people here
    bucket integer NOT NULL,
    version_id integer NOT NULL,
    checked_at timestamptz NOT NULL,
    PRIMARY KEY (bucket, version_id)
);

-- table mismatch: person(bucket)
CREATE TABLE parcours.mismatch (            -- an equation of the ledger that did not hold, with its numbers
    bucket integer NOT NULL,
    version_id integer NOT NULL,
    equation text COLLATE "C" NOT NULL,
    expected bigint NOT NULL,
    found bigint NOT NULL,
    since timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    cleared_at timestamptz,                 -- it holds again; the row stays, as what happened
    PRIMARY KEY (bucket, version_id, equation, since)
);

-- table alert: shared
CREATE TABLE parcours.alert (
    alert_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_key text COLLATE "C" NOT NULL,    -- kind, or kind/journey, or kind/journey/version
    kind text NOT NULL,
    severity text NOT NULL,
    journey_key text COLLATE "C",           -- null where it concerns the installation
    said text NOT NULL,
    remedy text NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',
    since timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    cleared_at timestamptz,
    CONSTRAINT alert_severity CHECK (severity IN ('warning', 'critical'))
);
CREATE UNIQUE INDEX alert_open ON parcours.alert (alert_key) WHERE cleared_at IS NULL;

-- table notice: shared
CREATE TABLE parcours.notice (              -- what is to be told of an alert, by each way, until it was taken
    notice_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id bigint NOT NULL REFERENCES parcours.alert ON DELETE CASCADE,
    way text NOT NULL,                      -- mail | webhook
    tells text NOT NULL,                    -- raised | cleared
    due_at timestamptz NOT NULL,
    tries integer NOT NULL DEFAULT 0,
    detail text,                            -- why the latest try was in vain
    taken_at timestamptz,                   -- the other side took it
    given_up_at timestamptz,
    UNIQUE (alert_id, way, tells),
    CONSTRAINT notice_way CHECK (way IN ('mail', 'webhook')),
    CONSTRAINT notice_tells CHECK (tells IN ('raised', 'cleared'))
);
CREATE INDEX notice_due ON parcours.notice (due_at) WHERE taken_at IS NULL AND given_up_at IS NULL;
