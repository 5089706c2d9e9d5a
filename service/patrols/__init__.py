"""Rounds for grid managers: a grid's open problems in walking order, on a phone."""
