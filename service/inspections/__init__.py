"""Inspections 检查: a place looked at with a check-sheet; what fails becomes a problem, what passes counts too."""
