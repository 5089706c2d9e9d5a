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
from geodata.zones.owning.banks import SIGN, Bank, CentreLine, Hand
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
# A line is put on the centre line this often; between, both are taken to run alike.
_STEP_M = 25.0


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
        self._lines = [CentreLine(owner.line) for owner in owners]
        self._bodies = Bodies(self.owners, self._lines, zones)
        self._banks: dict[tuple[int, Hand], Bank] = {}

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
            result[row].append(part_of(problems[row], owner, code, size / float(whole[row]), sure))
        return result

    def _with_side(self, problem: Problem) -> Owned | None:
        """Return whose a problem is by the side that was said; None if none was, or it means nothing here."""
        number = self._line_of(problem) if problem.side is not None else None
        if number is None:
            return None
        if problem.side == "middle":
            return owned([part_of(problem, self.owners[number].code, "", 1.0)])
        if problem.side == "both":
            return owned([part for hand in SIGN for part in self._by_side(problem, number, hand, 0.5)])
        hand = self._hand(problem, number)
        return owned(self._by_side(problem, number, hand, 1.0)) if hand else None

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
            offset = self.owners[number].reach_m(hand) + BEYOND_M
            self._banks[number, hand] = self._lines[number].bank(hand, offset, self.zones)
        return self._banks[number, hand]

    def _by_side(self, problem: Problem, number: int, hand: Hand, share: float) -> list[Share]:
        """Return the shares of the zones on one side; they sum to `share` of the problem."""
        bank = self._bank(number, hand)
        zones, middles, amounts = [], [], []
        for low, high, size in self._spans(problem.geometry, number, hand):
            pieces = bank.between(low, high)
            taken_m = sum(end - start for _, start, end in pieces)
            for zone, start, end in pieces:
                zones.append(zone)
                middles.append((start + end) / 2)
                amounts.append(size * ((end - start) / taken_m if taken_m > 0 else 1.0))
        sure = self._chances(problem.uncertainty_m, number, hand, np.array(middles), np.array(zones))
        total = sum(amounts)
        return [
            part_of(problem, "", self._code(zone), share * size / total, p)
            for zone, size, p in zip(zones, amounts, sure.tolist(), strict=True)
            if size > 0
        ]

    def _spans(self, shape: BaseGeometry, number: int, hand: Hand) -> list[tuple[float, float, float]]:
        """Return (from, to, size): what parts of a shape take up along the line, and how much they are."""
        if shapely.get_dimensions(shape) == 1 and shape.length > 0:
            return [span for part in shapely.get_parts(shape) for span in self._line_spans(part, number)]
        if shapely.get_dimensions(shape) == 2 and shape.area > 0:
            ground = shapely.get_parts(shapely.difference(shape, self._bodies.grounds[number]))
            ground = ground[(shapely.get_dimensions(ground) == 2) & (shapely.area(ground) > 0)]
            inner = shapely.get_coordinates(shapely.point_on_surface(ground))
            beside = self._lines[number].project(inner)[1] * SIGN[hand] > 0
            if beside.any():
                return [self._area_span(part, number) for part in ground[beside]]
        middle = shapely.get_coordinates(shapely.point_on_surface(shape))
        along = float(self._lines[number].project(middle)[0][0])
        return [(along, along, 1.0)]

    def _line_spans(self, part: BaseGeometry, number: int) -> list[tuple[float, float, float]]:
        xy = shapely.get_coordinates(shapely.segmentize(part, _STEP_M))
        along, left = self._lines[number].project(xy)
        size = np.hypot(*np.diff(xy, axis=0).T)
        low, high = np.minimum(along[:-1], along[1:]), np.maximum(along[:-1], along[1:])
        # Across the neck of a meander or the seam of a ring the nearest position leaps: there a step is
        # a place.
        middle = self._lines[number].project((xy[:-1] + xy[1:]) / 2)[0]
        leaps = high - low > 4.0 * (size + np.abs(left[:-1]))
        low, high = np.where(leaps, middle, low), np.where(leaps, middle, high)
        return list(zip(low.tolist(), high.tolist(), size.tolist(), strict=True))

    def _area_span(self, ground: BaseGeometry, number: int) -> tuple[float, float, float]:
        along, _ = self._lines[number].project(shapely.get_coordinates(ground))
        return float(along.min()), float(along.max()), float(ground.area)

    def _chances(self, sigma_m: float, number: int, hand: Hand, along_m: Floats, zone: Indices) -> Floats:
        """Return how likely places on a bank lie in their zones, when the error leads away from the line."""
        if sigma_m == 0:
            return np.ones(len(zone))
        off = self.owners[number].reach_m(hand) + BEYOND_M + sigma_m * _OUTWARD
        along = np.repeat(along_m, len(off))
        xy = self._lines[number].beside(along, np.tile(SIGN[hand] * off, len(along_m)))
        found = self.zones.positions(xy[:, 0], xy[:, 1])
        fits = found == np.repeat(zone, len(off))
        # Inside a bend a place far out is on the other side of the next stretch: that says nothing.
        astray = np.flatnonzero(~fits)
        fits[astray] = self._lines[number].project(xy[astray])[1] * SIGN[hand] <= 0
        chances: Floats = fits.reshape(-1, len(off)).mean(axis=1)
        return chances

    def _code(self, zone: int) -> str:
        return "" if zone == NOWHERE else str(self.zones.codes[zone])
