"""Full names for the parts of places: exits of stations, gates of the grounds they open into.

A map writes B on a subway entrance and 北门 on a gate; people write 五道口站B口 and 某某大学北门.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.gazetteer.osm_rows import OsmPlace

_METRES_PER_DEGREE = 111_200.0
# An exit lies at most this far from its station's middle, a gate this far from its ground's edge.
_EXIT_M, _GATE_M = 500.0, 30.0
# A second station this much farther than the nearest may still be the one meant.
_CLEAR = 1.3
_BARE_GATE = re.compile(
    r"^(?:[东南西北]{1,2}|正|大|侧|后|前|小|[A-Z]|\d{1,2}号?)?(?:大门|侧门|偏门|门|出入口|出口|入口|口)$"
)
_EXIT = re.compile(
    r"^(?P<station>.{2,}?)(?:地铁)?站(?P<exit>[A-Z]\d?(?:出入|出|入)?口|\d{1,2}号?(?:出入|出|入)?口)$"
)
_LETTER = re.compile(r"^[A-Za-z]?\d{0,2}$")


def name_exits(exits: Sequence[OsmPlace], stations: Sequence[OsmPlace]) -> tuple[list[OsmPlace], int]:
    """Return the exits with their station's name (五道口站B口), and how many have no station near.

    Parameters
    ----------
    exits
        Subway entrances; the last of the other names is the letter or number on the map.
    """
    found, lost = [], 0
    for place in exits:
        reference = place.other_names[-1].upper()
        if place.name and not _LETTER.match(place.name) and not _BARE_GATE.match(place.name):
            found.append(replace(place, other_names=(*place.other_names[:-1], *_spoken(place.name))))
            continue
        reference = reference or place.name.upper().removesuffix("口").removesuffix("出")
        station = _nearest_station(place, stations)
        if station is None or not _LETTER.match(reference) or not reference:
            lost += 1
            continue
        stem = station.name.removesuffix("站")
        full = f"{stem}站{reference}口"
        found.append(replace(place, name=full, other_names=_spoken(full)))
    return found, lost


def _spoken(name: str) -> tuple[str, ...]:
    """Return the ways an exit is spoken of: 五道口B口, 五道口地铁站B口, 五道口站B出口."""
    match = _EXIT.match(name)
    if match is None:
        return ()
    stem, letter = match["station"], match["exit"].rstrip("口").rstrip("出入")
    ways = [f"{stem}{kind}{letter}{end}口" for kind in ("站", "", "地铁站") for end in ("", "出", "出入")]
    return tuple(way for way in ways if way != name)


def _nearest_station(place: OsmPlace, stations: Sequence[OsmPlace]) -> OsmPlace | None:
    near = sorted(
        ((_metres(place, station), station.name, station) for station in stations), key=lambda x: x[:2]
    )
    if not near or near[0][0] > _EXIT_M:
        return None
    rivals = [far for far, name, _ in near if name.removesuffix("站") != near[0][1].removesuffix("站")]
    return near[0][2] if not rivals or rivals[0] > _CLEAR * near[0][0] else None


def _metres(first: OsmPlace, second: OsmPlace) -> float:
    east = (first.lon - second.lon) * np.cos(np.radians(first.lat))
    return float(np.hypot(east, first.lat - second.lat)) * _METRES_PER_DEGREE


def name_gates(
    gates: Sequence[OsmPlace], grounds: Sequence[tuple[str, BaseGeometry]]
) -> tuple[list[OsmPlace], int]:
    """Return the gates with the name of the ground they open into, and how many bare ones have none.

    A gate with a full name keeps it; 北门 alone belongs to the smallest named area whose edge is near.
    """
    shapes = np.array([shape for _, shape in grounds], dtype=object)
    tree = shapely.STRtree(shapes)
    found, lost = [], 0
    for gate in gates:
        if not _BARE_GATE.match(gate.name):
            found.append(gate)
            continue
        point = shapely.points(gate.lon, gate.lat)
        near = tree.query(point, predicate="dwithin", distance=_GATE_M / _METRES_PER_DEGREE).tolist()
        edge = [
            at
            for at in near
            if shapely.distance(shapely.boundary(shapes[at]), point) * _METRES_PER_DEGREE <= 2 * _GATE_M
        ]
        if not edge:
            lost += 1
            continue
        ground = min(edge, key=lambda at: float(shapely.area(shapes[at])))
        found.append(replace(gate, name=grounds[ground][0] + gate.name))
    return found, lost
