-- What alerts look at: who entered lately, and what was rejected lately.

-- table tally: shared
CREATE TABLE parcours.tally (
    journey_id integer PRIMARY KEY,
    entered bigint NOT NULL,                -- over all versions, when it was looked at last
    entered_at timestamptz NOT NULL         -- when that number was seen to grow
);

CREATE INDEX message_rejected ON parcours.message (settled_at) WHERE state = 'rejected';
