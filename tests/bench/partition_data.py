"""Made lists for the benchmark of partitions: points to assign, texts to locate, zones, a gazetteer.

The points lie in and round made zones, a tenth of them crowded; every thousandth row has no place. The
texts are real ones and made addresses that the gazetteer does not hold, drawn unevenly, so that a few
stand in a list hundreds of times and most once or twice, as in the lists of a hotline. The same seed
gives the same lists.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.gazetteer import build
from tests.bench.big_city import COLUMNS, big_city, real_texts
from tests.bench.made_zones import BOX, CRS, made_zones

FILE_ROWS = 250_000
GRIDS = 120
_COMMUNITIES = 400
_MORE_ENTRIES = 40_000
_KINDS = ("暴露垃圾", "占道经营", "工地扬尘", "小广告", "乱堆物料", "道路破损", "积水", "油烟扰民")


def write_points(folder: Path, rows: int, *, seed: int = 11) -> None:
    """Write GeoParquet files of points with a few columns that a list has."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    low, high = np.array(BOX[:2]) - 200.0, np.array(BOX[2:]) + 200.0
    middle = (low + high) / 2
    for number, start in enumerate(range(0, rows, FILE_ROWS)):
        count = min(FILE_ROWS, rows - start)
        xy = rng.uniform(low, high, (count, 2))
        xy[::10] = middle + rng.normal(0, 300, (len(xy[::10]), 2))
        shapes = shapely.points(xy)
        shapes[::1000] = None
        table = {
            "id": np.arange(start, start + count),
            "kind": np.array(_KINDS, dtype=object)[rng.integers(0, len(_KINDS), count)],
            "reported_at": pd.Timestamp("2017-06-01")
            + pd.to_timedelta(rng.integers(0, 90 * 86_400, count), "s"),
        }
        frame = gpd.GeoDataFrame(table, geometry=shapes, crs=CRS)
        frame.to_parquet(folder / f"p-{number:04d}.parquet", index=False)


def write_grids(path: Path) -> None:
    """Write the zones of the points."""
    made_zones(GRIDS).to_file(path, layer="community")


def write_city(folder: Path, data: Path, *, entries: int) -> None:
    """Write a gazetteer (`city.qgz`), zones over its ground (`city.gpkg`), the pool of texts (`pool.json`)."""
    rows = big_city(data, entries=entries + _MORE_ENTRIES)
    known, more = rows[:entries], rows[entries:]
    with (folder / "city.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(known)
    build(places=[folder / "city.csv"], out=folder / "city.qgz")
    held = {row["address"] for row in known}
    asked = [(text, None) for text in real_texts(data)]
    asked += [(row["address"], row["district"]) for row in more if row["address"] not in held]
    order = np.random.default_rng(3).permutation(len(asked))
    (folder / "pool.json").write_text(json.dumps([asked[at] for at in order], ensure_ascii=False), "utf-8")
    write_communities(folder / "city.gpkg", known)


def write_communities(path: Path, known: list[dict[str, str]]) -> None:
    """Write Voronoi cells round some known places: the size of communities, and nobody's."""
    lonlat = np.array([(float(row["gcj02_lon"]), float(row["gcj02_lat"])) for row in known])
    xy = gpd.GeoSeries(shapely.points(lonlat), crs=4326).to_crs(CRS)
    rng = np.random.default_rng(5)
    seeds = xy.iloc[rng.choice(len(xy), _COMMUNITIES, replace=False)].drop_duplicates()
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(seeds.tolist()), extend_to=shapely.box(*xy.total_bounds))
    )
    codes = [f"C{number:04d}" for number in range(len(cells))]
    gpd.GeoDataFrame({"code": codes, "name": codes}, geometry=cells, crs=CRS).to_file(path, layer="community")


def write_texts(folder: Path, pool: Path, rows: int, *, seed: int = 13) -> int:
    """Write Parquet files of texts with their districts; return how many distinct ones they hold."""
    folder.mkdir(parents=True)
    asked = json.loads(pool.read_text("utf-8"))
    rng = np.random.default_rng(seed)
    # half of the rows are spread evenly, half repeat what is often reported
    even = rng.integers(0, len(asked), rows)
    often = (len(asked) * rng.random(rows) ** 6).astype(np.int64)
    drawn = np.where(rng.random(rows) < 0.5, even, often)
    _write_list(folder, [asked[at] for at in drawn], rng)
    return len(set(drawn.tolist()))


def write_different_texts(folder: Path, pool: Path, rows: int, *, seed: int = 13) -> None:
    """Write Parquet files of texts that are all different: those of the pool, then with other house numbers."""
    folder.mkdir(parents=True)
    asked = json.loads(pool.read_text("utf-8"))
    chosen: dict[tuple[str, str | None], None] = {}
    turn = 0
    while len(chosen) < rows:
        for text, area in asked:
            chosen[_renumbered(text, turn), area] = None
            if len(chosen) == rows:
                break
        turn += 1
    _write_list(folder, list(chosen), np.random.default_rng(seed))


def _renumbered(text: str, turn: int) -> str:
    """Return a text with its last number moved on, or one added."""
    if not turn:
        return text
    found = list(re.finditer(r"[0-9]+", text))
    if not found:
        return f"{text}{turn}号"
    last = found[-1]
    return f"{text[: last.start()]}{int(last[0][:6]) + 2 * turn}{text[last.end() :]}"


def _write_list(folder: Path, asked: Sequence[tuple[str, str | None]], rng: np.random.Generator) -> None:
    rows = len(asked)
    frame = pd.DataFrame(
        {
            "id": np.arange(rows),
            "地址": [text for text, _ in asked],
            "区": [area for _, area in asked],
            "kind": np.array(_KINDS, dtype=object)[rng.integers(0, len(_KINDS), rows)],
        }
    )
    for number, start in enumerate(range(0, rows, FILE_ROWS // 10)):
        part = frame.iloc[start : start + FILE_ROWS // 10]
        part.to_parquet(folder / f"p-{number:04d}.parquet", index=False)
