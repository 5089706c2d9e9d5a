"""Pieces to answers: whose each geometry is, and how sure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.zones.lookup.build import NOWHERE
from geodata.zones.model import LEVELS, Level, ZoneAnswer, ZoneOdds, ZonePart
from geodata.zones.owning.answers import owned_all
from geodata.zones.owning.linking import Said, problem_of
from geodata.zones.owning.ownership import Problem
from geodata.zones.pieces import Piece, divided
from geodata.zones.spread import narrowest_of, probabilities_within, weights_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geodata.zones.assign import ZoneIndex
    from geodata.zones.snapshot import LevelIndex, Snapshot

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]
    Shapes = NDArray[np.object_]

SURE = 0.95
_WORTH_NAMING = 0.05


def share_all(
    snapshot: Snapshot,
    shapes: Shapes,
    sigma_m: Floats,
    p_within: Floats,
    said: Sequence[Said] | None = None,
) -> list[ZoneAnswer]:
    """Return one answer per geometry.

    Parameters
    ----------
    sigma_m
        Standard deviation of the locations, metres, shape (n,).
    p_within
        Stated probabilities by distance, shape (n, 4); NaN where only the standard deviation is known.
    said
        The side and the line that each text said; None: none of them.
    """
    problems = _problems(snapshot, shapes, sigma_m, p_within, said)
    banksides = snapshot.banksides
    sided = {
        row: found
        for row, problem in enumerate(problems)
        if problem.side is not None and banksides and (found := banksides.divide(problem))
    }
    division = divided(snapshot, shapes)
    for row, found in sided.items():
        division.replace(row, found.pieces, found.shares)
    pieces = division.pieces
    flat = [piece for own in pieces for piece in own]
    sizes = [len(own) for own in pieces]
    chances, others = _chances(snapshot, flat, np.repeat(sigma_m, sizes), np.repeat(p_within, sizes, axis=0))
    # What may be anywhere else lies behind no border: only the spread around the place asks neighbours.
    stated = np.isfinite(p_within[:, -1])
    here = np.ones(len(shapes))
    here[stated] = weights_of(p_within[stated], narrowest_of(sigma_m[stated])).sum(axis=1)
    border_m = snapshot.levels["community"].zones.borders.distance(shapes)
    strangers = _strangers(snapshot, shapes, sigma_m, pieces, skip=sided)
    answers, first = [], 0
    for row, own in enumerate(pieces):
        rows = slice(first, first + len(own))
        by_side = sided.get(row)
        sure = by_side.chances if by_side else {level: chances[level][rows] for level in LEVELS}
        parts = _parts(snapshot, row, own, sure, division.shares)
        answers.append(
            _answer(
                snapshot, own, parts,
                border_m=float(border_m[row]), sigma_m=float(sigma_m[row]), strangers=row in strangers,
                others=by_side.others if by_side else others[first], here=float(here[row]), by_side=bool(by_side),
            )
        )  # fmt: skip
        first += len(own)
    if snapshot.linear is None:
        return answers
    communities = [answer.parts_of("community") for answer in answers]
    known = {row: found.owned for row, found in sided.items()}
    whose = owned_all(snapshot.linear, problems, communities, here=here, known=known)
    return [replace(answer, owned=own) for answer, own in zip(answers, whose, strict=True)]


def _problems(
    snapshot: Snapshot, shapes: Shapes, sigma_m: Floats, p_within: Floats, said: Sequence[Said] | None
) -> list[Problem]:
    """Return what the geometries are to the linear owners; nothing where there are none."""
    if snapshot.linear is None:
        return []
    owners = snapshot.linear.owners
    every = said or [Said()] * len(shapes)
    return [
        problem_of(shape, own, owners, sigma_m=float(sigma), p_within=p)
        for shape, own, sigma, p in zip(shapes, every, sigma_m, p_within, strict=True)
    ]


def _answer(
    snapshot: Snapshot,
    pieces: Sequence[Piece],
    parts: tuple[ZonePart, ...],
    *,
    border_m: float,
    sigma_m: float,
    strangers: bool,
    others: tuple[ZoneOdds, ...],
    here: float,
    by_side: bool,
) -> ZoneAnswer:
    zones = _owners(pieces)
    own = [part for part in parts if part.level == "community" and part.code]
    p = min(1.0, sum(part.share * part.probability for part in own))
    is_point = shapely.get_dimensions(parts[0].geometry) == 0
    unsure = bool(own) and p < SURE * here
    near = strangers if not is_point else border_m <= sigma_m or unsure
    if by_side:
        # The border may lie in the water itself: that the drawn place is near it says nothing.
        near = unsure
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
        outside=not own,
        parts=parts,
        others=others if is_point else (),
    )


def _owners(pieces: Sequence[Piece]) -> dict[Level, int]:
    """Return the zone with most of a geometry at each level; the grid is one of the community's own."""
    community = _largest(pieces, "community")
    inside = [piece for piece in pieces if piece.zones["community"] == community]
    return {
        "subdistrict": _largest(pieces, "subdistrict"),
        "community": community,
        "grid": _largest(inside, "grid"),
    }


def _largest(pieces: Sequence[Piece], level: Level) -> int:
    sizes: dict[int, float] = defaultdict(float)
    for piece in pieces:
        if piece.zones[level] != NOWHERE:
            sizes[piece.zones[level]] += piece.size
    return min(sizes, key=lambda zone: (-round(sizes[zone], 6), zone)) if sizes else NOWHERE


def _parts(
    snapshot: Snapshot,
    row: int,
    pieces: Sequence[Piece],
    chances: Mapping[Level, Floats],
    shares: Mapping[Level, Mapping[tuple[int, int], BaseGeometry]],
) -> tuple[ZonePart, ...]:
    whole = sum(piece.size for piece in pieces)
    parts: list[ZonePart] = []
    for level in LEVELS:
        groups: dict[int, list[int]] = defaultdict(list)
        for number, piece in enumerate(pieces):
            groups[piece.zones[level]].append(number)
        # Code order, outside last.
        for zone in sorted(groups, key=lambda zone: (zone == NOWHERE, zone)):
            chosen = groups[zone]
            sizes = np.array([pieces[number].size for number in chosen])
            geometry = shares[level][row, zone]
            parts.append(
                _part(snapshot.levels[level], level, zone, geometry, sizes, chances[level][chosen], whole)
            )
    return tuple(parts)


def _part(
    names: LevelIndex,
    level: Level,
    zone: int,
    geometry: BaseGeometry,
    sizes: Floats,
    chances: Floats,
    whole: float,
) -> ZonePart:
    size = float(sizes.sum())
    dimensions = shapely.get_dimensions(geometry)
    return ZonePart(
        level=level,
        code=names.code(zone),
        name=names.name(zone),
        geometry=geometry,
        length_m=size if dimensions == 1 else 0.0,
        share=size / whole,
        probability=float(chances @ sizes) / size,
        area_m2=size if dimensions == 2 else 0.0,
    )


def _chances(
    snapshot: Snapshot, pieces: Sequence[Piece], sigma_m: Floats, p_within: Floats
) -> tuple[dict[Level, Floats], list[tuple[ZoneOdds, ...]]]:
    """Return how likely each piece truly lies in its zones, and for its first sample other communities."""
    counts = np.array([len(piece.samples) for piece in pieces], dtype=np.intp)
    owner = np.repeat(np.arange(len(pieces)), counts)
    xy = np.concatenate([piece.samples for piece in pieces]) if pieces else np.zeros((0, 2))
    sigma, within = sigma_m[owner], p_within[owner]
    chances: dict[Level, Floats] = {}
    others: list[tuple[ZoneOdds, ...]] = []
    for level in LEVELS:
        assigned = np.array([piece.zones[level] for piece in pieces], dtype=np.intp)[owner]
        names = snapshot.levels[level]
        points, zones, p = _probabilities(names.zones, xy, sigma, within)
        own = _own_chances(points, zones, p, assigned)
        own[(sigma == 0) & np.isnan(within[:, -1])] = 1.0
        chances[level] = np.bincount(owner, weights=own, minlength=len(pieces)) / np.maximum(counts, 1)
        if level == "community":
            first = np.cumsum(counts) - counts
            others = _others(names, first, points, zones, p, assigned)
    return chances, others


def _probabilities(
    zones: ZoneIndex, xy: Floats, sigma_m: Floats, p_within: Floats
) -> tuple[Indices, Indices, Floats]:
    """Return (point, zone, probability) by what was stated of each point, sorted by point, then zone."""
    stated = np.isfinite(p_within[:, -1])
    if not stated.any():
        return zones.probabilities(xy[:, 0], xy[:, 1], sigma_m)
    rows, others = np.flatnonzero(stated), np.flatnonzero(~stated)
    points, numbers, p = probabilities_within(zones, xy[rows], p_within[rows], sigma_m[rows])
    more = zones.probabilities(xy[others, 0], xy[others, 1], sigma_m[others])
    point = np.concatenate([rows[points], others[more[0]]])
    zone, chance = np.concatenate([numbers, more[1]]), np.concatenate([p, more[2]])
    order = np.lexsort([zone, point])
    return point[order], zone[order], chance[order]


def _own_chances(points: Indices, zones: Indices, p: Floats, assigned: Indices) -> Floats:
    """Return the probability that each point truly lies in the zone given for it (-1: in none)."""
    inside = np.bincount(points, weights=p, minlength=len(assigned))
    result: Floats = np.where(assigned == NOWHERE, np.clip(1.0 - inside, 0.0, 1.0), 0.0)
    mine = zones == assigned[points]
    result[points[mine]] = p[mine]
    return result


def _others(
    names: LevelIndex, asked: Indices, points: Indices, zones: Indices, p: Floats, assigned: Indices
) -> list[tuple[ZoneOdds, ...]]:
    worth = (p >= _WORTH_NAMING) & (zones != assigned[points])
    found: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for point, zone, chance in zip(
        points[worth].tolist(), zones[worth].tolist(), p[worth].tolist(), strict=True
    ):
        found[point].append((-chance, zone))
    return [
        tuple(ZoneOdds(names.code(zone), names.name(zone), -chance) for chance, zone in sorted(found[point]))
        if point in found
        else ()
        for point in asked.tolist()
    ]


def _strangers(
    snapshot: Snapshot,
    shapes: Shapes,
    sigma_m: Floats,
    pieces: Sequence[Sequence[Piece]],
    *,
    skip: Container[int],
) -> set[int]:
    """Return the rows (lines and areas) within whose uncertainty lies a community that has none of them."""
    borders = snapshot.levels["community"].zones.borders
    rows: set[int] = set()
    for row in np.flatnonzero(shapely.get_dimensions(shapes) > 0).tolist():
        if row in skip:
            continue
        _, near = borders.zones_near(shapes[row : row + 1], float(sigma_m[row]))
        if set(near.tolist()) - {piece.zones["community"] for piece in pieces[row]}:
            rows.add(row)
    return rows
