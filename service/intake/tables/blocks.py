"""Several tables on one sheet: side by side, or one under the other; each becomes a table of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from service.intake.choices import SheetChoice
from service.intake.columns import anchor, fold_header, recognise
from service.intake.tables.headers import Header, find_header
from service.intake.tables.raw import Line, Merge, RawSheet


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a sheet: the columns from `left` up to and without `right`, under the sheet's name and `mark`."""

    sheet: RawSheet
    left: int
    right: int
    mark: str = ""

    @property
    def name(self) -> str:
        """The name the block's rows are listed under."""
        return f"{self.sheet.name}{self.mark}"


def column_letters(index: int) -> str:
    """Return a column's letters, from 0: A, …, Z, AA.

    Examples
    --------
    >>> column_letters(0), column_letters(27)
    ('A', 'AB')
    """
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def side_by_side(sheet: RawSheet, choice: SheetChoice | None) -> list[Block]:
    """Return the tables of a sheet that stand beside each other; one for most sheets."""
    header = find_header(sheet.lines, sheet.merges, choice, words=sheet.words)
    width = max((len(cells) for _, cells in sheet.lines), default=0)
    whole = [Block(sheet, 0, width)]
    if header is None or header.at < 0:
        return whole
    spans = _repeated(header, sheet.words) or _parted(header, sheet)
    if len(spans) < 2:
        return whole
    first = sheet.first_column
    return [
        replace(block, sheet=_cut(sheet, block.left, block.right))
        for block in (
            Block(
                sheet,
                left,
                right,
                f"（{column_letters(first + left)}–{column_letters(first + right - 1)} 列）",
            )
            for left, right in spans
        )
    ]


def _parted(header: Header, sheet: RawSheet) -> list[tuple[int, int]]:
    """Return the spans between blank columns, where each names a place of its own."""
    lines = sheet.lines[header.at :]
    used = {i for _, cells in lines for i, cell in enumerate(cells) if cell}
    spans: list[tuple[int, int]] = []
    for column in sorted(used):
        if spans and spans[-1][1] == column:
            spans[-1] = (spans[-1][0], column + 1)
        else:
            spans.append((column, column + 1))
    tables = [span for span in spans if _places(header.names[span[0] : span[1]], sheet.words)]
    return spans if len(tables) >= 2 and len(tables) == len(spans) else []


def _repeated(header: Header, words: Path) -> list[tuple[int, int]]:
    """Return the spans of a header that says the same two or three times in a row."""
    # `unique` has told equal names apart by a number.
    folded = [fold_header(name).rsplit("_", 1)[0] for name in header.names]
    for times in (2, 3):
        size, rest = divmod(len(folded), times)
        if rest or size < 2 or any(name.startswith("第") for name in folded[:size]):
            continue
        if all(folded[i * size : (i + 1) * size] == folded[:size] for i in range(times)) and _places(
            header.names[:size], words
        ):
            return [(i * size, (i + 1) * size) for i in range(times)]
    return []


def _places(names: Sequence[str], words: Path) -> bool:
    roles = recognise(list(dict.fromkeys(name.rsplit("_", 1)[0] for name in names)), table=words).roles
    return anchor(words) in roles and len(roles) >= 2


def _cut(sheet: RawSheet, left: int, right: int) -> RawSheet:
    lines: list[Line] = []
    for line, cells in sheet.lines:
        part = tuple(cells[left:right])
        if any(part):
            lines.append((line, part))
    merges = [
        Merge(m.top, m.left - left, m.bottom, min(m.right, right - 1) - left)
        for m in sheet.merges
        if left <= m.left < right
    ]
    return replace(
        sheet,
        lines=tuple(lines),
        merges=tuple(merges),
        hidden_columns=frozenset(c - left for c in sheet.hidden_columns if left <= c < right),
        first_column=sheet.first_column + left,
    )
