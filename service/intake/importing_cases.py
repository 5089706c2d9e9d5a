"""A list of problems becomes cases: a row whose key, a hash of what it says, is known is merged.

A row that names several problems becomes several cases, placed once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from geodata.kinds import KindTable
from service.cases.deadline import due_at
from service.cases.records import NewCase, NewEvent, insert_cases
from service.clock import day_start
from service.intake.accounts import (
    close_import,
    open_import,
    placement_remark,
    reason_of,
    remarks_by_row,
    summarise,
)
from service.intake.model import Draft, Placed
from service.intake.orders import Job, Outcome, Summary
from service.intake.queries import find_existing
from service.words import tr


def import_cases(job: Job) -> Summary:
    """Write the new rows of a list as cases and return what became of every row."""
    drafts = job.drafts.drafts
    existing = find_existing(job.connection, [draft.key for draft in drafts])
    placed = job.place([draft for draft in drafts if draft.key not in existing])
    new_ids = {item.draft.key: uuid4() for item in placed}
    cases, undecided = count_cases([item.draft for item in placed])
    summary = replace(
        summarise(job, _outcomes(job, placed, existing, new_ids)), cases=cases, undecided=undecided
    )
    open_import(job, summary)
    _write_cases(job, placed, new_ids)
    close_import(job, summary)
    return summary


def count_cases(drafts: Sequence[Draft]) -> tuple[int, int]:
    """Return how many cases drafts of problems open, and how many of these wait for a kind."""
    cases = sum(1 + len(draft.kinds.more) for draft in drafts)
    return cases, sum(draft.kinds.main.sure in ("none", "likely") for draft in drafts)


def _outcomes(
    job: Job, placed: Sequence[Placed], existing: Mapping[str, UUID], new_ids: Mapping[str, UUID]
) -> list[Outcome]:
    by_row = {(draft.sheet, draft.line): draft for draft in job.drafts.drafts}
    status = {item.draft.key: item.status for item in placed}
    remarks = remarks_by_row(job.drafts.issues, (issue for item in placed for issue in item.issues))
    found = []
    for row in job.found.table.rows:
        draft = by_row.get((row.sheet, row.line))
        words = remarks[row.sheet, row.line]
        if draft is None:
            outcome, record_id, placement = "refused", None, ""
        elif draft.key in existing:
            outcome, record_id, placement = "merged", existing[draft.key], ""
            words.append(tr("与已有记录相同，未重复导入", "the same as an existing record"))
        else:
            outcome, record_id, placement = "imported", new_ids[draft.key], status[draft.key]
            words += placement_remark(placement) + _kinds_remark(draft)
        reason = reason_of(outcome, words)
        found.append(Outcome(row.sheet, row.line, row.cells, outcome, reason, record_id, placement))
    return found


def _kinds_remark(draft: Draft) -> list[str]:
    if draft.kinds.more:
        n = 1 + len(draft.kinds.more)
        return [tr(f"说了 {n} 个问题，分 {n} 件", f"names {n} problems, {n} cases")]
    if draft.kinds.main.sure == "likely":
        return [tr("类别待核对", "the kind waits for review")]
    return (
        [tr("类别未定，待人工选择", "no kind, waits for review")] if draft.kinds.main.sure == "none" else []
    )


def _write_cases(job: Job, placed: Sequence[Placed], new_ids: Mapping[str, UUID]) -> None:
    now, table = job.tools.clock.now(), job.tools.kinds.shipped
    cases = [
        case
        for item in placed
        for case in _cases_of(job, item, new_ids[item.draft.key], kinds=table, now=now)
    ]
    insert_cases(job.connection, cases, srid=job.tools.srid)


def _cases_of(job: Job, item: Placed, case_id: UUID, *, kinds: KindTable, now: datetime) -> list[NewCase]:
    """Return the cases of one row: the main one, and one for each further problem its text names.

    The row is the main case's; the others point to it, so that row, undo and merging need no second list.
    """
    draft = item.draft
    reported_at = day_start(draft.reported_at) if draft.reported_at else now
    main = NewCase(
        id=case_id, placed=item, reported_at=reported_at, created_at=now, source_key=draft.key,
        import_id=job.import_id, due_at=due_at(kinds, draft.kind, reported_at),
        events=[NewEvent(state="reported", at=reported_at, actor=job.order.actor)],
    )  # fmt: skip
    return [
        main,
        *(
            replace(
                main, id=uuid4(), source_key=f"{draft.key}/{choice.kind}", kind=choice, sibling_of=case_id,
                due_at=due_at(kinds, choice.kind, reported_at),
            )
            for choice in draft.kinds.more
        ),
    ]  # fmt: skip
