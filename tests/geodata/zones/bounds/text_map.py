"""Gazetteers from maps drawn as text: every letter is a node, `route` says which nodes a line runs through.

One character is 100 m wide, one line of text 100 m high; the last line lies at y = 0.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
from shapely.geometry import LineString, Polygon

from geodata.gazetteer import Gazetteer, build

STEP_M = 100.0
ORIGIN = np.array([474_000.0, 3_849_000.0])


def nodes(drawing: str) -> dict[str, tuple[float, float]]:
    """Return the letters of a drawing with their positions in metres, CRS EPSG:4547."""
    rows = drawing.strip("\n").splitlines()
    return {
        letter: tuple(ORIGIN + np.array([column, len(rows) - 1 - row]) * STEP_M)
        for row, text in enumerate(rows)
        for column, letter in enumerate(text)
        if letter.isalpha()
    }


def gazetteer(
    folder: Path, drawing: str, routes: dict[str, str], *, areas: dict[str, str] | None = None
) -> Gazetteer:
    """Return a gazetteer of lines through nodes: 路 and 街 are roads, 铁路 a railway, 河 and 渠 waters.

    Parameters
    ----------
    routes
        Nodes by the line's name; several pieces of a name are separated by a blank.
    areas
        Nodes of the outlines of named parks.
    """
    at = nodes(drawing)
    rows = [
        (name, _class(name), LineString([at[node] for node in piece]))
        for name, route in routes.items()
        for piece in route.split()
    ]
    lines = gpd.GeoDataFrame(rows, columns=["name", "class", "geometry"], geometry="geometry", crs=4547)
    pyogrio.write_dataframe(lines.assign(width_m=20.0), folder / "lines.gpkg", layer="line")
    if areas:
        shapes = [Polygon([at[node] for node in outline]) for outline in areas.values()]
        green = gpd.GeoDataFrame({"name": list(areas), "class": "park"}, geometry=shapes, crs=4547)
        pyogrio.write_dataframe(green, folder / "lines.gpkg", layer="green")
    build(lines=folder / "lines.gpkg", out=folder / "g.qgz")
    return Gazetteer.open(folder / "g.qgz")


def _class(name: str) -> str:
    if "铁路" in name:
        return "rail"
    return "water" if any(word in name for word in "河渠") else "road"


def polygon(drawing: str, route: str) -> Polygon:
    """Return the polygon through nodes."""
    at = nodes(drawing)
    return Polygon([at[node] for node in route])
