"""A made gazetteer source of 200,000 entries for the benchmarks of scale, and real texts to ask it.

The entries are the real places of the test data (read at run time) and made ones: towns set over the
whole municipality, each with its own warped street grid, estates between the streets, and shops,
schools and companies whose addresses agree with where they stand. The same seed gives the same city.

    python tests/bench/big_city.py OUT.csv [--entries N]
"""

from __future__ import annotations

import argparse
import csv
import gzip
import math
import os
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from geocode_shops import read_shops

from geodata.text.normalize import normalise

ENTRIES = 200_000
COLUMNS = ("name", "type", "address", "district", "gcj02_lon", "gcj02_lat")
_TOWN_EVERY_DEG = (0.094, 0.078)
_STREETS = 24
_ESTATES = 190
_HALF_ROAD_M = 15.0
_METRES = (91_400.0, 110_950.0)  # of a degree of longitude and latitude at 34.7° N

_FIRST = "丰嘉锦瑞祥康宁安泰永和兴盛荣华富春秋明德仁义礼信文博雅颂诗书翰墨云霞松柏梅兰竹菊桃李杏槐榆枫桂棠蕙芷沁清涵润泽澄碧翠青苍玄素朗皓曜旭晨曙晴岚峰岭川溪源汇滨澜渊鸿鹏鸾麟骏骥驰腾跃翔凌霄"
_SECOND = "达通顺畅平昌隆裕茂景韵苑庭阁亭台楼榭桥渡津浦洲屿湾港泉潭湖沼原野坡岗丘坪垄陌阡畴圃园林森荫茵芳菲萃蔚葱茏彩虹辉映照临登攀望瞻观听闻思忆怀念慕颐养怡悦欣欢乐福禄寿喜"
_ESTATE_TAILS = ("小区", "花园", "家园", "新城", "嘉园", "华府", "社区", "公寓", "雅苑", "名都")
_BRANDS = ("老马家", "赵记", "聚福", "阿祥", "豫味", "巷子里", "三江", "小满", "金穗", "同德", "喜洋", "百味")
_TRADES = {
    "烩面馆": "中餐厅",
    "胡辣汤": "快餐厅",
    "火锅": "火锅店",
    "烘焙坊": "糕饼店",
    "茶社": "茶艺馆",
    "牛肉汤": "清真菜馆",
    "川菜馆": "四川菜(川菜)",
    "咖啡": "咖啡厅",
    "冷饮": "冷饮店",
    "大酒店": "综合酒楼",
}
_SITES = (
    "小学",
    "幼儿园",
    "卫生服务站",
    "农贸市场",
    "物流园",
    "机械厂",
    "加油站",
    "汽修厂",
    "商贸城",
    "敬老院",
)
_SIDES = {"东": (1, 0), "西": (-1, 0), "南": (0, -1), "北": (0, 1)}
_ORDER = "一二三四五六七八"


@dataclass(frozen=True)
class Street:
    """A street of a town: straight along one axis of the town's own frame, `at` metres on the other."""

    name: str
    at: float


@dataclass(frozen=True)
class Town:
    """A made town: where it is, how it is turned, its streets and its estates (name, x, y)."""

    name: str
    district: str
    centre: tuple[float, float]
    turn: float
    upright: Sequence[Street]  # run north, `at` is x
    level: Sequence[Street]  # run east, `at` is y
    estates: Sequence[tuple[str, float, float]]

    def lonlat(self, x: float, y: float) -> tuple[float, float]:
        """Return GCJ-02 lon, lat of a point in the town's frame, in metres from its centre."""
        cos, sin = math.cos(self.turn), math.sin(self.turn)
        east, north = x * cos - y * sin, x * sin + y * cos
        lon, lat = self.centre
        return round(lon + east / _METRES[0], 6), round(lat + north / _METRES[1], 6)


def big_city(data: Path, *, entries: int = ENTRIES, seed: int = 20170801) -> list[dict[str, str]]:
    """Return the rows of the city: the real places first, then made ones, `entries` distinct names in all."""
    with gzip.open(data / "zhengzhou" / "places.csv.gz", "rt", encoding="utf-8-sig") as file:
        rows = [{column: row[column] for column in COLUMNS} for row in csv.DictReader(file)]
    rng = random.Random(seed)
    names = {row["name"] for row in rows}
    towns = _towns(rows, rng)
    for row in _made_places(towns, rng):
        if len(names) >= entries:
            break
        if row["name"] not in names:
            names.add(row["name"])
            rows.append(row)
    return rows


def write_big_city(path: Path, data: Path, *, entries: int = ENTRIES) -> int:
    """Write the city as a table that `geodata.gazetteer.tables.read_places` takes; return the rows."""
    rows = big_city(data, entries=entries)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return len(rows)


def real_texts(data: Path) -> list[str]:
    """Return distinct real texts to ask for, none of which is an address or a name of the gazetteer.

    The shop list's addresses, then the notices' and complaints' texts. Distinct after normalising, so
    that no geocoder can answer one from another's result.
    """
    with gzip.open(data / "zhengzhou" / "places.csv.gz", "rt", encoding="utf-8-sig") as file:
        taken = {normalise(row[key]).text for row in csv.DictReader(file) for key in ("name", "address")}
    with (data / "zhengzhou" / "location_texts.csv").open(encoding="utf-8-sig", newline="") as file:
        notices = [row["text"] for row in csv.DictReader(file)]
    asked = {
        normalise(text).text: text for text in [*(row["地址"] for row in read_shops(data)), *notices][::-1]
    }
    return [text for key, text in reversed(asked.items()) if key and key not in taken]


def _towns(rows: Sequence[dict[str, str]], rng: random.Random) -> list[Town]:
    """Set towns on a lattice wherever real places are near; the nearest one says the district."""
    known = np.array([(float(row["gcj02_lon"]), float(row["gcj02_lat"])) for row in rows])
    low, high = np.percentile(known, [0.2, 99.8], axis=0)
    stems = [a + b for a in _FIRST for b in _SECOND if a != b]
    rng.shuffle(stems)
    towns = []
    for lon in np.arange(low[0], high[0], _TOWN_EVERY_DEG[0]):
        for lat in np.arange(low[1], high[1], _TOWN_EVERY_DEG[1]):
            away = np.hypot(*((known - (lon, lat)) * _METRES).T)
            if away.min() < 8000.0:
                district = rows[int(away.argmin())]["district"]
                towns.append(_town((float(lon), float(lat)), district, stems, rng))
    return towns


def _town(centre: tuple[float, float], district: str, stems: list[str], rng: random.Random) -> Town:
    upright = _streets(stems, ("路", "路", "大道", "巷"), rng)
    level = _streets(stems, ("街", "街", "路", "街"), rng)
    estates = []
    for _ in range(_ESTATES):
        # Inside a block: between two neighbouring streets each way.
        i, j = rng.randrange(_STREETS - 1), rng.randrange(_STREETS - 1)
        x = (upright[i].at + upright[i + 1].at) / 2
        y = (level[j].at + level[j + 1].at) / 2
        name = rng.choice(_FIRST) + rng.choice(_FIRST) + rng.choice(_SECOND) + rng.choice(_ESTATE_TAILS)
        estates.append((name, x, y))
    return Town(f"{stems.pop()}镇", district, centre, rng.gauss(0.0, 0.08), upright, level, estates)


def _streets(stems: list[str], tails: Sequence[str], rng: random.Random) -> list[Street]:
    """Return the parallel streets of a town, from low to high; some are numbered families (丰和一街…)."""
    at = np.cumsum([rng.uniform(180.0, 420.0) for _ in range(_STREETS)])
    at -= at.mean()
    names: list[str] = []
    while len(names) < _STREETS:
        stem, tail = stems.pop(), rng.choice(tails)
        family = rng.randint(3, 8) if rng.random() < 0.06 else 0
        names += [f"{stem}{_ORDER[k]}{tail}" for k in range(family)] or [f"{stem}{tail}"]
    return [Street(name, float(where)) for name, where in zip(names, at, strict=False)]


def _made_places(towns: Sequence[Town], rng: random.Random) -> Iterator[dict[str, str]]:
    forms = (_numbered, _numbered, _at_crossing, _at_crossing, _in_estate, _in_estate, _by_estate)
    trades = list(_TRADES.items())
    while True:
        for town in towns:
            address, spot, x, y = rng.choice(forms)(town, rng)
            if rng.random() < 0.12:
                address = town.name + address
            kind = rng.random()
            if kind < 0.12:
                category = rng.choice(_SITES)
                name = f"{spot}{rng.choice(_FIRST)}{rng.choice(_SECOND)}{category}"
            else:
                tail, category = rng.choice(trades)
                stem = f"{rng.choice(_FIRST)}{rng.choice(_SECOND)}"
                brand = rng.choice(_BRANDS) if rng.random() < 0.3 else stem
                name = f"{brand}{tail}({spot}店)" if kind < 0.8 else f"{spot[:2]}{brand}{tail}"
            lon, lat = town.lonlat(x, y)
            yield dict(
                zip(COLUMNS, (name, category, address, town.district, str(lon), str(lat)), strict=True)
            )


Placed = tuple[str, str, float, float]  # address, the name a branch would take, x, y in the town's frame


def _numbered(town: Town, rng: random.Random) -> Placed:
    """丰和路128号附2号: numbers rise by 2 every 15 m from the street's low end, even ones on one side."""
    street, along, is_upright = _on_a_street(town, rng)
    other = town.level if is_upright else town.upright
    number = max(1, int((along - other[0].at + 60.0) / 15.0)) * 2 - rng.randrange(2)
    side = (_HALF_ROAD_M + 6.0) * (1 if number % 2 else -1)
    x, y = (street.at + side, along) if is_upright else (along, street.at + side)
    tail = ("", "", f"附{rng.randint(1, 19)}号", f"{rng.randint(1, 11)}号楼{rng.randint(1, 3)}层")
    return f"{street.name}{number}号{rng.choice(tail)}", street.name, x, y


def _at_crossing(town: Town, rng: random.Random) -> Placed:
    """丰和路与嘉达街交叉口向北120米路西, or a corner of the crossing."""
    up, flat = rng.choice(town.upright), rng.choice(town.level)
    first, second = (up, flat) if rng.random() < 0.5 else (flat, up)
    pair = f"{first.name}{rng.choice(('与', '和', ''))}{second.name}"
    pair += rng.choice(("交叉口", "交叉口", "交汇处", "路口"))
    if rng.random() < 0.3:
        east, north = rng.choice((-1, 1)), rng.choice((-1, 1))
        corner = ("东" if east > 0 else "西") + ("北" if north > 0 else "南")
        gap = _HALF_ROAD_M + 12.0
        return f"{pair}{corner}角", up.name, up.at + east * gap, flat.at + north * gap
    far = rng.randint(2, 30) * 10
    heading = rng.choice("东西南北")
    side = rng.choice("东西" if heading in "南北" else "南北")
    (step_x, step_y), (side_x, side_y) = _SIDES[heading], _SIDES[side]
    x = up.at + far * step_x + _HALF_ROAD_M * side_x
    y = flat.at + far * step_y + _HALF_ROAD_M * side_y
    words = rng.choice(("向", "往", ""))
    return f"{pair}{words}{heading}{far}米路{side}", first.name, x, y


def _in_estate(town: Town, rng: random.Random) -> Placed:
    name, x, y = rng.choice(town.estates)
    dx, dy = rng.uniform(-60.0, 60.0), rng.uniform(-60.0, 60.0)
    unit = rng.choice(("号楼", "号楼商铺", "号楼底商", "栋1层"))
    lead = _nearest(town.level, y).name if rng.random() < 0.3 else ""
    return f"{lead}{name}{rng.randint(1, 39)}{unit}", name, x + dx, y + dy


def _by_estate(town: Town, rng: random.Random) -> Placed:
    """锦瑞苑小区南门东50米: the gates are 90 m from an estate's middle."""
    name, x, y = rng.choice(town.estates)
    gate, heading = rng.choice("东西南北"), rng.choice("东西南北")
    far = rng.randint(2, 15) * 10
    (gate_x, gate_y), (step_x, step_y) = _SIDES[gate], _SIDES[heading]
    spot = x + 90.0 * gate_x + far * step_x, y + 90.0 * gate_y + far * step_y
    return f"{name}{gate}门{heading}{far}米", name, *spot


def _on_a_street(town: Town, rng: random.Random) -> tuple[Street, float, bool]:
    is_upright = rng.random() < 0.5
    streets, across = (town.upright, town.level) if is_upright else (town.level, town.upright)
    return rng.choice(streets), rng.uniform(across[0].at, across[-1].at), is_upright


def _nearest(streets: Sequence[Street], at: float) -> Street:
    return min(streets, key=lambda street: abs(street.at - at))


def main() -> None:
    """Write the city and say what it holds."""
    options = argparse.ArgumentParser()
    options.add_argument("out", type=Path)
    options.add_argument("--entries", type=int, default=ENTRIES)
    chosen = options.parse_args()
    data = Path(os.environ.get("QINGTU_TEST_DATA", "../shared/data"))
    began = time.perf_counter()
    rows = write_big_city(chosen.out, data, entries=chosen.entries)
    print(f"{rows} rows written in {time.perf_counter() - began:.1f} s; {len(real_texts(data))} texts to ask")


if __name__ == "__main__":
    main()
