"""What the tags of an OpenStreetMap object say: names, kind of line, kind of place, numbers, posts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

from geodata.gazetteer.model import LineClass
from geodata.gazetteer.posts import chainage_m

Tags: TypeAlias = Mapping[str, str]

# Half the distance between the property lines across a street of each class, metres.
_HALF_WIDTH_M = {
    "motorway": 18.0, "trunk": 18.0, "primary": 18.0, "secondary": 14.0, "tertiary": 10.0,
    "unclassified": 7.0, "residential": 6.0, "living_street": 5.0, "service": 4.0, "pedestrian": 6.0,
    "footway": 2.0, "path": 2.0, "cycleway": 2.0, "steps": 2.0, "track": 3.0, "road": 7.0,
}  # fmt: skip
_RAILWAYS = {"rail", "light_rail", "subway", "narrow_gauge", "tram", "monorail", "construction", "disused"}
_WATERWAYS = {"river": 15.0, "canal": 12.0, "stream": 4.0, "drain": 3.0, "ditch": 2.0, "tidal_channel": 8.0}
_PLACE_KEYS = (
    "railway", "amenity", "shop", "office", "tourism", "leisure", "building", "public_transport", "place",
    "landuse", "man_made", "historic", "craft", "healthcare", "natural", "aeroway", "highway", "bridge",
    "power", "military", "emergency", "club", "sport", "entrance", "barrier", "junction", "waterway",
)  # fmt: skip
_OTHER_NAMES = ("name:zh", "name:zh-Hans", "alt_name", "old_name", "official_name", "short_name", "loc_name")
_GREEN = {
    "park", "garden", "forest", "grass", "wood", "recreation_ground", "meadow", "village_green", "pitch",
}  # fmt: skip
# A bridge and a tunnel have names of their own beside the name of the line they carry.
_BUILT_NAMES = {
    "bridge": ("bridge:name:zh", "bridge:name"),
    "tunnel": ("tunnel:name:zh", "tunnel:name"),
}
_CHINESE = re.compile(r"[㐀-鿿]")
_ROAD_REF = re.compile(r"^[A-Z]\d{2,4}$")
_NUMBER = re.compile(r"^\D{0,3}(\d{1,4})(?!\d)")
_POSITIONS = ("railway:position:exact", "railway:position", "distance", "pk", "ref")


def names_of(tags: Tags) -> tuple[str, tuple[str, ...]]:
    """Return the name and the other Chinese names; a name without Chinese gives way to one with."""
    name = tags.get("name", "")
    others = [part.strip() for key in _OTHER_NAMES for part in tags.get(key, "").split(";")]
    others = [part for part in others if part and part != name and _CHINESE.search(part)]
    # 北四环（辅路） style names keep their bracket.
    if not _CHINESE.search(name) and others:
        return others[0], tuple(dict.fromkeys(others[1:] + ([name] if name else [])))
    return name, tuple(dict.fromkeys(others))


def road_refs(tags: Tags) -> tuple[str, ...]:
    """Return the numbers of a road: G320, S206."""
    return tuple(part for part in tags.get("ref", "").split(";") if _ROAD_REF.match(part))


def category_of(tags: Tags) -> str:
    """Return what kind of place an object is, as key=value, or an empty text."""
    for key in _PLACE_KEYS:
        value = tags.get(key)
        if value is not None and value != "no":
            return f"{key}={value}"
    return ""


def built_name(tags: Tags) -> tuple[str, str]:
    """Return the own name and category of a bridge, tunnel or culvert; empty where it has none."""
    for key, names in _BUILT_NAMES.items():
        if tags.get(key) not in (None, "no"):
            for name in names:
                if tags.get(name):
                    return tags[name], f"{key}={tags[key]}"
    return "", ""


def line_class_of(tags: Tags) -> tuple[LineClass | None, str, float]:
    """Return road, rail or water, the category, and half the width in metres; None for no line."""
    highway, railway, waterway = tags.get("highway"), tags.get("railway"), tags.get("waterway")
    if highway is not None:
        kind = highway.removesuffix("_link")
        if kind in _HALF_WIDTH_M or kind in ("construction", "busway"):
            return "road", highway, _HALF_WIDTH_M.get(kind, 7.0)
    if railway in _RAILWAYS:
        return "rail", f"railway={railway}", 4.0
    if waterway in _WATERWAYS:
        return "water", f"waterway={waterway}", _width(tags, _WATERWAYS[waterway])
    return None, "", 0.0


def _width(tags: Tags, default_m: float) -> float:
    try:
        return max(min(float(tags.get("width", "")) / 2, 1000.0), 1.0)
    except ValueError:
        return default_m


def house_number(tags: Tags) -> int | None:
    """Return the house number, None if it is not a number."""
    match = _NUMBER.match(tags.get("addr:housenumber", ""))
    return int(match.group(1)) if match else None


def post_of(tags: Tags) -> tuple[LineClass, float | None] | None:
    """Return the kind of line a milestone stands at and its chainage in metres (None: not readable).

    Returns None for an object that is no milestone.
    """
    if tags.get("railway") == "milestone":
        line_class: LineClass = "rail"
    elif tags.get("highway") == "milestone":
        line_class = "road"
    elif tags.get("waterway") == "milestone":
        line_class = "water"
    else:
        return None
    found = (chainage_m(tags[key]) for key in _POSITIONS if key in tags)
    return line_class, next((metres for metres in found if metres is not None), None)


def basemap_layer(tags: Tags) -> str:
    """Return the basemap layer an area is drawn in, or an empty text."""
    if tags.get("natural") == "water" or tags.get("waterway") in ("riverbank", "dock"):
        return "water"
    if tags.get("building") not in (None, "no"):
        return "building"
    values = {tags.get(key) for key in ("leisure", "landuse", "natural")}
    return "green" if values & _GREEN else ""
