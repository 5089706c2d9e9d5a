"""Draft grids for an office that has none."""
