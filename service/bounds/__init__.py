"""The table of bounds (四至) in the browser: written or uploaded, closed on the map, kept as a drawing."""
