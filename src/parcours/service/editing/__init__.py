"""Definitions: files read, drafts saved, everything said about them before they are published."""
