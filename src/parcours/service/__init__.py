"""Commands of people: one function, one transaction."""
