"""One meaning per bound, as lines in one network: every way that can close is an attempt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product

import numpy as np
import shapely
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from geodata.errors import Fault
from geodata.zones.bounds.enclosure import Named
from geodata.zones.bounds.model import Bound, Choice, Compass, Connector, Finding, Longer
from geodata.zones.bounds.network import PROLONG_M, STATED_PROLONG_M, bridges, prolongations

_MOST_COMBINATIONS, _MOST_TRIED = 20_000, 64


@dataclass(frozen=True, slots=True)
class Closed:
    """What came of one row's bounds.

    `network` are the lines and connectors that `shape` is cut from; `found` the lines that are known
    even where nothing closed.
    """

    shape: BaseGeometry | None
    findings: tuple[Finding, ...]
    found: tuple[LineString, ...]
    problems: tuple[Fault, ...] = ()
    network: tuple[LineString, ...] = ()
    added: tuple[Connector, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One meaning per bound: the distinct lines, which of them each bound means, and what was added."""

    choices: tuple[Choice, ...]
    lines: tuple[Named, ...]
    wanted: tuple[tuple[int, Compass], ...]
    longer: tuple[Longer, ...]

    def added(self, *, prolonged: bool) -> list[Connector]:
        """Return the bridges, and the prolongations if wanted."""
        shapes = [named.line for named in self.lines]
        kin = [named.kin for named in self.lines]
        found = bridges(shapes, kin)
        return found + (prolongations(shapes, kin, self.longer) if prolonged else [])


def attempts_of(bounds: Sequence[Bound]) -> Iterator[Attempt]:
    """Yield one meaning per bound in every way that can close: no line farther from the others than it reaches."""
    tried = 0
    for choices in islice(product(*(bound.choices for bound in bounds)), _MOST_COMBINATIONS):
        attempt = _attempt(choices, bounds)
        if _is_near(attempt, bounds):
            yield attempt
            tried += 1
            if tried == _MOST_TRIED:
                return


def _attempt(choices: tuple[Choice, ...], bounds: Sequence[Bound]) -> Attempt:
    named: dict[bytes, Named] = {}
    longer: dict[bytes, Longer] = {}
    wanted: dict[tuple[int, Compass], None] = {}
    for number, (choice, bound) in enumerate(zip(choices, bounds, strict=True)):
        for place, line in enumerate(choice.lines):
            # One use per name, or one per line where every line must be used.
            test = number + len(bounds) * (place if choice.every else 0)
            wanted[test, bound.side] = None
            key = shapely.to_wkb(line)
            none: frozenset[int] = frozenset()
            # A line of its own has a number of its own.
            known = named.get(
                key, Named(line, frozenset(), none, none, number if choice.is_one else -1 - len(named))
            )
            sides, names, tests = known.sides | {bound.side}, known.names | {number}, known.tests | {test}
            named[key] = Named(line, sides, names, tests, known.kin)
            longer[key] = longer.get(key, "") or bound.longer
    return Attempt(choices, tuple(named.values()), tuple(wanted), tuple(longer.values()))


def _is_near(attempt: Attempt, bounds: Sequence[Bound]) -> bool:
    """Return whether every bound comes within reach of at least one other bound's lines."""
    whole = [shapely.multilinestrings(list(choice.lines)) for choice in attempt.choices]
    for number, (shape, bound) in enumerate(zip(whole, bounds, strict=True)):
        others = [other for place, other in enumerate(whole) if place != number]
        if others and not shapely.dwithin(shape, np.array(others, dtype=object), reach_of(bound)).any():
            return False
    return True


def reach_of(bound: Bound) -> float:
    """Return how far apart two lines may be that are to meet, metres."""
    # Two ends may go on towards each other.
    return 2 * (STATED_PROLONG_M if bound.longer else PROLONG_M)
