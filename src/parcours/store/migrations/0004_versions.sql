-- What is left of deleted journeys and versions, what is still to be removed behind a deletion, and the switch that
-- holds all sending.

-- table deleted_journey: shared
CREATE TABLE parcours.deleted_journey (
    journey_id integer PRIMARY KEY,
    journey_key text COLLATE "C" NOT NULL,  -- may be that of a later journey too
    name text NOT NULL,
    folder text NOT NULL,
    created_at timestamptz NOT NULL,
    deleted_at timestamptz NOT NULL,
    deleted_by text NOT NULL,
    reason text
);
CREATE INDEX deleted_journey_key ON parcours.deleted_journey (journey_key, journey_id);

-- table deleted_version: shared
CREATE TABLE parcours.deleted_version (     -- published ones; of a draft nothing is left but the audit
    version_id integer PRIMARY KEY,
    journey_id integer NOT NULL,
    version_no integer NOT NULL,
    status text NOT NULL,
    published_at timestamptz,
    stopped_at timestamptz,
    finished_at timestamptz,
    deleted_at timestamptz NOT NULL,
    deleted_by text NOT NULL,
    reason text,
    stopped_with boolean NOT NULL,          -- stopped by the deletion: nobody is swept, people are cancelled all the same
    totals jsonb NOT NULL                   -- its ledger, all buckets together
);
CREATE INDEX deleted_version_journey ON parcours.deleted_version (journey_id);

-- table removal: shared
CREATE TABLE parcours.removal (             -- rows of people that are still to be removed, bucket by bucket
    removal_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bucket integer NOT NULL,
    journey_id integer NOT NULL,
    versions integer[] NOT NULL,
    whole boolean NOT NULL,                 -- the journey; else versions of it, whose passages count on for re-entry
    after uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'
);

-- table hold: shared
CREATE TABLE parcours.hold (                -- no message of any journey leaves from held_at to released_at
    hold_no integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    held_at timestamptz NOT NULL,
    held_by text NOT NULL,
    reason text,
    released_at timestamptz,
    released_by text
);
CREATE UNIQUE INDEX hold_one ON parcours.hold ((released_at IS NULL)) WHERE released_at IS NULL;

-- Journeys and versions with the deleted ones: for those who look at rows that are not removed yet.
CREATE VIEW parcours.journey_ever AS
SELECT j.journey_id, j.journey_key FROM parcours.journey j
UNION ALL SELECT d.journey_id, d.journey_key FROM parcours.deleted_journey d;

CREATE VIEW parcours.version_ever AS
SELECT v.version_id, v.journey_id, v.version_no, v.status, NULL::timestamptz AS cancelled_at FROM parcours.version v
UNION ALL
SELECT d.version_id, d.journey_id, d.version_no, d.status, CASE WHEN d.stopped_with THEN d.deleted_at END
FROM parcours.deleted_version d;
