"""What the API says about imports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import RowMapping

from geodata.kinds import KindTable
from service.intake.importing import Summary
from service.intake.model import Draft, SourceTable


class ImportSummary(BaseModel):
    """Counts of an import: imported + merged + refused = rows; `review` wait to be placed by a person.

    `cases` were opened by the imported rows (a row that names two problems opens two), `undecided` of them
    wait for a kind.
    """

    import_id: UUID | None
    rows: int
    imported: int
    merged: int
    refused: int
    review: int
    cases: int
    undecided: int
    list_kind: str
    list_kind_reason: str
    columns: dict[str, str]
    dry_run: bool


class ImportItem(BaseModel):
    """An import in the list."""

    id: UUID
    file_name: str
    list_kind: str
    columns: dict[str, str]
    datum: str | None
    rows: int
    imported: int
    merged: int
    refused: int
    review: int
    cases: int
    undecided: int
    created_by: str
    created_at: datetime
    undone_at: datetime | None


class Imports(BaseModel):
    """Imports, newest first."""

    items: list[ImportItem]


class MoreCase(BaseModel):
    """A further case of a row that names several problems."""

    id: UUID
    number: int


class RowItem(BaseModel):
    """What became of one row."""

    id: int
    sheet: str
    line: int
    outcome: str
    reason: str
    placement: str | None
    community: str | None
    case_id: UUID | None
    case_number: int | None
    place_id: UUID | None
    more_cases: list[MoreCase]
    cells: dict[str, Any]


class RowPage(BaseModel):
    """A page of rows in file order; `next` goes into `after`."""

    items: list[RowItem]
    next: int | None


class PreviewKind(BaseModel):
    """A kind that a row would get: how sure, and why. Each certain or stated one is a case."""

    kind: str
    name: str
    command: str
    sure: str
    reason: str


class PreviewRow(BaseModel):
    """One of the first rows as written."""

    sheet: str
    line: int
    cells: dict[str, str]
    kinds: list[PreviewKind]


class Preview(BaseModel):
    """How a list was understood, before anything is stored; `upload` names it for the import.

    `roles` is every column role with its name; `columns` is role -> header as recognised.
    """

    upload: UUID
    file_name: str
    rows: int
    header: list[str]
    roles: dict[str, str]
    columns: dict[str, str]
    unused: list[str]
    list_kind: str
    list_kind_reason: str
    refused: int
    cases: int
    undecided: int
    problems: list[str]
    sample: list[PreviewRow]


class UndoneItem(BaseModel):
    """What undoing did."""

    import_id: UUID
    removed: int
    kept: int


def import_summary(summary: Summary, *, dry_run: bool) -> ImportSummary:
    """Return the answer to an import."""
    return ImportSummary(
        import_id=summary.import_id, rows=summary.rows, imported=summary.imported, merged=summary.merged,
        refused=summary.refused, review=summary.review, cases=summary.cases, undecided=summary.undecided,
        list_kind=summary.list_kind,
        list_kind_reason=summary.list_kind_reason, columns=dict(summary.columns), dry_run=dry_run,
    )  # fmt: skip


def stored_summary(row: RowMapping) -> ImportSummary:
    """Return the answer to an import that is already in the store."""
    return ImportSummary(
        import_id=row["id"], rows=row["rows"], imported=row["imported"], merged=row["merged"],
        refused=row["refused"], review=row["review"], cases=row["cases"], undecided=row["undecided"],
        list_kind=row["list_kind"], list_kind_reason="",
        columns=row["columns"], dry_run=False,
    )  # fmt: skip


def import_item(row: RowMapping) -> ImportItem:
    """Return an import as listed."""
    return ImportItem(**{key: row[key] for key in ImportItem.model_fields})


def row_item(row: RowMapping) -> RowItem:
    """Return a row's outcome as listed."""
    return RowItem(
        id=row["id"], sheet=row["sheet"], line=row["line"], outcome=row["outcome"], reason=row["reason"],
        placement=row["placement"], community=row["community_code"], case_id=row["case_id"],
        case_number=row["case_number"], place_id=row["place_id"], more_cases=row["more_cases"] or [],
        cells=row["cells"],
    )  # fmt: skip


def sample_rows(
    table: SourceTable, drafts: Sequence[Draft], kinds: KindTable, count: int = 10
) -> list[PreviewRow]:
    """Return the first rows of a list with the kinds they would get, long cells shortened.

    A row that names several problems is worth seeing: the first such rows come too.
    """
    read = {(draft.sheet, draft.line): draft for draft in drafts}
    several = {(draft.sheet, draft.line) for draft in drafts if draft.kinds.more}
    shown = [row for i, row in enumerate(table.rows) if i < count or (row.sheet, row.line) in several][
        : 2 * count
    ]
    return [
        PreviewRow(
            sheet=row.sheet, line=row.line, cells={column: text[:200] for column, text in row.cells.items()},
            kinds=_preview_kinds(read.get((row.sheet, row.line)), kinds),
        )
        for row in shown
    ]  # fmt: skip


def _preview_kinds(draft: Draft | None, kinds: KindTable) -> list[PreviewKind]:
    if draft is None:
        return []
    return [
        PreviewKind(
            kind=choice.kind, name=kinds.name(choice.kind), command=choice.command, sure=choice.sure, reason=choice.reason
        )
        for choice in (draft.kinds.main, *draft.kinds.more)
    ]  # fmt: skip
