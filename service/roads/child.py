"""Parse one file of roads and places in a process of its own: bounded memory, bounded time, no network.

Run as `python -m service.roads.child FILE`. OpenStreetMap extracts are recognised by their ending, as
their reader asks; everything else by its first bytes. GDAL is not called.

::

    {"osm": {…}}                                                    as `geodata.gazetteer.plain` has it
    {"layers": [{"name": …, "srs": {…}, "columns": {…}, "wkb": [hex or null, …]}]}
    {"error": code, "detail": …}                                                        refused
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from service.borders.child import MAX_VERTICES, cell_text, feature_tables, read_layer, read_only, stated_srs
from service.confined.child import RefusedError, answer

OSM = (".osm", ".osm.gz", ".osm.pbf", ".osm.bz2")
_MAGIC = b"SQLite format 3\x00"


def parse(path: Path) -> dict[str, Any]:
    """Return what a file holds.

    Raises
    ------
    RefusedError
        If it is none of the formats, or larger than the limits.
    """
    if path.name.lower().endswith(OSM):
        return {"osm": _osm(path)}
    with path.open("rb") as handle:
        head = handle.read(512)
    if head.startswith(_MAGIC):
        return {"layers": _geopackage(path)}
    return {"layers": _plain(path)}


def _osm(path: Path) -> dict[str, Any]:
    from geodata.errors import GazetteerError
    from geodata.gazetteer.osm import read_osm
    from geodata.gazetteer.plain import to_plain

    try:
        return to_plain(read_osm(path))
    except GazetteerError as error:
        raise RefusedError("not_osm") from error


def _geopackage(path: Path) -> list[dict[str, Any]]:
    layers = []
    left = MAX_VERTICES
    with read_only(path) as store:
        for name, (table, column, srs) in feature_tables(store).items():
            layer, used = read_layer(store, table, column, srs, left=left)
            left -= used
            layers.append({"name": name, **layer})
    if not layers:
        raise RefusedError("no_shapes")
    return layers


def _plain(path: Path) -> list[dict[str, Any]]:
    import shapely

    from geodata.vector.model import FormatError
    from geodata.vector.reading import read_plain

    try:
        found = read_plain(path.read_bytes(), name="lines", every=True)
    except FormatError as error:
        raise RefusedError(error.code, error.detail) from error
    return [
        {
            "name": layer.name,
            "srs": stated_srs(layer.crs),
            "columns": {name: [cell_text(cell) for cell in cells] for name, cells in layer.columns.items()},
            "wkb": [None if shape is None else shapely.to_wkb(shape, hex=True) for shape in layer.shapes],
        }
        for layer in found
    ]


if __name__ == "__main__":
    sys.exit(answer(parse, sys.argv[1]))
