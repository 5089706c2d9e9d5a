"""One layer through time: old rows are closed on the day from which new borders hold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.errors import Fault
from geodata.zones.contract import COLUMNS

if TYPE_CHECKING:
    from numpy.typing import NDArray

# What makes a version: the same border under another leader is another row of the register.
_FACTS = ("name", "parent", "leader")


def holding(layer: gpd.GeoDataFrame, day: date | None) -> NDArray[np.bool_]:
    """Return which rows hold on a day; None asks for those without an end.

    A zone holds from `valid_from` (included, None: always) to `valid_to` (excluded, None: no end).
    """
    if day is None:
        return np.array([end is None for end in layer["valid_to"]], dtype=bool)
    return np.array(
        [
            (begin is None or begin <= day) and (end is None or day < end)
            for begin, end in zip(layer["valid_from"], layer["valid_to"], strict=True)
        ],
        dtype=bool,
    )


def next_version(
    layer: gpd.GeoDataFrame, new: gpd.GeoDataFrame, *, valid_from: date
) -> tuple[gpd.GeoDataFrame, list[Fault]]:
    """Return a layer with its next version, and what forbids it as sentences.

    Rows that hold on the day and stand unchanged in the new version stay open as they are; others
    that hold on it are closed (`valid_to`), and the new ones follow them, open-ended. Rows that began on
    this very day and are not in the new version never held a whole day: they are left out.

    Parameters
    ----------
    layer, new
        Layers as made by `geodata.zones.contract.zone_frame`, in one CRS; `new` is the whole layer from
        the day on. Its own days are not looked at.
    valid_from
        First day of the new version.
    """
    begins, ends = layer["valid_from"].tolist(), layer["valid_to"].tolist()
    codes = layer["code"].tolist()
    faults = [
        Fault(
            f"{code} has borders from {begin} on already; a version from {valid_from} would overlap them",
            f"{code} 已有从 {begin} 起的边界，从 {valid_from} 起的版本会与它重叠",
        )
        for code, begin in zip(codes, begins, strict=True)
        if begin and begin > valid_from
    ]
    fresh, rows = set(version_keys(new)), version_keys(layer)
    kept: set[str] = set()
    undone = np.zeros(len(layer), dtype=bool)
    for position in np.flatnonzero(holding(layer, valid_from)).tolist():
        if ends[position] is None and rows[position] in fresh:
            kept.add(codes[position])
        elif begins[position] == valid_from:
            undone[position] = True
        else:
            ends[position] = valid_from
    added = new[~new["code"].isin(kept)].copy()
    added["valid_from"] = _column([valid_from] * len(added))
    added["valid_to"] = _column([None] * len(added))
    closed = layer.copy()
    closed["valid_to"] = _column(ends)
    closed = closed[~undone]
    names = [*COLUMNS, "geometry"]
    parts = [part[names] for part in (closed, added) if len(part)]
    if not parts:
        return layer[~undone], faults
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=layer.crs), faults


def _column(values: Sequence[Any]) -> NDArray[np.object_]:
    column = np.empty(len(values), dtype=object)
    column[:] = list(values)
    return column


def version_keys(layer: gpd.GeoDataFrame) -> list[tuple[Any, ...]]:
    """Return per row what makes it a version of its own: code, name, parent, leader and the very shape."""
    facts = [layer[name].tolist() for name in ("code", *_FACTS)]
    shapes = shapely.to_wkb(shapely.normalize(_as_multi(layer)))
    return [_key(row) for row in zip(*facts, shapes.tolist(), strict=True)]


def _key(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple("" if value is None else value for value in row)


def _as_multi(layer: gpd.GeoDataFrame) -> NDArray[np.object_]:
    # Files keep multipolygons: a polygon and a multipolygon of it alone are the same border.
    shapes = [shapely.multipolygons(shapely.get_parts(shape)) for shape in layer.geometry]
    return _column(shapes)
