-- Messages are claimed for the versions that may send: those of a paused version are in nobody's way.
CREATE INDEX message_queue ON parcours.message (version_id, bucket, channel, due_at) WHERE state = 'queued';
DROP INDEX parcours.message_due;
