"""The vocabulary of geocoding: what a text says (frames), and where it may be (locations).

Small frozen dataclasses that pass from the reader (`readings`) to the resolvers and out to the
caller. A *frame* is a place description in the abstract, before any geometry; a *candidate* is a
geometry with an uncertainty; a *location* is the answer to one text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias, overload

from shapely.geometry.base import BaseGeometry

from geodata.text.spans import Span as Span

Status = Literal["located", "ambiguous", "not_found"]
NameClass = Literal["road", "rail", "water", "place", "zone"]
Relation = Literal["at", "inside", "opposite", "beside", "near", "front", "behind", "under"]
Side = Literal["N", "NE", "E", "SE", "S", "SW", "W", "NW", "left", "right", "both", "middle"]
Extent = Literal["whole", "N", "E", "S", "W", "middle"]

BEARING_DEG: Mapping[str, float] = {
    "N": 0.0, "NE": 45.0, "E": 90.0, "SE": 135.0, "S": 180.0, "SW": 225.0, "W": 270.0, "NW": 315.0,
}  # fmt: skip

# How a side or bearing is said to a person, before 侧, 角, 口 or after 向.
SIDE_WORDS: Mapping[Side, str] = {
    "N": "北", "NE": "东北", "E": "东", "SE": "东南", "S": "南", "SW": "西南", "W": "西", "NW": "西北",
    "left": "左", "right": "右", "both": "两", "middle": "中间",
}  # fmt: skip

THRESHOLDS_M = (50, 100, 200, 500)


class NameHit(NamedTuple):
    """A gazetteer name found in a normalised text: half-open offsets into that text.

    A plain tuple: a text holds several, and making one is a good part of finding it.
    """

    start: int
    end: int
    name: str
    classes: tuple[NameClass, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """A mention of a name; `known` says whether the gazetteer has it. Where it stands makes no other name."""

    text: str
    classes: tuple[NameClass, ...]
    span: Span = field(compare=False)
    known: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """A named place, or a part of it (东门, A口, 3号楼), or something related to it (对面)."""

    name: Name
    part: str | None = None
    relation: Relation = "at"
    side: Side | None = None


@dataclass(frozen=True, slots=True)
class Number:
    """A house number on a road: 建设西路100号院."""

    road: Name
    number: int
    sub: str | None = None
    side: Side | None = None


@dataclass(frozen=True, slots=True)
class Crossing:
    """Where two lines meet; `corner` is a quadrant (西北角), `arm` a leg of the crossing (东口)."""

    first: Name
    second: Name
    corner: Side | None = None
    arm: Side | None = None
    structure: str | None = None


@dataclass(frozen=True, slots=True)
class Offset:
    """A distance from an anchor in a direction, walked along `along` if that road is named.

    `distance_m` is a closed range; a single figure has equal ends, an unstated distance is None.
    """

    anchor: Frame
    bearing: Side
    distance_m: tuple[float, float] | None
    along: Name | None = None
    side: Side | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of a line between two anchors, or a named extent of it (全段, 北段)."""

    line: Name
    start: Frame | None = None
    end: Frame | None = None
    side: Side | None = None
    extent: Extent | None = None


@dataclass(frozen=True, slots=True)
class Chainage:
    """A position or range on a line by chainage; K645+300 is 645300.0 m."""

    line: Name | None
    start_m: float
    end_m: float | None = None
    prefix: str = "K"
    side: Side | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """One border of a block: everything on `side` of `line` (A以南 is side S of A)."""

    line: Name
    side: Side


@dataclass(frozen=True, slots=True)
class Block:
    """An area bounded by lines: A以南、B以东、C以西."""

    bounds: tuple[Bound, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """Between two places that no common line joins."""

    start: Frame
    end: Frame


@dataclass(frozen=True, slots=True)
class Area:
    """A zone or an area known by name, as the whole answer."""

    name: Name


Frame: TypeAlias = Place | Number | Crossing | Offset | Stretch | Chainage | Block | Between | Area


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a text.

    `frames` are independent pieces of evidence about the same spot, strongest first; `areas` are
    zone or district names that only narrow the search; `residue` is what was not understood.
    `penalty` orders readings (0 is best); `before` and `after` go around the description of the frames.
    """

    frames: tuple[Frame, ...]
    areas: tuple[str, ...] = ()
    residue: tuple[Span, ...] = ()
    penalty: float = 0.0
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the trace: what stage, what was found, why. `words` is Chinese, `data` is JSON-able."""

    stage: Literal["normalise", "scan", "read", "resolve", "fuse", "rank", "confidence"]
    words: str
    data: Mapping[str, object] = field(default_factory=dict)


class Trace(Sequence[Step]):
    """The steps to an answer, put into words only when somebody reads them.

    Nobody reads most of them in a list of thousands, and the words cost as much as the answer.
    """

    __slots__ = ("_later", "_steps")

    def __init__(self) -> None:
        self._steps: list[Step | Callable[[], Step]] = []
        self._later: Callable[[], Sequence[Step]] | None = None

    @classmethod
    def later(cls, steps: Callable[[], Sequence[Step]]) -> Trace:
        """Return a trace whose steps are all worked out when the first of them is read."""
        trace = cls()
        trace._later = steps
        return trace

    def add(self, step: Callable[[], Step]) -> None:
        """Put a step at the end, made when it is first read; what it refers to must not change."""
        self._steps.append(step)

    @overload
    def __getitem__(self, index: int) -> Step: ...

    @overload
    def __getitem__(self, index: slice) -> list[Step]: ...

    def __getitem__(self, index: int | slice) -> Step | list[Step]:
        return self._read()[index]

    def __iter__(self) -> Iterator[Step]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read() if self._later is not None else self._steps)

    def _read(self) -> list[Step]:
        if self._later is not None:
            self._steps, self._later = [*self._later()], None
        steps = [step if isinstance(step, Step) else step() for step in self._steps]
        self._steps = [*steps]
        return steps

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __reduce__(self) -> tuple[Callable[[list[Step]], Trace], tuple[list[Step]]]:
        return _with_steps, (self[:],)

    def __repr__(self) -> str:
        return f"Trace({self[:]!r})"


def _with_steps(steps: list[Step]) -> Trace:
    return Trace.later(lambda: steps)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place the text may mean.

    `geometry` is a Point, LineString, MultiLineString, Polygon or MultiPolygon in the gazetteer's
    CRS (metres). `uncertainty_m` is the 1-sigma radius of the error. `probability` is the share of
    belief among all candidates of the answer, in 0..1. `method` is the frame's name in lower case
    (`crossing`, `number`, `place`, `offset`, `stretch`, `chainage`, `block`, `between`, `area`,
    `alias`, or `road` for a bare road), with a named fallback appended after a colon
    (`crossing:nearest`). `words` says in Chinese what it is and why. `side` is the side or bank that
    the text said, and `line_name` the line it is of, "" where none was said: left and right are of the
    line's own direction (water: downstream, else rising chainage), as a zone file's linear owners have it.
    """

    geometry: BaseGeometry
    uncertainty_m: float
    probability: float
    method: str
    words: str
    side: Side | None = None
    line_name: str = ""


@dataclass(frozen=True, slots=True)
class Location:
    """The answer to one location text.

    `status` is `located` when p_within[500] >= 0.95 and no rival with probability >= 0.05 lies
    farther than 500 m away (100 m where two lines meet twice). `best` is the most probable candidate, also when `ambiguous`; None when
    `not_found`. `p_within` maps metres (50, 100, 200, 500) to the probability that the true place
    lies within that distance of the best candidate's representative point. `crs` is the EPSG code
    of the candidates' geometries.
    """

    text: str
    status: Status
    best: Candidate | None
    others: tuple[Candidate, ...]
    p_within: Mapping[int, float]
    trace: Sequence[Step]
    crs: int

    @property
    def method(self) -> str:
        """The best candidate's method, or an empty text."""
        return self.best.method if self.best else ""
