"""An import, whole or not at all: read, recognise, draft, place, write, in one transaction.

::

    file ─ read_table ─ recognise ─ make_drafts ─┬─ already there ──────────────► merged
                                                 ├─ place ─ cases | places ─────► imported
                                                 └─ refused rows, with reasons ─► refused

imported + merged + refused = rows. The same file twice changes nothing: a row's key is a hash of
what it says. Every row is kept with its outcome, also the refused ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine

from geodata.kinds import KindTable
from service.audit.trail import record
from service.borders.current import OfficeZones
from service.cases.deadline import due_at
from service.cases.records import NewCase, NewEvent, insert_cases
from service.clock import Clock, day_start, office_day
from service.errors import Refused
from service.inspections.listed import import_results, read_list
from service.inspections.saving import Inspecting
from service.intake.columns import ColumnMap, recognise
from service.intake.datum import require_datum
from service.intake.drafts import DEFAULT_DATUM, make_drafts
from service.intake.model import Draft, Drafts, ListKind, Placed, RowIssue, SourceTable
from service.intake.placing import place
from service.intake.queries import (
    find_existing,
    finish_import,
    insert_import,
    insert_rows,
    lock_imports,
    save_columns,
    saved_columns,
)
from service.intake.readers import read_table
from service.registers.records import Act
from service.registers.revising import (
    Plan,
    RegisterOrder,
    plan_register,
    register_counts,
    require_certain,
    write_register,
)
from service.registers.vocabulary import Vocabulary
from service.review.aliases import OfficeGeocoder
from service.words import tr

if TYPE_CHECKING:
    from geodata.geocode import Geocoder
    from geodata.zones import ZoneTree


@dataclass(frozen=True, slots=True)
class Order:
    """What to import and how; empty values mean "as recognised".

    `columns` is role -> header as the user corrected it. `datum` is of the list's own coordinates.
    `trust_datum`: the user was told that the coordinates contradict the texts, and insists.
    """

    path: Path
    name: str
    actor: str
    import_id: UUID | None = None
    columns: Mapping[str, str] | None = None
    datum: str | None = None
    list_kind: ListKind | None = None
    kind: str | None = None
    trust_datum: bool = False
    dry_run: bool = False
    register: RegisterOrder = field(default_factory=RegisterOrder)


@dataclass(frozen=True, slots=True)
class Tools:
    """What an import works with."""

    engine: Engine
    geocoder: OfficeGeocoder
    zones: OfficeZones
    kinds: KindTable
    clock: Clock
    srid: int
    vocabulary: Vocabulary


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
    """Counts of an import; `review` of the imported wait for somebody to place them."""

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
    register_id: UUID | None = None
    revision: Mapping[str, Any] = field(default_factory=dict)


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
    ReadError
        If the file cannot be read as a list.
    FrameError
        If it has no location column or an override names an unknown one.
    DatumError
        If the coordinates contradict the location texts.
    Refused
        If the kind does not exist.
    """
    # Outside the transaction: the child process may take its time with a hostile file.
    table = read_table(order.path, name=order.name)
    try:
        with tools.engine.begin() as connection:
            summary = _import(connection, table, order, tools, progress)
            if order.dry_run:
                raise _DryRun(replace(summary, import_id=None))
            return summary
    except _DryRun as dry:
        return dry.summary


def read_columns(
    connection: Connection, table: SourceTable, overrides: Mapping[str, str] | None
) -> ColumnMap:
    """Return the columns: the user's correction, else one remembered for this header, else recognised."""
    return recognise(table.header, overrides=overrides or saved_columns(connection, table.header))


def _import(
    connection: Connection,
    table: SourceTable,
    order: Order,
    tools: Tools,
    progress: Callable[[int, int], None] | None,
) -> Summary:
    lock_imports(connection)
    zones = tools.zones.on(connection, office_day(tools.clock.now()), hold=True)
    columns = read_columns(connection, table, order.columns)
    drafts = make_drafts(table, columns, tools.kinds, datum=order.datum, as_=_list_kind(order))
    drafts = _with_kind(drafts, order.kind, tools.kinds)
    geocoder = tools.geocoder.current(connection)
    require_datum(
        drafts.drafts, geocoder=geocoder, stated=order.datum or DEFAULT_DATUM, trusted=order.trust_datum
    )
    if drafts.list_kind == "places":
        return _import_places(connection, table, columns, drafts, order, tools, geocoder, zones, progress)
    if drafts.list_kind == "inspections":
        return _import_results(connection, table, columns, drafts, order, tools, geocoder, zones)
    existing = find_existing(connection, [draft.key for draft in drafts.drafts])
    fresh = [draft for draft in drafts.drafts if draft.key not in existing]
    report = (lambda done: progress(done, len(fresh))) if progress else None
    placed = place(fresh, geocoder=geocoder, zones=zones, progress=report)
    import_id, now = order.import_id or uuid4(), datetime.now(UTC)
    new_ids = {item.draft.key: uuid4() for item in placed}
    outcomes = _outcomes(table, drafts, placed, existing, new_ids)
    summary = _summary(import_id, drafts, columns, outcomes)
    _write_import(connection, summary, table, order, now)
    _write_records(connection, placed, new_ids, import_id, order.actor, tools)
    _finish(connection, summary, table, order, now)
    return summary


def _import_places(
    connection: Connection,
    table: SourceTable,
    columns: ColumnMap,
    drafts: Drafts,
    order: Order,
    tools: Tools,
    geocoder: Geocoder | None,
    zones: ZoneTree,
    progress: Callable[[int, int], None] | None,
) -> Summary:
    """Import a list of places as a revision of its register; only what is new or moved is placed."""
    plan = plan_register(
        connection, drafts.drafts, columns, classes=tools.vocabulary.classes, file_name=order.name,
        order=order.register, srid=tools.srid,
    )  # fmt: skip
    if not order.dry_run:
        require_certain(plan)
    wanted = plan.to_place
    report = (lambda done: progress(done, len(wanted))) if progress else None
    placed = {p.draft.key: p for p in place(wanted, geocoder=geocoder, zones=zones, progress=report)}
    import_id, now = order.import_id or uuid4(), datetime.now(UTC)
    _write_import(connection, _summary(import_id, drafts, columns, ()), table, order, now)
    act = Act(order.actor, tools.clock.now(), import_id)
    register_id, ids = write_register(
        connection, plan, act=act, file_name=order.name, srid=tools.srid, placed=placed
    )
    outcomes = _place_outcomes(table, drafts, plan, placed, ids)
    summary = replace(
        _summary(import_id, drafts, columns, outcomes),
        register_id=register_id,
        revision=register_counts(plan),
    )
    finish_import(
        connection, import_id, rows=summary.rows, imported=summary.imported, merged=summary.merged,
        refused=summary.refused, review=summary.review, register_id=register_id, revision=dict(summary.revision),
    )  # fmt: skip
    _finish(connection, summary, table, order, now)
    return summary


def _import_results(
    connection: Connection,
    table: SourceTable,
    columns: ColumnMap,
    drafts: Drafts,
    order: Order,
    tools: Tools,
    geocoder: Geocoder | None,
    zones: ZoneTree,
) -> Summary:
    """Import a list of inspection results; one row is one item's result."""
    import_id, now = order.import_id or uuid4(), datetime.now(UTC)
    _write_import(connection, _summary(import_id, drafts, columns, ()), table, order, now)
    at = tools.clock.now()
    found = import_results(
        connection, read_list(drafts.drafts, columns, tools.vocabulary.classes, now=at),
        act=Act(order.actor, at, import_id), file_name=order.name, vocabulary=tools.vocabulary,
        tools=Inspecting(tools.kinds, tools.vocabulary.classes, zones, tools.srid),
        place=lambda wanted: place(wanted, geocoder=geocoder, zones=zones),
    )  # fmt: skip
    at_row = {(draft.sheet, draft.line): index for index, draft in enumerate(drafts.drafts)}
    remarks: dict[tuple[str, int], list[str]] = defaultdict(list)
    for issue in drafts.issues:
        remarks[issue.sheet, issue.line].append(issue.words)
    outcomes = []
    for row in table.rows:
        index = at_row.get((row.sheet, row.line))
        outcome, words, record_id = found.outcomes[index] if index is not None else ("refused", "", None)
        reason = "；".join(dict.fromkeys([*remarks[row.sheet, row.line], *filter(None, [words])]))
        if not reason and outcome == "refused":
            reason = tr("未说明", "unstated")
        # No placement: a result waits for nobody to place it.
        outcomes.append(Outcome(row.sheet, row.line, row.cells, outcome, reason, record_id, "located"))
    summary = _summary(import_id, drafts, columns, outcomes)
    finish_import(
        connection, import_id, rows=summary.rows, imported=summary.imported, merged=summary.merged,
        refused=summary.refused, review=summary.review, register_id=found.register_id,
    )  # fmt: skip
    _finish(connection, summary, table, order, now)
    return summary


def _place_outcomes(
    table: SourceTable, drafts: Drafts, plan: Plan, placed: Mapping[str, Placed], ids: Mapping[int, UUID]
) -> tuple[Outcome, ...]:
    """Return what became of every row: new places are imported, known ones merged, the others refused."""
    at_row = {(row.draft.sheet, row.draft.line): at for at, row in enumerate(plan.rows)}
    known = {change.row for change in plan.revision.known}
    remarks: dict[tuple[str, int], list[str]] = defaultdict(list)
    for issue in (*drafts.issues, *(issue for item in placed.values() for issue in item.issues)):
        remarks[issue.sheet, issue.line].append(issue.words)
    found = []
    for row in table.rows:
        words, at = remarks[row.sheet, row.line], at_row.get((row.sheet, row.line))
        outcome, placement = "refused" if at is None else "merged" if at in known else "imported", ""
        if at is not None:
            item = placed.get(plan.rows[at].draft.key)
            placement = item.status if item and outcome == "imported" else ""
            words = [
                *words,
                *filter(None, [plan.remark(at)]),
                *(_placement_remark(item.status) if item else []),
            ]
        reason = "；".join(dict.fromkeys(words)) or (tr("未说明", "unstated") if outcome == "refused" else "")
        found.append(
            Outcome(
                row.sheet, row.line, row.cells, outcome, reason, None if at is None else ids[at], placement
            )
        )
    return tuple(found)


def _finish(
    connection: Connection, summary: Summary, table: SourceTable, order: Order, now: datetime
) -> None:
    """Write the rows of an import, the corrected columns and the audit row."""
    _write_rows(connection, summary)
    if order.columns:
        save_columns(connection, table.header, order.columns, actor=order.actor, now=now)
    record(
        connection, actor=order.actor, action="imported", object_type="import", object_id=str(summary.import_id),
        detail={"rows": summary.rows, "imported": summary.imported, "merged": summary.merged,
                "refused": summary.refused, "sha256": table.sha256},
    )  # fmt: skip


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
    count = {name: sum(o.outcome == name for o in outcomes) for name in ("imported", "merged", "refused")}
    return Summary(
        import_id=import_id,
        list_kind=drafts.list_kind,
        list_kind_reason=drafts.list_kind_reason,
        columns=dict(columns.roles),
        rows=len(outcomes),
        imported=count["imported"],
        merged=count["merged"],
        refused=count["refused"],
        review=sum(o.outcome == "imported" and o.placement != "located" for o in outcomes),
        outcomes=tuple(outcomes),
    )


def _write_import(
    connection: Connection, summary: Summary, table: SourceTable, order: Order, now: datetime
) -> None:
    insert_import(
        connection, id=summary.import_id, file_name=order.name, sha256=table.sha256, list_kind=summary.list_kind,
        columns=dict(summary.columns), datum=order.datum, rows=summary.rows, imported=summary.imported,
        merged=summary.merged, refused=summary.refused, review=summary.review, created_by=order.actor, created_at=now,
    )  # fmt: skip


def _write_rows(connection: Connection, summary: Summary) -> None:
    column = {"problems": "case_id", "places": "place_id", "inspections": "inspection_id"}[summary.list_kind]
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
    import_id: UUID,
    actor: str,
    tools: Tools,
) -> None:
    now = tools.clock.now()
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
