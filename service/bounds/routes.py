"""Bounds over HTTP: read a table, close it, look at what came of it. Only for who proposes borders."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Header, Response, UploadFile

from geodata.zones.bounds.table import read_bounds
from service.bounds.drafting import answer_of, draft, find_bounds, rows_of
from service.bounds.model import MAX_ROWS, BoundsAnswer, BoundsTable, ReadTable
from service.cases.reporting import client_id
from service.cases.requests import NamedWrite
from service.deps import ConnectionDep, ScopeDep, ServiceDep
from service.errors import NotFound, Refused
from service.intake.readers import read_table
from service.intake.uploads import drop_upload, keep_upload, shown_name
from service.words import tr

router = APIRouter(prefix="/api/bounds", tags=["bounds"])
Key = Annotated[str | None, Header(description="UUID：同一张表重发不会多做一步")]


@router.get("")
def get_bounds(response: Response, connection: ConnectionDep, scope: ScopeDep) -> BoundsAnswer:
    """Return the newest table of bounds with what came of it; the ETag is its drawing's version."""
    row = find_bounds(connection) if scope.may("propose_borders") else None
    if row is None:
        raise NotFound(tr("还没有四至表", "there is no table of bounds yet"))
    response.headers["etag"] = f'"{row["version"]}"'
    response.headers["cache-control"] = "no-store"
    return answer_of(row)


@router.post("/read")
def post_read(
    service: ServiceDep,
    scope: ScopeDep,
    file: Annotated[
        UploadFile, File(description="四至表：列 社区、东至、南至、西至、北至（.xlsx .xls .csv .docx）")
    ],
) -> ReadTable:
    """Return the rows of an uploaded table; nothing is kept."""
    scope.require("propose_borders")
    directory, name = service.settings.uploads_dir, shown_name(file.filename)
    upload_id, path = keep_upload(directory, file.file, name=name)
    try:
        source = read_table(path, name=name)
        cells = [{header: row.cells.get(header, "") for header in source.header} for row in source.rows]
        rows = read_bounds(cells, lines=[row.line for row in source.rows])
    finally:
        drop_upload(directory, upload_id)
    if len(rows) > MAX_ROWS:
        raise Refused(tr(f"最多 {MAX_ROWS} 个社区", f"at most {MAX_ROWS} communities"))
    return ReadTable(rows=rows_of(rows))


@router.post("")
def post_bounds(
    table: BoundsTable,
    response: Response,
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    idempotency_key: Key = None,
) -> BoundsAnswer:
    """Close a table on the office's roads; it is kept as a drawing, the next try replaces it as one step."""
    scope.require("propose_borders")
    write = NamedWrite(
        connection, service.engine, scope.actor, "bounds", client_id(idempotency_key), table.model_dump(mode="json"),
        service.clock.now(),
    )  # fmt: skip
    row = find_bounds(connection) if write.answer() is not None else None
    if row is None:
        row = draft(connection, table, service=service, actor=scope.actor)
        write.keep({"id": str(row["id"])})
    response.headers["etag"] = f'"{row["version"]}"'
    return answer_of(row)
