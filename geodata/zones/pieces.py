"""Geometries to pieces that each lie in one zone of every level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import MultiPolygon

from geodata.zones.cuts import TOUCH_M, Run, Track, as_lines, cut_measures, joined, merged, tracks_of
from geodata.zones.lookup.build import NOWHERE
from geodata.zones.model import LEVELS, Level

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geodata.zones.snapshot import LevelIndex, Snapshot

    Floats = NDArray[np.float64]
    Shapes = NDArray[np.object_]

# A line is sampled this often for its probabilities; each piece at least once.
_SAMPLES = 32
# Pieces below this are rounding, not places.
_DUST_M = 1e-6
_DUST_M2 = 1e-4


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a geometry: its size (1, metres, or m²), its zone numbers, places that stand for it."""

    size: float
    zones: Mapping[Level, int]
    samples: Floats
    geometry: BaseGeometry | None = None
    run: Run | None = None


def cut_all(snapshot: Snapshot, shapes: Shapes) -> list[list[Piece]]:
    """Return the pieces of each geometry; a line or area shrunk to nothing counts as a point."""
    tracks = [tracks_of(shape) if shapely.get_dimensions(shape) == 1 else [] for shape in shapes]
    is_area = (shapely.get_dimensions(shapes) == 2) & (shapely.area(shapes) > 0)
    pieces: list[list[Piece]] = [[] for _ in shapes]
    points = [row for row in range(len(shapes)) if not tracks[row] and not is_area[row]]
    for row, piece in zip(points, _point_pieces(snapshot, shapes[points]), strict=True):
        pieces[row] = [piece]
    lines = [row for row in range(len(shapes)) if tracks[row]]
    for row, found in zip(lines, _line_pieces(snapshot, [tracks[row] for row in lines]), strict=True):
        pieces[row] = found
    for row in np.flatnonzero(is_area).tolist():
        pieces[row] = _area_pieces(snapshot, shapes[row])
    return pieces


def together(pieces: Sequence[Piece]) -> BaseGeometry:
    """Return the geometry of some pieces of one geometry; stretches that follow on are one line."""
    runs = [piece.run for piece in pieces if piece.run]
    if runs:
        return as_lines([run.line() for run in merged(runs)])
    shapes = [piece.geometry for piece in pieces if piece.geometry is not None]
    return shapes[0] if len(shapes) == 1 else shapely.union_all(shapes)


def _point_pieces(snapshot: Snapshot, shapes: Shapes) -> list[Piece]:
    places = [shapely.get_coordinates(shape)[:1] for shape in shapes]
    xy = np.concatenate(places) if places else np.zeros((0, 2))
    zones = _zones(snapshot, xy, touch_m=0.0)
    return [
        Piece(1.0, own, place, geometry=shapely.Point(place[0]))
        for own, place in zip(zones, places, strict=True)
    ]


def _line_pieces(snapshot: Snapshot, lines: Sequence[Sequence[Track]]) -> list[list[Piece]]:
    if not lines:
        return []
    tracks = [track for line in lines for track in line]
    cuts = cut_measures(tracks, [snapshot.levels[level].zones.borders for level in LEVELS])
    middles = [track.at((own[:-1] + own[1:]) / 2) for track, own in zip(tracks, cuts, strict=True)]
    # A piece that runs along a border touches both sides there: the lowest code has it.
    zones = _zones(snapshot, np.concatenate(middles), touch_m=TOUCH_M)
    result, track_number, piece_number = [], 0, 0
    for line in lines:
        whole = sum(track.length_m for track in line)
        pieces: list[Piece] = []
        for track in line:
            own = cuts[track_number]
            labels = zones[piece_number : piece_number + len(own) - 1]
            for label, start, end in joined(own, labels):
                pieces.append(_run_piece(Run(track, start, end), label, whole))
            track_number += 1
            piece_number += len(labels)
        result.append(_without_dust(pieces, _DUST_M))
    return result


def _run_piece(run: Run, zones: Mapping[Level, int], whole: float) -> Piece:
    length = run.end_m - run.start_m
    count = max(1, round(_SAMPLES * length / whole))
    samples = run.track.at(run.start_m + length * (np.arange(count) + 0.5) / count)
    return Piece(length, zones, samples, run=run)


def _zones(snapshot: Snapshot, xy: Floats, *, touch_m: float) -> list[dict[Level, int]]:
    labels = snapshot.label(xy, touch_m=touch_m)
    table = np.column_stack([labels[level] for level in LEVELS]).tolist()
    return [dict(zip(LEVELS, row, strict=True)) for row in table]


def _area_pieces(snapshot: Snapshot, shape: BaseGeometry) -> list[Piece]:
    whole = shape if shapely.is_valid(shape) else shapely.make_valid(shape)
    pieces: list[Piece] = []
    for community, part in _overlay(snapshot.levels["community"], _areas(whole)):
        for grid, piece in _overlay(snapshot.levels["grid"], part, parent=community):
            inner = shapely.get_coordinates(shapely.point_on_surface(piece))
            subdistrict = int(snapshot.label(inner)["subdistrict"][0])
            zones: dict[Level, int] = {"subdistrict": subdistrict, "community": community, "grid": grid}
            pieces.append(Piece(piece.area, zones, inner, geometry=piece))
    return _without_dust(pieces, _DUST_M2)


def _overlay(
    level: LevelIndex, shape: BaseGeometry, *, parent: int | None = None
) -> list[tuple[int, BaseGeometry]]:
    """Return (zone, piece) in code order, what is left over last under -1; `parent` limits the zones."""
    pieces: list[tuple[int, BaseGeometry]] = []
    for zone in np.sort(level.zones.overlapping(shape)).tolist():
        if parent is not None and (parent == NOWHERE or level.parent[zone] != parent):
            continue
        polygon = level.zones.polygon(zone)
        piece = _areas(shapely.intersection(shape, polygon))
        if piece.area > 0:
            pieces.append((zone, piece))
            shape = _areas(shapely.difference(shape, polygon))
    return [*pieces, (NOWHERE, shape)] if shape.area > 0 else pieces


def _areas(shape: BaseGeometry) -> BaseGeometry:
    """Return only the polygons of what an overlay left."""
    polygons = [part for part in shapely.get_parts(shape) if shapely.get_dimensions(part) == 2]
    return polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)


def _without_dust(pieces: list[Piece], dust: float) -> list[Piece]:
    kept = [piece for piece in pieces if piece.size > dust]
    return kept or pieces
