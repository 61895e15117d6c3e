"""People and events on their way in: read line by line, durable, told apart, merged."""
