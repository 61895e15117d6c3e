-- Audiences kept up to date: who belongs by condition, since when, and when time alone may change that.

-- In a simulation only what some trigger names is kept.
ALTER TABLE parcours.audience ADD COLUMN IF NOT EXISTS kept boolean NOT NULL DEFAULT true;

-- table belonging: person(bucket)
CREATE TABLE IF NOT EXISTS parcours.belonging (     -- of audiences by condition: whoever belongs, did, or may by time alone
    bucket integer NOT NULL,
    profile_id uuid NOT NULL,
    audience_key text COLLATE "C" NOT NULL,
    member boolean NOT NULL,
    since timestamptz,                      -- of the present membership, or the latest one
    until timestamptz,                      -- when it was left last
    recheck_at timestamptz,                 -- when time alone may change it; null where it cannot
    PRIMARY KEY (bucket, profile_id, audience_key)
) WITH (fillfactor = 85);
CREATE INDEX IF NOT EXISTS belonging_member ON parcours.belonging (audience_key, bucket, profile_id) WHERE member;
CREATE INDEX IF NOT EXISTS belonging_due ON parcours.belonging (audience_key, bucket, recheck_at) WHERE recheck_at IS NOT NULL;

-- Members of a list are counted and shown in the order of their keys.
CREATE INDEX IF NOT EXISTS membership_member ON parcours.membership (audience_key, bucket, profile_id);

-- table filling: person(bucket)
CREATE TABLE IF NOT EXISTS parcours.filling (       -- conditions that everybody is to be asked: the last person asked
    bucket integer NOT NULL,
    audience_key text COLLATE "C" NOT NULL,
    after uuid NOT NULL,
    PRIMARY KEY (bucket, audience_key)
) WITH (fillfactor = 50);

INSERT INTO parcours.filling (bucket, audience_key, after)
SELECT l.bucket, a.audience_key, '00000000-0000-0000-0000-000000000000'
FROM parcours.lease l CROSS JOIN parcours.audience a
WHERE a.definition IS NOT NULL
ON CONFLICT DO NOTHING;

-- What intake and workers must know of kept audiences: that they changed, and of which events they ask. Conditions that
-- stood before are read by the first worker, which writes it anew.
INSERT INTO parcours.setting (key, value)
SELECT 'audiences', jsonb_build_object('revision', 1, 'kept', count(*), 'events', jsonb_build_array('*'))
FROM parcours.audience WHERE definition IS NOT NULL
ON CONFLICT DO NOTHING;
