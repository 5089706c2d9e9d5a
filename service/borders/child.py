"""Parse one file of zones in a process of its own: bounded memory, bounded time, no network.

Run as `python -m service.borders.child FILE`; writes one JSON document to standard output. GDAL is not
called: a GeoPackage is an SQLite file, read here read-only, with everything but plain reading of
plain tables forbidden, so that no driver, view, trigger or virtual table of the file can act; KML, KMZ,
DXF, GeoJSON and zipped Shapefiles are read by `geodata.vector`, which opens nothing that they name.

::

    {"layers": {"community": {"srs": {"organization": "EPSG", "code": 4547, "definition": "…"},
                              "columns": {"code": ["…"], …}, "wkb": ["01…", null]}}}
    {"error": code, "detail": …}                                                   refused
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from service.confined.child import RefusedError, answer

MEMORY_BYTES = 512 * 2**20
MAX_ZONES = 20_000
MAX_VERTICES = 3_000_000
MAX_TEXT = 200
LEVELS = ("subdistrict", "community", "grid")
# Linear owners stay as the office has them; their layer is no zone of any name.
BESIDE = ("linear_owner", "线路权属")
COLUMNS = ("code", "name", "parent", "valid_from", "valid_to", "leader", "official", "note")
_MAGIC = b"SQLite format 3\x00"
_ENVELOPE_BYTES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}


def parse(path: Path) -> dict[str, Any]:
    """Return the layers of a file as plain lists, texts and WKB in hex.

    Raises
    ------
    RefusedError
        If it is none of the formats, has no zones, or is larger than the limits.
    """
    with path.open("rb") as handle:
        if handle.read(len(_MAGIC)) != _MAGIC:
            return {"layers": _plain(path)}
    with read_only(path) as store:
        return {"layers": _layers(store)}


@contextmanager
def read_only(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a GeoPackage with which nothing but plain reading of plain tables can be done.

    Raises
    ------
    RefusedError
        If it is damaged.
    """
    # "immutable": no journal, no lock, nothing is written beside the file.
    address = f"file:{quote(str(path))}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as store:
        store.text_factory = lambda raw: raw.decode("utf-8", "replace")
        store.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 64 * 2**20)
        store.execute("pragma trusted_schema = off")
        store.execute("pragma cell_size_check = on")
        store.set_authorizer(_only_reading)
        try:
            yield store
        except sqlite3.DatabaseError as error:
            raise RefusedError("not_a_geopackage", str(error)[:200]) from error


def _plain(path: Path) -> dict[str, Any]:
    import shapely

    from geodata.vector.model import FormatError
    from geodata.vector.naming import LEVEL_NAMES, with_contract_columns
    from geodata.vector.reading import read_plain

    try:
        found = read_plain(path.read_bytes(), name="community", levels=frozenset(LEVEL_NAMES))
    except FormatError as error:
        raise RefusedError(error.code, error.detail) from error
    chosen = {LEVEL_NAMES[layer.name.lower()]: layer for layer in found if layer.name.lower() in LEVEL_NAMES}
    if not chosen and len(found) == 1:
        chosen = {"community": found[0]}
    if not chosen:
        raise RefusedError("no_layers", "、".join(layer.name for layer in found[:10]))
    layers = {}
    for level, layer in chosen.items():
        if not any(shape is not None for shape in layer.shapes):
            raise RefusedError("no_polygons")
        columns = with_contract_columns(layer.columns)
        layers[level] = {
            "srs": stated_srs(layer.crs),
            "columns": {
                name: [cell_text(cell) for cell in columns[name]] for name in COLUMNS if name in columns
            },
            "wkb": [None if shape is None else shapely.to_wkb(shape, hex=True) for shape in layer.shapes],
        }
    return layers


def stated_srs(crs: int | str | None) -> dict[str, Any]:
    """Return what a plain layer says of its reference system, in the form of a GeoPackage's."""
    if isinstance(crs, int):
        return {"organization": "EPSG", "code": crs, "definition": ""}
    return {"organization": "NONE" if crs is None else "WKT", "code": 0, "definition": crs or ""}


def _only_reading(action: int, *rest: str | None) -> int:
    if action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ):
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION and len(rest) > 1 and rest[1] == "lower":
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def feature_tables(store: sqlite3.Connection) -> dict[str, tuple[str, str, Any]]:
    """Return the layers of a GeoPackage by name: table, geometry column, id of the reference system."""
    found = store.execute(
        "select c.table_name, g.column_name, g.srs_id from gpkg_contents c"
        " join gpkg_geometry_columns g on g.table_name = c.table_name"
        " where lower(c.data_type) = 'features' limit 1000"
    ).fetchall()
    return {str(table): (str(table), str(column), srs) for table, column, srs in found}


def _layers(store: sqlite3.Connection) -> dict[str, Any]:
    by_name = {table: entry for table, entry in feature_tables(store).items() if table not in BESIDE}
    chosen = {level: by_name[level] for level in LEVELS if level in by_name}
    if not chosen and len(by_name) == 1:
        chosen = {"community": next(iter(by_name.values()))}
    if not chosen:
        raise RefusedError("no_layers", "、".join(sorted(by_name)[:10]))
    layers = {}
    left = MAX_VERTICES
    for level, (table, column, srs) in chosen.items():
        layers[level], used = read_layer(store, table, column, srs, left=left, only=COLUMNS)
        left -= used
    return layers


def read_layer(
    store: sqlite3.Connection, table: str, column: str, srs: object, *, left: int, only: tuple[str, ...] = ()
) -> tuple[dict[str, Any], int]:
    """Return a layer (all its columns where `only` names none) and how many vertices it has, at most `left`.

    Raises
    ------
    RefusedError
        If it is no plain table, a geometry cannot be read, or it is larger than the limits.
    """
    import shapely

    kind = store.execute("select type, sql from sqlite_master where name = ?", (table,)).fetchone()
    if kind is None or kind[0] != "table" or str(kind[1]).lower().lstrip().startswith("create virtual"):
        raise RefusedError("not_a_table", table[:MAX_TEXT])
    quoted = '"' + table.replace('"', '""') + '"'
    cursor = store.execute(f"select * from {quoted} limit {MAX_ZONES + 1}")  # noqa: S608 - quoted
    names = [item[0] for item in cursor.description]
    if column not in names:
        raise RefusedError("not_a_geopackage", f"{table[:80]}.{column[:80]}")
    wanted = {name: names.index(name) for name in only or names[:100] if name in names and name != column}
    at = names.index(column)
    columns: dict[str, list[str]] = {name: [] for name in wanted}
    shapes: list[str | None] = []
    vertices = 0
    for row in cursor:
        if len(shapes) == MAX_ZONES:
            raise RefusedError("too_large", f"> {MAX_ZONES}")
        for name, place in wanted.items():
            columns[name].append(cell_text(row[place]))
        shape = _shape(row[at], line=len(shapes) + 1)
        vertices += 0 if shape is None else int(shapely.get_num_coordinates(shape))
        if vertices > left:
            raise RefusedError("too_large", f"> {MAX_VERTICES}")
        shapes.append(None if shape is None else shapely.to_wkb(shapely.force_2d(shape), hex=True))
    return {"srs": _srs(store, srs), "columns": columns, "wkb": shapes}, vertices


def cell_text(value: object) -> str:
    """Return a cell as a text fit to be stored, "" for none."""
    if value is None or isinstance(value, bytes):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value).replace("\x00", "").encode("utf-8", "replace").decode("utf-8").strip()[:MAX_TEXT]


def _shape(blob: object, *, line: int) -> Any:
    """Return the geometry of a GeoPackage blob (OGC 12-128r18, 2.1.3), None for none."""
    import shapely

    if blob is None:
        return None
    if not isinstance(blob, bytes) or len(blob) < 8 or blob[:2] != b"GP":
        raise RefusedError("bad_geometry", str(line))
    envelope = _ENVELOPE_BYTES.get((blob[3] >> 1) & 0b111)
    if envelope is None:
        raise RefusedError("bad_geometry", str(line))
    try:
        shape = shapely.from_wkb(blob[8 + envelope :])
    except shapely.errors.GEOSException as error:
        raise RefusedError("bad_geometry", str(line)) from error
    coordinates = shapely.get_coordinates(shape)
    if not (abs(coordinates) < 1e9).all():  # also false for NaN
        raise RefusedError("bad_geometry", str(line))
    return shape


def _srs(store: sqlite3.Connection, srs: object) -> dict[str, Any]:
    row = store.execute(
        "select organization, organization_coordsys_id, definition from gpkg_spatial_ref_sys where srs_id = ?",
        (srs,),
    ).fetchone()
    if row is None:
        return {"organization": "NONE", "code": 0, "definition": ""}
    code = row[1] if isinstance(row[1], int) else 0
    return {"organization": str(row[0])[:40].upper(), "code": code, "definition": str(row[2])[:20_000]}


if __name__ == "__main__":
    sys.exit(answer(parse, sys.argv[1], memory_bytes=MEMORY_BYTES))
