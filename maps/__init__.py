"""Maps and pictures of problems: folium exports and report figures. No web, no database."""

from maps.layers import Unplaced
from maps.page import problem_map

__all__ = ["Unplaced", "problem_map"]
