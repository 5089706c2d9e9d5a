"""Named places and their footprints, moved off streets and water where the drawing was careless."""

from __future__ import annotations

import csv
from collections.abc import Sequence

import numpy as np
import shapely
import shapely.affinity
from shapely import Point, Polygon

from geodata.demo.authored import HERE, Line, Spot, on_grid, read_spots
from geodata.demo.blocks import Blocks, as_parts, without

Standing = tuple[Spot, Polygon | None]


def _footprint(at: Point, length_m: float, depth_m: float, turn_deg: float) -> Polygon:
    box = shapely.box(at.x - length_m / 2, at.y - depth_m / 2, at.x + length_m / 2, at.y + depth_m / 2)
    return shapely.affinity.rotate(box, turn_deg, origin=(at.x, at.y))


def settle(shape: Polygon, ground: Polygon) -> Polygon:
    """Return a footprint moved towards the middle of a plot until it stands inside, at most to the middle."""
    middle, start = np.asarray(ground.representative_point().coords[0]), np.asarray(shape.centroid.coords[0])
    for share in np.linspace(0.0, 1.0, 41):
        moved = shapely.affinity.translate(shape, *((middle - start) * share))
        if ground.contains(moved):
            return moved
    return shapely.affinity.translate(shape, *(middle - start))


def plots(blocks: Blocks, lines: Sequence[Line], lake: Polygon) -> list[Polygon]:
    """Return the ground of the blocks that is neither street nor water, in the order of the blocks."""
    taken = [*(line.geometry.buffer(line.width_m / 2 + 4.0) for line in lines), lake.buffer(4.0)]
    return [part for left in without(blocks.blocks, taken) for part in as_parts(left)]


def stand_places(blocks: Blocks, lines: Sequence[Line], lake: Polygon) -> list[Standing]:
    """Return the authored places with their footprints (None where a place has none).

    A place lies at the middle of its footprint; one without a footprint that was drawn on a street
    moves to the middle of the nearest plot. Parks and building sites lie in the middle of theirs.
    """
    ground = plots(blocks, lines, lake)
    tree = shapely.STRtree(ground)
    with (HERE / "places.csv").open(encoding="utf-8", newline="") as file:
        sizes = [
            (float(row["length_m"]), float(row["depth_m"]), float(row["turn_deg"]))
            for row in csv.DictReader(file)
        ]
    found: list[Standing] = []
    for spot, (length_m, depth_m, turn_deg) in zip(read_spots(), sizes, strict=True):
        plot = ground[int(tree.nearest(spot.geometry))]
        if length_m:
            shape = on_grid(settle(_footprint(spot.geometry, length_m, depth_m, turn_deg), plot))
            found.append((Spot(spot.name, spot.kind, on_grid(shape.centroid)), shape))
        elif spot.kind == "工地" or not plot.contains(spot.geometry):
            found.append((Spot(spot.name, spot.kind, on_grid(plot.representative_point())), None))
        else:
            found.append((spot, None))
    return found
