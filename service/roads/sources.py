"""The files a gazetteer is made of: kept, taken out, learned from records, read again to compile."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, insert, select, update

from geodata.crs import WGS84, reproject, reproject_xy
from geodata.gazetteer import Gazetteer
from geodata.gazetteer.edits import Edit
from geodata.gazetteer.lines import DrawnLines, read_lines
from geodata.gazetteer.osm import read_osm
from geodata.gazetteer.osm_rows import OsmExtract
from geodata.gazetteer.plain import from_plain, to_plain
from geodata.gazetteer.tables import PlaceTable, PostTable, read_places
from service.audit.trail import record
from service.confined.reading import sha256_of
from service.errors import Conflict, NotFound, Refused
from service.roads.queries import find_row, list_edits, list_sources
from service.roads.reading import counts_of
from service.roads.versions import add_version, current, lock_gazetteer
from service.roads.versions import counts_of as known_counts
from service.store.shapes import from_store
from service.store.tables import Case, GazetteerSource, Place
from service.words import tr

if TYPE_CHECKING:
    from geodata.gazetteer.collecting import Sources
    from geodata.gazetteer.plain import Read
    from service.roads.reading import SourceRead
    from service.setup.profile import Profile

FOLDER = "sources"


def content_path(data_dir: Path, source_id: UUID) -> Path:
    """Return where a source's content as read is kept."""
    return data_dir / FOLDER / f"{source_id}.json.gz"


def original_path(data_dir: Path, source_id: UUID, name: str) -> Path:
    """Return where a source's file is kept as it came; its ending is that of its name."""
    endings = (
        "".join(Path(name).suffixes[-2:]).lower()
        if name.lower().endswith((".gz", ".pbf"))
        else Path(name).suffix.lower()
    )
    clean = "".join(char for char in endings if char.isascii() and (char.isalnum() or char == "."))[:20]
    return data_dir / FOLDER / f"{source_id}{clean}"


def write_content(data_dir: Path, source_id: UUID, plain: Mapping[str, Any]) -> None:
    """Keep what was read of a source, whole or not at all."""
    path = content_path(data_dir, source_id)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    with gzip.GzipFile(draft, "wb", mtime=0) as target:
        target.write(json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode())
    draft.replace(path)


def read_content(data_dir: Path, source_id: UUID) -> Read:
    """Return a source's content.

    Raises
    ------
    Refused
        If its file is gone.
    """
    path = content_path(data_dir, source_id)
    if not path.is_file():
        raise Refused(tr("数据来源的文件不见了，请重新上传", "the file of a source is gone; upload it again"))
    with gzip.open(path, "rb") as source:
        return from_plain(json.loads(source.read()))


def add_source(
    connection: Connection,
    found: SourceRead,
    *,
    source_id: UUID,
    name: str,
    data_dir: Path,
    actor: str,
) -> None:
    """Keep an uploaded source as a draft: it counts once a check was accepted.

    Raises
    ------
    Conflict
        If the same content is a source already.
    """
    lock_gazetteer(connection)
    twin = next(
        (
            row
            for row in list_sources(connection)
            if row["sha256"] == found.sha256 and row["removed_at"] is None
        ),
        None,
    )
    if twin is not None:
        raise Conflict(
            tr(
                f"这个文件已经在用：{twin['file_name']}",
                f"this file is a source already: {twin['file_name']}",
            )
        )
    write_content(data_dir, source_id, found.plain)
    _insert(
        connection, source_id, kind=found.kind, file_name=name, sha256=found.sha256, datum=found.datum, crs=found.crs,
        counts=found.counts, actor=actor,
    )  # fmt: skip


def _insert(
    connection: Connection, source_id: UUID, *, actor: str, version: int | None = None, **values: Any
) -> None:
    connection.execute(
        insert(GazetteerSource).values(
            id=source_id, added_by=actor, added_at=datetime.now(UTC), in_version=version, **values
        )
    )
    record(
        connection, actor=actor, action="gazetteer_source_added", object_type="gazetteer_source",
        object_id=str(source_id), detail={"kind": values["kind"], "sha256": values["sha256"]},
    )  # fmt: skip


def remove_source(connection: Connection, source_id: UUID, *, actor: str) -> None:
    """Take a source out: a draft at once, one in force with the next version.

    Raises
    ------
    NotFound
        If there is no such source, or it is out already.
    """
    lock_gazetteer(connection)
    row = find_row(connection, GazetteerSource, source_id, lock=True)
    if row is None or row["removed_at"] is not None:
        raise NotFound(tr("没有这个数据来源", "no such source"))
    connection.execute(
        update(GazetteerSource)
        .where(GazetteerSource.id == source_id)
        .values(removed_by=actor, removed_at=datetime.now(UTC))
    )
    record(
        connection, actor=actor, action="gazetteer_source_removed", object_type="gazetteer_source",
        object_id=str(source_id), detail={"kind": row["kind"]},
    )  # fmt: skip


def learn_from_records(connection: Connection, *, data_dir: Path, crs: int, actor: str) -> UUID:
    """Make a source of the records whose place came with them or was decided by a person; replaces the last one.

    What the program itself placed teaches nothing. The records' addresses are mined like those of any list.

    Raises
    ------
    Refused
        If no record has both an address and such a place.
    """
    lock_gazetteer(connection)
    names, texts, areas, points = [], [], [], []
    for table, name in ((Place, Place.name), (Case, Case.place_name)):
        query = select(
            name.label("name"), table.location_text, table.area_text, table.shape
        ).where(
            table.shape.is_not(None), table.placement == "located",
            table.placed_by.in_(("coordinates", "pin", "candidate")), table.location_text != "",
        ).order_by(table.id)  # fmt: skip
        for row in connection.execute(query):
            at = from_store(row.shape)
            if isinstance(at, Point):
                names.append(row.name)
                texts.append(row.location_text)
                areas.append(row.area_text)
                points.append((at.x, at.y))
    if not points:
        raise Refused(
            tr(
                "还没有既有地址、又有确定位置的记录（带坐标导入的，或人工定过位的）",
                "no record has both an address and a sure place (imported with coordinates, or placed by a person)",
            )
        )
    found = PlaceTable(names, [""] * len(names), texts, areas, reproject_xy(points, crs, WGS84), {})
    plain = to_plain(found)
    source_id = uuid4()
    write_content(data_dir, source_id, plain)
    for old in list_sources(connection):
        if old["kind"] == "records" and old["removed_at"] is None:
            remove_source(connection, old["id"], actor=actor)
    _insert(
        connection, source_id, kind="records", file_name=tr("本单位已定位的记录", "located records of the office"),
        sha256=sha256_of(content_path(data_dir, source_id)), datum="wgs84", crs=None, counts=counts_of(found),
        actor=actor,
    )  # fmt: skip
    return source_id


def sources_of(
    connection: Connection, data_dir: Path, content: Mapping[str, Any], *, zones: Path | None
) -> Sources:
    """Return everything a version is made of, read.

    Parameters
    ----------
    content
        Ids of sources and edits, as `queries.content_now` gives them.
    zones
        A GeoPackage of the office's zones, None for an office without.
    """
    from geodata.gazetteer.collecting import Sources

    wanted = set(content["sources"])
    rows = [row for row in list_sources(connection, gone=True) if str(row["id"]) in wanted]
    base = next((original_path(data_dir, row["id"], "x.qgz") for row in rows if row["kind"] == "base"), None)
    reads = [read_content(data_dir, row["id"]) for row in rows if row["kind"] != "base"]
    edits = [row for row in list_edits(connection, gone=True) if str(row["id"]) in set(content["edits"])]
    return Sources(
        extracts=[read for read in reads if isinstance(read, OsmExtract)],
        drawn=[read for read in reads if isinstance(read, DrawnLines)],
        places=[read for read in reads if isinstance(read, PlaceTable)],
        posts=[read for read in reads if isinstance(read, PostTable)],
        zones=zones, edits=[edit_of(dict(row)) for row in edits], base=base,
    )  # fmt: skip


def edit_of(row: Mapping[str, Any]) -> Edit:
    """Return a stored edit as the compiler takes it."""
    return Edit(
        kind=row["kind"], name=row["name"], entry_class=row["entry_class"], other_names=tuple(row["other_names"]),
        replaces=tuple(row["replaces"]), shape=None if row["shape"] is None else from_store(row["shape"]),
        chainage_m=row["chainage_m"], width_m=row["width_m"],
    )  # fmt: skip


def keep_profile_sources(connection: Connection, profile: Profile, data_dir: Path) -> None:
    """Keep what a profile's gazetteer was made of, as sources of version 1.

    A profile that brings the finished file has that as its base: edits and further files are compiled
    over it, and what they do not touch stays as it is.
    """
    sources = profile.sources()
    if profile.gazetteer is None:
        reads: list[tuple[str, Path, Read]] = []
        if sources["lines"] is not None:
            reads.append(("lines", sources["lines"], read_lines(sources["lines"], crs=profile.office.crs)))
        reads += [("osm", path, read_osm(path)) for path in sources["osm"]]
        reads += [
            ("places", path, read_places(path, datum=sources["places_datum"])) for path in sources["places"]
        ]
        for kind, path, read in reads:
            source_id = uuid4()
            write_content(data_dir, source_id, to_plain(read))
            shutil.copyfile(path, original_path(data_dir, source_id, path.name))
            _insert(
                connection, source_id, version=1, kind=kind, file_name=path.name, sha256=sha256_of(path),
                datum=sources["places_datum"] if kind == "places" else None, crs=None, counts=counts_of(read),
                actor="init",
            )  # fmt: skip
        begin(connection, data_dir, actor="init")
    else:
        adopt(connection, data_dir, actor="init")


def begin(connection: Connection, data_dir: Path, *, actor: str) -> None:
    """Count the gazetteer that the office began with as version 1."""
    path = current(connection, data_dir).path
    counts = known_counts(Gazetteer.open(path))
    add_version(
        connection, number=1, path=path, data_dir=data_dir, counts=counts, check_id=None, actor=actor,
        now=datetime.now(UTC),
    )  # fmt: skip


def adopt(connection: Connection, data_dir: Path, *, actor: str) -> bool:
    """Make the finished gazetteer of an office without sources its base; return False when it has versions."""
    lock_gazetteer(connection)
    found = current(connection, data_dir)
    if found.number or not found.path.is_file():
        return False
    source_id = uuid4()
    target = original_path(data_dir, source_id, "x.qgz")
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copyfile(found.path, target)
    counts = known_counts(Gazetteer.open(found.path))
    read = {
        "lines": counts["roads"] + counts["rails"] + counts["waters"],
        "names": [],
        "named": 0,
        "basemap": 0,
    }
    read |= {name: counts[name] for name in ("places", "posts", "numbers", "dropped")}
    _insert(
        connection, source_id, version=1, kind="base", file_name=found.path.name, sha256=sha256_of(found.path),
        datum=None, crs=None, counts=read, actor=actor,
    )  # fmt: skip
    begin(connection, data_dir, actor=actor)
    return True


def shapes_of(read: Read, *, crs: int, limit: int = 600) -> list[tuple[str, str, BaseGeometry]]:
    """Return lines and places of a source to be drawn: class, name, geometry in EPSG:4326, at most `limit`."""
    found: list[tuple[str, str, BaseGeometry]] = []
    if isinstance(read, OsmExtract):
        found = [
            (way.line_class, way.name, LineString(way.lonlat)) for way in read.ways if len(way.lonlat) > 1
        ]
        found += [("place", place.name, Point(place.lon, place.lat)) for place in read.places]
    elif isinstance(read, DrawnLines):
        metres: list[tuple[str, str, BaseGeometry]] = [
            (piece.line_class, piece.name, piece.line) for piece in read.pieces
        ]
        metres += [("place", name, shape) for name, _, shape in read.places]
        metres += [("post", name, Point(x, y)) for name, _, x, y in read.posts]
        found = [(kind, name, reproject(shape, crs, WGS84)) for kind, name, shape in metres[:limit]]
    else:
        names = read.name if isinstance(read, PlaceTable) else read.line
        kind = "place" if isinstance(read, PlaceTable) else "post"
        found = [(kind, name, Point(xy)) for name, xy in zip(names, read.lonlat.tolist(), strict=True)]
    return found[:limit]
