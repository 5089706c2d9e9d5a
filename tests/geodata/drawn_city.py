"""A small drawn city with fictional names and exact coordinates, for the gazetteer and geocoder tests.

Local metres, x east, y north; add ORIGIN for EPSG:4547. Everything in the golden table can be worked
out by hand from this drawing::

    短亭路  y=2600 ─┼────────┼──────────┼─ 飞虹路 (1200,1700)-(2200,2700)
    银溪河           (-200,2000)-(400,2000)-(400,2400)-(2200,2400), drawn from its mouth in the east
    长亭路  y=1800 ─┼───┴────┼──────────┼─ 听雨巷 x=600 ends here; 迎宾大道 is its part east of x=1100
                  兰桥街 听雨巷 竹溪街  望山铁路 turns: (1900,2000)-(1500,2300)-(900,2300)
                  x=100   600   1100
    海棠路  y=1200 ──┬──────┬───────┬──────────┬─────┼─   (弯月路 crosses it at x=200 and x=1400)
    松涛路  y= 600 ──┼──────┼───────┼──────────┼─────┼─   向阳小学 (300,700)  百花广场 (1050,650)
    玉带渠  y= 300 ~~┼~~~~~~┼~~~~~~~┼~~~~~~~~~~┼~~~~~┼~   临河小区 (700,350), 东门 (760,350)
    青禾路  y=   0 ──┼──────┼───────┼──────────┼─────┼─   斜阳路 (600,0)-(1200,600)
                  云杉街  白鹭街  石榴街    银河大道  望山铁路
                   x=0    500    1000       1600    1900

East of it two square ring roads round (3000, 600), 明珠外环路 400 m and 明珠内环路 200 m from the
middle, with four roads from the inner one outwards: 晨光路 east, 暮云路 west, 南薰街 south, 北辰街
north. Far away a second 人民路 with a second 建设街 (x=9500), as at x=500, and 孤山路.
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
    "长亭路": [(-200, 1800), (2200, 1800)],
    "迎宾大道": [(1100, 1800), (2200, 1800)],
    "短亭路": [(-200, 2600), (2200, 2600)],
    "兰桥街": [(100, 1700), (100, 2700)],
    "竹溪街": [(1100, 1700), (1100, 2700)],
    "听雨巷": [(600, 1800), (600, 2200)],
    "飞虹路": [(1200, 1700), (2200, 2700)],
    "明珠外环路": [(3400, 1000), (3400, 200), (2600, 200), (2600, 1000), (3400, 1000)],
    "明珠内环路": [(3000, 400), (2800, 400), (2800, 800), (3200, 800), (3200, 400), (3000, 400)],
    "晨光路": [(3200, 600), (3600, 600)],
    "暮云路": [(2800, 600), (2400, 600)],
    "南薰街": [(3000, 400), (3000, 0)],
    "北辰街": [(3000, 800), (3000, 1200)],
    "解放街": [(9400, 2850), (9400, 3150)],
}
WIDE_ROADS = {"银河大道": [(1600, -200), (1600, 1400)]}
TWICE = {
    "人民路": ([(-200, 3000), (800, 3000)], [(9000, 3000), (9800, 3000)]),
    "建设街": ([(500, 2850), (500, 3150)], [(9500, 2850), (9500, 3150)]),
}
WATER = {
    "玉带渠": [(-200, 300), (2200, 300)],
    "银溪河": [(2200, 2400), (400, 2400), (400, 2000), (-200, 2000)],
}
RAIL = {"望山铁路": [(1900, -200), (1900, 2000), (1500, 2300), (900, 2300)]}
# The kilometre from 11+600 to 12+260 is short: 660 m of chainage on 600 m of line.
POSTS = [
    ("望山铁路", 10_000, (1900, -200)),
    ("望山铁路", 11_000, (1900, 800)),
    ("望山铁路", 11_600, (1900, 1400)),
    ("望山铁路", 12_260, (1900, 2000)),
    ("望山铁路", 12_760, (1500, 2300)),
    ("望山铁路", 13_360, (900, 2300)),
    ("银溪河", 0, (-200, 2000)),
    ("银溪河", 1_000, (400, 2400)),
    ("银溪河", 2_800, (2200, 2400)),
]
# House number n stands at x = 20 n, odd north and even south of 青禾路.
NUMBERS = [("青禾路", n, (20 * n, 20 if n % 2 else -20)) for n in (1, 5, 9, 21, 41, 2, 10, 20, 40)]
# At y = 10 n, odd west and even east of 石榴街; but 71 is written down 400 m too far north.
NUMBERS += [("石榴街", n, (980 if n % 2 else 1020, 10 * n)) for n in (11, 31, 51, 91, 111, 2, 30, 60, 90)]
NUMBERS += [("石榴街", 71, (980, 1110))]
# Falling from the east at x = 2000 - 10 n, odd north and even south of 长亭路.
NUMBERS += [("长亭路", n, (2000 - 10 * n, 1820 if n % 2 else 1780)) for n in (1, 51, 101, 151, 2, 100)]
# Only the north side of 海棠路 is known, at x = 10 n.
NUMBERS += [("海棠路", n, (10 * n, 1220)) for n in (5, 45, 85)]
# 10 n metres along 弯月路, odd on the outer side, even on the inner one.
NUMBERS += [
    ("弯月路", n, xy)
    for n, xy in (
        (11, (180, 1210)), (21, (180, 1310)), (61, (410, 1520)), (101, (810, 1520)), (141, (1210, 1520)),
        (181, (1420, 1290)), (20, (220, 1300)), (60, (400, 1480)), (180, (1380, 1300)),
    )
]  # fmt: skip
# 16 n metres clockwise from the south of 明珠外环路 (3000, 200), outside.
NUMBERS += [
    ("明珠外环路", n, xy)
    for n, xy in (
        (11, (2824, 180)), (31, (2580, 296)), (51, (2580, 616)), (101, (3016, 1020)), (151, (3420, 584)),
        (181, (3304, 180)), (191, (3144, 180)),
    )
]  # fmt: skip
_SUPERMARKETS = [(-100, 50), (700, 40), (1350, 560), (2050, 640), (400, 1250), (1200, 1840), (2900, 640)]
PLACES = {
    "向阳小学": ("学校", (300, 700)),
    "临河小区": ("小区", (700, 350)),
    "临河小区东门": ("出入口", (760, 350)),
    "百花广场": ("广场", (1050, 650)),
    "清河粮油店": ("商店", (1500, 40)),
    "翠湖花园南门": ("出入口", (1250, 650)),
    "翠湖花园北门": ("出入口", (1250, 850)),
    "百花广场站": ("地铁站", (1050, 560)),
    "百花广场站A口": ("出入口", (1020, 570)),
    "百花广场站D口": ("出入口", (1080, 550)),
    "望月桥": ("桥", (0, 300)),
    "玉带渠3号闸": ("闸", (900, 300)),
    "清河医院": ("医院", (1300, 100)),
    "清河中学": ("学校", (1700, 700)),
    "绿苑家属院": ("小区", (300, -60)),
    "绿苑家属院3号楼": ("楼", (340, -90)),
    "锦绣新城二期": ("小区", (600, 900)),
    "安康大厦工地": ("工地", (800, 700)),
    "地铁六号线一标段项目部": ("工地", (1300, 1300)),
    "柳林村": ("村", (700, 1650)),
}
# Names that several places bear.
SHARED = {
    "朝阳小区": ("小区", [(400, 3060), (9600, 3060)]),
    "兴旺超市": ("超市", _SUPERMARKETS),
}
ESTATES = {"翠湖花园": ("小区", (1150, 650, 1350, 850))}
# Another name of 银河大道, as an office teaches it.
ALIASES = {"星海大道": "银河大道"}
ZONES = {"云杉社区": (-200, -200, 750, 1400), "石榴社区": (750, -200, 2200, 1400)}
SUBDISTRICTS = {
    "清河街道": (-200, -200, 2200, 1400),
    "北苑街道": (-200, 1400, 2200, 3400),
    "明珠街道": (2200, -200, 3800, 1400),
    "东湾街道": (8800, 2800, 10_000, 3400),
}


def _line(points: list[tuple[float, float]]) -> LineString:
    return LineString(np.array(points, dtype=float) + ORIGIN)


def _point(xy: tuple[float, float]) -> Point:
    return Point(np.array(xy, dtype=float) + ORIGIN)


def _box(bounds: tuple[float, float, float, float]) -> Polygon:
    return box(*(np.array(bounds, dtype=float) + np.tile(ORIGIN, 2)))


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
    places = [(name, kind, _point(xy)) for name, (kind, xy) in PLACES.items()]
    places += [(name, kind, _point(xy)) for name, (kind, every) in SHARED.items() for xy in every]
    places += [(name, kind, _box(bounds)) for name, (kind, bounds) in ESTATES.items()]
    _write(
        path,
        "place",
        {"name": [p[0] for p in places], "class": [p[1] for p in places]},
        [p[2] for p in places],
    )
    pond = Polygon(np.array([(1250, 850), (1350, 850), (1350, 950)], dtype=float) + ORIGIN)
    _write(path, "water", {"name": ["月牙塘"], "class": ["pond"]}, [pond])
    return path


def write_zones(path: Path) -> Path:
    """Write four subdistricts, and the two communities of the first."""
    codes = ["410100001001", "410100001002"]
    parents = [f"41010000{i}" for i in range(1, len(SUBDISTRICTS) + 1)]
    _write(
        path,
        "subdistrict",
        {"code": parents, "name": list(SUBDISTRICTS), "parent": [""] * len(parents)},
        [_box(bounds) for bounds in SUBDISTRICTS.values()],
    )
    _write(
        path,
        "community",
        {"code": codes, "name": list(ZONES), "parent": parents[:1] * 2},
        [_box(bounds) for bounds in ZONES.values()],
    )
    return path


def _write(path: Path, layer: str, columns: dict[str, list[object]], shapes: list[object]) -> None:
    gpd.GeoDataFrame(columns, geometry=shapes, crs=f"EPSG:{CRS}").to_file(path, layer=layer, driver="GPKG")
