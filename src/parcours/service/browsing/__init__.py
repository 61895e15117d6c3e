"""Reading for people who look: lists in pages, reports, live numbers; and what an editor of drafts needs."""
