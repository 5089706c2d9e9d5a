"""Communities from a table of their bounds (四至): words to lines, lines to polygons, a draft for a person."""
