"""A list of inspection results becomes inspections; one row is one item's result."""

from __future__ import annotations

from dataclasses import replace

from service.inspections.listed import import_results, read_list
from service.inspections.saving import Inspecting
from service.intake.accounts import close_import, open_import, reason_of, remarks_by_row, summarise
from service.intake.orders import Job, Outcome, Summary
from service.registers.records import Act


def import_inspections(job: Job) -> Summary:
    """Write a list of results and return what became of every row."""
    order, tools, drafts = job.order, job.tools, job.drafts.drafts
    open_import(job, summarise(job, ()))
    at = tools.clock.now()
    found = import_results(
        job.connection, read_list(drafts, job.found.columns, tools.vocabulary.classes, now=at),
        act=Act(order.actor, at, job.import_id), file_name=order.name, vocabulary=tools.vocabulary,
        tools=Inspecting(tools.kinds.on(job.connection), tools.vocabulary.classes, job.zones, tools.srid), place=job.place,
    )  # fmt: skip
    at_row = {(draft.sheet, draft.line): index for index, draft in enumerate(drafts)}
    remarks = remarks_by_row(job.drafts.issues)
    outcomes = []
    for row in job.found.table.rows:
        index = at_row.get((row.sheet, row.line))
        outcome, words, record_id = found.outcomes[index] if index is not None else ("refused", "", None)
        reason = reason_of(outcome, [*remarks[row.sheet, row.line], words])
        # No placement: a result waits for nobody to place it.
        outcomes.append(Outcome(row.sheet, row.line, row.cells, outcome, reason, record_id, "located"))
    summary = replace(summarise(job, outcomes), register_id=found.register_id)
    close_import(job, summary)
    return summary
