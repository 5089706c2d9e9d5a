"""Everything that lasts, waits, or is asked over HTTP; one folder per feature."""
