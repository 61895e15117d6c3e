-- Who is to be forgotten, or to be shown all that is known, has several names: they are found from the one that stays.

CREATE INDEX IF NOT EXISTS identity_into ON parcours.identity (into_id);

-- A former name is forgotten with the person that it became part of; null: somebody by itself.
ALTER TABLE parcours.erasure ADD COLUMN IF NOT EXISTS root uuid;
CREATE INDEX IF NOT EXISTS erasure_root ON parcours.erasure (root) WHERE root IS NOT NULL;
