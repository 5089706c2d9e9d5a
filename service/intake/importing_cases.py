"""A list of problems becomes cases: a row whose key, a hash of what it says, is known is merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid4

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
from service.intake.model import Placed
from service.intake.orders import Job, Outcome, Summary
from service.intake.queries import find_existing
from service.words import tr


def import_cases(job: Job) -> Summary:
    """Write the new rows of a list as cases and return what became of every row."""
    drafts = job.drafts.drafts
    existing = find_existing(job.connection, [draft.key for draft in drafts])
    placed = job.place([draft for draft in drafts if draft.key not in existing])
    new_ids = {item.draft.key: uuid4() for item in placed}
    summary = summarise(job, _outcomes(job, placed, existing, new_ids))
    open_import(job, summary)
    _write_cases(job, placed, new_ids)
    close_import(job, summary)
    return summary


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
            words += placement_remark(placement)
        reason = reason_of(outcome, words)
        found.append(Outcome(row.sheet, row.line, row.cells, outcome, reason, record_id, placement))
    return found


def _write_cases(job: Job, placed: Sequence[Placed], new_ids: Mapping[str, UUID]) -> None:
    now = job.tools.clock.now()
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
                import_id=job.import_id,
                due_at=due_at(job.tools.kinds, item.draft.kind, reported_at),
                events=[NewEvent(state="reported", at=reported_at, actor=job.order.actor)],
            )
        )
    insert_cases(job.connection, cases, srid=job.tools.srid)
