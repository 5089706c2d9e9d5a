"""What passes between the steps from a row of bounds to a polygon.

A row (`BoundsRow`) says per side which lines bound a community; each name becomes a `Bound` with the
lines it may mean; the lines become an `Enclosure`, and what is told to people is an `Outcome`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from geodata.errors import Fault

Compass: TypeAlias = Literal["N", "E", "S", "W"]
Longer: TypeAlias = Literal["", "any", "N", "E", "S", "W"]
SIDES: tuple[Compass, ...] = ("E", "S", "W", "N")
SIDE_NAMES: Mapping[Compass, str] = {"E": "东", "S": "南", "W": "西", "N": "北"}
ENGLISH_SIDES: Mapping[Compass, str] = {"E": "east", "S": "south", "W": "west", "N": "north"}
OPPOSITE: Mapping[Compass, Compass] = {"N": "S", "S": "N", "E": "W", "W": "E"}
UNIT: Mapping[Compass, tuple[float, float]] = {"N": (0, 1), "E": (1, 0), "S": (0, -1), "W": (-1, 0)}

Status: TypeAlias = Literal["found", "reading", "not_found", "ambiguous", "unused"]
# Chinese and English.
STATUS_WORDS: Mapping[Status, tuple[str, str]] = {
    "found": ("找到", "found"), "reading": ("按相近的说法找到", "read as something similar"),
    "not_found": ("没找到", "not found"), "ambiguous": ("有几种可能", "may be several things"),
    "unused": ("找到了，但不在边界上", "found, but not on the border"),
}  # fmt: skip


def either(words: Sequence[Fault], *, by: tuple[str, str] = ("; ", "；")) -> Fault:
    """Return sentences as one, the same said twice only once, in both languages.

    Examples
    --------
    >>> either([Fault("a", "甲"), Fault("b", "乙"), Fault("a", "甲")])
    Fault(en='a; b', zh='甲；乙')
    """
    distinct = list(dict.fromkeys(words))
    en, zh = by[0].join(own.en for own in distinct), by[1].join(own.zh for own in distinct)
    return Fault(en, zh)


@dataclass(frozen=True, slots=True)
class BoundsRow:
    """One community as the table has it; `line` is the row's number in its sheet."""

    name: str
    sides: Mapping[Compass, str]
    code: str = ""
    note: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """One meaning of a bound: lines in metres, how they were understood, and whether just as written.

    Of several lines (the pieces of a road, a neighbour's side) one must lie on the border, or with
    `every` all of them. `is_one` says that they are the pieces of one line. `gaps` are the parts of the
    lines that nobody has drawn.
    """

    lines: tuple[LineString, ...]
    words: Fault
    exact: bool = True
    every: bool = False
    is_one: bool = False
    gaps: tuple[LineString, ...] = ()


@dataclass(frozen=True, slots=True)
class Bound:
    """One name on one side. No choice: nothing is known of it, and `problem` says so.

    `longer` says towards which side its lines are stated to go on straight (延长线; `any`: both ends);
    `neighbour` names a community of the table that stands here instead of a line.
    """

    side: Compass
    text: str
    choices: tuple[Choice, ...] = ()
    problem: Fault | None = None
    longer: Longer = ""
    neighbour: str = ""


@dataclass(frozen=True, slots=True)
class Connector:
    """A piece that nobody has drawn: from a line's end to another line.

    `kind` is `bridge` (to the nearest point) or `prolonged` (straight on). `line` is the number of the
    line that it goes on from.
    """

    kind: Literal["bridge", "prolonged"]
    line: int
    shape: LineString
    length_m: float


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one name on one side, for people."""

    side: Compass
    text: str
    status: Status
    words: Fault
    bridged_m: tuple[float, ...] = ()
    prolonged_m: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one row: a polygon, or the lines that were found and what to do.

    `shape` is None where nothing could be closed; `lines` are what was found (empty geometry: none).
    `problems` are sentences in both languages, each with what to do. `added` are the bridges and
    prolongations on the border.
    """

    row: BoundsRow
    code: str
    shape: BaseGeometry | None
    findings: tuple[Finding, ...]
    lines: BaseGeometry
    problems: tuple[Fault, ...] = ()
    added: tuple[Connector, ...] = field(default=())
