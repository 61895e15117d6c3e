"""Why something happened to a person, or did not: what was recorded, and what holds now."""
