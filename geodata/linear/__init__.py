"""Centre lines: distance along them, chainage, sides, walking. Plain geometry, no names."""

from geodata.linear.locate import along, offset_side, side_vector, sub_line, walk
from geodata.linear.route import Route
from geodata.linear.spine import spine

__all__ = ["Route", "along", "offset_side", "side_vector", "spine", "sub_line", "walk"]
