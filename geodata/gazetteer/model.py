"""What a gazetteer holds, as rows: the form in which sources hand over what they found.

All coordinates are in the gazetteer's projected CRS, metres. Sigmas are 1-sigma radii.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from shapely.geometry import LineString, MultiPoint
from shapely.geometry.base import BaseGeometry

LineClass = Literal["road", "rail", "water"]
Source = Literal["osm", "lines", "mined"]

# Version of the compiled file: one of another version is built again.
FORMAT = 2
LINE_CLASSES: tuple[LineClass, ...] = ("road", "rail", "water")
SOURCES: tuple[Source, ...] = ("osm", "lines", "mined")
# How a place came to be known: its own record, a mention in other records' addresses, or the brand
# part of a branch's name (weak: branches of one brand are everywhere).
PLACE_KINDS = ("own", "landmark", "brand")


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A named place; `kind` is one of PLACE_KINDS, `area` the district it is filed under or ""."""

    name: str
    category: str
    x: float
    y: float
    sigma_m: float
    support: int = 1
    kind: str = "own"
    area: str = ""


@dataclass(frozen=True, slots=True)
class LineRow:
    """A road, railway or water: one cluster of one name.

    `axis` is the single centre line to walk along, `shape` everything drawn. `sigma_m` is how far the
    axis may lie off the real one; `half_width_m` reaches from the axis to the kerb or bank.
    """

    name: str
    line_class: LineClass
    axis: LineString
    shape: BaseGeometry
    half_width_m: float
    sigma_m: float
    source: Source


@dataclass(frozen=True, slots=True)
class CrossingRow:
    """Where two lines (indices into the lines) meet once; `nodes` are the points seen there."""

    first: int
    second: int
    x: float
    y: float
    sigma_m: float
    support: int
    nodes: MultiPoint
    source: Source


@dataclass(frozen=True, slots=True)
class NumberRow:
    """A house number on a line (index into the lines)."""

    line: int
    number: int
    x: float
    y: float
    sigma_m: float


@dataclass(frozen=True, slots=True)
class PostRow:
    """A chainage post of a line (index into the lines)."""

    line: int
    chainage_m: float
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class ZoneRow:
    """A zone or district known by name; `shape` is a polygon, or the points filed under it."""

    name: str
    level: str
    shape: BaseGeometry


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A located address as it was written (normalised), for the nearest-address fallback."""

    text: str
    x: float
    y: float
    area: str = ""


@dataclass(frozen=True, slots=True)
class BasemapRow:
    """A shape for the basemap only."""

    layer: str
    name: str
    category: str
    shape: BaseGeometry


@dataclass(slots=True)
class Contents:
    """Everything collected for one gazetteer, before it is compiled.

    `renamed` are former names of lines with the names somebody gave them since.
    """

    crs: int
    places: list[PlaceRow] = field(default_factory=list)
    lines: list[LineRow] = field(default_factory=list)
    crossings: list[CrossingRow] = field(default_factory=list)
    numbers: list[NumberRow] = field(default_factory=list)
    posts: list[PostRow] = field(default_factory=list)
    zones: list[ZoneRow] = field(default_factory=list)
    documents: list[DocumentRow] = field(default_factory=list)
    basemap: list[BasemapRow] = field(default_factory=list)
    aliases: dict[str, list[str]] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)
    renamed: dict[str, list[str]] = field(default_factory=dict)

    def drop(self, reason: str, count: int = 1) -> None:
        """Count something left out, by its reason in Chinese."""
        if count:
            self.dropped[reason] = self.dropped.get(reason, 0) + count

    def alias(self, alias: str, name: str) -> None:
        """Record another name of something."""
        names = self.aliases.setdefault(alias, [])
        if alias != name and name not in names:
            names.append(name)


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build put in and left out; `counts` and `dropped` have Chinese keys."""

    crs: int
    counts: Mapping[str, int]
    dropped: Mapping[str, int]
    seconds: float
