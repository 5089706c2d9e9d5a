"""Lay a list out: every filled line below a header becomes a row, with what is not a record named.

::

    RawList ─ sheets ─ tables side by side ─ tables one under the other ─ rows ─ carried down ─ SourceTable
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from service.intake.choices import Choices
from service.intake.columns import COLUMNS, anchor, recognise, roles
from service.intake.model import ImportRow, RowIssue, SheetReport, SheetState, SourceTable
from service.intake.tables.blocks import Block, side_by_side
from service.intake.tables.carry import Body, carry_down, merged_problems
from service.intake.tables.cells import plain_cell
from service.intake.tables.headers import (
    Header,
    find_header,
    is_another_header,
    is_header_again,
    unique,
)
from service.intake.tables.parts import location_parts
from service.intake.tables.raw import Line, RawList, RawSheet
from service.intake.tables.rowkinds import code_words, row_code
from service.words import tr

OTHER = "其他"
_HEAD_LINES = 12
_SEEN = 60


@dataclass
class _Read:
    """One table of a sheet, read."""

    report: SheetReport
    rows: list[ImportRow]
    issues: list[RowIssue]


def lay_out(raw: RawList, choices: Choices | None = None) -> SourceTable:
    """Return a list's rows under their headers.

    Parameters
    ----------
    choices
        What a person decided about sheets, headers and carried cells.
    """
    if raw.features is not None:
        return _features(raw)
    choices = choices or Choices()
    read = [found for sheet in raw.sheets for found in _sheet(sheet, choices)]
    words = raw.sheets[0].words if raw.sheets else COLUMNS
    read = _without_summaries(read, choices, words)
    read = _continued(read, raw, choices)
    kept = [found for found in read if found.report.state == "list"]
    header = dict.fromkeys(name for found in kept for name in found.report.header)
    if any(OTHER in row.cells for found in kept for row in found.rows):
        header.setdefault(OTHER)
    return SourceTable(
        name=raw.name,
        sha256=raw.sha256,
        header=tuple(header),
        rows=tuple(row for found in kept for row in found.rows),
        issues=tuple(issue for found in kept for issue in found.issues),
        sheets=tuple(found.report for found in read),
        from_1904=raw.from_1904,
        made_of=raw.made_of,
    )


def plain_layout(raw: RawList) -> SourceTable:
    """Return a list's layout as recognised, the one that came with it if one did."""
    return lay_out(raw) if raw.plain is None else raw.plain


def _features(raw: RawList) -> SourceTable:
    header: dict[str, None] = {}
    rows = []
    name = raw.name.rsplit(".", 1)[0]
    for line, cells, geometry in raw.features or ():
        header.update(dict.fromkeys(cells))
        shape = geometry if isinstance(geometry, dict) else None
        rows.append(ImportRow(sheet=name, line=line, cells=cells, geometry=shape))
    report = SheetReport(name=name, state="list", header=tuple(header), rows=len(rows), group=name)
    return SourceTable(raw.name, raw.sha256, tuple(header), tuple(rows), sheets=(report,))


def _sheet(sheet: RawSheet, choices: Choices) -> list[_Read]:
    choice = choices.sheets.get(sheet.name)
    if not sheet.lines:
        return [_unread(sheet, sheet.name, "empty", tr("空的工作表", "an empty sheet"))]
    if choice and choice.use is False:
        return [_unread(sheet, sheet.name, "off", _lines_words(sheet, tr("没有选用", "not chosen")))]
    blocks = side_by_side(sheet, choice)
    read = []
    for block in blocks:
        own = choices.sheets.get(block.name)
        if own and own.use is False:
            read.append(
                _unread(
                    block.sheet, block.name, "off", _lines_words(block.sheet, tr("没有选用", "not chosen"))
                )
            )
            continue
        read += _block(block, choices, several=len(blocks) > 1)
    return read


def _lines_words(sheet: RawSheet, why: str) -> str:
    count = len(sheet.lines)
    return tr(f"{why}，{count} 行没有读", f"{why}: {count} lines were not read")


def _unread(sheet: RawSheet, name: str, state: SheetState, words: str) -> _Read:
    report = SheetReport(
        name=name, state=state, notes=(words,), hidden=sheet.hidden, group=sheet.name, head=_head(sheet.lines)
    )
    return _Read(report, [], [])


def _head(lines: Sequence[Line]) -> tuple[tuple[int, tuple[str, ...]], ...]:
    return tuple((line, tuple(cell[:_SEEN] for cell in cells[:20])) for line, cells in lines[:_HEAD_LINES])


def _block(block: Block, choices: Choices, *, several: bool) -> list[_Read]:
    sheet = block.sheet
    header = find_header(
        sheet.lines,
        sheet.merges,
        choices.sheets.get(block.name) or choices.sheets.get(sheet.name),
        words=sheet.words,
    )
    if header is None:
        words = _lines_words(
            sheet, tr("没有找到表头，不像清单", "no header was found, it looks like no list")
        )
        return [_unread(sheet, block.name, "no_list", words)]
    titles = (
        *sheet.titles,
        *(cell for _, cells in sheet.lines[: max(header.at, 0)] for cell in cells if cell),
    )
    return [
        _table(replace(block, mark=block.mark + mark), part, lines, titles, choices, several=several)
        for part, lines, mark in _segments(sheet, header)
    ]


def _table(
    block: Block,
    header: Header,
    lines: Sequence[Line],
    titles: Sequence[str],
    choices: Choices,
    *,
    several: bool,
) -> _Read:
    sheet = block.sheet
    choice = choices.sheets.get(block.name)
    if choice and choice.use is False:
        return _unread(
            sheet,
            block.name,
            "off",
            tr(f"没有选用，{len(lines)} 行没有读", f"not chosen: {len(lines)} lines"),
        )
    rows, issues = _rows(block, header, lines, titles, choices)
    report = SheetReport(
        name=block.name,
        state="list" if rows else "empty",
        header_line=sheet.lines[header.at][0] if header.at >= 0 else 0,
        header_lines=max(header.height, 1),
        header=header.names,
        titles=tuple(titles),
        notes=tuple(_notes(sheet, rows, several=several)),
        rows=len(rows),
        hidden=sheet.hidden,
        group=sheet.name,
        # Only a first table's header is moved; those below follow from what stands there.
        head=_head(sheet.lines) if header.at < 0 or not block.name.endswith("行起）") else (),
    )
    return _Read(report, rows, issues)


def _segments(sheet: RawSheet, header: Header) -> Iterator[tuple[Header, Sequence[Line], str]]:
    """Yield the tables one under the other: header, lines below it, and what tells it from the first."""
    start, part, mark = header.body, header, ""
    # Who says that there is no header means it of every line.
    for at in range(header.body, len(sheet.lines) if header.at >= 0 else 0):
        line, cells = sheet.lines[at]
        if is_another_header(cells, sheet.words) and not is_header_again(cells, part.names):
            yield part, sheet.lines[start:at], mark
            part, start = Header(at, 1, unique(list(cells))), at + 1
            # Part of a name that is remembered, so it is the same in every language.
            mark = f"（第 {line} 行起）"
    yield part, sheet.lines[start:], mark


def _rows(
    block: Block, header: Header, lines: Sequence[Line], titles: Sequence[str], choices: Choices
) -> tuple[list[ImportRow], list[RowIssue]]:
    sheet, names = block.sheet, list(header.names)
    overrides = {r: c for r, c in choices.columns.items() if not c or c in names}
    columns = recognise(names, overrides=overrides, table=sheet.words)
    spot = columns.roles.get(anchor(sheet.words))
    parts = location_parts(names, columns) if sheet.words == COLUMNS else (spot,) if spot else ()
    location = names.index(parts[0]) if parts else None
    across = {m.top: m.right - m.left + 1 for m in sheet.merges if m.left == 0}
    rows: list[ImportRow] = []
    issues: list[RowIssue] = []
    records = set()
    for line, cells in lines:
        found, said = _row(block.name, line, cells, names)
        hidden = line in sheet.hidden_rows
        rows.append(replace(found, hidden=hidden))
        code = (sheet.refused or {}).get(line, "")
        code = code or row_code(cells, names, titles=titles, across=across.get(line, 1), location=location)
        if code:
            issues.append(RowIssue(block.name, line, "", code, code_words(code)))
            continue
        records.add(line)
        issues += said
        if hidden:
            words = tr("文件中是隐藏行，照常读取", "a hidden row of the file, read like the others")
            issues.append(RowIssue(block.name, line, "", "hidden_row", words, refused=False))
    body = Body(rows, names, sheet.merges, frozenset(records))
    for line, (column, top) in merged_problems(body, columns).items():
        words = tr(
            f"“{column}”与第 {top} 行是一个合并单元格，没有沿用：只算第 {top} 行的问题",
            f"{column} is one merged cell with line {top} and was not carried: it is that line's problem",
        )
        issues.append(RowIssue(block.name, line, column, "merged_problem", words, refused=False))
    carried = carry_down(body, columns, choices.carry)
    for row in carried:
        if row.carried:
            which = "、".join(row.carried)
            words = tr(f"“{which}”沿用上面的内容", f"{which} taken from above")
            issues.append(RowIssue(row.sheet, row.line, row.carried[0], "carried", words, refused=False))
    return carried, issues


def _row(
    name: str, line: int, cells: Sequence[str], names: Sequence[str]
) -> tuple[ImportRow, list[RowIssue]]:
    issues = []
    texts: dict[str, str] = {}
    for column, cell in zip(names, [*cells, *[""] * (len(names) - len(cells))], strict=False):
        texts[column], lost = plain_cell(cell)
        if lost:
            words = tr(
                f"“{column}”是科学计数法 {cell}，末几位可能已经丢失",
                f"{column} is in powers of ten ({cell}); its last digits may be lost",
            )
            issues.append(RowIssue(name, line, column, "digits_lost", words, refused=False))
    extra = [cell for cell in cells[len(names) :] if cell]
    if extra:
        texts[OTHER] = " ".join(extra)
        words = tr(
            "这一行比表头多出几格，多出的内容保留在“其他”列",
            "the row has more cells than the header; they are kept under 其他",
        )
        issues.append(RowIssue(name, line, OTHER, "extra_cells", words, refused=False))
    return ImportRow(sheet=name, line=line, cells=texts), issues


def _notes(sheet: RawSheet, rows: Sequence[ImportRow], *, several: bool) -> Iterator[str]:
    if sheet.hidden:
        yield tr("隐藏的工作表，照常读取", "a hidden sheet, read like the others")
    hidden = sum(row.hidden for row in rows)
    if hidden:
        yield tr(f"有 {hidden} 个隐藏行，照常读取", f"{hidden} hidden rows, read like the others")
    if sheet.hidden_columns:
        yield tr(
            f"有 {len(sheet.hidden_columns)} 个隐藏列，照常读取",
            f"{len(sheet.hidden_columns)} hidden columns, read like the others",
        )
    if several:
        yield tr("同一工作表上并排的几张表，分开读取", "tables side by side on one sheet, read apart")
    carried = sum(bool(row.carried) for row in rows)
    if carried:
        yield tr(f"{carried} 行沿用了上面的合并单元格或同上", f"{carried} rows take cells from above")
    if sheet.skipped:
        yield tr(
            f"{len(sheet.skipped)} 行只是发言人、时间或转发标记，不算问题",
            f"{len(sheet.skipped)} lines only name a sender, a time or a forward",
        )


def _without_summaries(read: Sequence[_Read], choices: Choices, words: Path) -> list[_Read]:
    """Name the sheets that list nothing: where some sheets say where things are, others are summaries."""
    placed = [
        found for found in read if found.report.state == "list" and _has_place(found.report.header, words)
    ]
    if not placed:
        return list(read)
    result = []
    for found in read:
        chosen = choices.sheets.get(found.report.name) or choices.sheets.get(found.report.group)
        wanted = chosen is not None and chosen.use is True
        if found.report.state != "list" or _has_place(found.report.header, words) or wanted:
            result.append(found)
            continue
        what = roles(words)[anchor(words)]
        note = tr(
            f"没有{what}列，不是清单（像统计表），{found.report.rows} 行没有读",
            f"it has no {what} column, so it is no list: {found.report.rows} rows were not read",
        )
        report = replace(found.report, state="no_list", notes=(note,), rows=0)
        result.append(_Read(report, [], []))
    return result


def _has_place(header: Sequence[str], words: Path) -> bool:
    if words != COLUMNS:
        return anchor(words) in recognise(header, table=words).roles
    columns = recognise(header)
    return bool(location_parts(header, columns, alone=False)) or {"lon", "lat"} <= columns.roles.keys()


def _continued(read: list[_Read], raw: RawList, choices: Choices) -> list[_Read]:
    """Read a Word table without a header under the header of the table before it, if it is as wide."""
    if raw.made_of != "docx":
        return read
    result: list[_Read] = []
    before: SheetReport | None = None
    sheets: Mapping[str, RawSheet] = {sheet.name: sheet for sheet in raw.sheets}
    for found in read:
        sheet = sheets[found.report.group]
        width = max((len(cells) for _, cells in sheet.lines), default=0)
        goes_on = found.report.state in ("no_list", "empty", "list") and not _has_place(
            found.report.header, sheet.words
        )
        if before and goes_on and width == len(before.header) and not sheet.titles:
            block = Block(sheet, 0, width)
            rows, issues = _rows(block, Header(-1, 0, before.header), sheet.lines, before.titles, choices)
            note = tr(f"没有表头，接着“{before.name}”读", f"it has no header and goes on from {before.name}")
            report = replace(
                found.report, state="list", header=before.header, notes=(note,), rows=len(rows), header_line=0
            )
            found = _Read(report, rows, issues)
        elif found.report.state == "list":
            before = found.report
        result.append(found)
    return result
