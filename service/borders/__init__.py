"""Borders through time: proposals of new ones, what they move, and who decides."""
