"""A list's dates together: what its titles and other dates say, and the questions that stay open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from service.intake.choices import DateAnswers
from service.intake.columns import ColumnMap
from service.intake.dates import Found, Order, Question, Rule, find_date, orders_of, read_date, year_in
from service.intake.model import RowIssue, SourceTable
from service.words import tr

_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class DateQuestion:
    """One question about a column: what is asked, how many rows wait for it, some of their texts."""

    kind: Question
    column: str
    rows: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dates:
    """How a list's dates are read: (sheet, line) -> the day of a text that does not state all of it.

    `year_from` says where the list's year is from: answer, title, column, before.
    """

    read: Mapping[tuple[str, int], date]
    questions: tuple[DateQuestion, ...]
    issues: tuple[RowIssue, ...]
    year: int | None = None
    year_from: str = ""


def read_dates(table: SourceTable, columns: ColumnMap, stated: DateAnswers, remembered: DateAnswers) -> Dates:
    """Return the days read, the open questions and the remarks on rows.

    Parameters
    ----------
    stated
        Answers for this list; they win over what its titles say.
    remembered
        Answers given for an earlier list of the source; its own titles win over them.
    """
    column = columns.roles.get("reported_at", "")
    cells = [(row.sheet, row.line, columns.cell(row.cells, "reported_at")) for row in table.rows]
    refused = {(issue.sheet, issue.line) for issue in table.issues if issue.refused}
    written = [(s, n, text) for s, n, text in cells if text and (s, n) not in refused]
    common, year_from = _common_rule(table, [text for *_, text in written], stated, remembered)
    rules = {report.name: _of_sheet(report.titles, report.name, common, stated) for report in table.sheets}
    questions: dict[Question, list[str]] = {}
    issues = []
    read: dict[tuple[str, int], date] = {}
    for sheet, line, text in written:
        found = find_date(text, rules.get(sheet, common))
        if found.question:
            questions.setdefault(found.question, []).append(text)
        elif found.day and not found.complete:
            read[sheet, line] = found.day
        words = _remark(found, text)
        if words:
            issues.append(RowIssue(sheet, line, column, f"date_{found.remark}", words, refused=False))
    asked = tuple(
        DateQuestion(kind, column, len(texts), tuple(dict.fromkeys(texts))[:_EXAMPLES])
        for kind, texts in questions.items()
    )
    return Dates(read, asked, tuple(issues), common.year if read else None, year_from)


def _common_rule(
    table: SourceTable, texts: Sequence[str], stated: DateAnswers, remembered: DateAnswers
) -> tuple[Rule, str]:
    titles = " ".join(title for report in table.sheets for title in report.titles)
    titled = _titled(titles) or _titled(table.name)
    years = {day.year for text in texts if (day := read_date(text))}
    column = years.pop() if len(years) == 1 else None
    year, source = next(
        (
            (found, source)
            for found, source in (
                (stated.year, "answer"), (titled[0] if titled else None, "title"),
                (column, "column"), (remembered.year, "before"),
            )
            if found
        ),
        (None, ""),
    )  # fmt: skip
    start = stated.start or remembered.start
    if table.from_1904 is not None:
        start = "1904" if table.from_1904 else "1900"
    rule = Rule(
        year=year,
        month=titled[1] if titled and titled[0] == year else None,
        order=stated.order or _order(texts) or remembered.order,
        start=start,
        written_on=stated.written or remembered.written,
        tenths=stated.tenths is not None or _keeps_zeros(texts) or remembered.tenths is not None,
    )
    return rule, source


def _titled(text: str) -> tuple[int, int | None] | None:
    year, month = year_in(text)
    return (year, month) if year else None


def _of_sheet(titles: Sequence[str], name: str, common: Rule, stated: DateAnswers) -> Rule:
    """Return the rule of one sheet: its own titles, or its name (9月), say more than the file's."""
    own = _titled(" ".join(titles)) or _titled(name)
    if own and not stated.year:
        return replace(common, year=own[0], month=own[1] or None)
    return common


def _order(texts: Sequence[str]) -> Order | None:
    """Return the only order in which all three-number dates of a column are days, None if several are."""
    possible = [orders for text in texts if (orders := orders_of(text))]
    if len(possible) < 2:
        return None
    common = frozenset.intersection(*possible)
    # One row that has a single reading settles the others only if none contradicts it.
    return next(iter(common)) if len(common) == 1 else None


def _keeps_zeros(texts: Sequence[str]) -> bool:
    """Return whether a column's 9.30 kept its zero, so that 9.3 is the third."""
    return any(text.endswith((".10", ".20", ".30")) and text.count(".") == 1 for text in texts)


def _remark(found: Found, text: str) -> str:
    shown = text[:30]
    day = found.day.isoformat() if found.day else ""
    if not day:
        return {
            "no_such_day": tr(f"没有“{shown}”这一天", f"there is no day {shown}"),
            "far_from_title": tr(
                f"“{shown}”离标题里的月份太远，可能是另一年", f"{shown} is far from the title's month"
            ),
        }.get(found.remark, "")
    return {
        "range": tr(
            f"“{shown}”是一段时间，取第一天 {day}", f"{shown} is a span of time: its first day {day}"
        ),
        "ten_days": tr(f"“{shown}”取这一旬的第一天 {day}", f"{shown}: the first of those ten days, {day}"),
        "serial": tr(f"日期序号 {shown} 是 {day}", f"the serial number {shown} is {day}"),
        "relative": tr(f"“{shown}”按清单写于的日子算，是 {day}", f"{shown}, from the day of writing: {day}"),
        "month_of_title": tr(
            f"“{shown}”的年、月取自标题：{day}", f"year and month of {shown} are the title's: {day}"
        ),
    }.get(found.remark, "")
