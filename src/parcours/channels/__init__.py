"""How a message leaves the house: channels, and what they carry. Imports nothing above it, no store."""
