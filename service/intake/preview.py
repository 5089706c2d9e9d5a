"""What the preview shows of a list: its sheets, its rows with their state, and what must be asked."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from typing import Literal

from pydantic import BaseModel

from geodata.errors import QingtuError
from geodata.kinds import KindTable
from service.intake.choices import Choices
from service.intake.columns import roles
from service.intake.drafts import make_drafts
from service.intake.importing_cases import count_cases
from service.intake.model import Draft, Drafts, ListKind, RowIssue, SheetReport
from service.intake.saying import question_words, sheet_words
from service.intake.understanding import READ_AS, Understood
from service.kinds.table import CurrentKinds
from service.registers.answers import RevisionPreview
from service.words import said, tr

FIRST_ROWS = 40
MOST_ROWS = 200
_SHOWN = 200


class PreviewKind(BaseModel):
    """A kind that a row would get: how sure, and why. Each certain or stated one is a case."""

    kind: str
    name: str
    command: str
    sure: str
    reason: str


class PreviewRow(BaseModel):
    """One row as it would be read; `carried` names the columns taken from above, `day` the date read."""

    sheet: str
    line: int
    cells: dict[str, str]
    state: Literal["ready", "remark", "refused"]
    reasons: list[str]
    carried: list[str]
    location: str
    day: str
    kinds: list[PreviewKind]


class PreviewSheet(BaseModel):
    """One sheet or table; `head` holds its first lines as written, to move the header."""

    name: str
    group: str
    state: str
    words: str
    header_line: int
    header_lines: int
    header: list[str]
    titles: list[str]
    rows: int
    head: list[tuple[int, list[str]]]


class PreviewQuestion(BaseModel):
    """A question about the dates of a column."""

    kind: str
    column: str
    rows: int
    words: str


class ReasonCount(BaseModel):
    """How many rows have one state for one reason."""

    words: str
    rows: int
    refused: bool


class Preview(BaseModel):
    """How a list was understood, before anything is stored; `upload` names it for the import.

    `roles` is every column role with its name; `columns` is role -> header as recognised; `parts` are
    the headers that the location is composed of; `role_of` says of every header, on any sheet, what
    it means beside that. `choices` is what was applied, to be sent back with
    what the user changes; `remembered` says that it was decided for an earlier list of the source. `revision`: what a list of places
    would change in its register. `cases` would be opened by the rows of a list of problems, `undecided`
    of them wait for a kind.
    """

    upload: str
    file_name: str
    rows: int
    ready: int
    refused: int
    remarks: int
    cases: int
    undecided: int
    header: list[str]
    roles: dict[str, str]
    columns: dict[str, str]
    parts: list[str]
    role_of: dict[str, str]
    unused: list[str]
    list_kind: str
    list_kind_reason: str
    problems: list[str]
    reasons: list[ReasonCount]
    sheets: list[PreviewSheet]
    questions: list[PreviewQuestion]
    year: int | None
    year_from: str
    choices: Choices
    remembered: bool
    sample: list[PreviewRow]
    revision: RevisionPreview | None = None


def preview_of(
    found: Understood,
    kinds: CurrentKinds,
    *,
    upload: str,
    as_: ListKind | None,
    remembered: bool,
    revise: Callable[[Drafts], RevisionPreview],
) -> Preview:
    """Return the preview of a list; `revise` says what a list of places would change in its register."""
    drafts, problems = _drafts(found, kinds, as_)
    issues = drafts.issues if drafts else found.table.issues
    by_row: dict[tuple[str, int], list[RowIssue]] = defaultdict(list)
    for issue in issues:
        by_row[issue.sheet, issue.line].append(issue)
    ready = {(draft.sheet, draft.line) for draft in drafts.drafts} if drafts else set()
    problems_of = drafts.drafts if drafts and drafts.list_kind == "problems" else ()
    cases, undecided = count_cases(problems_of)
    total = len(found.table.rows)
    return Preview(
        upload=upload,
        file_name=found.table.name,
        rows=total,
        ready=len(ready),
        refused=total - len(ready),
        remarks=sum(key in ready for key in by_row),
        cases=cases,
        undecided=undecided,
        header=list(found.table.header),
        roles=roles(),
        columns=dict(found.columns.roles),
        parts=list(found.parts),
        role_of={
            header: role
            for role, main in found.columns.roles.items()
            if role != "location"
            for header in (main, *found.columns.others.get(role, ()))
        },
        unused=list(found.columns.unused),
        list_kind=drafts.list_kind if drafts else "problems",
        list_kind_reason=drafts.list_kind_reason if drafts else "",
        problems=problems,
        reasons=_reasons(by_row, ready),
        sheets=[_sheet(report) for report in found.table.sheets],
        questions=[
            PreviewQuestion(kind=q.kind, column=q.column, rows=q.rows, words=question_words(q))
            for q in found.dates.questions
        ],
        year=found.dates.year,
        year_from=found.dates.year_from,
        choices=found.choices,
        remembered=remembered and not found.choices.empty,
        sample=_sample(found, by_row, ready, _kinds_by_row(problems_of, kinds.table)),
        revision=revise(drafts) if drafts and drafts.list_kind == "places" else None,
    )


def _drafts(found: Understood, kinds: CurrentKinds, as_: ListKind | None) -> tuple[Drafts | None, list[str]]:
    try:
        return make_drafts(found.table, found.columns, kinds, as_=as_), []
    except QingtuError as error:
        return None, [said(error)]


def _reasons(by_row: dict[tuple[str, int], list[RowIssue]], ready: set[tuple[str, int]]) -> list[ReasonCount]:
    """Return the reasons with their rows: what refuses first, then remarks, most frequent first."""
    counted: Counter[tuple[bool, str]] = Counter()
    words: dict[tuple[bool, str], str] = {}
    for key, issues in by_row.items():
        for code, issue in {(issue.refused, issue.code): issue for issue in issues}.items():
            if key in ready or issue.refused:
                counted[code] += 1
                words.setdefault(code, issue.words)
    order = sorted(counted.items(), key=lambda pair: (not pair[0][0], -pair[1]))
    return [
        ReasonCount(
            words=words[code]
            if code[0] or count == 1
            else tr(f"{words[code]} 等", f"{words[code]} and more"),
            rows=count,
            refused=code[0],
        )
        for code, count in order
    ]


def _sheet(report: SheetReport) -> PreviewSheet:
    return PreviewSheet(
        name=report.name, group=report.group or report.name, state=report.state, words=sheet_words(report),
        header_line=report.header_line, header_lines=report.header_lines, header=list(report.header),
        titles=[title[:_SHOWN] for title in report.titles], rows=report.rows,
        head=[(line, list(cells)) for line, cells in report.head],
    )  # fmt: skip


def _kinds_by_row(drafts: tuple[Draft, ...], kinds: KindTable) -> dict[tuple[str, int], list[PreviewKind]]:
    return {
        (draft.sheet, draft.line): [
            PreviewKind(
                kind=choice.kind, name=kinds.name(choice.kind), command=choice.command, sure=choice.sure,
                reason=choice.reason,
            )
            for choice in (draft.kinds.main, *draft.kinds.more)
        ]
        for draft in drafts
    }  # fmt: skip


def _sample(
    found: Understood,
    by_row: dict[tuple[str, int], list[RowIssue]],
    ready: set[tuple[str, int]],
    kinds: Mapping[tuple[str, int], list[PreviewKind]],
) -> list[PreviewRow]:
    """Return the first rows of every sheet and the first with something to say, in file order.

    A row that names several problems has something to say too.
    """
    kept: list[PreviewRow] = []
    seen: Counter[str] = Counter()
    first = max(FIRST_ROWS // max(len({row.sheet for row in found.table.rows}), 1), 5)
    for row in found.table.rows:
        key = (row.sheet, row.line)
        seen[row.sheet] += 1
        several = len(kinds.get(key, ())) > 1
        plain = key in ready and key not in by_row and not several
        if len(kept) >= MOST_ROWS or (seen[row.sheet] > first and plain):
            continue
        state: Literal["ready", "remark", "refused"] = (
            "refused" if key not in ready else "remark" if key in by_row else "ready"
        )
        kept.append(
            PreviewRow(
                sheet=row.sheet,
                line=row.line,
                cells={name: text[:_SHOWN] for name, text in row.cells.items() if name != READ_AS},
                state=state,
                reasons=list(dict.fromkeys(issue.words for issue in by_row.get(key, ()))),
                carried=list(row.carried),
                location=found.columns.text(row.cells, "location")[:_SHOWN],
                day=row.cells.get(READ_AS, ""),
                kinds=kinds.get(key, []),
            )
        )
    return kept
