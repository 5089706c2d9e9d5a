"""Write the contents of a gazetteer as one file; `index` reads it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.gazetteer.axes import cell_keys
from geodata.gazetteer.container import bytes_arrays, text_arrays, write_container
from geodata.gazetteer.fuzzy import fuzzy_arrays
from geodata.gazetteer.known_names import class_bits, name_arrays
from geodata.gazetteer.model import FORMAT, LINE_CLASSES, PLACE_KINDS, SOURCES, Contents
from geodata.gazetteer.similar import build_grams
from geodata.gazetteer.stems import stem_of

# One known point per square of this size says where a gazetteer knows anything.
_SAMPLE_M = 2000.0
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
    arrays: Arrays = {**name_arrays(names, _masks(contents, ids)), **text_arrays("area", areas)}
    arrays |= fuzzy_arrays(names)
    arrays |= _place_arrays(contents, ids, area_ids)
    arrays |= _line_arrays(contents, ids)
    arrays |= _crossing_arrays(contents)
    arrays |= _point_arrays(contents)
    arrays |= _zone_arrays(contents, ids)
    arrays |= _document_arrays(contents, area_ids)
    arrays["sample.xy"], bounds = _extent(contents, arrays)
    meta = {
        "format": FORMAT,
        "crs": contents.crs,
        "bounds": bounds,
        "aliases": contents.aliases,
        "report": dict(report),
    }
    write_container(path, arrays, meta)


def _masks(contents: Contents, ids: Mapping[str, int]) -> NDArray[np.uint8]:
    """Return per name what it can be; an alias can be what the names behind it are."""
    masks = np.zeros(len(ids), dtype=np.uint8)
    masks[[ids[row.name] for row in contents.places]] |= class_bits(["place"])
    masks[[ids[row.name] for row in contents.zones]] |= class_bits(["zone"])
    for row in contents.lines:
        masks[ids[row.name]] |= class_bits([row.line_class])
    own = masks.copy()
    for alias, names in contents.aliases.items():
        for name in names:
            if name in ids:
                masks[ids[alias]] |= own[ids[name]]
    return masks


def _place_arrays(contents: Contents, ids: Mapping[str, int], area_ids: Mapping[str, int]) -> Arrays:
    rows = contents.places
    categories = sorted({row.category for row in rows})
    category_ids = {category: index for index, category in enumerate(categories)}
    name = _ints([ids[row.name] for row in rows])
    support = _ints([row.support for row in rows])
    xy = _pairs([(row.x, row.y) for row in rows])
    columns: Arrays = {
        "place.name": name,
        "place.category": _ints([category_ids[row.category] for row in rows]),
        "place.kind": _ints([PLACE_KINDS.index(row.kind) for row in rows]),
        "place.area": _ints([area_ids[row.area] for row in rows]),
        "place.support": support,
        "place.xy": xy,
        "place.sigma": _floats([row.sigma_m for row in rows]),
    }
    # Sorted by name, so that a name's places are one slice; of one name the best supported first.
    order = np.lexsort((xy[:, 1], xy[:, 0], -support, name))
    return {
        **text_arrays("place.category_names", categories),
        **{key: column[order] for key, column in columns.items()},
    }


def _line_arrays(contents: Contents, ids: Mapping[str, int]) -> Arrays:
    rows = contents.lines
    stem_by_name = {name: stem_of(name) for name in {row.name for row in rows}}
    stems = sorted(set(stem_by_name.values()))
    stem_ids = {stem: index for index, stem in enumerate(stems)}
    return {
        "line.name": _ints([ids[row.name] for row in rows]),
        "line.stem": _ints([stem_ids[stem_by_name[row.name]] for row in rows]),
        **text_arrays("stem", stems),
        "line.class": _ints([LINE_CLASSES.index(row.line_class) for row in rows]),
        "line.half_width": _floats([row.half_width_m for row in rows]),
        "line.sigma": _floats([row.sigma_m for row in rows]),
        "line.source": _ints([SOURCES.index(row.source) for row in rows]),
        **bytes_arrays("line.axis", _wkb([row.axis for row in rows])),
        **bytes_arrays("line.shape", _wkb([row.shape for row in rows])),
    }


def _crossing_arrays(contents: Contents) -> Arrays:
    rows = sorted(contents.crossings, key=lambda row: (row.first, row.second, -row.support))
    return {
        "crossing.pair": _ints([(row.first, row.second) for row in rows]).reshape(-1, 2),
        "crossing.xy": _pairs([(row.x, row.y) for row in rows]),
        "crossing.sigma": _floats([row.sigma_m for row in rows]),
        "crossing.support": _ints([row.support for row in rows]),
        "crossing.source": _ints([SOURCES.index(row.source) for row in rows]),
        **bytes_arrays("crossing.nodes", _wkb([row.nodes for row in rows])),
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
        **bytes_arrays("zone.shape", _wkb([row.shape for row in rows])),
        **text_arrays("basemap.layer", [row.layer for row in basemap]),
        **text_arrays("basemap.name", [row.name for row in basemap]),
        **text_arrays("basemap.category", [row.category for row in basemap]),
        **bytes_arrays("basemap.shape", _wkb([row.shape for row in basemap])),
    }


def _document_arrays(contents: Contents, area_ids: Mapping[str, int]) -> Arrays:
    rows = contents.documents
    texts = [row.text for row in rows]
    grams = build_grams(texts)
    return {
        **text_arrays("document.text", texts),
        "document.xy": _pairs([(row.x, row.y) for row in rows]),
        "document.area": _ints([area_ids[row.area] for row in rows]),
        "gram.codes": grams.codes,
        "gram.idf": grams.idf,
        "gram.starts": grams.starts,
        "gram.documents": grams.documents,
        "gram.weights": grams.weights,
    }


def _extent(contents: Contents, arrays: Arrays) -> tuple[NDArray[np.float64], list[float]]:
    """Return one known point per square, shape (n, 2), and the box around everything."""
    shapes = np.array([row.shape for row in contents.lines], dtype=object)
    points = [arrays[f"{kind}.xy"] for kind in ("place", "document", "crossing", "number")]
    every = np.vstack([*points, shapely.get_coordinates(shapes)])
    every = every[np.isfinite(every).all(axis=1)]
    if len(every) == 0:
        return every, [0.0, 0.0, 1.0, 1.0]
    _, first = np.unique(cell_keys(every, _SAMPLE_M), return_index=True)
    return every[np.sort(first)], [*every.min(axis=0).tolist(), *every.max(axis=0).tolist()]


def _wkb(shapes: Sequence[shapely.Geometry]) -> list[bytes]:
    encoded: list[bytes] = np.asarray(shapely.to_wkb(np.array(shapes, dtype=object))).tolist()
    return encoded


def _ints(values: Sequence[Any]) -> NDArray[np.int32]:
    return np.array(values, dtype=np.int32)


def _floats(values: Sequence[float]) -> NDArray[np.float32]:
    return np.array(values, dtype=np.float32)


def _pairs(values: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64).reshape(-1, 2)
