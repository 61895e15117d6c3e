"""The only rooms that open connections: one module per kind of row, SQL in named files."""
