"""Imports over HTTP: preview, import, what became of every row, undo."""

from __future__ import annotations

import io
import json
from typing import Annotated, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, File, Form, Header, Query, Response, UploadFile
from pydantic import Field

from service.cases.reporting import client_id
from service.deps import ConnectionDep, ScopeDep, Service, ServiceDep
from service.errors import NotFound, Refused
from service.fields import PageSize
from service.intake.answers import (
    ImportItem,
    Imports,
    ImportSummary,
    RowPage,
    UndoneItem,
    UndoPlan,
    import_item,
    row_item,
)
from service.intake.choices import Choices
from service.intake.corrected import corrected_name, corrected_workbook
from service.intake.importing import read_as_remembered
from service.intake.model import Drafts
from service.intake.once import import_once
from service.intake.orders import Order, Tools
from service.intake.preview import Preview, preview_of
from service.intake.queries import find_import, list_imports, list_rows
from service.intake.readers import read_list
from service.intake.report import rows_workbook
from service.intake.undo import foresee_undo, undo_import
from service.intake.uploads import drop_upload, find_upload, keep_upload, shown_name
from service.registers.answers import NO_ORDER, RevisionPreview, register_order, revision_preview
from service.registers.revising import RegisterOrder, plan_register
from service.words import tr

router = APIRouter(prefix="/api/imports", tags=["imports"])
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ListKindField = Annotated[Literal["problems", "places", "inspections"] | None, Form(alias="as")]
ColumnsField = Annotated[str, Form(max_length=4000, description='改正的列，JSON：{"location": "位置"}')]
ChoicesField = Annotated[str, Form(max_length=100_000, description="预览返回的 choices，改过之后的 JSON")]
TextField = Annotated[str, Form(max_length=200_000, description="粘贴的文字，一行一个问题")]
TitleField = Annotated[str, Form(max_length=200, description="粘贴的文字来自哪里")]
UploadField = Annotated[
    UploadFile | None, File(description=".xlsx .xls .et .csv .tsv .txt（UTF-8 或 GBK）.docx .geojson")
]


def tools_of(service: Service) -> Tools:
    """Return what an import works with in the running service."""
    return Tools(
        engine=service.engine, geocoder=service.geocoder, zones=service.zones, kinds=service.kind_rules,
        clock=service.clock, srid=service.office.crs, vocabulary=service.vocabulary,
    )  # fmt: skip


def parse_choices(columns: str, choices: str) -> Choices | None:
    """Return what the user decided, from the field `choices`, or from `columns` (role -> header) alone.

    Raises
    ------
    Refused
        Unless the field is a JSON object as described.
    """
    field, text = ("choices", choices) if choices.strip() else ("columns", columns)
    if not text.strip():
        return None
    try:
        found = json.loads(text)
        stated = Choices.model_validate(found if field == "choices" else {"columns": found})
    except ValueError as error:  # also pydantic's
        raise Refused(
            tr("列的改正看不懂", "the corrections are not a JSON object as described"),
            fields=[(f"body.{field}", "JSON")],
        ) from error
    return None if field == "columns" and stated.empty else stated


def _stored(
    service: Service, file: UploadFile | None, upload: UUID | None, text: str = "", title: str = ""
) -> tuple[UUID, str]:
    """Return id and shown name of the list: newly uploaded, pasted, or kept by a preview."""
    directory = service.settings.uploads_dir
    if file is not None:
        name = shown_name(file.filename)
        upload_id, _ = keep_upload(directory, file.file, name=name)
        return upload_id, name
    if text.strip():
        name = shown_name(title.strip() or tr("粘贴的文字", "pasted text"))
        content = text.encode("utf-8", "replace")
        upload_id, _ = keep_upload(directory, io.BytesIO(content), name=name, ending=".chat")
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
    text: TextField = "",
    title: TitleField = "",
    columns: ColumnsField = "",
    choices: ChoicesField = "",
    list_kind: ListKindField = None,
    order: Annotated[RegisterOrder, Depends(register_order)] = NO_ORDER,
) -> Preview:
    """Show how a list would be understood; nothing is imported."""
    scope.require("import")
    stated = parse_choices(columns, choices)
    upload_id, name = _stored(service, file, upload, text, title)
    path, _ = find_upload(service.settings.uploads_dir, upload_id)
    try:
        raw = read_list(path, name=name)
        found = read_as_remembered(connection, raw, stated)
    except Exception:
        # A kept upload stays: a wrong correction is corrected, not the file.
        if upload is None:
            drop_upload(service.settings.uploads_dir, upload_id)
        raise

    def revise(drafts: Drafts) -> RevisionPreview:
        plan = plan_register(
            connection, drafts.drafts, found.columns, classes=service.vocabulary.classes, file_name=name, order=order,
            srid=service.office.crs,
        )  # fmt: skip
        return revision_preview(plan)

    return preview_of(
        found,
        service.kind_rules.on(connection),
        upload=str(upload_id),
        as_=list_kind,
        remembered=stated is None,
        revise=revise,
    )


@router.post("", status_code=201)
def post_import(
    service: ServiceDep,
    scope: ScopeDep,
    file: UploadField = None,
    upload: Annotated[UUID | None, Form(description="预览返回的 upload")] = None,
    text: TextField = "",
    title: TitleField = "",
    columns: ColumnsField = "",
    choices: ChoicesField = "",
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
    stated = parse_choices(columns, choices)
    upload_id, name = _stored(service, file, upload, text, title)
    directory = service.settings.uploads_dir
    order = Order(
        path=find_upload(directory, upload_id)[0], name=name, actor=scope.actor, import_id=import_id,
        choices=stated, datum=datum or None, list_kind=list_kind, kind=kind or None,
        trust_datum=trust_datum, dry_run=dry_run, register=register,
    )  # fmt: skip
    try:
        answer = import_once(order, tools_of(service), uploads=directory)
    except Exception:
        # An upload of this request goes with its refusal; one of a preview stays for another try.
        if upload is None:
            drop_upload(directory, upload_id)
        raise
    if upload is None or not dry_run:
        drop_upload(directory, upload_id)
    return answer


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


@router.get("/{import_id}/corrected.xlsx", response_class=Response, responses={200: {"content": {XLSX: {}}}})
def get_corrected(import_id: UUID, connection: ConnectionDep, scope: ScopeDep) -> Response:
    """Return the list again as Excel with a column 说明, to correct and import once more."""
    scope.require("import")
    row = find_import(connection, import_id)
    if row is None:
        raise NotFound(tr("没有这次导入", "no such import"))
    content = corrected_workbook(row["reading"], [dict(each) for each in list_rows(connection, import_id)])
    name = quote(corrected_name(row["file_name"]))
    disposition = f"attachment; filename=\"corrected.xlsx\"; filename*=UTF-8''{name}"
    return Response(content, media_type=XLSX, headers={"content-disposition": disposition})


@router.get("/{import_id}/undo")
def get_undo(import_id: UUID, connection: ConnectionDep, scope: ScopeDep) -> UndoPlan:
    """Return what undoing an import would do."""
    scope.require("import")
    effect = foresee_undo(connection, import_id)
    return UndoPlan(import_id=import_id, removed=effect.removed, kept=effect.kept, worked_on=effect.worked_on)


@router.post("/{import_id}/undo")
def post_undo(
    import_id: UUID, connection: ConnectionDep, scope: ScopeDep, force: Annotated[bool, Query()] = False
) -> UndoneItem:
    """Undo a whole import; `force` also removes cases that somebody worked on meanwhile."""
    scope.require("import")
    done = undo_import(connection, import_id, actor=scope.actor, force=force)
    return UndoneItem(import_id=done.import_id, removed=done.removed, kept=done.kept)
