"""SQL of imports: what came in, what became of every row, how columns were corrected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, ScalarSelect, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import aliased

from service.intake.choices import Choices, file_stem, for_another_file, header_hash
from service.intake.saying import sheet_words
from service.intake.understanding import Understood
from service.store.tables import Case, Import, ImportRow, ListReading, Place

# Imports wait for each other: two copies of one file at the same time must not both be new.
_LOCK = 0x696D706F
_BATCH = 2000


def lock_imports(connection: Connection) -> None:
    """Wait until no other import is under way, at most two minutes; held until the transaction ends."""
    connection.execute(text("set local lock_timeout = '120s'"))
    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def find_existing(connection: Connection, keys: Sequence[str]) -> dict[str, UUID]:
    """Return source key -> id of the cases that are already there."""
    found: dict[str, UUID] = {}
    for start in range(0, len(keys), _BATCH):
        query = select(Case.source_key, Case.id).where(Case.source_key.in_(keys[start : start + _BATCH]))
        found.update({row.source_key: row.id for row in connection.execute(query) if row.source_key})
    return found


def insert_import(connection: Connection, **values: Any) -> None:
    """Write an import."""
    connection.execute(insert(Import).values(**values))


def finish_import(connection: Connection, import_id: UUID, **values: Any) -> None:
    """Write what is known of an import only when its records are written."""
    connection.execute(update(Import).where(Import.id == import_id).values(**values))


def insert_rows(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write what became of the rows of an import."""
    for start in range(0, len(rows), _BATCH):
        connection.execute(insert(ImportRow), list(rows[start : start + _BATCH]))


def list_imports(connection: Connection, *, limit: int, before: datetime | None = None) -> list[RowMapping]:
    """Return imports, newest first."""
    query = select(Import.__table__).order_by(Import.created_at.desc(), Import.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Import.created_at < before)
    return list(connection.execute(query).mappings())


def find_import(connection: Connection, import_id: UUID, *, lock: bool = False) -> RowMapping | None:
    """Return an import, None when there is none."""
    query = select(Import.__table__).where(Import.id == import_id)
    return connection.execute(query.with_for_update() if lock else query).mappings().one_or_none()


def _siblings() -> ScalarSelect[Any]:
    """Return SQL for the further cases of a row's case: [{id, number}], null without any."""
    other = aliased(Case)
    each = func.jsonb_build_object("id", other.id, "number", other.number)
    # Index ix_cases_sibling_of.
    return (
        select(func.jsonb_agg(aggregate_order_by(each, other.number)))
        .where(other.sibling_of == Case.id)
        .correlate(Case)
        .scalar_subquery()
    )


def list_rows(
    connection: Connection,
    import_id: UUID,
    *,
    outcome: str | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[RowMapping]:
    """Return the rows of an import in file order, with number and placement of their case or place."""
    query = (
        select(
            ImportRow.id, ImportRow.sheet, ImportRow.line, ImportRow.cells, ImportRow.outcome, ImportRow.reason,
            ImportRow.case_id, ImportRow.place_id, Case.number.label("case_number"), _siblings().label("more_cases"),
            func.coalesce(Case.placement, Place.placement).label("placement"),
            func.coalesce(Case.community_code, Place.community_code).label("community_code"),
        )
        .outerjoin(Case, Case.id == ImportRow.case_id)
        .outerjoin(Place, Place.id == ImportRow.place_id)
        .where(ImportRow.import_id == import_id, ImportRow.id > after)
        .order_by(ImportRow.id)
    )  # fmt: skip
    if outcome:
        query = query.where(ImportRow.outcome == outcome)
    return list(connection.execute(query.limit(limit)).mappings())


def mark_undone(connection: Connection, import_id: UUID, now: datetime) -> None:
    """Note that an import was undone."""
    connection.execute(update(Import).where(Import.id == import_id).values(undone_at=now))


def saved_choices(connection: Connection, source: bytes, header: Sequence[str]) -> Choices | None:
    """Return what was decided for an earlier list of a source; else of another source with this very header.

    Of the other source only the meaning of its columns is used: its sheets and dates are its own.
    """
    same = header_hash(header)
    query = (
        select(ListReading.source_hash, ListReading.choices)
        .where((ListReading.source_hash == source) | (ListReading.header_hash == same))
        .order_by((ListReading.source_hash == source).desc(), ListReading.created_at.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    found = Choices.model_validate(row.choices)
    return found if row.source_hash == source else Choices(columns=found.columns, location=found.location)


def save_choices(connection: Connection, found: Understood, *, actor: str, now: datetime) -> None:
    """Remember what was decided about a list for the next one of its source; nothing decided is forgotten."""
    if found.choices.empty:
        connection.execute(delete(ListReading).where(ListReading.source_hash == found.source))
        return
    lines = {report.name: report for report in found.table.sheets}
    sheets = {
        name: choice.model_copy(update={"names": list(lines[name].header)})
        if name in lines and choice.header
        else choice
        for name, choice in found.choices.sheets.items()
    }
    kept = for_another_file(found.choices.model_copy(update={"sheets": sheets}))
    values = {
        "header_hash": header_hash(found.plain_header), "stem": file_stem(found.table.name),
        "choices": kept.model_dump(mode="json"), "created_by": actor, "created_at": now,
    }  # fmt: skip
    statement = upsert(ListReading).values(source_hash=found.source, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=[ListReading.source_hash], set_=values))


def stored_reading(found: Understood) -> dict[str, Any]:
    """Return what is kept with an import about how its list was read."""
    return {
        "parts": list(found.parts),
        "sheets": [
            {"name": r.name, "state": r.state, "header_line": r.header_line, "header_lines": r.header_lines,
             "header": list(r.header), "titles": list(r.titles), "notes": list(r.notes), "rows": r.rows, "words": sheet_words(r)}
            for r in found.table.sheets
        ],
        "choices": found.choices.model_dump(mode="json", exclude_defaults=True),
    }  # fmt: skip
