"""Write the contents of a gazetteer as one file; `index` reads it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.gazetteer.container import bytes_arrays, text_arrays, write_container
from geodata.gazetteer.fuzzy import fuzzy_arrays
from geodata.gazetteer.model import LINE_CLASSES, PLACE_KINDS, Contents
from geodata.gazetteer.similar import build_grams

FORMAT = 2
SOURCES = ("osm", "lines", "mined")
Arrays = dict[str, NDArray[Any]]


def compile_contents(contents: Contents, path: Path, *, report: Mapping[str, Any]) -> None:
    """Write a gazetteer file.

    Parameters
    ----------
    report
        JSON-able build report kept in the file's header.
    """
    names = sorted(
        {row.name for row in contents.places}
        | {row.name for row in contents.lines}
        | {row.name for row in contents.zones}
        | set(contents.aliases)
    )
    ids = {name: index for index, name in enumerate(names)}
    areas = sorted({row.area for row in contents.places} | {row.area for row in contents.documents} | {""})
    area_ids = {area: index for index, area in enumerate(areas)}
    arrays: Arrays = {**text_arrays("name", names), **text_arrays("area", areas)}
    arrays |= fuzzy_arrays(names)
    arrays |= _place_arrays(contents, ids, area_ids)
    arrays |= _line_arrays(contents, ids)
    arrays |= _crossing_arrays(contents)
    arrays |= _point_arrays(contents)
    arrays |= _zone_arrays(contents, ids)
    arrays |= _document_arrays(contents, area_ids)
    meta = {"format": FORMAT, "crs": contents.crs, "aliases": contents.aliases, "report": dict(report)}
    write_container(path, arrays, meta)


def _place_arrays(contents: Contents, ids: Mapping[str, int], area_ids: Mapping[str, int]) -> Arrays:
    # Rows sorted by name, so that a name's places are one slice.
    rows = sorted(contents.places, key=lambda row: (row.name, -row.support, row.x, row.y))
    categories = sorted({row.category for row in rows})
    category_ids = {category: index for index, category in enumerate(categories)}
    return {
        **text_arrays("place.category_names", categories),
        "place.name": _ints([ids[row.name] for row in rows]),
        "place.category": _ints([category_ids[row.category] for row in rows]),
        "place.kind": _ints([PLACE_KINDS.index(row.kind) for row in rows]),
        "place.area": _ints([area_ids[row.area] for row in rows]),
        "place.support": _ints([row.support for row in rows]),
        "place.xy": _pairs([(row.x, row.y) for row in rows]),
        "place.sigma": _floats([row.sigma_m for row in rows]),
    }


def _line_arrays(contents: Contents, ids: Mapping[str, int]) -> Arrays:
    rows = contents.lines
    return {
        "line.name": _ints([ids[row.name] for row in rows]),
        "line.class": _ints([LINE_CLASSES.index(row.line_class) for row in rows]),
        "line.half_width": _floats([row.half_width_m for row in rows]),
        "line.sigma": _floats([row.sigma_m for row in rows]),
        "line.source": _ints([SOURCES.index(row.source) for row in rows]),
        **bytes_arrays("line.axis", [shapely.to_wkb(row.axis) for row in rows]),
        **bytes_arrays("line.shape", [shapely.to_wkb(row.shape) for row in rows]),
    }


def _crossing_arrays(contents: Contents) -> Arrays:
    rows = sorted(contents.crossings, key=lambda row: (row.first, row.second, -row.support))
    return {
        "crossing.pair": _ints([(row.first, row.second) for row in rows]).reshape(-1, 2),
        "crossing.xy": _pairs([(row.x, row.y) for row in rows]),
        "crossing.sigma": _floats([row.sigma_m for row in rows]),
        "crossing.support": _ints([row.support for row in rows]),
        "crossing.source": _ints([SOURCES.index(row.source) for row in rows]),
        **bytes_arrays("crossing.nodes", [shapely.to_wkb(row.nodes) for row in rows]),
    }


def _point_arrays(contents: Contents) -> Arrays:
    numbers = sorted(contents.numbers, key=lambda row: (row.line, row.number))
    posts = sorted(contents.posts, key=lambda row: (row.line, row.chainage_m))
    return {
        "number.line": _ints([row.line for row in numbers]),
        "number.number": _ints([row.number for row in numbers]),
        "number.xy": _pairs([(row.x, row.y) for row in numbers]),
        "number.sigma": _floats([row.sigma_m for row in numbers]),
        "post.line": _ints([row.line for row in posts]),
        "post.chainage": np.array([row.chainage_m for row in posts], dtype=np.float64),
        "post.xy": _pairs([(row.x, row.y) for row in posts]),
    }


def _zone_arrays(contents: Contents, ids: Mapping[str, int]) -> Arrays:
    rows = contents.zones
    basemap = contents.basemap
    return {
        "zone.name": _ints([ids[row.name] for row in rows]),
        **text_arrays("zone.level", [row.level for row in rows]),
        **bytes_arrays("zone.shape", [shapely.to_wkb(row.shape) for row in rows]),
        **text_arrays("basemap.layer", [row.layer for row in basemap]),
        **text_arrays("basemap.name", [row.name for row in basemap]),
        **text_arrays("basemap.category", [row.category for row in basemap]),
        **bytes_arrays("basemap.shape", [shapely.to_wkb(row.shape) for row in basemap]),
    }


def _document_arrays(contents: Contents, area_ids: Mapping[str, int]) -> Arrays:
    rows = contents.documents
    grams = build_grams([row.text for row in rows])
    return {
        **text_arrays("document.text", [row.text for row in rows]),
        "document.xy": _pairs([(row.x, row.y) for row in rows]),
        "document.area": _ints([area_ids[row.area] for row in rows]),
        "gram.codes": grams.codes,
        "gram.idf": grams.idf,
        "gram.starts": grams.starts,
        "gram.documents": grams.documents,
        "gram.weights": grams.weights,
    }


def _ints(values: Sequence[Any]) -> NDArray[np.int32]:
    return np.array(values, dtype=np.int32)


def _floats(values: Sequence[float]) -> NDArray[np.float32]:
    return np.array(values, dtype=np.float32)


def _pairs(values: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64).reshape(-1, 2)
