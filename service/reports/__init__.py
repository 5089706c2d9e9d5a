"""Reports for the leadership: one week on one page."""
