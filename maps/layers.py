"""The rows of a problem map as data: values, shapes, groups, other places a text may mean.

Nothing here draws. The page's scripts (`assets/page/`) read this data from one JSON block.
Everything comes in with a CRS and goes out as EPSG:4326, lon first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.crs import WGS84, epsg_of, reproject
from maps.encode import anchor_point, encode_column, encode_shape, plain_text, texts
from maps.ground import BORDER_TOLERANCE_M
from maps.style import (
    OTHER,
    PLACE_STYLE,
    TURN,
    UNCLASSIFIED,
    Lang,
    Symbol,
    command_symbol,
    method_words,
    place_class,
    state_code,
    turn_symbol,
)

As = Literal["problems", "places"]

# Shown in a row's details, in this order; every one may be missing from the frame.
TEXT_COLUMNS = (
    "name", "text", "area", "description", "kind_name", "unit", "reported_at", "state",
    "method", "words", "shares", "owner", "community_name", "community", "grid", "grid_name", "leader", "sheet",
)  # fmt: skip
NUMBER_COLUMNS = ("line", "uncertainty_m", "p_community", "p500", "length_m")
MAX_RIVALS = 4


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A row of a list that is not on the map: not found, or refused.

    `sheet` and `line` say where it stands in the list, `text` its location text, `reason` why, in
    words. `status` is `not_found` or `refused`.
    """

    sheet: str
    line: int | None
    text: str
    reason: str
    name: str = ""
    status: Literal["not_found", "refused"] = "not_found"


def split_rows(
    frame: gpd.GeoDataFrame, unplaced: Sequence[Unplaced]
) -> tuple[gpd.GeoDataFrame, list[Unplaced]]:
    """Return the rows that have a geometry, and all that have none as `Unplaced`."""
    blank = (frame.geometry.isna() | frame.geometry.is_empty).to_numpy()
    rows = list(unplaced)
    for row in frame.loc[blank].to_dict("records"):
        line = plain_text(row.get("line"))
        reason = plain_text(row.get("words")) or "没有找到这个位置"
        rows.append(
            Unplaced(
                sheet=plain_text(row.get("sheet")),
                line=int(line) if line.isdigit() else None,
                text=plain_text(row.get("text")),
                reason=reason,
                name=plain_text(row.get("name")) or plain_text(row.get("description")),
            )
        )
    return frame.loc[~blank], rows


def status_of(frame: gpd.GeoDataFrame) -> list[str]:
    """Return each row's status; a row with a geometry and no status counts as located."""
    if "status" not in frame:
        return ["located"] * len(frame)
    return [plain_text(value) or "located" for value in frame["status"]]


def counts(frame: gpd.GeoDataFrame, unplaced: Sequence[Unplaced]) -> dict[str, int]:
    """Return how many rows are located, ambiguous, not found and refused; `rows` is their sum."""
    found = Counter(status_of(frame)) + Counter(row.status for row in unplaced)
    result = {status: found.get(status, 0) for status in ("located", "ambiguous", "not_found", "refused")}
    return {"rows": sum(result.values()), **result}


def group_rows(
    frame: gpd.GeoDataFrame, *, as_: As, lang: Lang = "zh"
) -> tuple[list[dict[str, Any]], list[int]]:
    """Return the legend's groups and each row's group number.

    Problems are grouped by `command` (a blank one is "unclassified"). Places are grouped by their
    class when the list has several, else by the seven most frequent trades and "other".
    """
    if as_ == "problems":
        keys = texts(frame["command"]) if "command" in frame else [""] * len(frame)
        named = dict(zip(keys, texts(frame["command_name"]), strict=True)) if "command_name" in frame else {}
        symbols = {key: command_symbol(key) for key in set(keys)}
        order = sorted(symbols, key=lambda key: (key == "", key))
    else:
        keys, symbols, order = _place_groups(frame)
        named = {}
    numbers = {key: at for at, key in enumerate(order)}
    groups = [_group(key, symbols[key], named.get(key, ""), lang) for key in order]
    return groups, [numbers[key] for key in keys]


def _place_groups(frame: gpd.GeoDataFrame) -> tuple[list[str], dict[str, Symbol], list[str]]:
    column = next((name for name in ("trade", "kind_name", "kind") if name in frame), None)
    trades = texts(frame[column]) if column else [""] * len(frame)
    classes = {trade: place_class(trade) for trade in set(trades)}
    known = {name for name in classes.values() if name}
    if len(known) > 1 and sum(classes[trade] is not None for trade in trades) * 2 > len(trades):
        keys = [classes[trade] or "" for trade in trades]
        symbols = {name: PLACE_STYLE[name] for name in known} | {"": OTHER}
    else:
        frequent = [trade for trade, _ in Counter(trade for trade in trades if trade).most_common(len(TURN))]
        if len({trade for trade in trades if trade}) > len(TURN):
            frequent = frequent[: len(TURN) - 1]
        keys = [trade if trade in frequent else "" for trade in trades]
        symbols = {trade: turn_symbol(trade, at) for at, trade in enumerate(frequent)} | {"": OTHER}
    tally = Counter(keys)
    order = sorted(tally, key=lambda key: (key == "", -tally[key]))
    return keys, symbols, order


def _group(key: str, symbol: Symbol, name: str, lang: Lang) -> dict[str, Any]:
    word = name or symbol.words.in_language(lang)
    if symbol in (UNCLASSIFIED, OTHER) or not key:
        word = symbol.words.in_language(lang)
    return {"key": key, **asdict(symbol), "words": word}


def encode_rows(frame: gpd.GeoDataFrame, *, as_: As, lang: Lang = "zh") -> dict[str, Any]:
    """Return the placed rows as columns: anchor points, shapes, texts, original cells, rivals.

    Parameters
    ----------
    frame
        Rows with a geometry each, any CRS.
    """
    crs = epsg_of(frame.crs)
    shapes = frame.geometry.to_numpy()
    anchors = np.array([anchor_point(shape) for shape in shapes], dtype=float).reshape(-1, 2)
    lonlat = reproject(shapely.points(anchors), crs, WGS84) if len(frame) else np.array([])
    groups, group_of = group_rows(frame, as_=as_, lang=lang)
    columns: dict[str, Any] = {}
    for name in TEXT_COLUMNS:
        if name in frame:
            columns[name] = encode_column(_texts_of(frame, name, lang))
    for name in NUMBER_COLUMNS:
        if name in frame:
            columns[name] = encode_column([_number(value) for value in frame[name]])
    columns["status"] = encode_column(status_of(frame))
    columns["group"] = encode_column(group_of)
    if "near_border" in frame:
        columns["near_border"] = encode_column(
            [int(value is True or value == 1) for value in frame["near_border"]]
        )
    return {
        "count": len(frame),
        "at": [round(float(value), 6) for value in shapely.get_coordinates(lonlat).ravel()],
        "shapes": _encode_shapes(shapes, crs),
        "columns": {name: column for name, column in columns.items() if column is not None},
        "cells": _encode_cells(frame),
        "rivals": _encode_rivals(frame, crs),
        "groups": groups,
    }


def _texts_of(frame: gpd.GeoDataFrame, name: str, lang: Lang) -> list[str]:
    values = texts(frame[name])
    if name == "method":
        return [method_words(value, lang) if value else "" for value in values]
    return [state_code(value) for value in values] if name == "state" else values


def _number(value: Any) -> float | int | None:
    number = pd.to_numeric(value, errors="coerce")
    if pd.isna(number) or not np.isfinite(number):
        return None
    return int(number) if float(number).is_integer() else round(float(number), 3)


def _encode_shapes(shapes: Iterable[BaseGeometry], crs: int) -> dict[str, Any]:
    """Lines and areas by row number; points have none."""
    result: dict[str, Any] = {}
    for at, shape in enumerate(shapes):
        if shapely.get_dimensions(shape) > 0:
            simple = shapely.simplify(shape, BORDER_TOLERANCE_M) if crs != WGS84 else shape
            encoded = encode_shape(reproject(simple, crs, WGS84))
            if encoded:
                result[str(at)] = encoded
    return result


def _encode_cells(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    """The row as it stood in the list: column names and one encoded column each."""
    if "cells" not in frame:
        return {}
    rows = [row if isinstance(row, Mapping) else {} for row in frame["cells"]]
    names = list(dict.fromkeys(name for row in rows for name in row))
    encoded = {str(name): encode_column([plain_text(row.get(name)) for row in rows]) for name in names}
    return {name: column for name, column in encoded.items() if column is not None}


def _encode_rivals(frame: gpd.GeoDataFrame, crs: int) -> dict[str, list[list[Any]]]:
    """Other places a text may mean, by row number: [lon, lat, probability, words]."""
    if "rivals" not in frame:
        return {}
    result: dict[str, list[list[Any]]] = {}
    for at, rivals in enumerate(frame["rivals"]):
        found = []
        for geometry, probability, words in list(rivals if isinstance(rivals, list | tuple) else ())[
            :MAX_RIVALS
        ]:
            point = reproject(shapely.Point(anchor_point(geometry)), crs, WGS84)
            found.append([round(point.x, 6), round(point.y, 6), round(float(probability), 3), str(words)])
        if found:
            result[str(at)] = found
    return result
