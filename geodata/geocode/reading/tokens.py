"""One word of a location text and what it may mean to the grammar."""

from __future__ import annotations

from typing import NamedTuple

from geodata.geocode.model import NameClass, Side

# Codes of tokens. One letter or short word each, so that a grammar rule can be read aloud.
LINE = "line"  # a road, railway or water name
PLACE = "place"  # a name of anything else
ZONE = "zone"  # province, city, district, subdistrict, community, village
RUN = "run"  # characters that no rule explains
NUMBER = "number"  # 100号院
DETAIL = "detail"  # 3号楼 2层 A座
GATE = "gate"  # 东门 A口
CHAINAGE = "chainage"  # K645+300
DISTANCE = "distance"  # 约200米
DIGITS = "digits"  # a figure without a unit
TOWARD = "toward"  # 向北
BARE = "bare"  # 北
CORNER = "corner"  # 西北角
ARM = "arm"  # 东口
SIDE = "side"  # 北侧, 路北, 右岸
BOUND = "bound"  # 以北
REACH = "reach"  # 东至 (one of the four sides of a piece of land)
ENCLOSED = "enclosed"  # 围合
EXTENT = "extent"  # 全段, 北段, 沿线
MEET = "meet"  # 交叉口, 路口, 口
JOIN = "join"  # 与
DASH = "dash"  # - ~
LIST = "list"  # 、
TO = "to"  # 至
FROM = "from"  # 从
ALONG = "along"  # 沿
SEGMENT = "segment"  # 段
BETWEEN = "between"  # 之间
STRUCTURE = "structure"  # 桥, 隧道, 闸
PASS = "pass"  # 下穿  # noqa: S105
RELATION = "relation"  # 对面
NEAR = "near"  # 近 (before a name)
NOISE = "noise"  # 的
STOP = "stop"  # , ;
OPEN = "open"
CLOSE = "close"


class Token(NamedTuple):
    """A half-open range of a normalised text read as one word.

    `cost` is how unlikely the word is; the cheapest covering of a text wins. The other fields are
    filled where the code calls for them.
    """

    code: str
    start: int
    end: int
    cost: float
    word: str = ""
    side: Side | None = None
    metres: tuple[float, float] | None = None
    classes: tuple[NameClass, ...] = ()
    known: bool = False
