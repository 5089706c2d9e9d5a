"""A working copy of zones (草图): what is drawn, by level, and what went wrong with an edit.

All shapes lie on a grid of 1 mm and come from one noded network (see `network`), so that neighbours
share every vertex of their border. Nothing here changes a sketch: edits return a new one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import shapely

from geodata.errors import ZoneError
from geodata.zones.contract import PARENT_LEVEL
from geodata.zones.model import LEVELS, Level

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

SketchFault = Literal[
    "no_zone", "code_taken", "no_code", "no_ground", "outside_parent", "splits_nothing", "too_many_pieces",
    "same_zone", "not_siblings", "no_vertex", "crosses", "no_gap", "bad_shape", "too_many", "no_parent",
]  # fmt: skip
MAX_VERTICES = 400_000
MAX_ZONES = 4_000
EMPTY = shapely.MultiPolygon()


class SketchError(ZoneError):
    """An edit that cannot be made; `code` says why, `about` names the zone or number in question."""

    def __init__(self, code: SketchFault, about: str = "") -> None:
        super().__init__(f"{code}: {about}" if about else code)
        self.code, self.about = code, about


@dataclass(frozen=True, slots=True)
class SketchZone:
    """A zone of a sketch; `shape` is a multipolygon in metres, empty until ground is given to it.

    `colour` numbers the zone's colour on the screen and stays with it.
    """

    level: Level
    code: str
    name: str
    parent: str = ""
    leader: str = ""
    colour: int = 0
    shape: BaseGeometry = field(default=EMPTY)

    @property
    def key(self) -> tuple[Level, str]:
        """Return level and code."""
        return self.level, self.code


@dataclass(frozen=True, slots=True)
class Claim:
    """Ground that several zones of the source wanted: given to nobody until a person decides."""

    level: Level
    codes: tuple[str, ...]
    shape: BaseGeometry


@dataclass(frozen=True, slots=True)
class Sketch:
    """A working copy of zones.

    Attributes
    ----------
    crs
        EPSG code, projected, metres.
    zones
        In the order of the list on the screen.
    cuts
        Lines by which blocks of streets were cut.
    claims
        Disputed ground of the source.
    """

    crs: int
    zones: tuple[SketchZone, ...] = ()
    cuts: tuple[BaseGeometry, ...] = ()
    claims: tuple[Claim, ...] = ()

    def of(self, level: Level) -> list[SketchZone]:
        """Return the zones of a level in order."""
        return [zone for zone in self.zones if zone.level == level]

    def find(self, level: Level, code: str) -> SketchZone:
        """Return a zone.

        Raises
        ------
        SketchError
            If there is none ("no_zone").
        """
        for zone in self.zones:
            if zone.key == (level, code):
                return zone
        raise SketchError("no_zone", code)

    def children(self, level: Level, code: str) -> list[SketchZone]:
        """Return the zones directly below one."""
        return [zone for zone in self.zones if PARENT_LEVEL.get(zone.level) == level and zone.parent == code]

    def with_zones(self, zones: Iterable[SketchZone]) -> Sketch:
        """Return the sketch with other zones."""
        return replace(self, zones=tuple(zones))

    def parent_of(self, zone: SketchZone) -> SketchZone | None:
        """Return the zone above one, None when the sketch has none."""
        above = PARENT_LEVEL.get(zone.level)
        found = (other for other in self.zones if other.level == above and other.code == zone.parent)
        return next(found, None)


def fresh_code(sketch: Sketch, level: Level, parent: str) -> str:
    """Return a code nobody has: the parent's (or the siblings' common beginning) and the next three digits.

    Examples
    --------
    >>> fresh_code(Sketch(crs=4547), "community", "410105999")
    '410105999001'
    >>> fresh_code(Sketch(crs=4547), "community", "")
    'C001'
    """
    codes = {zone.code for zone in sketch.of(level)}
    siblings = [zone.code for zone in sketch.of(level) if zone.parent == parent]
    heads = {code[:-3] for code in siblings if code[-3:].isdigit()}
    base = parent or (heads.pop() if len(heads) == 1 else "") or level[0].upper()
    tails = [code.removeprefix(base) for code in codes if code.startswith(base)]
    # After the highest, not in a hole: a missing number may have been a community of old.
    highest = max((int(tail) for tail in tails if len(tail) == 3 and tail.isdigit()), default=0)
    return next(
        code for n in range(highest + 1, highest + 2 + len(codes)) if (code := f"{base}{n:03d}") not in codes
    )


def fresh_colour(sketch: Sketch, level: Level) -> int:
    """Return the least colour number that no zone of a level has."""
    taken = {zone.colour for zone in sketch.of(level)}
    return next(n for n in range(len(taken) + 1) if n not in taken)


def ordered(zones: Iterable[SketchZone]) -> list[SketchZone]:
    """Return zones by level, keeping their order within it."""
    return sorted(zones, key=lambda zone: LEVELS.index(zone.level))
