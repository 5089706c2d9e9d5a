"""What `qingtu heat` takes besides places: weights, ground to study or leave out, a bandwidth in words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from geodata.crs import epsg_of, reproject
from geodata.errors import FrameError
from geodata.gazetteer import Gazetteer
from geodata.patterns.bandwidths import BandwidthAdvice, likelihood, silverman, suggest_bandwidth_m
from geodata.patterns.recency import recency_weights
from service.cli.point_rows import VECTOR
from service.words import tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geodata.patterns.kernels import Kernel

RULES = ("auto", "silverman", "likelihood", "neighbours")


def problem_weights(
    rows: pd.DataFrame,
    *,
    column: str | None,
    date_column: str | None,
    now: str | None,
    half_life_days: float,
) -> NDArray[np.float64] | None:
    """Return what each row weighs: severity times age decay; None where neither is asked for.

    Raises
    ------
    FrameError
        If a column is missing or holds something else; the message counts the rows.
    """
    if column is None and date_column is None:
        return None
    weights = np.ones(len(rows))
    for name in (column, date_column):
        if name is not None and name not in rows.columns:
            there = "、".join(map(str, rows.columns))
            raise FrameError(
                tr(f"没有列“{name}”；现有 {there}", f"there is no column {name}; there are {there}")
            )
    if column is not None:
        # Dates would become nanoseconds.
        texts = rows[column].astype(str) if not pd.api.types.is_numeric_dtype(rows[column]) else rows[column]
        numbers = pd.to_numeric(texts, errors="coerce").to_numpy(dtype=float)
        bad = int((~np.isfinite(numbers) | (numbers < 0)).sum())
        if bad:
            raise FrameError(
                tr(
                    f"列“{column}”有 {bad} 行不是不小于 0 的数",
                    f"column {column}: {bad} rows are no number >= 0",
                )
            )
        weights *= numbers
    if date_column is not None:
        if now is None:
            raise FrameError(tr("按时间衰减要写明 --now 日期", "a decay by age needs --now DATE"))
        moments = pd.to_datetime(rows[date_column], errors="coerce")
        at = pd.to_datetime(now, errors="coerce")
        if pd.isna(at):
            raise FrameError(tr(f"--now 不是日期：{now}", f"--now is no date: {now}"))
        bad = int((moments.isna() | (moments > at)).sum())
        if bad:
            raise FrameError(
                tr(
                    f"列“{date_column}”有 {bad} 行不是 {now} 以前的日期",
                    f"column {date_column}: {bad} rows are no date before {now}",
                )
            )
        weights *= recency_weights(moments.to_numpy(), now=at.to_datetime64(), half_life_days=half_life_days)
    return weights


def read_ground(path: Path, *, crs: int) -> BaseGeometry:
    """Return the union of a file's polygons (of its layer `community` if there is one) in a CRS.

    Raises
    ------
    FrameError
        If the file cannot be read, or holds no or invalid polygons.
    """
    frame = _read_layer(path, wanted="community")
    shapes = np.asarray(reproject(np.asarray(frame.geometry.array, dtype=object), epsg_of(frame.crs), crs))
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    areas = shapes[shapely.get_dimensions(shapes) == 2]
    bad = int((~shapely.is_valid(areas)).sum())
    if bad or not len(areas):
        raise FrameError(
            tr(
                f"{path.name} 里有 {bad} 个无效的面（先用 qingtu zones check --repair 修复）"
                if bad
                else f"{path.name} 里没有面",
                f"{path.name} has {bad} invalid polygons" if bad else f"{path.name} has no polygons",
            )
        )
    return shapely.union_all(areas)


def _read_layer(path: Path, *, wanted: str) -> gpd.GeoDataFrame:
    if not path.exists():
        raise FrameError(tr(f"找不到文件 {path}", f"{path} does not exist"))
    if path.suffix.lower() not in VECTOR:
        raise FrameError(tr(f"不认识的格式 {path.suffix}", f"unknown format {path.suffix}"))
    try:
        layers = [str(name) for name, _ in pyogrio.list_layers(path)]
        return gpd.read_file(path, layer=wanted if wanted in layers else layers[0], engine="pyogrio")
    except (DataSourceError, DataLayerError, IndexError) as error:
        raise FrameError(
            tr(f"读不了 {path.name}：{error}", f"{path.name} cannot be read: {error}")
        ) from error


@dataclass(frozen=True, slots=True)
class NearLines:
    """Lines, their names and classes (road, water, rail; "" where a file does not say)."""

    shapes: list[BaseGeometry]
    names: list[str]
    classes: list[str]


def read_lines(path: Path, *, crs: int, classes: Sequence[str], near: Sequence[float]) -> NearLines:
    """Return the lines near a box, from a gazetteer's drawn axes or a file of lines.

    Parameters
    ----------
    classes
        road, water, rail: which lines of a gazetteer, or of a file with a column `class`.
    near
        (min_x, min_y, max_x, max_y) in the CRS; lines that do not meet it are left out.

    Raises
    ------
    FrameError
        If the file cannot be read or no such line is near.
    """
    if path.suffix.lower() in VECTOR:
        frame = _read_layer(path, wanted="line")
        shapes, source = np.asarray(frame.geometry.array, dtype=object), epsg_of(frame.crs)
        names, kinds = _texts(frame, ("name", "名称", "路名", "道路名称")), _texts(frame, ("class",))
    else:
        book = Gazetteer.open(path)
        drawn = [line for line in range(book.line_count) if book.is_drawn(line)]
        shapes, source = np.asarray([book.line(line).axis for line in drawn], dtype=object), book.crs
        names, kinds = (
            [book.line_name(line) for line in drawn],
            [str(book.line_class(line)) for line in drawn],
        )
    shapes = np.asarray(reproject(shapes, source, crs), dtype=object)
    box = shapely.box(near[0], near[1], near[2], near[3])
    meets = (shapely.get_dimensions(shapes) == 1) & shapely.intersects(shapes, box)
    chosen = [at for at in np.flatnonzero(meets) if kinds[at] in ("", *classes)]
    if not chosen:
        raise FrameError(
            tr(f"{path.name} 在这些问题附近没有线", f"{path.name} has no lines near these places")
        )
    return NearLines(
        [shapes[at] for at in chosen], [names[at] for at in chosen], [kinds[at] for at in chosen]
    )


def _texts(frame: gpd.GeoDataFrame, columns: Sequence[str]) -> list[str]:
    """The first of the columns that is there, as texts."""
    column = next((name for name in columns if name in frame), None)
    return frame[column].fillna("").astype(str).tolist() if column else [""] * len(frame)


def chosen_bandwidth(
    words: str, points: NDArray[np.float64], weights: NDArray[np.float64] | None, *, kernel: Kernel
) -> tuple[float, list[BandwidthAdvice]]:
    """Return a bandwidth in metres and the advice it was taken from (none for a number).

    `auto` takes the likelihood's, or Silverman's where that needs more places; both reasons are given.

    Raises
    ------
    FrameError
        If the words are neither a positive number nor a rule.
    """
    try:
        number = float(words)
    except ValueError:
        number = None
    if number is not None:
        if not (number > 0 and np.isfinite(number)):
            raise FrameError(
                tr("--cell-m 和 --bandwidth-m 要大于 0", "--cell-m and --bandwidth-m must be above 0")
            )
        return number, []
    if words == "neighbours":
        return suggest_bandwidth_m(points), []
    if words not in RULES:
        known = " | ".join(RULES)
        raise FrameError(
            tr(
                f"--bandwidth-m 写米数或 {known}，不能是 {words}",
                f"--bandwidth-m is metres or {known}, not {words}",
            )
        )
    advice = []
    if words in ("auto", "silverman"):
        advice.append(silverman(points, weights=weights, kernel=kernel))
    if words == "likelihood" or (words == "auto" and len(np.unique(points, axis=0)) >= 10):
        advice.insert(0, likelihood(points, weights=weights, kernel=kernel))
    return advice[0].bandwidth_m, advice


def one_point_each(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return one point per problem: a line's middle, a point inside an area."""
    kind = shapely.get_dimensions(shapes)
    merged = shapely.line_merge(shapes)
    simple = (kind == 1) & (shapely.get_type_id(merged) == 1)
    stand = shapely.point_on_surface(shapes)
    stand[simple] = shapely.line_interpolate_point(merged[simple], 0.5, normalized=True)
    found: NDArray[np.float64] = shapely.get_coordinates(stand)
    return found
