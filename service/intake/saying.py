"""How a list was understood, in words: its columns, its sheets, its questions. For commands and pages."""

from __future__ import annotations

from collections.abc import Iterator

from service.intake.columns import roles
from service.intake.date_questions import DateQuestion
from service.intake.model import SheetReport
from service.intake.understanding import Understood
from service.words import tr


def columns_words(found: Understood) -> str:
    """Return role=header for every role; a location of several columns as a sum."""
    named = roles()
    shown = dict(found.columns.roles)
    if len(found.parts) > 1:
        shown["location"] = "+".join(found.parts)
    return tr("，", ", ").join(f"{named[role]}={header}" for role, header in shown.items())


def sheet_words(report: SheetReport) -> str:
    """Return what became of one sheet."""
    name = tr(f"工作表“{report.name}”", f"sheet {report.name}")
    notes = tr("；", "; ").join(report.notes)
    if report.state != "list":
        return tr(f"{name}：{notes}", f"{name}: {notes}")
    if not report.header_line:
        where = tr("没有表头", "no header")
    elif report.header_lines == 2:
        last = report.header_line + 1
        where = tr(
            f"表头在第 {report.header_line}–{last} 行", f"header on lines {report.header_line} to {last}"
        )
    else:
        where = tr(f"表头在第 {report.header_line} 行", f"header on line {report.header_line}")
    count = tr(f"{report.rows} 行", f"{report.rows} rows")
    return tr("；", "; ").join(filter(None, (f"{name}{tr('：', ': ')}{where}，{count}", notes)))


def worth_saying(found: Understood) -> Iterator[str]:
    """Yield a line for each sheet that is not simply a list under a first header."""
    for report in found.table.sheets:
        plain = report.state == "list" and report.header_line <= 1 and report.header_lines == 1
        if not plain or report.notes or len(found.table.sheets) > 1:
            yield sheet_words(report)


def said_of(found: Understood) -> tuple[str, ...]:
    """Return everything about sheets and dates that the user should know."""
    return (*worth_saying(found), *map(question_words, found.dates.questions))


def question_words(question: DateQuestion) -> str:
    """Return a question about dates as a sentence."""
    texts = "、".join(question.examples)
    asked = {
        "order": ("年、月、日是什么顺序？", "in which order are year, month and day?"),
        "year": ("是哪一年？", "of which year?"),
        "start": ("日期序号从 1900 年还是 1904 年算起？", "do the serial numbers count from 1900 or 1904?"),
        "written_on": ("清单是哪天写的？", "on which day was the list written?"),
        "tenths": ("是 3 日还是丢了末尾 0 的 30 日？", "the 3rd, or the 30th with its last zero lost?"),
    }[question.kind]
    return tr(
        f"“{question.column}”有 {question.rows} 行写作 {texts}：{asked[0]}",
        f"{question.rows} rows of {question.column} read {texts}: {asked[1]}",
    )


def answer_option(question: DateQuestion) -> str:
    """Return the option of the command line that answers a question."""
    return {
        "order": "--date-order ymd|dmy|mdy", "year": "--year 2017", "written_on": "--written-on 2017-09-03",
    }.get(question.kind, "")  # fmt: skip
