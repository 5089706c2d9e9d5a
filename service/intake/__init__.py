"""From an office's list to located records: read, recognise columns, draft, place, store."""
