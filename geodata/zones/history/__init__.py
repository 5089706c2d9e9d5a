"""Zones with valid dates: versions, what a change of borders moves."""
