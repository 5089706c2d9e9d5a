"""Maps and pictures of problems: folium exports and report figures. No web, no database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from maps.layers import Unplaced
    from maps.page import problem_map

__all__ = ["Unplaced", "problem_map"]


def __getattr__(name: str) -> Any:
    # `maps.style` is asked by every page of the service; it must not load folium and geopandas (1.1 s).
    if name == "problem_map":
        from maps.page import problem_map

        return problem_map
    if name == "Unplaced":
        from maps.layers import Unplaced

        return Unplaced
    raise AttributeError(f"module 'maps' has no attribute {name!r}")
