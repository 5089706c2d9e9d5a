"""The map over HTTP: vector tiles, heat, the one table of looks as CSS and JSON, pasted coordinates."""
