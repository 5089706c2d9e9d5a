"""Linear owners: a canal or a railway has its body, the communities have the banks.

A canal is often itself the border between two communities. Cut by the zones alone, a stretch along it
goes wholly to the lower code; but "the left bank" is the left community's, and what floats in the water
is the canal office's. Distance and side decide:

====================  =============================  ==================================================
side said             where the problem is drawn     who has it
====================  =============================  ==================================================
none                  within the body                the linear owner (bodies that cross: lowest code)
none                  elsewhere                      the zone that covers it
middle                anywhere                       the linear owner, all of it
left, right           anywhere                       the zones just beyond the body on that side, along
                                                     the stretch that the problem takes up
both                  anywhere                       half of it as left, half of it as right
compass (N, NE, …)    anywhere                       as left or right, whichever it is of the stretch;
                                                     along the line: as if none were said, flagged
any but none          no line named, none in reach   as if none were said, flagged
====================  =============================  ==================================================

- *Left* and *right* are of the direction in which the centre line is drawn (for water: downstream, for
  a railway: rising chainage).
- The *body* reaches `half_width_m` to either side, or as far as `left_m` and `right_m` say; it ends
  squarely where the line ends. *Just beyond* is 3 m.
- A side that is said outweighs where the problem is drawn: the drawing is the centre line, or a metre
  of it, more often than the bank.
- The line is the one named (`owner`), else the nearest whose body is not farther than 30 m + 3 sigma.
- An area with a side is divided as its ground on that side is; where there is none there, as its middle.

Uncertainty. A place with no side said, `d` metres left of a centre line, lies in the body with
``Φ((left - d)/σ) - Φ((-right - d)/σ)``, beyond it on the left with ``Φ((d - left)/σ)``, on the right with
``Φ((-right - d)/σ)``: a normal error across the line. Beyond goes to the zones found there, at sixteen
places of equal probability on the perpendicular. With a side said the body is out of the question, and
the error only leads farther out: half of a normal error beyond the bank. An answer less than 0.95 sure
is flagged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.special import ndtri

from geodata.zones.assign import ZoneIndex
from geodata.zones.lookup.build import NOWHERE
from geodata.zones.owning.banks import SIGN, Bank, BankPiece, CentreLine, Hand
from geodata.zones.owning.bodies import Bodies
from geodata.zones.owning.ownership import (
    BEARING_DEG,
    Doubt,
    LinearOwner,
    Owned,
    Problem,
    Share,
    owned,
    part_of,
    require_owners,
    require_problems,
)
from geodata.zones.owning.spans import spans_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]

# A bank begins where the body ends; borders are drawn along it to a metre or two.
BEYOND_M = 3.0
_REACH_M, _REACH_SIGMAS = 30.0, 3.0
# Middles of sixteen equal parts of the half-normal error beyond a bank, in sigmas.
_OUTWARD = ndtri(0.5 + (np.arange(16) + 0.5) / 32)


class LinearOwners:
    """Linear owners among the zones of one layer.

    Parameters
    ----------
    owners
        Any number; several lines may have one code.
    zones
        The layer that has the banks.

    Raises
    ------
    ValueError
        If a code is blank, a line is no LineString with a length, or a body has no width.

    Examples
    --------
    A canal runs north, on the border between two communities:

    >>> import geopandas as gpd
    >>> zones = ZoneIndex(gpd.GeoDataFrame(
    ...     {"code": ["A", "B"]}, geometry=[shapely.box(0, 0, 100, 90), shapely.box(100, 0, 200, 90)], crs=4547
    ... ))
    >>> canal = LinearOwner("canal", shapely.LineString([(100, 0), (100, 90)]), half_width_m=10)
    >>> stretch = shapely.LineString([(100, 20), (100, 70)])
    >>> sides = ["left", "right", "both", "middle", None]
    >>> answers = LinearOwners([canal], zones).share([Problem(stretch, side) for side in sides])
    >>> [[(part.owner or part.zone, part.length_m) for part in answer.shares] for answer in answers]
    [[('A', 50.0)], [('B', 50.0)], [('A', 25.0), ('B', 25.0)], [('canal', 50.0)], [('canal', 50.0)]]
    """

    def __init__(self, owners: Sequence[LinearOwner], zones: ZoneIndex) -> None:
        require_owners(owners)
        self.owners = tuple(owners)
        self.zones = zones
        self._names = {owner.code: owner.name for owner in reversed(self.owners)}
        self._lines = [CentreLine(owner.line) for owner in owners]
        self._bodies = Bodies(self.owners, self._lines, zones)
        self._banks: dict[tuple[int, Hand], Bank] = {}

    def near(self, shapes: NDArray[np.object_], within_m: Floats) -> NDArray[np.bool_]:
        """Return which shapes lie within so many metres of a body, shape (n,)."""
        found = np.zeros(len(shapes), dtype=np.bool_)
        rows, _ = shapely.STRtree(self._bodies.grounds).query(shapes, predicate="dwithin", distance=within_m)
        found[rows] = True
        return found

    def share(self, problems: Sequence[Problem]) -> list[Owned]:
        """Return whose each problem is, in their order; see the rules above.

        Raises
        ------
        ValueError
            If a geometry is missing, empty or of another type, an uncertainty negative or NaN, or a side
            unknown.
        """
        require_problems(problems)
        answers: list[Owned | None] = [self._with_side(problem) for problem in problems]
        rows = [row for row, answer in enumerate(answers) if answer is None]
        placed = self._by_place([problems[row] for row in rows])
        for row, parts in zip(rows, placed, strict=True):
            said = problems[row].side
            doubt: Doubt = (
                "" if said is None else "no_line" if self._line_of(problems[row]) is None else "along_line"
            )
            answers[row] = owned(parts, doubt)
        return [answer for answer in answers if answer is not None]

    def _by_place(self, problems: Sequence[Problem]) -> list[list[Share]]:
        """Return the shares of problems by where they are drawn."""
        shapes = np.empty(len(problems), dtype=object)
        shapes[:] = [problem.geometry for problem in problems]
        pieces = self._bodies.pieces(shapes)
        whole = np.bincount(pieces.row, weights=pieces.size, minlength=len(problems))
        result: list[list[Share]] = [[] for _ in problems]
        table = zip(
            pieces.row.tolist(), pieces.body.tolist(), pieces.zone.tolist(), pieces.size.tolist(), strict=True
        )
        for at, (row, body, zone, size) in enumerate(table):
            owner = "" if body == NOWHERE else str(self._bodies.index.codes[body])
            code = self._code(zone)
            sure = self._bodies.chance(pieces.xy[at : at + 1], problems[row].uncertainty_m, owner, code)
            share, name = size / float(whole[row]), self._names.get(owner, "")
            result[row].append(part_of(problems[row], owner, code, share, sure, name=name))
        return result

    def _with_side(self, problem: Problem) -> Owned | None:
        """Return whose a problem is by the side that was said; None if none was, or it means nothing here."""
        if problem.side == "middle":
            number = self._line_of(problem)
            if number is None:
                return None
            owner = self.owners[number]
            return owned([part_of(problem, owner.code, "", 1.0, name=owner.name)])
        pieces = self.bank_pieces(problem)
        return None if pieces is None else self.of_bank(problem, pieces)

    def of_bank(
        self, problem: Problem, pieces: Sequence[BankPiece], *, chances: Floats | None = None
    ) -> Owned:
        """Return whose a problem on a bank is.

        Parameters
        ----------
        pieces
            From `bank_pieces`.
        chances
            Of each piece's own zone, shape (n,), where they are known already.
        """
        sure = chances
        if sure is None:
            zone = np.array([piece.zone for piece in pieces], dtype=np.intp)
            sure, _ = self.bank_odds(pieces, self.zones, zone, problem.errors)
        parts = [
            part_of(problem, "", self._code(piece.zone), piece.share, p)
            for piece, p in zip(pieces, sure.tolist(), strict=True)
        ]
        return owned(parts, here=problem.here)

    def bank_pieces(self, problem: Problem) -> list[BankPiece] | None:
        """Return what of a problem each stretch of a bank has; None unless the side said is one of a line here."""
        number = self._line_of(problem) if problem.side not in (None, "middle") else None
        if number is None:
            return None
        if problem.side == "both":
            return [piece for hand in SIGN for piece in self._pieces(problem.geometry, number, hand, 0.5)]
        hand = self._hand(problem, number)
        return self._pieces(problem.geometry, number, hand, 1.0) if hand else None

    def _line_of(self, problem: Problem) -> int | None:
        """Return the number of the line that a side is of, None if none is named or near."""
        edge = np.array([
            owner.line.distance(problem.geometry) - max(owner.reach_m("left"), owner.reach_m("right"))
            for owner in self.owners
        ])  # fmt: skip
        if problem.owner is not None:
            edge[[owner.code != problem.owner for owner in self.owners]] = np.inf
        else:
            edge[edge > _REACH_M + _REACH_SIGMAS * problem.uncertainty_m] = np.inf
        return int(edge.argmin()) if np.isfinite(edge).any() else None

    def _hand(self, problem: Problem, number: int) -> Hand | None:
        for hand in SIGN:
            if problem.side == hand:
                return hand
        along, _ = self._lines[number].project(shapely.get_coordinates(problem.geometry))
        return self._lines[number].hand(
            BEARING_DEG[str(problem.side)], float(along.min()), float(along.max())
        )

    def _bank(self, number: int, hand: Hand) -> Bank:
        if (number, hand) not in self._banks:
            self._banks[number, hand] = self.bank(number, hand, self.zones)
        return self._banks[number, hand]

    def bank(self, number: int, hand: Hand, zones: ZoneIndex) -> Bank:
        """Return whose the ground just beyond a line's body is, in another layer of zones than the own."""
        return self._lines[number].bank(hand, self.owners[number].reach_m(hand) + BEYOND_M, zones)

    def bank_places(self, pieces: Sequence[BankPiece]) -> Floats:
        """Return the place beside the middle of each piece, just beyond the body, shape (n, 2)."""
        places = np.zeros((len(pieces), 2))
        for (number, hand), rows in _by_bank(pieces).items():
            along = np.array([pieces[row].middle_m for row in rows])
            off = SIGN[hand] * (self.owners[number].reach_m(hand) + BEYOND_M)
            places[rows] = self._lines[number].beside(along, np.full(len(rows), off))
        return places

    def bank_odds(
        self,
        pieces: Sequence[BankPiece],
        zones: ZoneIndex,
        zone: Indices,
        errors: Sequence[tuple[float, float]],
    ) -> tuple[Floats, list[dict[int, float]]]:
        """Return how likely pieces truly lie in their zones, when the error leads away from the line.

        Parameters
        ----------
        zones, zone
            A layer, and in it the zone of each piece, -1 for none, shape (n,).
        errors
            (weight, sigma) of the normal errors that the location may have, weights summing to at most 1.

        Returns
        -------
        tuple
            The chance of each piece's own zone, shape (n,), and for each piece those of other zones.
        """
        chances = np.zeros(len(pieces))
        others: list[dict[int, float]] = [{} for _ in pieces]
        for (number, hand), rows in _by_bank(pieces).items():
            along = np.array([pieces[row].middle_m for row in rows])
            for weight, sigma in errors:
                if sigma == 0:
                    chances[rows] += weight
                    continue
                found = self._found_beyond(number, hand, along, zone[rows], sigma, zones)
                for row, places in zip(rows, found, strict=True):
                    own = places == zone[row]
                    chances[row] += weight * float(own.mean())
                    for other in places[~own].tolist():
                        others[row][other] = others[row].get(other, 0.0) + weight / len(places)
        return chances, others

    def _found_beyond(
        self, number: int, hand: Hand, along_m: Floats, zone: Indices, sigma_m: float, zones: ZoneIndex
    ) -> Indices:
        """Return the zones at sixteen places of equal probability beyond each place of a bank."""
        off = self.owners[number].reach_m(hand) + BEYOND_M + sigma_m * _OUTWARD
        along = np.repeat(along_m, len(off))
        xy = self._lines[number].beside(along, np.tile(SIGN[hand] * off, len(along_m)))
        found = zones.positions(xy[:, 0], xy[:, 1]).astype(np.intp)
        own = np.repeat(zone, len(off))
        # Inside a bend a place far out is on the other side of the next stretch: that says nothing.
        astray = np.flatnonzero(found != own)
        astray = astray[self._lines[number].project(xy[astray])[1] * SIGN[hand] <= 0]
        found[astray] = own[astray]
        return found.reshape(-1, len(off))

    def _pieces(self, shape: BaseGeometry, number: int, hand: Hand, share: float) -> list[BankPiece]:
        """Return the pieces of a shape on one side; their shares sum to `share`."""
        bank = self._bank(number, hand)
        spans = spans_of(shape, self._lines[number], hand, body=self._bodies.grounds[number])
        total = sum(span.size for span in spans)
        found = []
        for span in spans:
            if span.size > 0:
                own = share * span.size / total
                whole = BankPiece(
                    number, hand, NOWHERE, span.low_m, span.high_m, own, span.part, span.from_m, span.to_m
                )
                beside = bank.between(span.low_m, span.high_m)
                found += [whole.between(start, end, zone) for zone, start, end in beside]
        return found

    def _code(self, zone: int) -> str:
        return "" if zone == NOWHERE else str(self.zones.codes[zone])


def _by_bank(pieces: Sequence[BankPiece]) -> dict[tuple[int, Hand], list[int]]:
    """Return the rows of the pieces of each bank."""
    rows: dict[tuple[int, Hand], list[int]] = {}
    for row, piece in enumerate(pieces):
        rows.setdefault((piece.number, piece.hand), []).append(row)
    return rows
