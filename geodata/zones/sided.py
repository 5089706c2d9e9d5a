"""Geometries of which a side was said: their pieces by the zones of every level along that bank.

The rule is `geodata.zones.owning.owners`'s; here it is carried to grids and subdistricts, and to the
pieces of the geometry itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import LineString, MultiLineString
from shapely.ops import substring

from geodata.zones.lookup.build import NOWHERE
from geodata.zones.model import LEVELS, Level, ZoneOdds
from geodata.zones.pieces import Piece

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geodata.zones.owning.banks import Bank, BankPiece, Hand
    from geodata.zones.owning.owners import LinearOwners
    from geodata.zones.owning.ownership import Owned, Problem
    from geodata.zones.snapshot import Snapshot

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]

_WORTH_NAMING = 0.05
# Where a bend leaves no ground beside the line, the grid is the community's own nearest along it.
_GRID_REACH_M = 100.0
_END_M = 1e-6


@dataclass(frozen=True, slots=True)
class SidedDivision:
    """The pieces of one geometry, what each zone of each level has of it, how sure that is, and whose it is."""

    pieces: list[Piece]
    shares: Mapping[Level, Mapping[int, BaseGeometry]]
    chances: Mapping[Level, Floats]
    others: tuple[ZoneOdds, ...]
    owned: Owned


class Banksides:
    """The banks of the linear owners of one day, with the zones of every level along them."""

    def __init__(self, snapshot: Snapshot, owners: LinearOwners) -> None:
        self._snapshot = snapshot
        self._owners = owners
        self._grid_banks: dict[tuple[int, Hand], Bank] = {}

    def divide(self, problem: Problem) -> SidedDivision | None:
        """Return the pieces of a problem of which a side was said; None where that means nothing."""
        whole = self._owners.bank_pieces(problem)
        if whole is None:
            return None
        pieces = [part for piece in whole for part in self._by_grid(piece)]
        labels = self._labels(pieces)
        chances: dict[Level, Floats] = {}
        others: tuple[ZoneOdds, ...] = ()
        for level in LEVELS:
            zones = self._snapshot.levels[level].zones
            chances[level], found = self._owners.bank_odds(pieces, zones, labels[level], problem.errors)
            if level == "community" and len(pieces) == 1:
                others = self._others(found[0])
        shape = problem.geometry
        size = float((1.0, shape.length, shape.area)[int(shapely.get_dimensions(shape))]) or 1.0
        places = self._owners.bank_places(pieces)
        table = [
            dict(zip(LEVELS, row, strict=True))
            for row in zip(*(labels[x].tolist() for x in LEVELS), strict=True)
        ]
        own = [
            Piece(piece.share * size, zones, places[at : at + 1])
            for at, (piece, zones) in enumerate(zip(pieces, table, strict=True))
        ]
        shares = {level: _shapes(shape, pieces, labels[level]) for level in LEVELS}
        # Where no grid's border cuts the bank, the odds among communities are these already.
        uncut = len(pieces) == len(whole)
        owned = self._owners.of_bank(problem, whole, chances=chances["community"] if uncut else None)
        return SidedDivision(own, shares, chances, others, owned)

    def _by_grid(self, piece: BankPiece) -> list[BankPiece]:
        """Return a piece cut where the grids beside it change."""
        bank = self._grid_bank(piece.number, piece.hand)
        found = bank.between(piece.low_m, piece.high_m)
        return [piece.between(start, end, piece.zone) for _, start, end in found]

    def _grid_bank(self, number: int, hand: Hand) -> Bank:
        if (number, hand) not in self._grid_banks:
            grids = self._snapshot.levels["grid"].zones
            self._grid_banks[number, hand] = self._owners.bank(number, hand, grids)
        return self._grid_banks[number, hand]

    def _labels(self, pieces: Sequence[BankPiece]) -> dict[Level, Indices]:
        """Return the zones beside each piece; the community is the bank's, the others belong to it."""
        labels = self._snapshot.label(self._owners.bank_places(pieces))
        community = np.array([piece.zone for piece in pieces], dtype=np.intp)
        for row in np.flatnonzero(labels["community"] != community).tolist():
            labels["grid"][row] = self._own_grid(pieces[row])
            parent = self._snapshot.levels["community"].parent
            labels["subdistrict"][row] = NOWHERE if community[row] == NOWHERE else parent[community[row]]
        return {**labels, "community": community}

    def _own_grid(self, piece: BankPiece) -> int:
        """Return the nearest grid along a bank that belongs to the piece's community, -1 for none near."""
        bank = self._grid_bank(piece.number, piece.hand)
        parent = np.append(self._snapshot.levels["grid"].parent, NOWHERE)[bank.zone]
        own = np.flatnonzero((parent == piece.zone) & (parent != NOWHERE))
        away = np.maximum(bank.start_m[own] - piece.middle_m, piece.middle_m - bank.end_m[own])
        if not len(own) or away.min() > _GRID_REACH_M:
            return NOWHERE
        return int(bank.zone[own[away.argmin()]])

    def _others(self, found: Mapping[int, float]) -> tuple[ZoneOdds, ...]:
        names = self._snapshot.levels["community"]
        worth = sorted((-p, zone) for zone, p in found.items() if p >= _WORTH_NAMING and zone != NOWHERE)
        return tuple(ZoneOdds(names.code(zone), names.name(zone), -p) for p, zone in worth)


def _shapes(shape: BaseGeometry, pieces: Sequence[BankPiece], zones: Indices) -> dict[int, BaseGeometry]:
    """Return what of a shape each zone has: stretches of a line; a point or an area is not divided."""
    found = list(dict.fromkeys(zones.tolist()))
    if shapely.get_dimensions(shape) != 1 or not shape.length > 0:
        return dict.fromkeys(found, shape)
    parts = shapely.get_parts(shape)
    taken: dict[int, dict[int, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for piece, zone in zip(pieces, zones.tolist(), strict=True):
        span = (min(piece.from_m, piece.to_m), max(piece.from_m, piece.to_m))
        taken[zone][piece.part].append(span)
    result: dict[int, BaseGeometry] = {}
    for zone in found:
        lines = [
            _stretch(parts[part], low, high)
            for part, spans in sorted(taken[zone].items())
            for low, high in _joined(spans)
        ]
        result[zone] = lines[0] if len(lines) == 1 else MultiLineString(lines)
    return result


def _joined(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return spans with those made one that touch or overlap."""
    joined: list[tuple[float, float]] = []
    for low, high in sorted(spans):
        if joined and low <= joined[-1][1] + _END_M:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return joined


def _stretch(line: LineString, low_m: float, high_m: float) -> LineString:
    if low_m <= _END_M and high_m >= line.length - _END_M:
        return line
    xy = shapely.get_coordinates(substring(line, low_m, high_m))
    return LineString(xy if len(xy) > 1 else [xy[0], xy[0]])
