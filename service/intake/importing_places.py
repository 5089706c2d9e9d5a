"""A list of places becomes a revision of its register; only what is new or moved is placed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

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
from service.registers.records import Act
from service.registers.revising import Plan, plan_register, register_counts, require_certain, write_register


def import_places(job: Job) -> Summary:
    """Write what a list changes in its register and return what became of every row.

    Raises
    ------
    Refused
        If the list may be a part of its register only and nobody said so; a dry run tells it instead.
    """
    order, tools = job.order, job.tools
    plan = plan_register(
        job.connection, job.drafts.drafts, job.found.columns, classes=tools.vocabulary.classes, file_name=order.name,
        order=order.register, srid=tools.srid,
    )  # fmt: skip
    if not order.dry_run:
        require_certain(plan)
    placed = {item.draft.key: item for item in job.place(plan.to_place)}
    open_import(job, summarise(job, ()))
    act = Act(order.actor, tools.clock.now(), job.import_id)
    register_id, ids = write_register(
        job.connection, plan, act=act, file_name=order.name, srid=tools.srid, placed=placed
    )
    summary = replace(
        summarise(job, _outcomes(job, plan, placed, ids)),
        register_id=register_id,
        revision=register_counts(plan),
    )
    close_import(job, summary)
    return summary


def _outcomes(job: Job, plan: Plan, placed: Mapping[str, Placed], ids: Mapping[int, UUID]) -> list[Outcome]:
    """Return what became of every row: new places are imported, known ones merged, the others refused."""
    at_row = {(row.draft.sheet, row.draft.line): at for at, row in enumerate(plan.rows)}
    known = {change.row for change in plan.revision.known}
    remarks = remarks_by_row(job.drafts.issues, (issue for item in placed.values() for issue in item.issues))
    found = []
    for row in job.found.table.rows:
        words, at = remarks[row.sheet, row.line], at_row.get((row.sheet, row.line))
        outcome, placement = "refused" if at is None else "merged" if at in known else "imported", ""
        if at is not None:
            item = placed.get(plan.rows[at].draft.key)
            placement = item.status if item and outcome == "imported" else ""
            words += [plan.remark(at), *(placement_remark(item.status) if item else [])]
        reason = reason_of(outcome, words)
        record_id = None if at is None else ids[at]
        found.append(Outcome(row.sheet, row.line, row.cells, outcome, reason, record_id, placement))
    return found
