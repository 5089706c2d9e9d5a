"""What hot spots are looked for in: cells over the communities, or the zones themselves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import shapely

from geodata.errors import FrameError
from geodata.patterns import CellFrame
from geodata.patterns.neighbours import CellNeighbours, ZoneNeighbours, zone_neighbours
from geodata.zones import ZoneIndex, ZoneTree
from geodata.zones.reading.files import read_projected
from service.words import tr

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

By = Literal["community", "grid"]


@dataclass(frozen=True, slots=True)
class Units:
    """Units to judge; arrays without geometry are flat, of length `size`.

    `frame` has one row per studied unit with its names and geometry, `centres` a point in each.
    `exposure` is None where all units count alike. `locate` gives the unit of each point, -1 for none.
    """

    neighbours: CellNeighbours | ZoneNeighbours
    frame: gpd.GeoDataFrame
    centres: Floats
    exposure: Floats | None
    locate: Callable[[Floats], NDArray[np.intp]]

    @property
    def size(self) -> int:
        """Return the number of units, studied or not."""
        return len(self.centres)

    @property
    def studied(self) -> NDArray[np.bool_]:
        """Return which units take part, flat."""
        return self.neighbours.studied.ravel()

    def counts(self, points: Floats, weights: Floats | None = None) -> Floats:
        """Return the number (or summed weight) of points per unit, of the neighbourhoods' shape."""
        unit = self.locate(points)
        inside = unit >= 0
        amount = None if weights is None else weights[inside]
        return (
            np.bincount(unit[inside], weights=amount, minlength=self.size)
            .astype(np.float64)
            .reshape(self.neighbours.shape)
        )

    def shaped_exposure(self) -> Floats | None:
        """Return the exposure in the neighbourhoods' shape."""
        return None if self.exposure is None else self.exposure.reshape(self.neighbours.shape)

    def weights_of_units(self) -> Floats:
        """Return the exposure, 1 for each studied unit where there is none."""
        return self.studied.astype(np.float64) if self.exposure is None else self.exposure


def cells_over(
    box: Sequence[float],
    *,
    cell_m: float,
    distance_m: float,
    tree: ZoneTree | None,
    crs: int,
    exposed: Floats | None,
) -> Units:
    """Return cells over a box; with zones only those whose centre lies in a community.

    Parameters
    ----------
    exposed
        Points of what problems come from, counted per cell; None: all cells alike.
    """
    cells = CellFrame.over(box, cell_m=cell_m)
    centres = cells.centres()
    studied = None
    if tree is not None:
        inside = tree.snapshot().levels["community"].zones.positions(*centres.T) >= 0
        studied = inside.reshape(cells.shape)
    near = CellNeighbours(cells.shape, distance_m / cell_m, studied=studied)
    kept = centres[near.studied.ravel()]
    half = cell_m / 2
    frame = gpd.GeoDataFrame(geometry=shapely.box(*(kept - half).T, *(kept + half).T), crs=crs)

    def locate(points: Floats) -> NDArray[np.intp]:
        at = np.floor((points - [cells.bounds[0], cells.bounds[1]]) / cell_m).astype(np.intp)
        ok = ((at >= 0) & (at < [cells.shape[1], cells.shape[0]])).all(axis=1)
        unit = np.where(ok, at[:, 1] * cells.shape[1] + at[:, 0], -1)
        return np.where(ok & near.studied.ravel()[unit], unit, -1)

    exposure = None if exposed is None else cells.counts(exposed).ravel()
    return Units(near, frame, centres, exposure, locate)


def zones_of(
    path: Path,
    tree: ZoneTree,
    *,
    by: By,
    exposure_column: str | None,
    distance_m: float | None,
    exposed: Floats | None,
) -> Units:
    """Return the communities or grids of a zone file as units; without an exposure their area is it.

    Raises
    ------
    FrameError
        If the file has no such layer or column, or the column holds no numbers.
    """
    layer = tree.layers()[by]
    if layer.empty:
        raise FrameError(tr(f"{path.name} 里没有 {by} 图层", f"{path.name} has no layer {by}"))
    shapes = layer.geometry.to_numpy()
    index = ZoneIndex(layer, code="code")
    order = {str(code): at for at, code in enumerate(layer["code"])}

    def locate(points: Floats) -> NDArray[np.intp]:
        codes = index.assign(points[:, 0], points[:, 1])
        return np.array(
            [order.get(str(code), -1) if code is not None else -1 for code in codes], dtype=np.intp
        )

    if exposure_column:
        exposure = _column(path, tree.crs, by, exposure_column, order)
    elif exposed is not None:
        found = locate(exposed)
        exposure = np.bincount(found[found >= 0], minlength=len(layer)).astype(np.float64)
    else:
        exposure = np.asarray(shapely.area(shapes), dtype=np.float64) / 1e6
    there = np.isfinite(exposure) & (exposure > 0)
    near = zone_neighbours(shapes, by="distance" if distance_m else "contact", distance_m=distance_m or 0.0)
    # Zones without exposure stay in the table, as "not judged"; they lend nothing to their neighbours.
    near = ZoneNeighbours(near.others.multiply(there[None, :]).multiply(there[:, None]))
    inner = shapely.get_coordinates(shapely.point_on_surface(shapes))
    return Units(
        near,
        layer[["code", "name", "geometry"]].reset_index(drop=True),
        inner,
        np.where(there, exposure, 0.0),
        locate,
    )


def _column(path: Path, crs: int, by: By, name: str, order: dict[str, int]) -> Floats:
    import pandas as pd

    raw: Any = read_projected(path, crs=crs).get(by)
    if raw is None or name not in raw.columns or "code" not in raw.columns:
        there = "、".join(map(str, [] if raw is None else raw.columns))
        raise FrameError(
            tr(f"{by} 图层没有列 {name}；现有 {there}", f"layer {by} has no column {name}; it has {there}")
        )
    values = pd.to_numeric(raw[name], errors="coerce").to_numpy(dtype=float)
    if not np.isfinite(values).any() or (values < 0).any():
        raise FrameError(tr(f"列 {name} 要是不小于 0 的数", f"column {name} must hold numbers of 0 or more"))
    exposure = np.full(len(order), np.nan)
    for code, value in zip(raw["code"], values, strict=True):
        if str(code) in order:
            exposure[order[str(code)]] = value
    return exposure


def box_around(xy: Floats, *, cell_m: float) -> tuple[float, float, float, float]:
    """Return the box around points on whole multiples of the cell, so that runs line up."""
    if not len(xy):
        raise ValueError(tr("没有一行有坐标", "no row has a place"))
    if not cell_m > 0:
        raise ValueError(tr("--cell-m 要大于 0", "--cell-m must be above 0"))
    west, south = np.floor(xy.min(axis=0) / cell_m) * cell_m
    east, north = (np.floor(xy.max(axis=0) / cell_m) + 1) * cell_m
    return (float(west), float(south), float(east), float(north))
