"""Grids drawn for communities that have none: a draft by blocks of streets, kept as a drawing."""
