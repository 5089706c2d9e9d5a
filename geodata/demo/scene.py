"""What a problem can be told by: the anchors of the district, and the choice among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Point, STRtree
from shapely.geometry.base import BaseGeometry

from geodata.demo.authored import Line, Spot
from geodata.demo.courses import Junction, junctions
from geodata.demo.district import District
from geodata.demo.numbering import House

LOOSE_ENDS = ("", "", "", "", "人行道", "非机动车道", "绿化带内", "路边", "公交站旁", "空地")


@dataclass(frozen=True, slots=True)
class Told:
    """A problem's true place and what the list says about it; `style` names the way it is said."""

    geometry: Point | LineString
    text: str
    style: str
    trade: str = ""

    @property
    def middle(self) -> Point:
        """The point that stands for the place: itself, or the middle of its line."""
        if isinstance(self.geometry, Point):
            return self.geometry
        return self.geometry.interpolate(0.5, normalized=True)


@dataclass(slots=True)
class Chooser:
    """Chance, and how hot each part of the district is in one week of the campaign."""

    rng: np.random.Generator
    hot_xy: NDArray[np.float64]
    radius_m: NDArray[np.float64]
    heat: NDArray[np.float64]
    _weights: dict[int, NDArray[np.float64]] = field(default_factory=dict)

    def one_of(self, options: Sequence[Any], weights: Sequence[float] | None = None) -> Any:
        """Return one of several options."""
        if weights is None:
            return options[int(self.rng.integers(len(options)))]
        sums = np.cumsum(weights)
        return options[int(np.searchsorted(sums, self.rng.random() * sums[-1], side="right"))]

    def chance(self, share: float) -> bool:
        """Return whether something of a given probability happens."""
        return bool(self.rng.random() < share)

    def between(self, low: float, high: float) -> float:
        """Return a number of a range."""
        return float(self.rng.uniform(low, high))

    def place(self, xy: NDArray[np.float64]) -> int:
        """Return the number of one of the anchors (kept by identity), hot places more often."""
        sums = self._weights.get(id(xy))
        if sums is None:
            away = ((xy[:, None, :] - self.hot_xy[None, :, :]) ** 2).sum(axis=2)
            glow = (self.heat * np.exp(-away / (2.0 * (self.radius_m * 0.6) ** 2))).sum(axis=1)
            sums = self._weights[id(xy)] = np.cumsum(1.0 + glow)
        return int(np.searchsorted(sums, self.rng.random() * sums[-1], side="right"))


@dataclass(frozen=True, slots=True)
class Anchors:
    """Things of one sort with their positions, shape (n, 2)."""

    things: Sequence[Any]
    xy: NDArray[np.float64]

    def choose(self, chooser: Chooser) -> Any:
        """Return one of the things."""
        return self.things[chooser.place(self.xy)]


def _anchors(things: Sequence[Any], points: Sequence[Point]) -> Anchors:
    return Anchors(things, shapely.get_coordinates(np.array(points, dtype=object)))


@dataclass(frozen=True, slots=True)
class Scene:
    """The district as a source of location texts.

    `of_line` holds the crossings of each line with their distance along it, in that order; `zones`
    the tree and the (code, name) of each level.
    """

    district: District
    outline: BaseGeometry
    inside: BaseGeometry
    roads: Anchors
    canals: Anchors
    rails: tuple[Junction, ...]
    of_line: Mapping[str, tuple[tuple[float, Junction], ...]]
    houses: Anchors
    shops: Anchors
    spots: Mapping[str, Anchors]
    zones: Mapping[str, tuple[STRtree, list[tuple[str, str]]]]

    @property
    def rail(self) -> Line:
        """The railway."""
        return next(line for line in self.district.lines if line.klass == "rail")

    def zone_of(self, point: Point, level: str) -> tuple[str, str]:
        """Return code and name of the zone a point lies in (the first of the table on a border)."""
        tree, names = self.zones[level]
        return names[int(min(tree.query(point, predicate="intersects")))]

    def holds(self, told: Told) -> bool:
        """Return whether a place lies in the district, its middle not on the outer border."""
        return bool(self.inside.covers(told.middle) and self.outline.covers(told.geometry))


def _looked_up(frame: gpd.GeoDataFrame) -> tuple[STRtree, list[tuple[str, str]]]:
    return STRtree(list(frame.geometry)), list(zip(frame["code"], frame["name"], strict=True))


def build_scene(district: District, groups: Mapping[str, Sequence[str]]) -> Scene:
    """Return the anchors of a district.

    Parameters
    ----------
    district
        The district.
    groups
        Which classes of places serve each situation (`places` in campaign.toml).
    """
    outline = district.zones["subdistrict"].geometry.iloc[0]
    inner = outline.buffer(-1.0)
    shapely.prepare(outline)
    shapely.prepare(inner)
    inside = [junction for junction in junctions(district.lines) if outline.covers(junction.point)]

    def of_class(klass: str) -> list[Junction]:
        return [junction for junction in inside if klass in (junction.first.klass, junction.second.klass)]

    both_roads = [junction for junction in inside if junction.first.klass == junction.second.klass == "road"]
    of_line: dict[str, list[tuple[float, Junction]]] = {}
    for junction in inside:
        for line in (junction.first, junction.second):
            of_line.setdefault(line.name, []).append((float(line.geometry.project(junction.point)), junction))
    by_group = {
        group: [spot for spot in district.spots if spot.kind in kinds] for group, kinds in groups.items()
    }
    for group, choose in (("vacant_site", True), ("site", False)):
        by_group[group] = [spot for spot in by_group["site"] if ("待建" in spot.name) == choose]
    return Scene(
        district=district,
        outline=outline,
        inside=inner,
        roads=_anchors(both_roads, [junction.point for junction in both_roads]),
        canals=_anchors(of_class("water"), [junction.point for junction in of_class("water")]),
        rails=tuple(of_class("rail")),
        of_line={name: tuple(sorted(found, key=lambda at: at[0])) for name, found in of_line.items()},
        houses=_anchors(district.houses, [house.geometry for house in district.houses]),
        shops=_anchors(district.shops, [spot.geometry for spot, _ in district.shops]),
        spots={
            group: _anchors(found, [spot.geometry for spot in found]) for group, found in by_group.items()
        },
        zones={level: _looked_up(district.zones[level]) for level in ("community", "grid")},
    )


__all__ = ["LOOSE_ENDS", "Anchors", "Chooser", "House", "Scene", "Spot", "Told", "build_scene"]
