"""What the sharing among linear owners and zones is asked, and what it answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import shapely
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from geodata.zones.owning.banks import Hand

Side: TypeAlias = Literal["left", "right", "both", "middle", "N", "NE", "E", "SE", "S", "SW", "W", "NW"]
Doubt: TypeAlias = Literal["", "near_edge", "no_line", "along_line"]
BEARING_DEG: Mapping[str, float] = {
    "N": 0.0, "NE": 45.0, "E": 90.0, "SE": 135.0, "S": 180.0, "SW": 225.0, "W": 270.0, "NW": 315.0,
}  # fmt: skip
SIDES: tuple[Side, ...] = get_args(Side)
SURE = 0.95


@dataclass(frozen=True, slots=True)
class LinearOwner:
    """Who answers for a canal, a river or a railway body, along one centre line (metres, zones' CRS).

    The body reaches `half_width_m` to either side, or as far as `left_m` and `right_m` say. `line_names`
    are the names of the line, normalised.
    """

    code: str
    line: LineString
    half_width_m: float
    left_m: float | None = None
    right_m: float | None = None
    name: str = ""
    line_names: tuple[str, ...] = ()

    def reach_m(self, hand: Hand) -> float:
        """Return how far the body reaches to one side."""
        own = self.left_m if hand == "left" else self.right_m
        return self.half_width_m if own is None else own

    def body(self) -> BaseGeometry:
        """Return the ground of the body; it ends squarely where the line ends."""
        left, right = self.reach_m("left"), self.reach_m("right")
        if left == right:
            return shapely.buffer(self.line, left, cap_style="flat")
        sides = [
            shapely.buffer(self.line, reach, single_sided=True) for reach in (left, -right) if reach != 0
        ]
        return shapely.union_all(sides)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is to be shared: point, line or area in the zones' CRS, the side the text said, 1-sigma error.

    `owner` is the code of the line that the text named. `spread` are the (weight, sigma) of the normal
    errors that make up a calibrated location, weights summing to at most 1, for a problem with a side;
    () is one error of `uncertainty_m`.
    """

    geometry: BaseGeometry
    side: Side | None = None
    owner: str | None = None
    uncertainty_m: float = 0.0
    spread: tuple[tuple[float, float], ...] = ()

    @property
    def errors(self) -> tuple[tuple[float, float], ...]:
        """Return weight and sigma of each normal error that the location may have."""
        return self.spread or ((1.0, self.uncertainty_m),)

    @property
    def here(self) -> float:
        """Return how likely the place is about here at all."""
        return sum(weight for weight, _ in self.errors)


@dataclass(frozen=True, slots=True)
class Share:
    """One party's part: the linear owner's (`owner` set), or a zone's (`zone` its code, "" outside).

    `share` is of the whole, by length, by area, or for a point; `probability` that it is truly theirs.
    """

    owner: str
    zone: str
    share: float
    probability: float
    length_m: float = 0.0
    area_m2: float = 0.0
    owner_name: str = ""


@dataclass(frozen=True, slots=True)
class Owned:
    """Whose a problem is, most first. `doubt` says why a person should look at it, "" if none need.

    `near_edge`: less than 0.95 sure; `no_line`: a side was said, but of no line known; `along_line`: the
    compass side said is the direction of the line itself.
    """

    shares: tuple[Share, ...]
    doubt: Doubt

    @property
    def owner(self) -> Share | None:
        """The linear owner with the largest share, None if no linear owner has any."""
        return next((part for part in self.shares if part.owner), None)

    @property
    def is_flagged(self) -> bool:
        """Whether a person should look at it."""
        return self.doubt != ""


def part_of(
    problem: Problem, owner: str, zone: str, share: float, probability: float = 1.0, *, name: str = ""
) -> Share:
    """Return a share with its metres or square metres."""
    shape = problem.geometry
    length = shape.length if shapely.get_dimensions(shape) == 1 else 0.0
    return Share(owner, zone, share, probability, share * length, share * shape.area, name)


def owned(parts: Sequence[Share], doubt: Doubt = "", *, here: float = 1.0) -> Owned:
    """Return the answer: shares of one party made one, most first, ties by code; flagged where unsure.

    `here` is how likely the place is about here at all: what may be anywhere else lies behind no edge.
    """
    groups: dict[tuple[str, str], list[Share]] = defaultdict(list)
    for part in parts:
        groups[part.owner, part.zone].append(part)
    shares = []
    for (owner, zone), own in groups.items():
        share = sum(part.share for part in own)
        sure = sum(part.share * part.probability for part in own) / share
        length, area = sum(part.length_m for part in own), sum(part.area_m2 for part in own)
        shares.append(Share(owner, zone, share, min(1.0, sure), length, area, own[0].owner_name))
    shares.sort(key=lambda part: (-round(part.share, 9), part.owner, part.zone))
    certain = sum(part.share * part.probability for part in shares)
    return Owned(tuple(shares), doubt or ("near_edge" if certain < SURE * here else ""))


def require_owners(owners: Sequence[LinearOwner]) -> None:
    """Refuse owners without a code or a body.

    Raises
    ------
    ValueError
        If there is one.
    """
    for owner in owners:
        left, right = owner.reach_m("left"), owner.reach_m("right")
        if not owner.code:
            raise ValueError(f"a linear owner has no code: {owner}")
        if not (left >= 0 and right >= 0 and left + right > 0):
            raise ValueError(
                f"the body of {owner.code} reaches {left} m left, {right} m right; above 0 is accepted"
            )


def require_problems(problems: Sequence[Problem]) -> None:
    """Refuse problems that are no points, lines or areas, or say what is not understood.

    Raises
    ------
    ValueError
        If there is one; the first ten are named.
    """
    faults = []
    for row, problem in enumerate(problems):
        shape = problem.geometry
        if shape is None or shape.is_empty or shapely.get_type_id(shape) not in (0, 1, 3, 5, 6):
            faults.append(f"problem {row} has no point, line or area")
        if not problem.uncertainty_m >= 0:
            faults.append(f"problem {row} has the uncertainty {problem.uncertainty_m}; 0 or more is accepted")
        if problem.side is not None and problem.side not in SIDES:
            faults.append(f"problem {row} has the side {problem.side!r}")
    if faults:
        raise ValueError("; ".join(faults[:10]))
