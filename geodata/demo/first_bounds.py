"""The demo district's communities as a table of bounds: what an office without GIS would write.

Written by hand from the map of the district's own roads; the drawn communities are the truth it is
measured against. Two borders are no line's middle: the district ends 70 m east of the railway, and
between 铁西路 and the railway the border runs some 50 m north of 龙湖外环路's straight continuation.
"""

from __future__ import annotations

from geodata.demo.authored import read_table

HEADER = ("代码", "社区", "东至", "南至", "西至", "北至")
_TEXTS = {
    "如意东路社区": ("九如路、天泽街", "商务外环路", "如意西路", "龙湖中环南路、东风东路"),
    "绿地社区": ("天瑞街、九如东路、楸园街", "龙湖外环路、东风东路", "九如路、天泽街", "龙湖中环南路"),
    "天时路社区": (
        "示范铁路以东70米、铁西路",
        "龙湖外环路、龙湖外环路以北50米（天时路以东）及其东延长线",
        "绿地社区",
        "龙湖中环南路",
    ),
    "绿城百合社区": ("众意西路", "正光路", "中州大道", "龙湖中环南路"),
    "联盟新城社区": ("如意西路", "商务外环路", "众意西路", "龙湖中环南路"),
    "馨悦苑社区": (
        "示范铁路以东70米",
        "金水东路、商鼎路",
        "商务外环路、万和街及其南延长线、宝林街、铁西路",
        "九如路、龙湖外环路、龙湖外环路以北50米（天时路以东）及其东延长线",
    ),
    "商务区社区": (
        "商务外环路（九如路至万和街）、万和街及其南延长线、宝林街",
        "金水东路",
        "中州大道",
        "正光路、众意西路、商务外环路（众意西路至九如路）、商鼎路",
    ),
}


def demo_bounds() -> list[dict[str, str]]:
    """Return the table, one row per community in the order of their codes, cells by header."""
    table = read_table("district.toml")
    codes = {row["name"]: row["code"] for row in table["community"]}
    return [dict(zip(HEADER, (codes[name], name, *texts), strict=True)) for name, texts in _TEXTS.items()]
