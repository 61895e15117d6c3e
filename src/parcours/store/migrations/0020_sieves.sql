-- Events that no trigger of a journey accepts, by their own properties, do not come into its inbox (decision 0055). Versions
-- published before have no sieves, and see everything as they did.
ALTER TABLE parcours.listener ADD COLUMN IF NOT EXISTS sieves text[];   -- ids; null: everything goes through
