"""What travels over HTTP, with examples: one module for each subject."""
