"""Audiences as people define and change them: conditions, lists, files, counts."""
