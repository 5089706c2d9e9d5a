"""Named places and areas: shops, gates, estates, zones."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from shapely.geometry import MultiPoint, Point

from geodata.gazetteer.model import PlaceRow, ZoneRow
from geodata.geocode.areas import spellings
from geodata.geocode.context import Context
from geodata.geocode.corners import moved_point
from geodata.geocode.evidence import Evidence, Mode, evidence, nothing, representative
from geodata.geocode.model import SIDE_WORDS, Area, Place, Relation, Side

_TRUST = {"own": 0.93, "landmark": 0.9, "brand": 0.2}
_TRUST_UNIQUE = 0.985
# Estates of one builder differ by one character (朗园, 和园): rather a sister than a slip.
_TRUST_WRONG = 0.3
# What "opposite" or "near" adds to the uncertainty, metres.
_RELATION_M: dict[Relation, float] = {
    "at": 0.0, "inside": 0.0, "opposite": 40.0, "beside": 30.0, "near": 120.0, "front": 25.0,
    "behind": 40.0, "under": 15.0,
}  # fmt: skip
_PART_SIDES: dict[str, Side] = {
    "东北": "NE", "西北": "NW", "东南": "SE", "西南": "SW", "东": "E", "南": "S", "西": "W", "北": "N",
}  # fmt: skip
_PART_SIDE = re.compile("|".join(_PART_SIDES))
# 地铁百花广场站, 百花广场地铁站 and 百花广场站 are one; so are A出口, A号口 and A口.
_STATION = re.compile(r"^(?:地铁)?(?P<own>.{2,}?)(?:地铁|轻轨|火车|高铁)?站$")
_EXIT = re.compile(r"^(?P<own>[A-Za-z]\d?)(?:号)?(?:出入口|进出口|出口|入口|口)$")


def resolve_place(frame: Place, context: Context) -> Evidence:
    """Return the places of a name; a part of it known by itself (北门) is preferred."""
    text = frame.name.text
    rows = _parts(text, frame.part, context) if frame.part else []
    part_known = bool(rows)
    rows = rows or next(filter(None, map(context.gazetteer.places_of, _spellings(text))), [])
    zones = context.gazetteer.zones_of(text)
    if not rows and not zones:
        if context.lines(frame.name):
            return nothing(f"{text}是线路名，不是地点")
        return _slipped(frame, context)
    modes = [_mode(frame, row, part_known) for row in rows]
    modes += [_zone_mode(zone, "place") for zone in zones]
    trust = max([_TRUST[row.kind] for row in rows], default=0.95)
    if len(rows) == 1 and rows[0].kind == "own":
        trust = _TRUST_UNIQUE
    return evidence(modes, trust)


def _parts(text: str, part: str, context: Context) -> list[PlaceRow]:
    """Return the entries of a part of a place, in the spellings it may be written in."""
    exit_ = _EXIT.match(part)
    parts = [part, f"{exit_['own']}口"] if exit_ else [part]
    wholes = [
        whole
        for name in _spellings(text)
        for own in parts
        for whole in (name + own, f"{name}({own})", f"{name}-{own}")
    ]
    return [row for whole in dict.fromkeys(wholes) for row in context.gazetteer.places_of(whole)]


def _spellings(text: str) -> list[str]:
    station = _STATION.match(text)
    if station is None:
        return [text]
    own = station["own"]
    return list(dict.fromkeys([text, f"{own}站", f"{own}地铁站", f"地铁{own}站"]))


def _slipped(frame: Place, context: Context) -> Evidence:
    """Return the places of the names that a name nobody knows is a slip for."""
    slip = context.slip(frame.name)
    if not slip.meant:
        return nothing(f"地名库里没有{frame.name.text}")
    rows = [row for known in slip.meant for row in context.gazetteer.places_of(known)]
    modes = [_mode(frame, row, False) for row in rows]
    modes += [_zone_mode(zone, "place") for known in slip.meant for zone in context.gazetteer.zones_of(known)]
    trust = min([_TRUST[row.kind] for row in rows], default=_TRUST["landmark"])
    trust *= _TRUST_WRONG if slip.kind == "wrong" else 1.0
    return evidence([mode._replace(method=f"place:{slip.way}") for mode in modes], trust)


def taken_for(written: str, meant: Sequence[str]) -> str:
    """Return in Chinese which known names a written one was taken for."""
    return f"把“{written}”当作" + "或".join(f"“{known}”" for known in meant)


def resolve_area(frame: Area, context: Context) -> Evidence:
    """Return a zone's polygon, or the places of that name."""
    zones = next(filter(None, map(context.gazetteer.zones_of, spellings(frame.name.text))), [])
    if zones:
        return evidence([_zone_mode(zone, "area") for zone in zones], 0.95)
    return resolve_place(Place(frame.name), context)


def _mode(frame: Place, row: PlaceRow, part_known: bool) -> Mode:
    x, y, sigma = row.x, row.y, row.sigma_m
    words = row.name + (f"（{row.category}）" if row.category else "")
    if row.kind == "landmark":
        words = f"{row.name}（{row.support} 条已定位地址提到）"
    side = frame.side or (_side_of(frame.part) if frame.part and not part_known else None)
    if side is not None:
        # A gate or side lies at the edge; the place's own radius says how far that is.
        x, y = moved_point(x, y, side, min(sigma, 150.0) * 0.7, 10.0)
        words += f"，{frame.part or ''}{SIDE_WORDS[side]}侧"
        sigma = float(np.hypot(sigma * 0.8, 20.0))
    sigma = float(np.hypot(sigma, _RELATION_M[frame.relation]))
    weight = {"own": 1.0, "landmark": 1.0, "brand": 0.3}[row.kind] * float(np.log1p(row.support))
    method = {"own": "place", "landmark": "place:mentioned", "brand": "place:brand"}[row.kind]
    return Mode(None, x, y, max(sigma, 10.0), weight, method, words)


def _side_of(part: str) -> Side | None:
    match = _PART_SIDE.match(part)
    return _PART_SIDES[match.group()] if match else None


def _zone_mode(zone: ZoneRow, method: str) -> Mode:
    shape = zone.shape
    if isinstance(shape, MultiPoint):
        centre = np.median(np.array([(point.x, point.y) for point in shape.geoms]), axis=0)
        geometry = shape.convex_hull if len(shape.geoms) > 2 else Point(centre)
        x, y = float(centre[0]), float(centre[1])
        spread = np.array([point.distance(Point(centre)) for point in shape.geoms])
        radius = float(np.median(spread)) + 100.0
    else:
        geometry = shape
        x, y = representative(shape)
        radius = float(np.sqrt(shape.area / np.pi))
    words = f"{zone.name}（范围半径约 {radius:.0f} 米）"
    return Mode(geometry, x, y, max(radius * 0.7, 20.0), 1.0, method, words)
