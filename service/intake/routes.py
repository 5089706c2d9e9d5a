"""Imports over HTTP: preview, import, what became of every row, undo."""

from __future__ import annotations

import json
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, File, Form, Header, Query, Response, UploadFile
from pydantic import Field

from geodata.errors import QingtuError
from service.cases.reporting import client_id
from service.cases.requests import find_answer, keep
from service.deps import ConnectionDep, ScopeDep, Service, ServiceDep
from service.errors import Conflict, NotFound, Refused
from service.fields import PageSize
from service.intake.answers import (
    ImportItem,
    Imports,
    ImportSummary,
    Preview,
    RowPage,
    UndoneItem,
    import_item,
    import_summary,
    row_item,
    sample_rows,
    stored_summary,
)
from service.intake.columns import recognise, roles
from service.intake.drafts import make_drafts
from service.intake.importing import Order, Tools, read_columns, run_import
from service.intake.queries import find_import, list_imports, list_rows
from service.intake.readers import read_table
from service.intake.report import rows_workbook
from service.intake.undo import undo_import
from service.intake.uploads import drop_upload, find_upload, keep_upload, shown_name
from service.registers.answers import NO_ORDER, register_order, revision_preview
from service.registers.revising import RegisterOrder, plan_register
from service.words import tr

router = APIRouter(prefix="/api/imports", tags=["imports"])
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ListKindField = Annotated[Literal["problems", "places", "inspections"] | None, Form(alias="as")]
ColumnsField = Annotated[str, Form(max_length=4000, description='改正的列，JSON：{"location": "位置"}')]
UploadField = Annotated[UploadFile | None, File(description=".xlsx、.csv（UTF-8 或 GBK）、.geojson")]


def tools_of(service: Service) -> Tools:
    """Return what an import works with in the running service."""
    return Tools(
        engine=service.engine, geocoder=service.geocoder, zones=service.zones, kinds=service.kinds,
        clock=service.clock, srid=service.office.crs, vocabulary=service.vocabulary,
    )  # fmt: skip


def parse_columns(text: str) -> dict[str, str] | None:
    """Return corrected columns (role -> header) from a form field, None when it is empty.

    Raises
    ------
    Refused
        Unless it is a JSON object of texts.
    """
    if not text.strip():
        return None
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(v, str) and "\x00" not in v for v in found.values()):
        raise Refused(
            tr("列的改正看不懂", "the corrected columns are not a JSON object"),
            fields=[("body.columns", "JSON")],
        )
    return found or None


def _stored(service: Service, file: UploadFile | None, upload: UUID | None) -> tuple[UUID, str]:
    """Return id and shown name of the list, newly uploaded or kept by a preview."""
    directory = service.settings.uploads_dir
    if file is not None:
        name = shown_name(file.filename)
        upload_id, _ = keep_upload(directory, file.file, name=name)
        return upload_id, name
    if upload is not None:
        return upload, find_upload(directory, upload)[1]
    raise Refused(tr("请选择文件", "choose a file"), fields=[("body.file", tr("缺少", "missing"))])


@router.post("/preview")
def post_preview(
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    file: UploadField = None,
    upload: Annotated[UUID | None, Form()] = None,
    columns: ColumnsField = "",
    list_kind: ListKindField = None,
    order: Annotated[RegisterOrder, Depends(register_order)] = NO_ORDER,
) -> Preview:
    """Show how a list would be understood; nothing is imported."""
    scope.require("import")
    corrected = parse_columns(columns)
    upload_id, name = _stored(service, file, upload)
    path, _ = find_upload(service.settings.uploads_dir, upload_id)
    try:
        table = read_table(path, name=name)
    except Exception:
        drop_upload(service.settings.uploads_dir, upload_id)
        raise
    if corrected is not None:
        recognise(table.header, overrides=corrected)  # a wrong correction is an error, not a remark
    found = read_columns(connection, table, corrected)
    revision = None
    try:
        drafts = make_drafts(table, found, service.kinds, as_=list_kind)
    except QingtuError as error:
        kind, reason, refused, problems = "problems", "", len(table.rows), [str(error)]
    else:
        kind, reason, refused = (
            drafts.list_kind,
            drafts.list_kind_reason,
            len(table.rows) - len(drafts.drafts),
        )
        problems = [f"{issue.sheet} {issue.line}：{issue.words}" for issue in drafts.issues[:20]]
        if kind == "places":
            plan = plan_register(
                connection, drafts.drafts, found, classes=service.vocabulary.classes, file_name=name, order=order,
                srid=service.office.crs,
            )  # fmt: skip
            revision = revision_preview(plan)
    return Preview(
        upload=upload_id, file_name=name, rows=len(table.rows), header=list(table.header), roles=roles(),
        columns=dict(found.roles), unused=list(found.unused), list_kind=kind, list_kind_reason=reason,
        refused=refused, problems=problems, sample=sample_rows(table), revision=revision,
    )  # fmt: skip


@router.post("", status_code=201)
def post_import(
    service: ServiceDep,
    scope: ScopeDep,
    file: UploadField = None,
    upload: Annotated[UUID | None, Form(description="预览返回的 upload")] = None,
    columns: ColumnsField = "",
    datum: Annotated[str, Form(max_length=20)] = "",
    list_kind: ListKindField = None,
    kind: Annotated[str, Form(max_length=100)] = "",
    trust_datum: Annotated[bool, Form()] = False,
    dry_run: Annotated[bool, Form()] = False,
    register: Annotated[RegisterOrder, Depends(register_order)] = NO_ORDER,
    idempotency_key: Annotated[str | None, Header(description="UUID，即导入 id")] = None,
) -> ImportSummary:
    """Import a list whole or not at all; every row is accounted for."""
    scope.require("import")
    import_id = client_id(idempotency_key)
    corrected = parse_columns(columns)
    upload_id, name = _stored(service, file, upload)
    directory = service.settings.uploads_dir
    order = Order(
        path=find_upload(directory, upload_id)[0], name=name, actor=scope.actor, import_id=import_id,
        columns=corrected, datum=datum or None, list_kind=list_kind, kind=kind or None,
        trust_datum=trust_datum, dry_run=dry_run, register=register,
    )  # fmt: skip
    try:
        answer = _import_once(service, order)
    except Exception:
        # An upload of this request goes with its refusal; one of a preview stays for another try.
        if file is not None:
            drop_upload(directory, upload_id)
        raise
    if file is not None or not dry_run:
        drop_upload(directory, upload_id)
    return answer


def _import_once(service: Service, order: Order) -> ImportSummary:
    """Run an import, or give the answer already given under the client's id."""
    if order.import_id is None or order.dry_run:
        return import_summary(run_import(order, tools_of(service)), dry_run=order.dry_run)
    table = read_table(order.path, name=order.name)
    content = {
        "sha256": table.sha256,
        "columns": dict(order.columns or {}),
        "datum": order.datum,
        "kind": order.kind,
        "register": [
            order.register.register,
            order.register.extent,
            order.register.place_class,
            dict(order.register.answers or {}),
        ],
    }
    key = str(order.import_id)
    # This transaction holds the key's lock while the import runs in its own: a twin waits.
    with service.engine.begin() as connection:
        answer = find_answer(connection, actor=order.actor, key=key, content=content)
        if answer is not None:
            return ImportSummary.model_validate(answer)
        before = find_import(connection, order.import_id)
        if before is not None and (before["sha256"], before["created_by"]) == (table.sha256, order.actor):
            # Committed, but the service was stopped before it could remember the answer.
            return stored_summary(before)
        if before is not None:
            raise Conflict(tr("这个编号已用于另一次导入", "the id was used for another import"))
        summary = import_summary(run_import(order, tools_of(service)), dry_run=False)
        keep(
            connection, actor=order.actor, key=key, content=content, answer=summary.model_dump(mode="json"),
            at=service.clock.now(),
        )  # fmt: skip
        return summary


@router.get("")
def get_imports(connection: ConnectionDep, scope: ScopeDep, limit: PageSize = 100) -> Imports:
    """Return the imports, newest first."""
    scope.require("import")
    return Imports(items=[import_item(row) for row in list_imports(connection, limit=limit)])


@router.get("/{import_id}")
def get_import(import_id: UUID, connection: ConnectionDep, scope: ScopeDep) -> ImportItem:
    """Return one import."""
    scope.require("import")
    row = find_import(connection, import_id)
    if row is None:
        raise NotFound(tr("没有这次导入", "no such import"))
    return import_item(row)


@router.get("/{import_id}/rows")
def get_rows(
    import_id: UUID,
    connection: ConnectionDep,
    scope: ScopeDep,
    outcome: Literal["imported", "merged", "refused"] | None = None,
    after: Annotated[int, Field(ge=0, le=2**62)] = 0,
    limit: PageSize = 200,
) -> RowPage:
    """Return what became of the rows, in file order."""
    get_import(import_id, connection, scope)
    rows = list_rows(connection, import_id, outcome=outcome, after=after, limit=limit + 1)
    more, rows = len(rows) > limit, rows[:limit]
    return RowPage(items=[row_item(row) for row in rows], next=rows[-1]["id"] if more else None)


@router.get("/{import_id}/issues.xlsx", response_class=Response, responses={200: {"content": {XLSX: {}}}})
def get_issues(
    import_id: UUID,
    connection: ConnectionDep,
    scope: ScopeDep,
    outcome: Annotated[Literal["imported", "merged", "refused"] | None, Query()] = None,
) -> Response:
    """Return what became of the rows as Excel."""
    get_import(import_id, connection, scope)
    rows = list_rows(connection, import_id, outcome=outcome)
    content = rows_workbook([dict(row) for row in rows], title=tr("导入结果", "import result"))
    return Response(
        content, media_type=XLSX, headers={"content-disposition": 'attachment; filename="issues.xlsx"'}
    )


@router.post("/{import_id}/undo")
def post_undo(
    import_id: UUID, connection: ConnectionDep, scope: ScopeDep, force: Annotated[bool, Query()] = False
) -> UndoneItem:
    """Undo a whole import; `force` also removes cases that somebody worked on meanwhile."""
    scope.require("import")
    done = undo_import(connection, import_id, actor=scope.actor, force=force)
    return UndoneItem(import_id=done.import_id, removed=done.removed, kept=done.kept)
