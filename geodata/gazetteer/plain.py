"""What was read of a source, as plain JSON and back: parsed once where it is confined, compiled often.

Numbers come back exactly as they went in, so that a source kept in this form compiles as its file does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely

from geodata.errors import GazetteerError
from geodata.gazetteer.lines import DrawnLines
from geodata.gazetteer.osm_rows import OsmExtract, OsmPlace, OsmWay
from geodata.gazetteer.pieces import Piece
from geodata.gazetteer.tables import PlaceTable, PostTable

Read = OsmExtract | DrawnLines | PlaceTable | PostTable
_EMPTY = np.empty(0, dtype=np.int64)


def to_plain(read: Read) -> dict[str, Any]:
    """Return what was read of a source as JSON-able data."""
    if isinstance(read, OsmExtract):
        return {"form": "osm", **_osm(read)}
    if isinstance(read, DrawnLines):
        return {"form": "lines", **_drawn(read)}
    lonlat, dropped = np.asarray(read.lonlat).tolist(), dict(read.dropped)
    if isinstance(read, PlaceTable):
        return {
            "form": "places", "name": read.name, "category": read.category, "address": read.address,
            "district": read.district, "lonlat": lonlat, "dropped": dropped,
        }  # fmt: skip
    return {
        "form": "posts", "line": read.line, "chainage_m": read.chainage_m, "lonlat": lonlat, "dropped": dropped,
    }  # fmt: skip


def from_plain(data: Mapping[str, Any]) -> Read:
    """Return what `to_plain` wrote.

    Raises
    ------
    GazetteerError
        If it is not of this form.
    """
    try:
        form = data["form"]
        if form == "osm":
            return _osm_of(data)
        if form == "lines":
            return _drawn_of(data)
        lonlat = np.array(data["lonlat"], dtype=float).reshape(-1, 2)
        if form == "places":
            return PlaceTable(
                list(data["name"]), list(data["category"]), list(data["address"]), list(data["district"]),
                lonlat, dict(data["dropped"]),
            )  # fmt: skip
        if form == "posts":
            return PostTable(list(data["line"]), list(data["chainage_m"]), lonlat, dict(data["dropped"]))
    except (KeyError, TypeError, ValueError, IndexError, shapely.errors.GEOSException) as error:
        raise GazetteerError(
            f"a source kept by the office is damaged: {error!r}; give it again",
            zh=f"保存的数据来源已损坏（{error!r}）；请重新上传",
        ) from error
    raise GazetteerError(f"no source of form {form!r}", zh=f"没有这种数据来源：{form!r}")


def _osm(read: OsmExtract) -> dict[str, Any]:
    return {
        "ways": [
            [way.name, list(way.other_names), way.line_class, way.category, np.asarray(way.lonlat).tolist(),
             np.asarray(way.node_ids).tolist(), way.half_width_m]
            for way in read.ways
        ],
        "places": [
            [place.name, list(place.other_names), place.category, place.lon, place.lat, place.radius_deg]
            for place in read.places
        ],
        "numbers": [list(row) for row in read.numbers],
        "interpolated": [list(row) for row in read.interpolated],
        "posts": [list(row) for row in read.posts],
        "basemap": [[*row[:3], shapely.to_wkb(row[3], hex=True)] for row in read.basemap],
        "dropped": dict(read.dropped),
    }  # fmt: skip


def _osm_of(data: Mapping[str, Any]) -> OsmExtract:
    return OsmExtract(
        ways=[
            OsmWay(
                name, tuple(others), line_class, category, np.array(lonlat, dtype=float).reshape(-1, 2),
                np.array(nodes, dtype=np.int64), half_m,
            )
            for name, others, line_class, category, lonlat, nodes, half_m in data["ways"]
        ],
        places=[OsmPlace(row[0], tuple(row[1]), *row[2:]) for row in data["places"]],
        numbers=[tuple(row) for row in data["numbers"]],
        interpolated=[tuple(row) for row in data["interpolated"]],
        posts=[tuple(row) for row in data["posts"]],
        basemap=[(*row[:3], shapely.from_wkb(row[3])) for row in data["basemap"]],
        dropped=dict(data["dropped"]),
    )  # fmt: skip


def _drawn(read: DrawnLines) -> dict[str, Any]:
    return {
        "pieces": [
            [piece.name, piece.line_class, shapely.to_wkb(piece.line, hex=True), piece.half_width_m, piece.category]
            for piece in read.pieces
        ],
        "posts": [list(row) for row in read.posts],
        "numbers": [list(row) for row in read.numbers],
        "places": [[name, category, shapely.to_wkb(shape, hex=True)] for name, category, shape in read.places],
        "basemap": [[*row[:3], shapely.to_wkb(row[3], hex=True)] for row in read.basemap],
        "other_names": [list(row) for row in read.other_names],
        "dropped": dict(read.dropped),
    }  # fmt: skip


def _drawn_of(data: Mapping[str, Any]) -> DrawnLines:
    rows: Sequence[Any] = data["pieces"]
    pieces = [
        Piece(name, line_class, shapely.from_wkb(line), half_m, _EMPTY, category)
        for name, line_class, line, half_m, category in rows
    ]
    return DrawnLines(
        pieces=pieces,
        posts=[tuple(row) for row in data["posts"]],
        numbers=[tuple(row) for row in data["numbers"]],
        places=[(name, category, shapely.from_wkb(shape)) for name, category, shape in data["places"]],
        basemap=[(*row[:3], shapely.from_wkb(row[3])) for row in data["basemap"]],
        dropped=dict(data["dropped"]),
        other_names=[tuple(row) for row in data["other_names"]],
    )
