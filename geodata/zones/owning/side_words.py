"""How lists write a side: 东侧, 左岸, 两岸, 渠中, N."""

from __future__ import annotations

import re

from geodata.zones.owning.ownership import SIDES, Side

_WORDS: dict[str, Side] = {
    "北": "N", "东北": "NE", "东": "E", "东南": "SE", "南": "S", "西南": "SW", "西": "W", "西北": "NW",
    "左": "left", "右": "right", "两": "both", "双": "both", "中": "middle", "中间": "middle", "中心": "middle",
}  # fmt: skip
_CODES: dict[str, Side] = {side.lower(): side for side in SIDES}
_AROUND = re.compile(r"^[渠河路铁线]?(?P<side>.*?)[侧岸边面]?$")


def side_of(text: str) -> Side | None:
    """Return the side that a cell names, None for an empty one.

    Raises
    ------
    ValueError
        If it is no side.

    Examples
    --------
    >>> [side_of(text) for text in ("东侧", "左岸", "两岸", "渠中间", "nw", " ")]
    ['E', 'left', 'both', 'middle', 'NW', None]
    """
    own = text.strip()
    if not own:
        return None
    found = _CODES.get(own.lower())
    if found is None and (match := _AROUND.match(own)):
        found = _WORDS.get(match["side"])
    if found is None:
        raise ValueError(f"{own!r} is no side; accepted are {', '.join(SIDES)} and 东侧, 左岸, 两岸, 中间 …")
    return found
