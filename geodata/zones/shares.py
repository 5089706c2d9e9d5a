"""Geometries to answers: points in one go, lines and areas piece by piece."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import MultiPolygon

from geodata.zones.assign import NOWHERE
from geodata.zones.borders import as_points
from geodata.zones.cuts import TOUCH_M, Run, Track, as_lines, cut_measures, joined, merged, tracks_of
from geodata.zones.model import LEVELS, Level, ZoneAnswer, ZoneOdds, ZonePart

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geodata.zones.snapshot import LevelIndex, Snapshot

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]

SURE = 0.95
_WORTH_NAMING = 0.05
# A line is sampled this often for its probabilities; each piece at least once.
_SAMPLES = 32
# Pieces below this are rounding, not places.
_DUST_M = 1e-6
_DUST_M2 = 1e-4


@dataclass(frozen=True, slots=True)
class _Piece:
    geometry: BaseGeometry
    size: float
    zones: Mapping[Level, int]
    probability: Mapping[Level, float]
    run: Run | None = None


def share_points(snapshot: Snapshot, xy: Floats, sigma_m: Floats) -> list[ZoneAnswer]:
    """Return one answer per point, shape (n, 2) in metres, with its location's standard deviation."""
    points = as_points(xy)
    labels = snapshot.label(xy)
    probability = {level: _chances(snapshot.levels[level], xy, sigma_m, labels[level]) for level in LEVELS}
    border_m = snapshot.levels["community"].zones.borders.distance(points)
    others = _others(snapshot.levels["community"], xy, sigma_m, labels["community"])
    answers = []
    for row, point in enumerate(points):
        zones = {level: int(labels[level][row]) for level in LEVELS}
        piece = _Piece(point, 1.0, zones, {level: float(probability[level][row]) for level in LEVELS})
        parts = _parts(snapshot, [piece])
        p = 0.0 if zones["community"] == NOWHERE else float(probability["community"][row])
        near = bool(border_m[row] <= sigma_m[row]) or (zones["community"] != NOWHERE and p < SURE)
        answers.append(
            _answer(snapshot, zones, parts, p=p, border_m=float(border_m[row]), near=near, others=others[row])
        )
    return answers


def share_shape(snapshot: Snapshot, shape: BaseGeometry, sigma_m: float) -> ZoneAnswer:
    """Return the answer for a line or an area, cut at the borders of all levels."""
    tracks = tracks_of(shape) if shapely.get_dimensions(shape) == 1 else []
    if tracks:
        pieces = _line_pieces(snapshot, tracks, sigma_m)
    elif shapely.get_dimensions(shape) == 2 and shape.area > 0:
        pieces = _area_pieces(snapshot, shape, sigma_m)
    else:  # a line or area shrunk to a point is that point
        return share_points(snapshot, shapely.get_coordinates(shape)[:1], np.array([sigma_m]))[0]
    parts = _parts(snapshot, pieces)
    zones = {level: _largest(pieces, level) for level in LEVELS}
    zones["grid"] = _largest(
        [piece for piece in pieces if piece.zones["community"] == zones["community"]], "grid"
    )
    p = sum(part.share * part.probability for part in parts if part.level == "community" and part.code)
    border_m, strangers = _border(snapshot, shape, sigma_m, {piece.zones["community"] for piece in pieces})
    return _answer(snapshot, zones, parts, p=min(p, 1.0), border_m=border_m, near=strangers, others=())


def _answer(
    snapshot: Snapshot,
    zones: Mapping[Level, int],
    parts: tuple[ZonePart, ...],
    *,
    p: float,
    border_m: float,
    near: bool,
    others: tuple[ZoneOdds, ...],
) -> ZoneAnswer:
    community, grid = snapshot.levels["community"], snapshot.levels["grid"]
    return ZoneAnswer(
        subdistrict=snapshot.levels["subdistrict"].code(zones["subdistrict"]),
        community=community.code(zones["community"]),
        community_name=community.name(zones["community"]),
        grid=grid.code(zones["grid"]),
        grid_name=grid.name(zones["grid"]),
        p_community=p,
        border_m=border_m,
        near_border=near,
        outside=all(not part.code for part in parts if part.level == "community"),
        parts=parts,
        others=others,
    )


def _parts(snapshot: Snapshot, pieces: list[_Piece]) -> tuple[ZonePart, ...]:
    whole = sum(piece.size for piece in pieces)
    parts: list[ZonePart] = []
    for level in LEVELS:
        groups: dict[int, list[_Piece]] = defaultdict(list)
        for piece in pieces:
            groups[piece.zones[level]].append(piece)
        # Code order, outside last.
        order = sorted(groups, key=lambda zone: (zone == NOWHERE, zone))
        parts += [_part(snapshot.levels[level], level, zone, groups[zone], whole) for zone in order]
    return tuple(parts)


def _part(names: LevelIndex, level: Level, zone: int, pieces: list[_Piece], whole: float) -> ZonePart:
    geometry = _together(pieces)
    size = sum(piece.size for piece in pieces)
    dimensions = shapely.get_dimensions(geometry)
    return ZonePart(
        level=level,
        code=names.code(zone),
        name=names.name(zone),
        geometry=geometry,
        length_m=size if dimensions == 1 else 0.0,
        share=size / whole,
        probability=sum(piece.probability[level] * piece.size for piece in pieces) / size,
        area_m2=size if dimensions == 2 else 0.0,
    )


def _together(pieces: list[_Piece]) -> BaseGeometry:
    runs = [piece.run for piece in pieces if piece.run]
    if runs:  # borders of other levels cut too; what follows on without a gap is one line
        return as_lines([run.line() for run in merged(runs)])
    return pieces[0].geometry if len(pieces) == 1 else shapely.union_all([piece.geometry for piece in pieces])


def _line_pieces(snapshot: Snapshot, tracks: list[Track], sigma_m: float) -> list[_Piece]:
    whole = sum(track.length_m for track in tracks)
    borders = [snapshot.levels[level].zones.borders for level in LEVELS]
    pieces: list[_Piece] = []
    for track in tracks:
        cuts = cut_measures(track, borders)
        # A piece that runs along a border touches both sides there: the lowest code has it.
        labels = snapshot.label(track.at((cuts[:-1] + cuts[1:]) / 2), touch_m=TOUCH_M)
        table = np.column_stack([labels[level] for level in LEVELS])
        for key, start, end in joined(cuts, map(tuple, table.tolist())):
            zones = dict(zip(LEVELS, key, strict=True))
            count = max(1, round(_SAMPLES * (end - start) / whole))
            samples = track.at(start + (end - start) * (np.arange(count) + 0.5) / count)
            chances = _mean_chances(snapshot, samples, sigma_m, zones)
            run = Run(track, start, end)
            pieces.append(_Piece(run.line(), end - start, zones, chances, run))
    return _without_dust(pieces, _DUST_M)


def _area_pieces(snapshot: Snapshot, shape: BaseGeometry, sigma_m: float) -> list[_Piece]:
    remainder = shape if shapely.is_valid(shape) else shapely.make_valid(shape)
    pieces: list[_Piece] = []
    for community, piece in _overlay(snapshot.levels["community"], _areas(remainder)):
        own = [community] if community != NOWHERE else []
        grids = _overlay(snapshot.levels["grid"], piece, of=own)
        for grid, grid_piece in grids:
            inner = shapely.get_coordinates(shapely.point_on_surface(grid_piece))
            zones: dict[Level, int] = {"community": community, "grid": grid}
            zones["subdistrict"] = int(snapshot.label(inner)["subdistrict"][0])
            chances = _mean_chances(snapshot, inner, sigma_m, zones)
            pieces.append(_Piece(grid_piece, grid_piece.area, zones, chances))
    return _without_dust(pieces, _DUST_M2)


def _overlay(
    level: LevelIndex, shape: BaseGeometry, *, of: list[int] | None = None
) -> list[tuple[int, BaseGeometry]]:
    """Return (zone, piece) in code order, what is left over last under -1; `of` limits the parents."""
    pieces: list[tuple[int, BaseGeometry]] = []
    for zone in np.sort(level.zones.overlapping(shape)).tolist():
        if of is not None and level.parent[zone] not in of:
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


def _without_dust(pieces: list[_Piece], dust: float) -> list[_Piece]:
    kept = [piece for piece in pieces if piece.size > dust]
    return kept or pieces


def _largest(pieces: list[_Piece], level: Level) -> int:
    sizes: dict[int, float] = defaultdict(float)
    for piece in pieces:
        if piece.zones[level] != NOWHERE:
            sizes[piece.zones[level]] += piece.size
    return min(sizes, key=lambda zone: (-round(sizes[zone], 6), zone)) if sizes else NOWHERE


def _chances(level: LevelIndex, xy: Floats, sigma_m: Floats, zones: Indices) -> Floats:
    """Return the probability that each point truly lies in the zone given for it (-1: in none)."""
    points, found, p = level.zones.probabilities(xy[:, 0], xy[:, 1], sigma_m)
    inside = np.bincount(points, weights=p, minlength=len(xy))
    # Grids of neighbours may overlap by a crack; no sum of chances exceeds one.
    result: Floats = np.where(zones == NOWHERE, np.clip(1.0 - inside, 0.0, 1.0), 0.0)
    mine = found == zones[points]
    result[points[mine]] = p[mine]
    result[sigma_m == 0] = 1.0
    return result


def _mean_chances(
    snapshot: Snapshot, xy: Floats, sigma_m: float, zones: Mapping[Level, int]
) -> dict[Level, float]:
    if sigma_m == 0.0:
        return dict.fromkeys(LEVELS, 1.0)
    sigma = np.full(len(xy), sigma_m)
    return {
        level: float(_chances(snapshot.levels[level], xy, sigma, np.full(len(xy), zones[level])).mean())
        for level in LEVELS
    }


def _others(level: LevelIndex, xy: Floats, sigma_m: Floats, assigned: Indices) -> list[tuple[ZoneOdds, ...]]:
    points, zones, p = level.zones.probabilities(xy[:, 0], xy[:, 1], sigma_m)
    worth = (p >= _WORTH_NAMING) & (zones != assigned[points])
    found: list[list[tuple[float, int]]] = [[] for _ in range(len(xy))]
    for point, zone, chance in zip(points[worth], zones[worth], p[worth], strict=True):
        found[point].append((-float(chance), int(zone)))
    return [tuple(ZoneOdds(level.code(z), level.name(z), -c) for c, z in sorted(row)) for row in found]


def _border(snapshot: Snapshot, shape: BaseGeometry, sigma_m: float, own: set[int]) -> tuple[float, bool]:
    """Return the distance to the nearest border, and whether a further community is within sigma."""
    borders = snapshot.levels["community"].zones.borders
    shapes = np.array([shape], dtype=object)
    _, segments = borders.near(shapes, sigma_m)
    strangers = set(borders.zone[segments].tolist()) - own
    return float(borders.distance(shapes)[0]), bool(strangers)
