"""Roads and places of an office: its sources, what people draw, and what a change moves."""
