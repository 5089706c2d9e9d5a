"""What was drawn by hand: control points of lines, rings and outlines, read from the TOML tables.

Coordinates in the tables are metres east and north of a stated origin; everything that leaves this
module is in the district's CRS (EPSG:4547, x east, y north, metres, rounded to the millimetre).
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import shapely
import shapely.ops
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicHermiteSpline
from shapely import LineString, Point, Polygon

HERE = Path(__file__).parent
STEP_M = 12.0
LineClass = Literal["road", "rail", "water", "border"]

G = TypeVar("G")


@dataclass(frozen=True, slots=True)
class Line:
    """A named centre line; `rank` is main, minor (halving a block) or ring."""

    name: str
    klass: LineClass
    width_m: float
    geometry: LineString
    rank: Literal["main", "minor", "ring"] = "main"

    def with_geometry(self, geometry: LineString) -> Line:
        """Return the same line on another course."""
        return replace(self, geometry=geometry)


@dataclass(frozen=True, slots=True)
class Spot:
    """A named place; `kind` is its class word."""

    name: str
    kind: str
    geometry: Point


def read_table(name: str) -> Mapping[str, Any]:
    """Return one TOML table of this package."""
    with (HERE / name).open("rb") as file:
        return tomllib.load(file)


def on_grid(geometry: G) -> G:
    """Return a geometry with its coordinates rounded to the millimetre."""
    given: Any = geometry
    rounded: G = shapely.transform(given, lambda xy: np.round(xy, 3))
    return rounded


def smooth(points: ArrayLike, *, step_m: float = STEP_M) -> NDArray[np.float64]:
    """Return a smooth curve through control points.

    Parameters
    ----------
    points
        Control points in metres, shape (n, 2), n >= 2, no repeated neighbours.
    step_m
        Distance between the points of the curve.

    Notes
    -----
    A cubic Hermite spline over chord length whose tangents are those of the non-uniform Catmull-Rom
    spline: local, so that a mended control point does not move the far end of a street.
    """
    control = np.asarray(points, dtype=float)
    chord = np.hypot(*np.diff(control, axis=0).T)
    at = np.concatenate([[0.0], np.cumsum(chord)])
    slope = np.diff(control, axis=0) / chord[:, None]
    tangent = np.vstack([slope[:1], slope[-1:]]) if len(control) == 2 else np.empty_like(control)
    if len(control) > 2:
        before, after = chord[:-1, None], chord[1:, None]
        tangent[1:-1] = (slope[:-1] * after + slope[1:] * before) / (before + after)
        tangent[0], tangent[-1] = slope[0], slope[-1]
    count = max(2, int(at[-1] / step_m) + 1)
    curve: NDArray[np.float64] = CubicHermiteSpline(at, control, tangent)(np.linspace(0.0, at[-1], count))
    return curve


def ellipse(
    centre: ArrayLike, half_axes_m: ArrayLike, *, long_axis_bearing_deg: float, bearings_deg: ArrayLike
) -> NDArray[np.float64]:
    """Return the points of an ellipse seen from its centre under given bearings, shape (n, 2)."""
    middle, (a, b) = np.asarray(centre, dtype=float), np.asarray(half_axes_m, dtype=float)
    bearing = np.radians(np.asarray(bearings_deg, dtype=float))
    off = bearing - np.radians(long_axis_bearing_deg)
    radius = a * b / np.hypot(b * np.cos(off), a * np.sin(off))
    xy: NDArray[np.float64] = middle + radius[:, None] * np.column_stack([np.sin(bearing), np.cos(bearing)])
    return xy


def _fixed_length(curve: LineString, length_m: float) -> LineString:
    spare = curve.length - length_m
    if spare < 0:
        raise ValueError(f"an authored line is {-spare:.0f} m too short for its stated length")
    piece = shapely.ops.substring(curve, spare / 2, spare / 2 + length_m)
    return LineString(piece.coords)


def read_lines() -> list[Line]:
    """Return all authored lines, rings first, untrimmed and without shared vertices."""
    district, table = read_table("district.toml"), read_table("lines.toml")
    origin = np.asarray(district["origin_m"], dtype=float)
    lines: list[Line] = []
    for ring in table["ring"]:
        bearings = np.linspace(180.0, 540.0, 361)
        xy = ellipse(
            district["ring_centre_m"],
            ring["half_axes_m"],
            long_axis_bearing_deg=ring["long_axis_bearing_deg"],
            bearings_deg=bearings,
        )
        xy[-1] = xy[0]
        lines.append(Line(ring["name"], "road", ring["width_m"], on_grid(LineString(xy + origin)), "ring"))
    for row in table["line"]:
        curve = LineString(smooth(row["points"]) + origin)
        if "length_m" in row:
            curve = _fixed_length(curve, row["length_m"])
        lines.append(Line(row["name"], row["class"], row["width_m"], on_grid(curve)))
    return lines


def east_border(lines: Sequence[Line]) -> Line:
    """Return the line that closes the district on the east, parallel to the railway, running north."""
    district = read_table("district.toml")
    rail = next(line for line in lines if line.name == district["rail"])
    # of a single line without sharp bends: one line again
    course: Any = rail.geometry.parallel_offset(district["east_of_rail_m"], "right")
    if course.coords[0][1] > course.coords[-1][1]:
        course = course.reverse()
    return Line("", "border", 0.0, on_grid(course))


def read_lake() -> Polygon:
    """Return the lake's outline."""
    district = read_table("district.toml")
    outline = district["lake"]["outline"]
    closed = smooth([outline[-1], *outline, *outline[:2]])
    # The spline is closed by overlapping one span at each end; the buffer pair cleans the overlap.
    ring = Polygon(closed + np.asarray(district["origin_m"], dtype=float)).buffer(0)
    largest: Polygon = max(shapely.get_parts(ring), key=lambda part: part.area)
    return on_grid(largest)


def read_spots() -> list[Spot]:
    """Return the authored places."""
    origin = np.asarray(read_table("district.toml")["origin_m"], dtype=float)
    with (HERE / "places.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["name"]]
    return [
        Spot(
            row["name"], row["class"], Point(origin + np.array([float(row["east_m"]), float(row["north_m"])]))
        )
        for row in rows
    ]
