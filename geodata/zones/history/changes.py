"""Two versions of the borders: which zones are new, ended or moved, and what land passes from whom to whom.

Where zones of one version overlap, the lowest code has the land, as in every assignment. Whose each
place becomes is for `geodata.zones.history.handover`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import shapely
from scipy.spatial import cKDTree

from geodata.crs import epsg_of
from geodata.errors import CrsError
from geodata.zones.model import LEVELS, Level

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Land = dict[str, BaseGeometry]

ChangeKind: TypeAlias = Literal["new", "ended", "moved", "renamed"]

# Vertices of two versions closer than this are one surveyed corner: a file in degrees with seven
# decimals is off by half a centimetre.
SAME_M = 0.01
# Land below this (1 dm²) is what overlay leaves along common edges, not a change.
_DUST_M2 = 1e-2
_FACTS = ("name", "parent", "leader")


@dataclass(frozen=True, slots=True)
class ZoneChange:
    """What becomes of one zone; `gained` and `lost` are polygons in the layers' CRS, maybe empty.

    `renamed` means the same border with another name, parent or leader.
    """

    level: Level
    code: str
    name: str
    kind: ChangeKind
    area_before_m2: float
    area_after_m2: float
    gained: BaseGeometry
    lost: BaseGeometry


@dataclass(frozen=True, slots=True)
class LandMove:
    """Land that passes from one zone to another; "" is outside all zones of the level."""

    level: Level
    source: str
    target: str
    area_m2: float
    geometry: BaseGeometry


@dataclass(frozen=True, slots=True)
class BorderChanges:
    """All that differs between two versions, in the order of levels and codes.

    `region` is the ground on which an assignment may differ.
    """

    zones: tuple[ZoneChange, ...]
    land: tuple[LandMove, ...]
    region: BaseGeometry

    @property
    def is_empty(self) -> bool:
        """Whether the versions are the same."""
        return not self.zones


def compare_layers(
    before: Mapping[Level, gpd.GeoDataFrame], after: Mapping[Level, gpd.GeoDataFrame]
) -> BorderChanges:
    """Return what differs between two sets of layers.

    Parameters
    ----------
    before, after
        Layers with the columns of `geodata.zones.contract` and valid polygons, one row per code (rows
        that share a code are one zone), in one projected CRS. A level that only one side has is compared with
        nothing. Put `after` through `aligned` first if it went through another file format or CRS.

    Raises
    ------
    CrsError
        If the layers are not all in one CRS.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> def layer(x):
    ...     shapes = [shapely.box(0, 0, x, 10), shapely.box(x, 0, 20, 10)]
    ...     return {"community": gpd.GeoDataFrame({"code": ["A", "B"]}, geometry=shapes, crs=4547)}
    >>> [(move.source, move.target, move.area_m2) for move in compare_layers(layer(10), layer(14)).land]
    [('B', 'A', 40.0)]
    """
    found = {epsg_of(frame.crs) for side in (before, after) for frame in side.values()}
    if len(found) > 1:
        raise CrsError(
            f"the two versions are in different CRS: {sorted(found)}",
            zh=f"两份边界的坐标系不同（EPSG {sorted(found)}）；请先统一",
        )
    zones: list[ZoneChange] = []
    land: list[LandMove] = []
    touched: list[BaseGeometry] = []
    for level in [level for level in LEVELS if level in before or level in after]:
        old, new = before.get(level), after.get(level)
        changes = _zone_changes(level, old, new)
        zones += changes
        moves = _land_moves(level, changes)
        land += moves
        touched += [move.geometry for move in moves]
        touched += _adopted(changes, old, new)
    return BorderChanges(tuple(zones), tuple(land), shapely.union_all(touched))


def _zone_changes(
    level: Level, before: gpd.GeoDataFrame | None, after: gpd.GeoDataFrame | None
) -> list[ZoneChange]:
    old, new = _owned(before), _owned(after)
    facts_old, facts_new = _facts(before), _facts(after)
    nothing = shapely.Polygon()
    changes = []
    for code in sorted({*old, *new}):
        was, becomes = old.get(code, nothing), new.get(code, nothing)
        lost: BaseGeometry = nothing
        gained: BaseGeometry = nothing
        if not shapely.equals_exact(shapely.normalize(was), shapely.normalize(becomes), 0.0):
            lost, gained = _difference(was, becomes), _difference(becomes, was)
        kind = _kind(code in old, code in new, not (lost.is_empty and gained.is_empty))
        if kind is None and facts_old[code] == facts_new[code]:
            continue
        name = (facts_new.get(code) or facts_old[code])[0]
        changes.append(
            ZoneChange(level, code, name, kind or "renamed", float(was.area), float(becomes.area), gained, lost)
        )  # fmt: skip
    return changes


def _kind(was: bool, becomes: bool, differs: bool) -> ChangeKind | None:
    if not was:
        return "new"
    if not becomes:
        return "ended"
    return "moved" if differs else None


def _owned(layer: gpd.GeoDataFrame | None) -> Land:
    """Return the land of each code, none of it twice: where zones overlap, the lowest code has it."""
    if layer is None or not len(layer):
        return {}
    codes = [str(code) for code in layer["code"]]
    shapes: NDArray[np.object_] = np.asarray(layer.geometry.array, dtype=object)
    names = sorted(set(codes))
    own = np.array([_united(shapes, codes, name) for name in names], dtype=object)
    first, second = shapely.STRtree(own).query(own, predicate="intersects")
    lower, higher = first[first < second], second[first < second]
    crossed = shapely.area(shapely.intersection(own[lower], own[higher])) > _DUST_M2
    whole = own.copy()
    for a, b in zip(lower[crossed].tolist(), higher[crossed].tolist(), strict=True):
        own[b] = _difference(own[b], whole[a])
    return dict(zip(names, own.tolist(), strict=True))


def _united(shapes: NDArray[np.object_], codes: Sequence[str], name: str) -> BaseGeometry:
    chosen = [shape for shape, code in zip(shapes, codes, strict=True) if code == name]
    return chosen[0] if len(chosen) == 1 else shapely.union_all(chosen)


def _facts(layer: gpd.GeoDataFrame | None) -> dict[str, tuple[Any, ...]]:
    if layer is None:
        return {}
    columns = [layer[name] if name in layer.columns else [""] * len(layer) for name in _FACTS]
    return {
        str(code): tuple(values)
        for code, *values in zip(layer["code"], *columns, strict=True)
    }  # fmt: skip


def _land_moves(level: Level, changes: Sequence[ZoneChange]) -> list[LandMove]:
    losing = [change for change in changes if not change.lost.is_empty]
    gaining = [change for change in changes if not change.gained.is_empty]
    pairs = [
        (giver.code, taker.code, _intersection(giver.lost, taker.gained))
        for giver in losing
        for taker in gaining
        if giver.code != taker.code
    ]
    all_lost = shapely.union_all([change.lost for change in losing])
    all_gained = shapely.union_all([change.gained for change in gaining])
    pairs += [(giver.code, "", _difference(giver.lost, all_gained)) for giver in losing]
    pairs += [("", taker.code, _difference(taker.gained, all_lost)) for taker in gaining]
    return [
        LandMove(level, source, target, float(shape.area), shape)
        for source, target, shape in sorted(pairs, key=lambda pair: pair[:2])
        if not shape.is_empty
    ]


def _adopted(
    changes: Sequence[ZoneChange], before: gpd.GeoDataFrame | None, after: gpd.GeoDataFrame | None
) -> list[BaseGeometry]:
    """Return the polygons of zones that change their parent: their border may stay, their family does not."""
    old, new = _facts(before), _facts(after)
    parent = _FACTS.index("parent")
    moved = {
        change.code
        for change in changes
        if change.code in old and change.code in new and old[change.code][parent] != new[change.code][parent]
    }
    if after is None or not moved:
        return []
    return [shape for code, shape in zip(after["code"], after.geometry, strict=True) if code in moved]


def _difference(shape: BaseGeometry, other: BaseGeometry) -> BaseGeometry:
    return _land(shapely.difference(shape, other))


def _intersection(shape: BaseGeometry, other: BaseGeometry) -> BaseGeometry:
    return _land(shapely.intersection(shape, other))


def _land(shape: BaseGeometry) -> BaseGeometry:
    """Return the polygons of what an overlay left, without dust."""
    parts = [part for part in shapely.get_parts(shape) if part.area > _DUST_M2]
    return parts[0] if len(parts) == 1 else shapely.union_all(parts) if parts else shapely.Polygon()


def aligned(
    after: Mapping[Level, gpd.GeoDataFrame],
    before: Mapping[Level, gpd.GeoDataFrame],
    *,
    within_m: float = SAME_M,
) -> dict[Level, gpd.GeoDataFrame]:
    """Return layers whose vertices are put onto the old version's where they are the same corner.

    A border that only went through another file format comes back exactly as it was, so that nothing
    seems to have moved and neighbours still touch. A polygon that would become invalid is left as it is.

    Parameters
    ----------
    after, before
        As `compare_layers`.
    within_m
        Vertices at most this far from an old one take its place, metres.
    """
    known = np.concatenate(
        [np.zeros((0, 2)), *(shapely.get_coordinates(frame.geometry.to_numpy()) for frame in before.values())]
    )
    if not len(known):
        return dict(after)
    tree = cKDTree(known)
    moved: dict[Level, gpd.GeoDataFrame] = {}
    for level, frame in after.items():
        shapes = np.asarray(frame.geometry.array, dtype=object)
        xy = shapely.get_coordinates(shapes)
        distance, nearest = tree.query(xy, distance_upper_bound=within_m)
        near = np.isfinite(distance)
        xy[near] = known[nearest[near]]
        put = shapely.set_coordinates(shapes.copy(), xy)
        sound = shapely.is_valid(put) | ~shapely.is_valid(shapes)
        moved[level] = frame.set_geometry(np.where(sound, put, shapes), crs=frame.crs)
    return moved
