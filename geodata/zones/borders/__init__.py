"""The border segments of zones: where a line meets them, how far a place is, how likely it lies across."""
