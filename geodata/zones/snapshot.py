"""The zones of one day, with their family: which grid belongs to which community."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from geodata.zones.assign import ZoneIndex
from geodata.zones.borders.segments import as_points
from geodata.zones.contract import PARENT_LEVEL
from geodata.zones.cutting.areas import AreaLayer
from geodata.zones.lookup.build import NOWHERE
from geodata.zones.model import LEVELS, Level
from geodata.zones.owning.layer import linear_owners
from geodata.zones.owning.owners import LinearOwners
from geodata.zones.points import lowest
from geodata.zones.sided import Banksides

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]

# Grids drawn apart from their community may miss its border by a little; a place in such a crack
# goes to the community's own grid at most this far away.
CRACK_M = 1.0


@dataclass(frozen=True, slots=True)
class LevelIndex:
    """One level: its zones in code order, their names, and the number of each one's parent or -1."""

    zones: ZoneIndex
    areas: AreaLayer
    names: NDArray[np.object_]
    parent: Indices

    def code(self, position: int) -> str:
        """Return a zone's code, "" for nowhere."""
        return "" if position == NOWHERE else str(self.zones.codes[position])

    def name(self, position: int) -> str:
        """Return a zone's name, "" for nowhere."""
        return "" if position == NOWHERE else str(self.names[position])


class Snapshot:
    """The three levels on one day."""

    def __init__(
        self, layers: Mapping[Level, gpd.GeoDataFrame], owners: gpd.GeoDataFrame | None = None
    ) -> None:
        self._owner_rows = owners
        self.levels: dict[Level, LevelIndex] = {}
        for level in LEVELS:
            above = self.levels.get(PARENT_LEVEL[level]) if level in PARENT_LEVEL else None
            self.levels[level] = _level_index(layers[level], above)

    @cached_property
    def linear(self) -> LinearOwners | None:
        """The linear owners among the communities, None where there are none; made when first asked for."""
        if self._owner_rows is None or not len(self._owner_rows):
            return None
        return LinearOwners(linear_owners(self._owner_rows), self.levels["community"].zones)

    @cached_property
    def banksides(self) -> Banksides | None:
        """The banks of the linear owners, None where there are none."""
        return None if self.linear is None else Banksides(self, self.linear)

    def label(self, xy: Floats, *, touch_m: float = 0.0) -> dict[Level, Indices]:
        """Return for each point the number of its zone at each level, -1 for none.

        The community is the lowest code that covers the point; the grid is looked for among this
        community's own, so that the levels never contradict each other; the subdistrict is the
        community's parent, and where there is no community the one that covers the point.

        Parameters
        ----------
        xy
            East and north in metres, shape (n, 2), finite.
        touch_m
            Count a zone as covering up to this far beyond its border.
        """
        community = self._lowest("community", xy, touch_m)
        grid = self._grids_of(community, xy, touch_m)
        crack = np.flatnonzero((grid == NOWHERE) & (community != NOWHERE))
        if len(crack):
            near, grids_near = self._borders_near("grid", xy[crack], CRACK_M)
            grid[crack] = self._own_lowest(community[crack], near, grids_near)
        subdistrict = self._lowest("subdistrict", xy, touch_m)
        parents = np.append(self.levels["community"].parent, NOWHERE)[community]
        return {
            "subdistrict": np.where(parents != NOWHERE, parents, subdistrict),
            "community": community,
            "grid": grid,
        }

    def _lowest(self, level: Level, xy: Floats, touch_m: float) -> Indices:
        if touch_m == 0.0:
            return self.levels[level].zones.positions(xy[:, 0], xy[:, 1]).astype(np.intp)
        return lowest(len(xy), *self._covering(level, xy, touch_m))

    def _grids_of(self, community: Indices, xy: Floats, touch_m: float) -> Indices:
        """Return the lowest of each community's own grids; another's may lie over it where grids overlap."""
        grid = self._lowest("grid", xy, touch_m)
        parents = np.append(self.levels["grid"].parent, NOWHERE)[grid]
        strange = np.flatnonzero((parents != community) | (community == NOWHERE))
        points, grids = self._covering("grid", xy[strange], touch_m)
        grid[strange] = self._own_lowest(community[strange], points, grids)
        return grid

    def _own_lowest(self, community: Indices, points: Indices, grids: Indices) -> Indices:
        parent = self.levels["grid"].parent[grids]
        own = (parent == community[points]) & (parent != NOWHERE)
        return lowest(len(community), points[own], grids[own])

    def _covering(self, level: Level, xy: Floats, touch_m: float) -> tuple[Indices, Indices]:
        points, zones = self.levels[level].zones.covering(xy)
        if touch_m == 0.0:
            return points, zones
        near, touched = self._borders_near(level, xy, touch_m)
        return np.concatenate([points, near]), np.concatenate([zones, touched])

    def _borders_near(self, level: Level, xy: Floats, within_m: float) -> tuple[Indices, Indices]:
        return self.levels[level].zones.borders.zones_near(as_points(xy), within_m)


def _level_index(layer: gpd.GeoDataFrame, above: LevelIndex | None) -> LevelIndex:
    zones = ZoneIndex(layer)
    names = layer["name"].to_numpy()[zones.rows]
    numbers = {code: number for number, code in enumerate(above.zones.codes)} if above else {}
    parents = [numbers.get(code, NOWHERE) for code in layer["parent"].to_numpy()[zones.rows]]
    return LevelIndex(
        zones=zones, areas=AreaLayer.of(zones), names=names, parent=np.array(parents, dtype=np.intp)
    )
