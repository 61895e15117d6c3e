-- Senders: addresses that mails come from, with a name (decision 0058).

-- table sender: shared
CREATE TABLE IF NOT EXISTS parcours.sender (
    sender_key text COLLATE "C" PRIMARY KEY,
    name text NOT NULL DEFAULT '',          -- what readers see beside the address
    address text NOT NULL,
    reply_to text,                          -- null: answers go to the address
    usual boolean NOT NULL DEFAULT false,   -- for journeys that name none
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS sender_usual ON parcours.sender (usual) WHERE usual;
CREATE UNIQUE INDEX IF NOT EXISTS sender_address ON parcours.sender (lower(address));
