"""Changes of borders over HTTP: propose, list, look at, decide."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, File, Form, Header, Query, Response, UploadFile
from sqlalchemy import Connection, RowMapping

from service.auth.scope import Scope
from service.borders.deciding import Ruling, decide
from service.borders.model import ChangeDetail, ChangeMap, Changes, Decision
from service.borders.picture import change_map
from service.borders.present import change_detail, change_item, view_of
from service.borders.proposing import propose
from service.borders.queries import find_change, list_changes
from service.borders.reading import read_border_file
from service.cases.advancing import parse_if_match
from service.deps import ConnectionDep, ScopeDep, ServiceDep
from service.errors import NotFound
from service.intake.uploads import drop_upload, keep_upload, shown_name
from service.words import tr

GPKG = "application/geopackage+sqlite3"
router = APIRouter(prefix="/api/borders", tags=["borders"])


def visible_change(connection: Connection, change_id: UUID, *, scope: Scope) -> RowMapping:
    """Return a change this person may see.

    Raises
    ------
    NotFound
        If it is absent or invisible: no difference.
    """
    row = find_change(connection, change_id) if scope.may("see_borders") else None
    if row is None:
        raise NotFound(tr("没有这份边界方案", "no such proposal"))
    return row


@router.get("")
def get_changes(connection: ConnectionDep, scope: ScopeDep) -> Changes:
    """Return the changes of borders, those that wait for a decision first."""
    scope.require("see_borders")
    return Changes(items=[change_item(row) for row in list_changes(connection)])


@router.post(
    "", status_code=201, responses={200: {"model": ChangeDetail, "description": "同一文件、同一日期已提出过"}}
)
def post_change(
    response: Response,
    service: ServiceDep,
    scope: ScopeDep,
    file: Annotated[
        UploadFile,
        File(
            description="GeoPackage、GeoJSON、KML、KMZ、DXF、zip 里的 Shapefile；图层 subdistrict、community、grid"
        ),
    ],
    valid_from: Annotated[date, Form(description="新边界从这一天起有效（含）")],
    datum: Annotated[
        Literal["wgs84", "gcj02", "bd09"], Form(description="经纬度的坐标系；奥维、高德底图是 gcj02")
    ] = "wgs84",
    crs: Annotated[
        str, Form(pattern=r"^([1-9][0-9]{3,5})?$", description="文件没有写坐标系时（DXF），它的 EPSG 代码")
    ] = "",
) -> ChangeDetail:
    """Propose new borders: checked and stored, nothing changes until somebody decides.

    The same file for the same day is the same proposal and answered with 200.
    """
    scope.require("propose_borders")
    directory = service.settings.uploads_dir
    name = shown_name(file.filename)
    upload_id, path = keep_upload(directory, file.file, name=name)
    try:
        # Outside the transaction: the child process may take its time with a hostile file.
        found = read_border_file(
            path,
            name=name,
            crs=service.office.crs,
            datum=datum,
            stated_crs=int(crs) if crs else None,
        )
        with service.engine.begin() as connection:
            made = propose(
                connection, found, valid_from=valid_from, actor=scope.actor, zones=service.zones,
                clock=service.clock,
            )  # fmt: skip
            row = visible_change(connection, made.id, scope=scope)
            detail = change_detail(connection, row, view=view_of(service, scope))
    finally:
        drop_upload(directory, upload_id)
    response.status_code = 201 if made.created else 200
    response.headers["etag"] = f'"{detail.version}"'
    return detail


@router.get("/current.gpkg", response_class=Response, responses={200: {"content": {GPKG: {}}}})
def get_current(
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    on: Annotated[date | None, Query(description="这一天的边界；不写：今天的")] = None,
) -> Response:
    """Return the borders of a day as a GeoPackage, to be edited and proposed."""
    scope.require("see_borders")
    day = on or service.today()
    zones = service.zones.on(connection, day)
    if not len(zones.community):
        raise NotFound(tr("还没有现行边界", "there are no borders in force yet"))
    with TemporaryDirectory(prefix="qingtu-borders-") as folder:
        path = Path(folder) / "borders.gpkg"
        zones.write(path)
        content = path.read_bytes()
    headers = {"content-disposition": f'attachment; filename="borders-{day.isoformat()}.gpkg"'}
    return Response(content, media_type=GPKG, headers=headers)


@router.get("/{change_id}")
def get_change(
    change_id: UUID, response: Response, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
) -> ChangeDetail:
    """Return a change with areas, defects and the open cases it moves; the ETag is its version."""
    row = visible_change(connection, change_id, scope=scope)
    response.headers["etag"] = f'"{row["version"]}"'
    return change_detail(connection, row, view=view_of(service, scope))


@router.get("/{change_id}/map")
def get_change_map(
    change_id: UUID, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
) -> ChangeMap:
    """Return old and new borders, the land that passes and the cases on it, as GeoJSON."""
    row = visible_change(connection, change_id, scope=scope)
    return change_map(connection, row, view=view_of(service, scope))


@router.post("/{change_id}/decide")
def post_decision(
    change_id: UUID,
    decision: Decision,
    response: Response,
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    if_match: Annotated[str | None, Header(description="读到的版本（ETag）")] = None,
) -> ChangeDetail:
    """Accept or reject; accepted borders whose day has come take effect in this very transaction."""
    visible_change(connection, change_id, scope=scope)
    ruling = Ruling(
        decision=decision.decision, keep={UUID(key): reason for key, reason in decision.keep.items()},
        note=decision.note, seen=decision.seen,
    )  # fmt: skip
    decide(
        connection, change_id, ruling, scope=scope, zones=service.zones, clock=service.clock,
        version=parse_if_match(if_match),
    )  # fmt: skip
    row = visible_change(connection, change_id, scope=scope)
    response.headers["etag"] = f'"{row["version"]}"'
    return change_detail(connection, row, view=view_of(service, scope))
