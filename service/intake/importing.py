"""An import, whole or not at all: read, recognise, draft, place, write, in one transaction.

::

    file ─ read_table ─ recognise ─ make_drafts ─┬─ already there ──────────────► merged
                                                 ├─ place ─ cases | places ─────► imported
                                                 └─ refused rows, with reasons ─► refused

imported + merged + refused = rows. The same file twice changes nothing: a row's key is a hash of
what it says. Every row is kept with its outcome, also the refused ones.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine

from geodata.kinds import KindTable
from service.audit.trail import record
from service.borders.current import OfficeZones
from service.cases.deadline import due_at
from service.cases.records import NewCase, NewEvent, insert_cases
from service.clock import Clock, day_start, office_day
from service.errors import Refused
from service.intake.choices import Choices
from service.intake.columns import ColumnMap
from service.intake.datum import require_datum
from service.intake.drafts import DEFAULT_DATUM, make_drafts
from service.intake.model import Draft, Drafts, ListKind, Placed, RowIssue, SourceTable
from service.intake.placing import place
from service.intake.queries import (
    find_existing,
    insert_import,
    insert_rows,
    lock_imports,
    save_choices,
    saved_choices,
    stored_reading,
)
from service.intake.readers import read_list
from service.intake.saying import said_of
from service.intake.tables.raw import RawList
from service.intake.understanding import Understood, understand
from service.registers.records import NewPlace, insert_places
from service.review.aliases import OfficeGeocoder
from service.words import tr


@dataclass(frozen=True, slots=True)
class Order:
    """What to import and how; empty values mean "as recognised".

    `choices` is what the user decided about reading it; None: as remembered for its source. `datum` is of the list's own coordinates.
    `trust_datum`: the user was told that the coordinates contradict the texts, and insists.
    """

    path: Path
    name: str
    actor: str
    import_id: UUID | None = None
    choices: Choices | None = None
    datum: str | None = None
    list_kind: ListKind | None = None
    kind: str | None = None
    trust_datum: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Tools:
    """What an import works with."""

    engine: Engine
    geocoder: OfficeGeocoder
    zones: OfficeZones
    kinds: KindTable
    clock: Clock
    srid: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row: `record_id` is the case's or place's id, None when refused."""

    sheet: str
    line: int
    cells: Mapping[str, str]
    outcome: str
    reason: str
    record_id: UUID | None
    placement: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of an import; `review` of the imported wait for somebody to place them.

    `said` is what is to be known about sheets and dates.
    """

    import_id: UUID | None
    list_kind: ListKind
    list_kind_reason: str
    columns: Mapping[str, str]
    rows: int
    imported: int
    merged: int
    refused: int
    review: int
    outcomes: tuple[Outcome, ...]
    said: tuple[str, ...] = ()


class _DryRun(Exception):
    """Ends the transaction of a dry run; carries its summary."""

    def __init__(self, summary: Summary) -> None:
        super().__init__()
        self.summary = summary


def run_import(order: Order, tools: Tools, *, progress: Callable[[int, int], None] | None = None) -> Summary:
    """Import a list and return what became of every row.

    Parameters
    ----------
    progress
        Called with the rows placed so far and the rows to place.

    Raises
    ------
    UnreadableError
        If the file cannot be read as a list.
    FrameError
        If it has no location column or an override names an unknown one.
    DatumError
        If the coordinates contradict the location texts.
    Refused
        If the kind does not exist.
    """
    # Outside the transaction: the child process may take its time with a hostile file.
    raw = read_list(order.path, name=order.name)
    try:
        with tools.engine.begin() as connection:
            summary = _import(connection, raw, order, tools, progress)
            if order.dry_run:
                raise _DryRun(replace(summary, import_id=None))
            return summary
    except _DryRun as dry:
        return dry.summary


def read_as_remembered(connection: Connection, raw: RawList, stated: Choices | None) -> Understood:
    """Return how a list reads: as the user decided, else as remembered for its source, else as recognised."""
    plain = understand(raw)
    remembered = saved_choices(connection, plain.source, plain.plain_header)
    if stated is None and remembered is None:
        return plain
    return understand(raw, stated, remembered=remembered)


def _import(
    connection: Connection,
    raw: RawList,
    order: Order,
    tools: Tools,
    progress: Callable[[int, int], None] | None,
) -> Summary:
    lock_imports(connection)
    zones = tools.zones.on(connection, office_day(tools.clock.now()), hold=True)
    found = read_as_remembered(connection, raw, order.choices)
    table, columns = found.table, found.columns
    drafts = make_drafts(table, columns, tools.kinds, datum=order.datum, as_=_list_kind(order))
    drafts = _with_kind(drafts, order.kind, tools.kinds)
    geocoder = tools.geocoder.current(connection)
    require_datum(
        drafts.drafts, geocoder=geocoder, stated=order.datum or DEFAULT_DATUM, trusted=order.trust_datum
    )
    existing = find_existing(connection, drafts.list_kind, [draft.key for draft in drafts.drafts])
    fresh = [draft for draft in drafts.drafts if draft.key not in existing]
    report = (lambda done: progress(done, len(fresh))) if progress else None
    placed = place(fresh, geocoder=geocoder, zones=zones, progress=report)
    import_id, now = order.import_id or uuid4(), datetime.now(UTC)
    new_ids = {item.draft.key: uuid4() for item in placed}
    outcomes = _outcomes(table, drafts, placed, existing, new_ids)
    summary = replace(_summary(import_id, drafts, columns, outcomes), said=said_of(found))
    _write_import(connection, summary, found, order, now)
    _write_records(connection, placed, new_ids, drafts.list_kind, import_id, order.actor, tools)
    _write_rows(connection, summary)
    if order.choices is not None:
        save_choices(connection, found, actor=order.actor, now=now)
    record(
        connection, actor=order.actor, action="imported", object_type="import", object_id=str(import_id),
        detail={"rows": summary.rows, "imported": summary.imported, "merged": summary.merged,
                "refused": summary.refused, "sha256": table.sha256},
    )  # fmt: skip
    return summary


def _list_kind(order: Order) -> ListKind | None:
    # Whoever names a kind of problem has a list of problems.
    return order.list_kind or ("problems" if order.kind else None)


def _with_kind(drafts: Drafts, stated: str | None, kinds: KindTable) -> Drafts:
    if not stated:
        return drafts
    kind = kinds.find(stated)
    if kind is None:
        raise Refused(tr(f"没有“{stated}”这个问题类别", f"there is no kind {stated}"), fields=[("kind", "")])
    reason = tr("导入时指定", "stated with the import")
    named = tuple(replace(d, kind=kind.code, kind_reason=reason, command=kind.command) for d in drafts.drafts)
    return replace(drafts, drafts=named)


def _outcomes(
    table: SourceTable,
    drafts: Drafts,
    placed: Sequence[Placed],
    existing: Mapping[str, UUID],
    new_ids: Mapping[str, UUID],
) -> tuple[Outcome, ...]:
    by_row: dict[tuple[str, int], Draft] = {(draft.sheet, draft.line): draft for draft in drafts.drafts}
    status = {item.draft.key: item.status for item in placed}
    remarks: dict[tuple[str, int], list[RowIssue]] = defaultdict(list)
    for issue in (*drafts.issues, *(issue for item in placed for issue in item.issues)):
        remarks[issue.sheet, issue.line].append(issue)
    found = []
    for row in table.rows:
        draft = by_row.get((row.sheet, row.line))
        words = [issue.words for issue in remarks[row.sheet, row.line]]
        if draft is None:
            outcome, record_id, placement = "refused", None, ""
        elif draft.key in existing:
            outcome, record_id, placement = "merged", existing[draft.key], ""
            words.append(tr("与已有记录相同，未重复导入", "the same as an existing record"))
        else:
            outcome, record_id, placement = "imported", new_ids[draft.key], status[draft.key]
            words += _placement_remark(placement)
        reason = "；".join(dict.fromkeys(words)) or (tr("未说明", "unstated") if outcome == "refused" else "")
        found.append(Outcome(row.sheet, row.line, row.cells, outcome, reason, record_id, placement))
    return tuple(found)


def _placement_remark(placement: str) -> list[str]:
    if placement == "ambiguous":
        return [tr("位置不唯一，待人工核对", "several places fit, waits for review")]
    if placement == "not_found":
        return [tr("没有找到位置，待人工核对", "no place found, waits for review")]
    return []


def _summary(import_id: UUID, drafts: Drafts, columns: ColumnMap, outcomes: Sequence[Outcome]) -> Summary:
    count = Counter(o.outcome for o in outcomes)
    return Summary(
        import_id=import_id,
        list_kind=drafts.list_kind,
        list_kind_reason=drafts.list_kind_reason,
        columns=dict(columns.roles),
        rows=len(outcomes),
        review=sum(o.outcome == "imported" and o.placement != "located" for o in outcomes),
        outcomes=tuple(outcomes),
        imported=count["imported"],
        merged=count["merged"],
        refused=count["refused"],
    )


def _write_import(
    connection: Connection, summary: Summary, found: Understood, order: Order, now: datetime
) -> None:
    insert_import(
        connection, id=summary.import_id, file_name=order.name, sha256=found.table.sha256, reading=stored_reading(found), list_kind=summary.list_kind,
        columns=dict(summary.columns), datum=order.datum, rows=summary.rows, imported=summary.imported,
        merged=summary.merged, refused=summary.refused, review=summary.review, created_by=order.actor, created_at=now,
    )  # fmt: skip


def _write_rows(connection: Connection, summary: Summary) -> None:
    column = "case_id" if summary.list_kind == "problems" else "place_id"
    rows: list[dict[str, Any]] = [
        {
            "import_id": summary.import_id, "sheet": o.sheet, "line": o.line, "cells": dict(o.cells),
            "outcome": o.outcome, "reason": o.reason, column: o.record_id,
        }
        for o in summary.outcomes
    ]  # fmt: skip
    insert_rows(connection, rows)


def _write_records(
    connection: Connection,
    placed: Sequence[Placed],
    new_ids: Mapping[str, UUID],
    list_kind: ListKind,
    import_id: UUID,
    actor: str,
    tools: Tools,
) -> None:
    now = tools.clock.now()
    if list_kind == "places":
        places = [
            NewPlace(
                id=new_ids[p.draft.key], placed=p, source_key=p.draft.key, import_id=import_id, created_at=now
            )
            for p in placed
        ]
        insert_places(connection, places, srid=tools.srid)
        return
    cases = []
    for item in placed:
        reported_at = day_start(item.draft.reported_at) if item.draft.reported_at else now
        cases.append(
            NewCase(
                id=new_ids[item.draft.key],
                placed=item,
                reported_at=reported_at,
                created_at=now,
                source_key=item.draft.key,
                import_id=import_id,
                due_at=due_at(tools.kinds, item.draft.kind, reported_at),
                events=[NewEvent(state="reported", at=reported_at, actor=actor)],
            )
        )
    insert_cases(connection, cases, srid=tools.srid)
