"""The gazetteer over HTTP: what it is made of, drafts, checks of what they move, decisions."""

from __future__ import annotations

import shutil
from typing import Annotated, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, File, Form, Header, Response, UploadFile
from pydantic import Field
from sqlalchemy import Connection, RowMapping

from geodata.gazetteer import Gazetteer
from service.auth.scope import Scope
from service.cases.advancing import parse_if_match
from service.deps import ConnectionDep, ScopeDep, Service, ServiceDep
from service.errors import Conflict, NotFound, Refused
from service.fields import Body, Line
from service.intake.uploads import shown_name
from service.roads.checking import Workshop, start_check
from service.roads.deciding import Verdict, accept, discard, undo
from service.roads.edits import EditBody, add_edit, take_back
from service.roads.present import (
    CheckDetail,
    CheckItem,
    EditItem,
    Entries,
    EntryFeature,
    GazetteerDetail,
    SourceItem,
    check_detail,
    check_item,
    edit_item,
    entry_features,
    gazetteer_detail,
    source_item,
)  # fmt: skip
from service.roads.queries import any_drafts, find_row, list_edits
from service.roads.reading import read_source
from service.roads.sources import (
    add_source,
    content_path,
    learn_from_records,
    original_path,
    read_content,
    remove_source,
    shapes_of,
)  # fmt: skip
from service.roads.state import gazetteer_state
from service.roads.versions import current, has_records
from service.roads.worker import run_beside
from service.store.tables import GazetteerCheck, GazetteerEdit, GazetteerSource
from service.words import tr

router = APIRouter(prefix="/api/gazetteer", tags=["gazetteer"])
Key = Annotated[
    UUID | None, Header(alias="Idempotency-Key", description="由调用者定的编号（UUID），重发不会重复")
]
IfMatch = Annotated[str | None, Header(description="读到的版本（ETag）")]


class DecisionBody(Body):
    """`accept` (all but `keep`, ids of items), `discard` (drafts are taken back unless `keep_drafts`), `undo`."""

    decision: Literal["accept", "discard", "undo"]
    keep: Annotated[list[int], Field(max_length=50_000, default_factory=list)]
    reason: Line = ""
    keep_drafts: bool = False


def workshop(service: Service) -> Workshop:
    """Return what checks and decisions need of the running service."""
    return Workshop(service.engine, service.settings.data_dir, service.office, service.zones)


def open_current(connection: Connection, service: Service) -> Gazetteer | None:
    """Return the gazetteer in force, None where there is none yet."""
    path = current(connection, service.settings.data_dir).path
    return service.geocoder.current(connection).gazetteer if path.is_file() else None


@router.get("")
def get_gazetteer(connection: ConnectionDep, service: ServiceDep, scope: ScopeDep) -> GazetteerDetail:
    """Return what the gazetteer knows, what it is made of, what is drafted and how its checks went."""
    scope.require("see_borders")
    state = gazetteer_state(connection, service)
    return gazetteer_detail(connection, state, crs=service.office.crs)


@router.get("/entries")
def get_entries(connection: ConnectionDep, service: ServiceDep, scope: ScopeDep) -> Entries:
    """Return the lines, places and posts in force, each with the key by which an edit names it."""
    scope.require("see_borders")
    return entry_features(connection, open_current(connection, service), crs=service.office.crs)


@router.post(
    "/sources", status_code=201, responses={200: {"model": SourceItem, "description": "同一编号已收到过"}}
)
def post_source(
    response: Response,
    service: ServiceDep,
    scope: ScopeDep,
    file: Annotated[
        UploadFile,
        File(
            description="OSM 数据、GeoPackage、GeoJSON、zip 里的 Shapefile、KML、KMZ、DXF，或地点、里程桩的表格"
        ),
    ],
    datum: Annotated[
        Literal["", "wgs84", "gcj02", "bd09", "cgcs2000"], Form(description="经纬度的坐标；不清楚时会问")
    ] = "",
    crs: Annotated[
        str, Form(pattern=r"^([1-9][0-9]{3,5})?$", description="文件没有写坐标系时（DXF），它的 EPSG 代码")
    ] = "",
    key: Key = None,
) -> SourceItem:
    """Keep a file as a drafted source and say what was read of it.

    In an office without records a check begins at once and is accepted by itself.
    """
    scope.require("propose_borders")
    source_id, name = key or uuid4(), shown_name(file.filename)
    data_dir = service.settings.data_dir
    with service.engine.begin() as connection:
        known = find_row(connection, GazetteerSource, source_id)
    if known is not None:
        response.status_code = 200
        return source_item(known)
    path = original_path(data_dir, source_id, name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("xb") as target:
        shutil.copyfileobj(file.file, target, 1024 * 1024)
    try:
        # Outside the transaction: the child process may take its time with a hostile file.
        found = read_source(
            path, name=name, crs=service.office.crs, datum=datum or None, stated_crs=int(crs) if crs else None
        )
        with service.engine.begin() as connection:
            add_source(
                connection, found, source_id=source_id, name=name, data_dir=data_dir, actor=scope.actor
            )
            row = find_row(connection, GazetteerSource, source_id)
    except BaseException:
        path.unlink(missing_ok=True)
        content_path(data_dir, source_id).unlink(missing_ok=True)
        raise
    _check_bare(service, scope)
    assert row is not None
    return source_item(row)


@router.post("/sources/learn", status_code=201)
def post_learn(connection: ConnectionDep, service: ServiceDep, scope: ScopeDep) -> SourceItem:
    """Make a source of the records whose place is sure: they teach crossings, numbers and landmarks."""
    scope.require("propose_borders")
    made = learn_from_records(
        connection, data_dir=service.settings.data_dir, crs=service.office.crs, actor=scope.actor
    )
    row = find_row(connection, GazetteerSource, made)
    assert row is not None
    return source_item(row)


@router.get("/sources/{source_id}/preview")
def get_preview(source_id: UUID, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep) -> Entries:
    """Return the first lines and places of a source, to be drawn."""
    scope.require("see_borders")
    row = find_row(connection, GazetteerSource, source_id)
    if row is None or row["kind"] == "base":
        raise NotFound(tr("没有这个数据来源", "no such source"))
    shapes = shapes_of(read_content(service.settings.data_dir, source_id), crs=service.office.crs)
    return Entries(
        features=[
            EntryFeature(properties={"class": own, "name": name}, geometry=shape.__geo_interface__)
            for own, name, shape in shapes
        ]
    )


@router.delete("/sources/{source_id}", status_code=204)
def delete_source(source_id: UUID, connection: ConnectionDep, scope: ScopeDep) -> Response:
    """Take a source out; one in force leaves with the next accepted check."""
    scope.require("propose_borders")
    remove_source(connection, source_id, actor=scope.actor)
    return Response(status_code=204)


@router.get("/edits")
def get_edits(connection: ConnectionDep, service: ServiceDep, scope: ScopeDep) -> list[EditItem]:
    """Return the edits in force and drafted, oldest first."""
    scope.require("see_borders")
    return [edit_item(row, crs=service.office.crs) for row in list_edits(connection)]


@router.post(
    "/edits", status_code=201, responses={200: {"model": EditItem, "description": "同一编号已收到过"}}
)
def post_edit(
    body: EditBody,
    response: Response,
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    key: Key = None,
) -> EditItem:
    """Keep an edit as a draft: nothing moves before a check was accepted."""
    scope.require("propose_borders")
    edit_id = key or uuid4()
    known = find_row(connection, GazetteerEdit, edit_id)
    if known is not None:
        if (known["kind"], known["name"]) != (body.kind, body.name.strip()):
            raise Conflict(tr("同一个编号已用于另一份内容", "the same id was used for another content"))
        response.status_code = 200
        return edit_item(known, crs=service.office.crs)
    gazetteer = open_current(connection, service)
    add_edit(
        connection, body, edit_id=edit_id, gazetteer=gazetteer, crs=service.office.crs, actor=scope.actor
    )
    row = find_row(connection, GazetteerEdit, edit_id)
    assert row is not None
    return edit_item(row, crs=service.office.crs)


@router.delete("/edits/{edit_id}", status_code=204)
def delete_edit(edit_id: UUID, connection: ConnectionDep, scope: ScopeDep) -> Response:
    """Take an edit back; one in force leaves with the next accepted check."""
    scope.require("propose_borders")
    take_back(connection, edit_id, actor=scope.actor)
    return Response(status_code=204)


@router.post("/checks", status_code=202)
def post_check(service: ServiceDep, scope: ScopeDep) -> CheckItem:
    """Begin to compile the drafts and to locate all records with them; ask `GET` how far it is."""
    scope.require("propose_borders")
    return _begin(service, scope)


@router.get("/checks/{check_id}")
def get_check(
    check_id: UUID, response: Response, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
) -> CheckDetail:
    """Return how far a check is, then the records it would move; the ETag is its version."""
    scope.require("see_borders")
    row = _check(connection, check_id)
    response.headers["etag"] = f'"{row["version"]}"'
    return _detail(connection, row, service, scope)


@router.post("/checks/{check_id}/decision")
def post_decision(
    check_id: UUID,
    body: DecisionBody,
    response: Response,
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    if_match: IfMatch = None,
) -> CheckDetail:
    """Accept a check, wholly or in part, put it aside, or take the newest acceptance back."""
    scope.require("decide_borders")
    _check(connection, check_id)
    shop, version = workshop(service), parse_if_match(if_match)
    if body.decision == "accept":
        verdict = Verdict(keep=frozenset(body.keep), reason=body.reason)
        accept(connection, check_id, verdict, actor=scope.actor, shop=shop, version=version)
    elif body.keep:
        raise Refused(tr("只有采用时才能保留", "keep goes with accept"), fields=[("body.keep", "accept")])
    elif body.decision == "discard":
        discard(connection, check_id, keep_drafts=body.keep_drafts, actor=scope.actor, version=version)
    else:
        undo(connection, check_id, actor=scope.actor, shop=shop)
    row = _check(connection, check_id)
    response.headers["etag"] = f'"{row["version"]}"'
    return _detail(connection, row, service, scope)


def _check(connection: Connection, check_id: UUID) -> RowMapping:
    row = find_row(connection, GazetteerCheck, check_id)
    if row is None:
        raise NotFound(tr("没有这次检查", "no such check"))
    return row


def _detail(connection: Connection, row: RowMapping, service: Service, scope: Scope) -> CheckDetail:
    tree = service.zones.on(connection, service.today())
    names = {
        code: name
        for layer in tree.layers().values()
        for code, name in zip(layer["code"], layer["name"], strict=True)
    }
    return check_detail(connection, row, scope=scope, crs=service.office.crs, names=names)


def _begin(service: Service, scope: Scope) -> CheckItem:
    with service.engine.begin() as connection:
        check_id = start_check(connection, actor=scope.actor, data_dir=service.settings.data_dir)
        item = check_item(connection, _check(connection, check_id))
    run_beside(service.settings.data_dir, service.settings.database_url or "", check_id)
    return item


def _check_bare(service: Service, scope: Scope) -> None:
    """Begin a check in an office that has no records yet: there is nobody to ask."""
    with service.engine.begin() as connection:
        wanted = not has_records(connection) and any_drafts(connection)
    if wanted:
        try:
            _begin(service, scope)
        except Conflict:
            # A file that came while another is compiled goes in with the next check.
            return
