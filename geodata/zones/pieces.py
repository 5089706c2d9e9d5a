"""Geometries to pieces that each lie in one zone of every level."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.zones.borders.grid import TOUCH_M
from geodata.zones.borders.segments import as_points
from geodata.zones.cutting.lines import LineCuts, broken
from geodata.zones.cutting.tracks import tracks_of
from geodata.zones.model import LEVELS, Level

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geodata.zones.snapshot import Snapshot

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]
    Shapes = NDArray[np.object_]

# A line is sampled this often for its probabilities; each piece at least once.
_SAMPLES = 32


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a geometry: its size (1, metres, or m²), its zone numbers, places that stand for it."""

    size: float
    zones: Mapping[Level, int]
    samples: Floats


@dataclass(frozen=True, slots=True)
class Division:
    """The pieces of each geometry, and what each zone of each level has of it, by (row, zone)."""

    pieces: list[list[Piece]]
    shares: Mapping[Level, dict[tuple[int, int], BaseGeometry]] = field(
        default_factory=lambda: {level: {} for level in LEVELS}
    )

    def replace(
        self, row: int, pieces: list[Piece], shares: Mapping[Level, Mapping[int, BaseGeometry]]
    ) -> None:
        """Divide one geometry otherwise."""
        old, self.pieces[row] = self.pieces[row], pieces
        for level in LEVELS:
            for zone in {piece.zones[level] for piece in old}:
                del self.shares[level][row, zone]
            self.shares[level].update({(row, zone): shape for zone, shape in shares[level].items()})


def divided(snapshot: Snapshot, shapes: Shapes) -> Division:
    """Return the pieces of each geometry; a line or area shrunk to nothing counts as a point."""
    result = Division(pieces=[[] for _ in shapes])
    dimensions = shapely.get_dimensions(shapes)
    _divide_lines(snapshot, shapes, np.flatnonzero(dimensions == 1), result)
    _divide_areas(snapshot, shapes, np.flatnonzero(dimensions == 2), result)
    points = [row for row, pieces in enumerate(result.pieces) if not pieces]
    _divide_points(snapshot, shapes, np.array(points, dtype=np.intp), result)
    return result


def _divide_points(snapshot: Snapshot, shapes: Shapes, rows: Indices, result: Division) -> None:
    if not len(rows):
        return
    coordinates, owner = shapely.get_coordinates(shapes[rows], return_index=True)
    xy = coordinates[np.searchsorted(owner, np.arange(len(rows)))]
    spots = as_points(xy)
    zones = _by_row(snapshot.label(xy))
    for at, row in enumerate(rows.tolist()):
        result.pieces[row].append(Piece(1.0, zones[at], xy[at : at + 1]))
        for level in LEVELS:
            result.shares[level][row, zones[at][level]] = spots[at]


def _divide_lines(snapshot: Snapshot, shapes: Shapes, rows: Indices, result: Division) -> None:
    tracks = tracks_of(shapes[rows])
    if not len(tracks):
        return
    every = broken(tracks, [snapshot.levels[level].zones.borders for level in LEVELS])
    # A piece that runs along a border touches both sides there: the lowest code has it.
    labels = snapshot.label(every.middles(), touch_m=TOUCH_M)
    stretches, table = every.joined(np.column_stack([labels[level] for level in LEVELS]))
    line, length = stretches.line, stretches.end_m - stretches.start_m
    whole = np.bincount(line, weights=length, minlength=len(rows))
    counts = np.maximum(np.round(_SAMPLES * length / whole[line]), 1).astype(np.intp)
    samples = np.split(stretches.samples(counts), np.cumsum(counts)[:-1])
    zones = _by_row({level: table[:, at] for at, level in enumerate(LEVELS)})
    for row, size, own, places in zip(rows[line].tolist(), length.tolist(), zones, samples, strict=True):
        result.pieces[row].append(Piece(size, own, places))
    for level in LEVELS:
        own_stretches, zone = every.joined(labels[level])
        parts = LineCuts(own_stretches.line, zone, own_stretches).by_zone()
        keys = zip(rows[parts.line].tolist(), parts.zone.tolist(), strict=True)
        result.shares[level].update(zip(keys, parts.geometry, strict=True))


def _divide_areas(snapshot: Snapshot, shapes: Shapes, rows: Indices, result: Division) -> None:
    if not len(rows):
        return
    community, grid = snapshot.levels["community"], snapshot.levels["grid"]
    parts = community.areas.divide(shapes[rows])
    pieces = grid.areas.divide(parts.geometry, family=parts.zone, families=grid.parent)
    part, inner = pieces.area, shapely.get_coordinates(shapely.point_on_surface(pieces.geometry))
    labels: dict[Level, Indices] = {
        "subdistrict": snapshot.label(inner)["subdistrict"],
        "community": parts.zone[part],
        "grid": pieces.zone,
    }
    owner, sizes = rows[parts.area[part]].tolist(), pieces.area_m2.tolist()
    for at, (row, zones) in enumerate(zip(owner, _by_row(labels), strict=True)):
        result.pieces[row].append(Piece(sizes[at], zones, inner[at : at + 1]))
    for level in LEVELS:
        groups: dict[tuple[int, int], list[int]] = defaultdict(list)
        for at, key in enumerate(zip(owner, labels[level].tolist(), strict=True)):
            groups[key].append(at)
        for key, own in groups.items():
            together = pieces.geometry[own]
            result.shares[level][key] = together[0] if len(own) == 1 else shapely.union_all(together)


def _by_row(labels: Mapping[Level, Indices]) -> list[dict[Level, int]]:
    """Return one mapping per row from columns by level."""
    table = np.column_stack([labels[level] for level in LEVELS]).tolist()
    return [dict(zip(LEVELS, row, strict=True)) for row in table]
