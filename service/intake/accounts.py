"""The books of an import: its counts, what became of every row, and who did it.

imported + merged + refused = rows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from service.audit.trail import record
from service.intake.model import RowIssue
from service.intake.orders import Job, Outcome, Summary
from service.intake.queries import finish_import, insert_import, insert_rows, save_choices, stored_reading
from service.intake.saying import said_of
from service.words import tr

# The column of `import_rows` that names what a row became.
_RECORDS = {"problems": "case_id", "places": "place_id", "inspections": "inspection_id"}


def remarks_by_row(*issues: Iterable[RowIssue]) -> dict[tuple[str, int], list[str]]:
    """Return what is to be said of each (sheet, line), in order."""
    words: dict[tuple[str, int], list[str]] = defaultdict(list)
    for group in issues:
        for issue in group:
            words[issue.sheet, issue.line].append(issue.words)
    return words


def reason_of(outcome: str, words: Iterable[str]) -> str:
    """Return a row's reason: what was said of it, once each; a refused row is never without."""
    said = "；".join(dict.fromkeys(word for word in words if word))
    return said or (tr("未说明", "unstated") if outcome == "refused" else "")


def placement_remark(placement: str) -> list[str]:
    """Return what is to be said of a record that waits for somebody to place it."""
    if placement == "ambiguous":
        return [tr("位置不唯一，待人工核对", "several places fit, waits for review")]
    if placement == "not_found":
        return [tr("没有找到位置，待人工核对", "no place found, waits for review")]
    return []


def summarise(job: Job, outcomes: Sequence[Outcome]) -> Summary:
    """Return the counts of an import."""
    count = Counter(o.outcome for o in outcomes)
    return Summary(
        import_id=job.import_id,
        list_kind=job.drafts.list_kind,
        list_kind_reason=job.drafts.list_kind_reason,
        columns=dict(job.found.columns.roles),
        rows=len(outcomes),
        imported=count["imported"],
        merged=count["merged"],
        refused=count["refused"],
        review=sum(o.outcome == "imported" and o.placement != "located" for o in outcomes),
        outcomes=tuple(outcomes),
        said=said_of(job.found),
    )


def open_import(job: Job, summary: Summary) -> None:
    """Write an import before its records, which refer to it; its counts may still be empty."""
    insert_import(
        job.connection, id=job.import_id, file_name=job.order.name, sha256=job.found.table.sha256,
        reading=stored_reading(job.found), list_kind=summary.list_kind, columns=dict(summary.columns),
        datum=job.order.datum, rows=summary.rows, imported=summary.imported, merged=summary.merged,
        refused=summary.refused, review=summary.review, cases=summary.cases, undecided=summary.undecided,
        created_by=job.order.actor, created_at=job.now,
    )  # fmt: skip


def close_import(job: Job, summary: Summary) -> None:
    """Write the counts, the rows, what was decided about reading the list, and the audit row."""
    finish_import(
        job.connection, job.import_id, rows=summary.rows, imported=summary.imported, merged=summary.merged,
        refused=summary.refused, review=summary.review, register_id=summary.register_id,
        revision=dict(summary.revision),
    )  # fmt: skip
    _write_rows(job, summary)
    if job.order.choices is not None:
        save_choices(job.connection, job.found, actor=job.order.actor, now=job.now)
    record(
        job.connection, actor=job.order.actor, action="imported", object_type="import", object_id=str(job.import_id),
        detail={"rows": summary.rows, "imported": summary.imported, "merged": summary.merged,
                "refused": summary.refused, "cases": summary.cases, "sha256": job.found.table.sha256},
    )  # fmt: skip


def _write_rows(job: Job, summary: Summary) -> None:
    column = _RECORDS[summary.list_kind]
    rows: list[dict[str, Any]] = [
        {
            "import_id": job.import_id, "sheet": o.sheet, "line": o.line, "cells": dict(o.cells),
            "outcome": o.outcome, "reason": o.reason, column: o.record_id,
        }
        for o in summary.outcomes
    ]  # fmt: skip
    insert_rows(job.connection, rows)
