"""Patrol rounds: in which order to walk."""

from geodata.patrol.plan import plan_round, walk_length_m

__all__ = ["plan_round", "walk_length_m"]
