"""A small drawn city with fictional names and exact coordinates, for the gazetteer and geocoder tests.

Local metres, x east, y north; add ORIGIN for EPSG:4547. Everything in the golden table can be worked
out by hand from this drawing::

    海棠路  y=1200 ──┬──────┬───────┬──────────┬─────┼─   (弯月路 crosses it at x=200 and x=1400)
    松涛路  y= 600 ──┼──────┼───────┼──────────┼─────┼─   向阳小学 (300,700)  百花广场 (1050,650)
    玉带渠  y= 300 ~~┼~~~~~~┼~~~~~~~┼~~~~~~~~~~┼~~~~~┼~   临河小区 (700,350), 东门 (760,350)
    青禾路  y=   0 ──┼──────┼───────┼──────────┼─────┼─   斜阳路 (600,0)-(1200,600)
                  云杉街  白鹭街  石榴街    银河大道  望山铁路
                   x=0    500    1000       1600    1900
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
from shapely.geometry import LineString, Point, Polygon, box

CRS = 4547
ORIGIN = np.array([500_000.0, 3_845_000.0])

ROADS = {
    "青禾路": [(-200, 0), (2200, 0)],
    "松涛路": [(-200, 600), (2200, 600)],
    "海棠路": [(-200, 1200), (2200, 1200)],
    "云杉街": [(0, -200), (0, 1400)],
    "白鹭街": [(500, -200), (500, 1400)],
    "石榴街": [(1000, -200), (1000, 1400)],
    "斜阳路": [(600, 0), (1200, 600)],
    "弯月路": [(200, 1100), (200, 1500), (1400, 1500), (1400, 1100)],
    "孤山路": [(0, 8000), (500, 8000)],
}
WIDE_ROADS = {"银河大道": [(1600, -200), (1600, 1400)]}
TWICE = {"人民路": ([(-200, 3000), (800, 3000)], [(9000, 3000), (9800, 3000)])}
WATER = {"玉带渠": [(-200, 300), (2200, 300)]}
RAIL = {"望山铁路": [(1900, -200), (1900, 1400)]}
POSTS = [
    ("望山铁路", 10_000, (1900, -200)),
    ("望山铁路", 11_000, (1900, 800)),
    ("望山铁路", 11_600, (1900, 1400)),
]
# House number n stands at x = 20 n, odd north and even south of 青禾路.
NUMBERS = [("青禾路", n, (20 * n, 20 if n % 2 else -20)) for n in (1, 5, 9, 21, 41, 2, 10, 20, 40)]
PLACES = {
    "向阳小学": ("学校", (300, 700)),
    "临河小区": ("小区", (700, 350)),
    "临河小区东门": ("出入口", (760, 350)),
    "百花广场": ("广场", (1050, 650)),
    "清河粮油店": ("商店", (1500, 40)),
}
ZONES = {"云杉社区": (-200, -200, 750, 1400), "石榴社区": (750, -200, 2200, 1400)}


def _line(points: list[tuple[float, float]]) -> LineString:
    return LineString(np.array(points, dtype=float) + ORIGIN)


def _point(xy: tuple[float, float]) -> Point:
    return Point(np.array(xy, dtype=float) + ORIGIN)


def write_lines(path: Path) -> Path:
    """Write the city's lines, posts, numbers and places as a GeoPackage."""
    rows: list[tuple[str, str, float, LineString]] = []
    rows += [(name, "road", 20.0, _line(points)) for name, points in ROADS.items()]
    rows += [(name, "road", 40.0, _line(points)) for name, points in WIDE_ROADS.items()]
    rows += [(name, "road", 20.0, _line(part)) for name, parts in TWICE.items() for part in parts]
    rows += [(name, "water", 30.0, _line(points)) for name, points in WATER.items()]
    rows += [(name, "rail", 10.0, _line(points)) for name, points in RAIL.items()]
    _write(
        path,
        "line",
        {"name": [r[0] for r in rows], "class": [r[1] for r in rows], "width_m": [r[2] for r in rows]},
        [r[3] for r in rows],
    )
    _write(
        path,
        "post",
        {"line": [p[0] for p in POSTS], "chainage_m": [float(p[1]) for p in POSTS]},
        [_point(p[2]) for p in POSTS],
    )
    _write(
        path,
        "number",
        {"road": [n[0] for n in NUMBERS], "number": [n[1] for n in NUMBERS]},
        [_point(n[2]) for n in NUMBERS],
    )
    _write(
        path,
        "place",
        {"name": list(PLACES), "class": [p[0] for p in PLACES.values()]},
        [_point(p[1]) for p in PLACES.values()],
    )
    pond = Polygon(np.array([(1250, 850), (1350, 850), (1350, 950)], dtype=float) + ORIGIN)
    _write(path, "water", {"name": ["月牙塘"], "class": ["pond"]}, [pond])
    return path


def write_zones(path: Path) -> Path:
    """Write two communities and their subdistrict."""
    shapes = [box(*(np.array(b, dtype=float) + np.tile(ORIGIN, 2))) for b in ZONES.values()]
    codes = ["410100001001", "410100001002"]
    whole = box(*(np.array((-200, -200, 2200, 1400), dtype=float) + np.tile(ORIGIN, 2)))
    _write(path, "subdistrict", {"code": ["410100001"], "name": ["清河街道"], "parent": [""]}, [whole])
    _write(path, "community", {"code": codes, "name": list(ZONES), "parent": ["410100001"] * 2}, shapes)
    return path


def _write(path: Path, layer: str, columns: dict[str, list[object]], shapes: list[object]) -> None:
    gpd.GeoDataFrame(columns, geometry=shapes, crs=f"EPSG:{CRS}").to_file(path, layer=layer, driver="GPKG")
