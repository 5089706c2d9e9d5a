"""A list of people to one record per line, through the readers of every other list.

Also lists without a header (a paste from a chat) and lists with a column per duty: 社区 | 网格 | 网格长 |
电话 | 网格员 | 电话.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from service.auth.names import fold_name, fold_phone
from service.intake.choices import Choices, SheetChoice
from service.intake.columns import recognise, roles
from service.intake.model import ImportRow, SourceTable
from service.intake.readers import read_list
from service.intake.tables.layout import lay_out, plain_layout
from service.intake.tables.raw import RawList
from service.people.role_words import read_role
from service.people.zone_words import NOTHING, fold
from service.words import tr

WORDS = Path(__file__).with_name("columns.toml")
_NAMES = re.compile(r"[、,，;；/\n]+|(?<=[\u4e00-\u9fff]{2})\s{1,}(?=[\u4e00-\u9fff]{2})")
_PERSON = re.compile(r"[\u4e00-\u9fff·]{2,8}|[A-Za-z][A-Za-z .'-]{1,40}")
_PHONE_INSIDE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d[- ]?\d{4}[- ]?\d{4}|0\d{2,3}[- ]?\d{7,8})(?!\d)")
_ENOUGH = 0.5


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person as a line names them; `phones` are digits, other texts as written."""

    sheet: str
    line: int
    name: str
    duty: str = ""
    area: str = ""
    grid: str = ""
    command: str = ""
    unit: str = ""
    phone: str = ""
    bad_phone: str = ""

    @property
    def key(self) -> str:
        """What a person's answers name the row by."""
        return f"{self.sheet}:{self.line}"


@dataclass(frozen=True, slots=True)
class PeopleList:
    """What a list says: its people, the lines that are none with the reason, and how it was read."""

    name: str
    rows: tuple[PersonRow, ...]
    refused: tuple[tuple[str, int, str], ...]
    lines: int
    columns: Mapping[str, str]
    header: tuple[str, ...]


def read_people(path: Path, *, name: str, columns: Mapping[str, str] | None = None) -> PeopleList:
    """Return the people of a list; the file is parsed in the confined process.

    Parameters
    ----------
    columns
        Role -> header as corrected by a person; an empty header takes a role away.

    Raises
    ------
    UnreadableError
        If it cannot be read as a list.
    FrameError
        If `columns` names what the list has not.
    """
    raw = read_list(path, name=name, words=WORDS)
    table = plain_layout(raw)
    found = recognise(table.header, overrides=columns, table=WORDS)
    if not columns and "name" not in found.roles and not _duty_columns(table):
        headless = _without_header(raw)
        if headless is not None:
            table, guessed = headless
            found = recognise(table.header, overrides=guessed, table=WORDS)
    none = {(issue.sheet, issue.line): issue.words for issue in table.issues if issue.refused}
    # Digits that a spreadsheet rounded away are no telephone.
    lost = {(issue.sheet, issue.line, issue.column) for issue in table.issues if issue.code == "digits_lost"}
    wide = _duty_columns(table)
    rows: list[PersonRow] = []
    refused = []
    for row in table.rows:
        why = none.get((row.sheet, row.line), "")
        people = [] if why else list(_people(row, found.roles, wide, table, lost))
        rows += people
        if not people:
            refused.append((row.sheet, row.line, why or tr("没有姓名", "no name")))
    return PeopleList(name, tuple(rows), tuple(refused), len(table.rows), found.roles, table.header)


def pasted_table(text: str) -> str:
    """Return pasted lines as a table: where nothing else parts the cells, blanks do."""
    lines = text.splitlines()
    if any(mark in line for line in lines for mark in "\t,;|，；"):
        return text
    return "\n".join("\t".join(line.split()) for line in lines)


def column_words() -> dict[str, str]:
    """Return every role of a column with its name in the user's language."""
    return roles(WORDS)


def _people(
    row: ImportRow,
    columns: Mapping[str, str],
    wide: Sequence[str],
    table: SourceTable,
    lost: Collection[tuple[str, int, str]],
) -> Iterator[PersonRow]:
    cell = {role: row.cells.get(column, "").strip() for role, column in columns.items()}

    def number(column: str) -> str:
        text = row.cells.get(column, "")
        return (
            tr(f"{text}（末几位已丢失）", f"{text} (digits lost)")
            if (row.sheet, row.line, column) in lost
            else text
        )

    if "name" in columns:
        phone = number(columns["phone"]) if "phone" in columns else ""
        yield from _named(row, cell, cell["name"], duty=cell.get("duty", ""), phone=phone)
        return
    for column in wide:
        after = table.header[table.header.index(column) + 1 :][:1]
        beside = after and "phone" in recognise(after, table=WORDS).roles
        yield from _named(
            row, cell, row.cells.get(column, ""), duty=column.removesuffix("/姓名"), phone=number(after[0]) if beside else ""
        )  # fmt: skip


def _named(
    row: ImportRow, cell: Mapping[str, str], names: str, *, duty: str, phone: str
) -> Iterator[PersonRow]:
    """Yield the people of one cell; telephones beside them go to them in order."""
    inside = [found[1] for found in _PHONE_INSIDE.finditer(names)]
    bare = re.sub(r"[(（\[【].*?[)）\]】]", "", _PHONE_INSIDE.sub("", names))
    people = [found for part in _NAMES.split(bare) if (found := _person(part))]
    written = [part for part in re.split(r"[、,，;；/\n]+|\s{2,}", phone) if part.strip()]
    if len(people) == 1 and len(written) > 1:
        written = written[:1]  # one person's second number: the first is the one to call
    for at, name in enumerate(people):
        number = inside[at] if at < len(inside) else written[at] if at < len(written) else ""
        yield PersonRow(
            row.sheet, row.line, name, duty, cell.get("area", ""), cell.get("grid", ""), cell.get("command", ""),
            cell.get("unit", ""), fold_phone(number), "" if fold_phone(number) else number.strip()[:40],
        )  # fmt: skip


def _person(text: str) -> str:
    if not text.strip() or fold(text) in NOTHING or fold_phone(text):
        return ""
    has_chinese = bool(re.search(r"[\u4e00-\u9fff]", text))
    return (fold_name(text) if has_chinese else " ".join(text.split()))[:60]


def _duty_columns(table: SourceTable) -> list[str]:
    """Return the columns that hold people of one duty each: 网格长, 网格员, 分包领导/姓名."""
    known = set(recognise(table.header, table=WORDS).roles.values())
    return [
        column
        for column in table.header
        if (column not in known or column.endswith("/姓名"))
        and len(column) <= 20
        and not re.search(r"电话|手机|方式|号码|数量|人数|备注", column)
        and read_role(column.removesuffix("/姓名"), ("community", "command")).role
        # Where the cells below are duties as well, it is a line of data that looked like a header.
        and _held([row.cells.get(column, "").strip() for row in table.rows]) != "duty"
    ]


def _without_header(raw: RawList) -> tuple[SourceTable, dict[str, str]] | None:
    """Return a list read as one without a header and what its columns hold; None where that shows no people."""
    choices = Choices(sheets={sheet.name: SheetChoice(header=0) for sheet in raw.sheets})
    table = lay_out(raw, choices)
    guessed: dict[str, str] = {}
    for column in table.header:
        role = _held([row.cells.get(column, "").strip() for row in table.rows])
        if role and role not in guessed:
            guessed[role] = column
    return (table, guessed) if "name" in guessed else None


def _held(texts: Sequence[str]) -> str:
    """Return what most filled cells of a column are, "" where nothing shows."""
    filled = [text for text in texts if text]
    if not filled:
        return ""

    def most(fits: Sequence[bool]) -> bool:
        return sum(fits) > _ENOUGH * len(filled)

    if most([bool(fold_phone(text)) for text in filled]):
        return "phone"
    if most(["网格" in text and not read_role(text, ()).role for text in filled]):
        return "grid"
    if most(["指挥部" in text and len(text) <= 20 for text in filled]):
        return "command"
    if most([bool(read_role(text, ("community", "command")).role) for text in filled]):
        return "duty"
    if most([text.endswith(("社区", "村", "居委会")) for text in filled]):
        return "area"
    if most(
        [bool(re.fullmatch(r"第?[\d\-~、,，至一二三四五六七八九十]+号?网?格?", text)) for text in filled]
    ):
        return "grid"
    return "name" if most([bool(_PERSON.fullmatch(text)) and len(text) <= 12 for text in filled]) else ""
