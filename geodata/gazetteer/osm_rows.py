"""What is read from an OpenStreetMap extract, as rows: WGS84 lon, lat, nothing merged yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.gazetteer.model import LineClass

# Street ("" where none is stated), number, lon, lat.
HouseNumber: TypeAlias = tuple[str, int, float, float]


@dataclass(frozen=True, slots=True)
class OsmWay:
    """A named line: lon, lat coordinates (n, 2) with the ids of their nodes (n,)."""

    name: str
    other_names: tuple[str, ...]
    line_class: LineClass
    category: str
    lonlat: NDArray[np.float64]
    node_ids: NDArray[np.int64]
    half_width_m: float


@dataclass(frozen=True, slots=True)
class OsmPlace:
    """A named place at lon, lat, with the radius of its area in degrees of latitude (0 for a node)."""

    name: str
    other_names: tuple[str, ...]
    category: str
    lon: float
    lat: float
    radius_deg: float


@dataclass(slots=True)
class OsmExtract:
    """Everything taken from one extract.

    `numbers` are (street, number, lon, lat), `interpolated` likewise, worked out between two numbers;
    `posts` are (line class, chainage in metres, lon, lat); `grounds` the named areas that gates and
    entrances may belong to; `exits` the subway entrances known by a letter only.
    """

    ways: list[OsmWay] = field(default_factory=list)
    places: list[OsmPlace] = field(default_factory=list)
    numbers: list[HouseNumber] = field(default_factory=list)
    interpolated: list[HouseNumber] = field(default_factory=list)
    posts: list[tuple[LineClass, float, float, float]] = field(default_factory=list)
    gates: list[OsmPlace] = field(default_factory=list)
    exits: list[OsmPlace] = field(default_factory=list)
    grounds: list[tuple[str, BaseGeometry]] = field(default_factory=list)
    basemap: list[tuple[str, str, str, BaseGeometry]] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)

    def drop(self, reason: str) -> None:
        """Count something left out, by its reason in Chinese."""
        self.dropped[reason] = self.dropped.get(reason, 0) + 1
