"""What makes the basemap look alive: water and green areas, and building footprints by block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
import shapely.affinity
from numpy.typing import NDArray
from shapely import Polygon, STRtree
from shapely.geometry.base import BaseGeometry

from geodata.demo.authored import Line, Spot, ellipse, on_grid
from geodata.demo.blocks import Blocks, as_parts, without

Shape = tuple[str, BaseGeometry]


@dataclass(frozen=True, slots=True)
class Pattern:
    """How a block is built up: size of a house and distance to the next, metres; share left empty."""

    length_m: float
    depth_m: float
    step_x_m: float
    step_y_m: float
    empty: float


PATTERNS = (
    Pattern(50.0, 13.0, 60.0, 31.0, 0.06),  # rows of flats facing south
    Pattern(36.0, 13.0, 46.0, 33.0, 0.08),
    Pattern(30.0, 24.0, 44.0, 40.0, 0.12),  # offices and halls
    Pattern(22.0, 16.0, 32.0, 30.0, 0.15),
)

SHEDS = Pattern(22.0, 8.0, 90.0, 80.0, 0.5)  # huts of a building site


@dataclass(frozen=True, slots=True)
class Scenery:
    """Named polygons of the basemap; the name is empty for ordinary ones."""

    water: tuple[Shape, ...]
    green: tuple[Shape, ...]
    building: tuple[Shape, ...]


def water_areas(lines: Sequence[Line], lake: Polygon, *, name: str) -> list[Shape]:
    """Return canals at their width, and the lake."""
    canals = [(line.name, line.geometry.buffer(line.width_m / 2)) for line in lines if line.klass == "water"]
    return [*canals, (name, lake)]


def _lattice(ground: Polygon, pattern: Pattern, rng: np.random.Generator) -> list[Polygon]:
    """Return houses in rows along the long side of a plot, those that fit inside."""
    box = shapely.get_coordinates(ground.minimum_rotated_rectangle)[:4]
    sides = np.roll(box, -1, axis=0) - box
    # The side nearest to east-west, because flats here face south.
    along = max(sides, key=lambda side: abs(side[0]) / np.hypot(*side))
    along = along / np.hypot(*along) * np.sign(along[0])
    across = np.array([-along[1], along[0]])
    middle = box.mean(axis=0)
    reach = float(np.hypot(*(box[2] - box[0]))) / 2
    x = np.arange(-reach, reach, pattern.step_x_m)
    y = np.arange(-reach, reach, pattern.step_y_m)
    at = np.array([(a, b) for b in y for a in x])
    keep = rng.random(len(at)) >= pattern.empty
    half = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [pattern.length_m / 2, pattern.depth_m / 2]
    stretch = rng.uniform(0.86, 1.1, (len(at), 1, 1))
    local = at[:, None, :] + half[None, :, :] * stretch
    xy = middle + local[..., :1] * along + local[..., 1:] * across
    houses = shapely.polygons(xy[keep])
    shapely.prepare(ground)
    return [house for house, fits in zip(houses, shapely.contains(ground, houses), strict=True) if fits]


def ring_towers(lines_table: Mapping[str, Any], centre: NDArray[np.float64]) -> list[Polygon]:
    """Return two rows of towers between the ring roads and one outside, turned to the centre."""
    outer, inner = (np.asarray(ring["half_axes_m"], dtype=float) for ring in lines_table["ring"])
    towers: list[Polygon] = []
    for axes, count, size in (
        (inner + 48.0, 66, (34.0, 15.0)), (outer - 52.0, 52, (30.0, 30.0)), (outer + 62.0, 54, (32.0, 32.0)),
    ):  # fmt: skip
        bearings = np.arange(count) * 360.0 / count + 3.0
        axis = lines_table["ring"][0]["long_axis_bearing_deg"]
        for bearing, (x, y) in zip(
            bearings, ellipse(centre, axes, long_axis_bearing_deg=axis, bearings_deg=bearings), strict=True
        ):
            box = shapely.box(x - size[0] / 2, y - size[1] / 2, x + size[0] / 2, y + size[1] / 2)
            towers.append(shapely.affinity.rotate(box, -bearing, origin=(x, y)))
    return towers


def build_scenery(
    blocks: Blocks, lines: Sequence[Line], spots: Sequence[tuple[Spot, Polygon | None]], *,
    lake: tuple[str, Polygon], inner_disc: Polygon, towers: Sequence[Polygon], rng: np.random.Generator,
) -> Scenery:  # fmt: skip
    """Return water, green areas and buildings.

    Parameters
    ----------
    blocks, lines
        Blocks and all lines, district CRS.
    spots
        Places with their footprints.
    lake
        Name and outline.
    inner_disc
        Ground inside the inner ring road: a park round the lake, built up only by landmarks.
    towers
        Towers along the rings.
    """
    water = water_areas(lines, lake[1], name=lake[0])
    wet = shapely.union_all([shape for _, shape in water])
    roads = [line for line in lines if line.klass != "water"]
    taken = shapely.union_all([line.geometry.buffer(line.width_m / 2) for line in roads]).union(wet)
    banks = wet.buffer(30.0).difference(taken.buffer(2.0)).intersection(blocks.district)
    park = next(spot.name for spot, _ in spots if spot.kind == "公园" and inner_disc.contains(spot.geometry))
    green: list[Shape] = [
        *(("", part) for part in as_parts(banks)),
        (park, inner_disc.difference(taken.buffer(4.0))),
    ]
    free = [line.geometry.buffer(line.width_m / 2 + 7.0) for line in roads] + [
        shape.buffer(32.0) for _, shape in water
    ]
    houses: list[Polygon] = []
    for block, left in zip(blocks.blocks, without(blocks.blocks, free), strict=True):
        ground = max(as_parts(left) or [Polygon()], key=lambda part: part.area)
        if ground.is_empty or block.intersects(inner_disc.buffer(-20.0)):
            continue
        use = next(
            (spot for spot, _ in spots if spot.kind in ("公园", "工地") and block.contains(spot.geometry)),
            None,
        )
        if use is not None and use.kind == "公园":
            green.append((use.name, ground.buffer(4.0)))
        else:
            pattern = SHEDS if use else PATTERNS[int(rng.choice(len(PATTERNS), p=[0.42, 0.28, 0.18, 0.12]))]
            houses += _lattice(ground, pattern, rng)
    footprints = [(spot.name, shape) for spot, shape in spots if shape is not None]
    high = [tower for tower in towers if blocks.district.contains(tower)]
    kept = _clear_of(houses, [*(shape for _, shape in footprints), *high], 8.0)
    kept += _clear_of(_clear_of(high, [shape for _, shape in footprints], 5.0), [taken], 3.0)
    layers = (water, green, [*footprints, *(("", house) for house in kept)])
    return Scenery(
        *(tuple((name, on_grid(shape)) for name, shape in layer if not shape.is_empty) for layer in layers)
    )


def _clear_of(shapes: Sequence[Polygon], others: Sequence[BaseGeometry], distance_m: float) -> list[Polygon]:
    """Return the shapes that keep a distance to all others."""
    hit = set(STRtree(others).query(shapes, predicate="dwithin", distance=distance_m)[0].tolist())
    return [shape for number, shape in enumerate(shapes) if number not in hit]
