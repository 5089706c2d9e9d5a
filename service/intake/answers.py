"""What the API says about imports."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import RowMapping

from service.intake.orders import Summary
from service.registers.answers import RevisionCounts, revision_counts


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
    revision: RevisionCounts | None = None


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


class UndoPlan(BaseModel):
    """What undoing an import would do: records removed, kept for another import, worked on meanwhile."""

    import_id: UUID
    removed: int
    kept: int
    worked_on: int


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
        revision=revision_counts(summary.revision),
    )  # fmt: skip


def stored_summary(row: RowMapping) -> ImportSummary:
    """Return the answer to an import that is already in the store."""
    return ImportSummary(
        import_id=row["id"], rows=row["rows"], imported=row["imported"], merged=row["merged"],
        refused=row["refused"], review=row["review"], cases=row["cases"], undecided=row["undecided"],
        list_kind=row["list_kind"], list_kind_reason="",
        columns=row["columns"], dry_run=False, revision=revision_counts(row["revision"]),
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
