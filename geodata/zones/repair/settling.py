"""Which zone each face of the borders' network goes to: the rules of repair, without geometry or words.

One level at a time, parents first. A face starts with everyone who claims it. The rules leave one
owner, or leave the face as it was drawn and say why: then it is a ruling that people must make.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from geodata.zones.checking.defects import SLIVER_WIDTH_M
from geodata.zones.checking.tiling import SAME_SHAPE_SHARE
from geodata.zones.faces import NOBODY, Faces

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

Rule: TypeAlias = Literal["overlap", "gap", "sliver", "outside", "uncovered"]
Claim: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    """A connected piece of land: who claimed it, who has it now (None: refused), its faces, the rule."""

    rule: Rule
    claim: Claim
    owner: int | None
    faces: Ints
    area_m2: float
    reason: str = ""


@dataclass(slots=True)
class Settlement:
    """The claims on each face after the rules, and what the rules did."""

    claims: list[Claim]
    settled: list[Settled] = field(default_factory=list)


def settle(
    faces: Faces,
    claims: Sequence[Claim],
    *,
    rank: Sequence[int],
    limit_m2: float,
    above: Sequence[Claim] | None = None,
    parent: Sequence[int] | None = None,
) -> Settlement:
    """Return who has each face of one level.

    Parameters
    ----------
    faces, claims
        The network, and per face the zones (numbers) that claim it.
    rank
        Per zone its place in the order of codes; the lowest wins a tie.
    limit_m2
        Pieces larger than this have no owner by rule.
    above, parent
        Per face the zones of the level above that have it, and per zone its parent's number
        (`NOBODY`: unknown). Left out at the top.

    Notes
    -----
    In this order, each for a connected piece of land:

    1. *Outside*: land outside a zone's parent is cut off.
    2. *Overlap*: goes to the lowest code, as assignment itself decides; but a zone that would lose
       more than half of its land keeps it (an enclave that was not cut out of its surroundings).
    3. *Sliver*: a part that hangs together with nothing else of its zone and is narrower than 2 m
       goes to the neighbour with the longest common border.
    4. *Gap* (at a lower level: *uncovered* land of the parent): to the neighbour with the longest
       common border, among the children of that parent.
    """
    work = _Work(faces, list(claims), list(rank), limit_m2, above, parent)
    if above is not None:
        work.cut_outside()
    work.share_overlaps()
    work.move_slivers()
    work.fill_gaps()
    return work.result


class _Work:
    def __init__(
        self,
        faces: Faces,
        claims: list[Claim],
        rank: list[int],
        limit_m2: float,
        above: Sequence[Claim] | None,
        parent: Sequence[int] | None,
    ) -> None:
        self.faces = faces
        self.claims = claims
        self.rank = rank
        self.limit_m2 = limit_m2
        self.above = above
        self.parent = list(parent) if parent is not None else [NOBODY] * len(rank)
        self.frozen: set[int] = set()
        self.result = Settlement(claims)
        self.zone_m2 = np.zeros(len(rank))
        self.lost_m2 = np.zeros(len(rank))
        for face, claim in enumerate(claims):
            self.zone_m2[list(claim)] += faces.area_m2[face]

    def pieces(self, keys: Sequence[object | None]) -> list[Ints]:
        """Return connected faces with the same key, None left out, in the order of their first face."""
        numbers: dict[object, int] = {}
        labels = np.array(
            [NOBODY if key is None else numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64
        )
        group, label = self.faces.groups(labels)
        order = np.argsort(group, kind="stable")
        cuts = np.searchsorted(group[order], np.arange(len(label) + 1))
        return [order[cuts[n] : cuts[n + 1]] for n in range(len(label))]

    def area(self, piece: Ints) -> float:
        return float(self.faces.area_m2[piece].sum())

    def note(self, rule: Rule, claim: Claim, owner: int | None, piece: Ints, reason: str = "") -> None:
        if owner is None:
            self.frozen.update(piece.tolist())
        self.result.settled.append(Settled(rule, claim, owner, piece, self.area(piece), reason))

    def cut_outside(self) -> None:
        assert self.above is not None
        outside: dict[int, list[int]] = defaultdict(list)
        for face, claim in enumerate(self.claims):
            for zone in claim:
                if self.parent[zone] != NOBODY and self.parent[zone] not in self.above[face]:
                    outside[zone].append(face)
        for zone in sorted(outside):
            there = set(outside[zone])
            for piece in self.pieces([zone if face in there else None for face in range(len(self.faces))]):
                if self.area(piece) > self.limit_m2 or self.area(piece) > 0.5 * self.zone_m2[zone]:
                    self.note("outside", (zone,), None, piece, "wide")
                    continue
                for face in piece:
                    self.claims[face] = tuple(own for own in self.claims[face] if own != zone)
                self.note("outside", (zone,), NOBODY, piece)

    def share_overlaps(self) -> None:
        keys = [c if len(c) > 1 and face not in self.frozen else None for face, c in enumerate(self.claims)]
        for piece in self.pieces(keys):
            claim = self.claims[piece[0]]
            area = self.area(piece)
            by_size = sorted(claim, key=lambda zone: (self.zone_m2[zone], self.rank[zone]))
            if area > SAME_SHAPE_SHARE * self.zone_m2[by_size[1]]:
                self.note("overlap", claim, None, piece, "same")
            elif area > self.limit_m2:
                self.note("overlap", claim, None, piece, "wide")
            else:
                owner = self.winner(claim, area)
                for zone in claim:
                    self.lost_m2[zone] += area if zone != owner else 0.0
                for face in piece:
                    self.claims[face] = (owner,)
                lowest = min(claim, key=lambda zone: self.rank[zone])
                self.note("overlap", claim, owner, piece, "" if owner == lowest else "enclave")

    def winner(self, claim: Claim, area_m2: float) -> int:
        """Return the lowest code, unless another claimant would lose more than half of its land."""
        halved = [zone for zone in claim if self.lost_m2[zone] + area_m2 > 0.5 * self.zone_m2[zone]]
        if halved:
            return min(halved, key=lambda zone: (self.zone_m2[zone], self.rank[zone]))
        return min(claim, key=lambda zone: self.rank[zone])

    def move_slivers(self) -> None:
        pieces = self.pieces([claim[0] if len(claim) == 1 else None for claim in self.claims])
        group = np.full(len(self.faces), NOBODY, dtype=np.int64)
        for number, piece in enumerate(pieces):
            group[piece] = number
        width = 2 * np.array([self.area(piece) for piece in pieces])
        width /= np.maximum(self.faces.perimeter_m(group, len(pieces)), 1e-12)
        largest: dict[int, float] = defaultdict(float)
        for piece in pieces:
            zone = self.claims[piece[0]][0]
            largest[zone] = max(largest[zone], self.area(piece))
        for number in np.flatnonzero(width < SLIVER_WIDTH_M).tolist():
            piece = pieces[number]
            zone = self.claims[piece[0]][0]
            if self.area(piece) == largest[zone] or self.frozen.intersection(piece.tolist()):
                continue
            if any(zone in self.claims[face] for face in self.beside(piece)):
                continue  # it hangs together with the rest through disputed land
            owner = self.neighbour(piece, but=zone, of_parent=self.parent[zone])
            if owner is not None:
                for face in piece:
                    self.claims[face] = (owner,)
                self.note("sliver", (zone,), owner, piece)

    def fill_gaps(self) -> None:
        def key(face: int) -> object | None:
            if self.claims[face]:
                return None
            if self.above is None:
                return ()
            return self.above[face] or None

        for piece in self.pieces([key(face) for face in range(len(self.faces))]):
            rule: Rule = "gap" if self.above is None else "uncovered"
            if self.above is None and self.is_open(piece):
                continue  # a face that other levels bound, not a gap of this one
            parents: Claim = () if self.above is None else self.above[piece[0]]
            if self.area(piece) > self.limit_m2:
                self.note(rule, parents, None, piece, "wide")
                continue
            of_parent = parents[0] if len(parents) == 1 else NOBODY
            owner = self.neighbour(piece, but=NOBODY, of_parent=of_parent)
            if owner is None:
                self.note(rule, parents, None, piece, "alone")
                continue
            for face in piece:
                self.claims[face] = (owner,)
            self.note(rule, parents, owner, piece)

    def is_open(self, piece: Ints) -> bool:
        """Whether a piece has a border with the outside."""
        edge = self.faces.left[self.faces.right == NOBODY]
        return bool(np.isin(piece, edge).any())

    def beside(self, piece: Ints) -> list[int]:
        """Return the faces that share an edge with a piece."""
        inside = np.zeros(len(self.faces) + 1, dtype=bool)
        inside[piece] = True
        border = inside[self.faces.left] != inside[self.faces.right]
        both = np.concatenate([self.faces.left[border], self.faces.right[border]])
        found: list[int] = np.unique(both[(both != NOBODY) & ~inside[both]]).tolist()
        return found

    def neighbour(self, piece: Ints, *, but: int, of_parent: int) -> int | None:
        """Return the zone with the longest common border with a piece; equal lengths: the lowest code."""
        inside = np.zeros(len(self.faces) + 1, dtype=bool)
        inside[piece] = True
        left, right = inside[self.faces.left], inside[self.faces.right]
        length: dict[int, float] = defaultdict(float)
        for segment in np.flatnonzero(left != right).tolist():
            other = int(self.faces.right[segment] if left[segment] else self.faces.left[segment])
            if other == NOBODY or len(self.claims[other]) != 1:
                continue
            zone = self.claims[other][0]
            if zone != but and (of_parent == NOBODY or self.parent[zone] == of_parent):
                length[zone] += float(self.faces.length_m[segment])
        if not length:
            return None
        return min(length, key=lambda zone: (-round(length[zone], 6), self.rank[zone]))
