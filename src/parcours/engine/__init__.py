"""Commands of time: units of work, delivery, the worker."""
