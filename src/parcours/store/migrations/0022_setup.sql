-- Codes by which the first administrator is made in the browser (decision 0057); of each only its SHA-256 is kept.

-- table setup_code: shared
CREATE TABLE IF NOT EXISTS parcours.setup_code (
    code_hash bytea PRIMARY KEY,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

ALTER TABLE parcours.session DROP CONSTRAINT IF EXISTS session_way;
ALTER TABLE parcours.session ADD CONSTRAINT session_way CHECK (way IN ('password', 'link', 'invitation', 'setup'));
