-- Transfer: a passage that takes somebody over to another version says from which, so that both ledgers can count it.
ALTER TABLE parcours.passage ADD COLUMN IF NOT EXISTS moved_from integer;
