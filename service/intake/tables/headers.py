"""Find the header of a table: under title rows, of one line or two, or where a person put it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from service.intake.choices import SheetChoice
from service.intake.columns import COLUMNS, exact_headers, fold_header, recognise
from service.intake.tables.raw import Line, Merge

TITLE_ROWS = 15
_HEADER_LENGTH = 20
_NUMBER = re.compile(r"[\d.,:/\-%]+")


@dataclass(frozen=True, slots=True)
class Header:
    """Where a header is: `at` indexes the lines given (-1: the table has none), of `height` lines."""

    at: int
    height: int
    names: tuple[str, ...]

    @property
    def body(self) -> int:
        """The index of the first line below."""
        return self.at + self.height if self.at >= 0 else 0


def find_header(
    lines: Sequence[Line], merges: Sequence[Merge], choice: SheetChoice | None, *, words: Path = COLUMNS
) -> Header | None:
    """Return the header of some lines; None where nothing looks like one.

    Parameters
    ----------
    choice
        What a person decided: the line it is on, or, for another file of the source, what it says.
    words
        The table of headers to know.
    """
    if not lines:
        return None
    width = max(len(cells) for _, cells in lines)
    if choice and choice.header == 0:
        return Header(-1, 0, unique([""] * width))
    if choice and choice.header is not None:
        at = next((i for i, (line, _) in enumerate(lines) if line == choice.header), None)
        if at is not None:
            return _header(lines, merges, at, choice.lines)
    if choice and choice.names:
        for at in range(min(len(lines), TITLE_ROWS)):
            found = _header(lines, merges, at, choice.lines)
            if list(found.names) == choice.names:
                return found
    return _best(lines, merges, words)


def _best(lines: Sequence[Line], merges: Sequence[Merge], words: Path) -> Header | None:
    """Return the header among the first rows that names most columns."""
    best, best_score = None, 0.0
    for at, (_, cells) in enumerate(lines[:TITLE_ROWS]):
        if best and is_another_header(best.names, words):
            # A second table below may name more columns: it is not the header of the first.
            break
        filled = sum(bool(cell) for cell in cells)
        # A title row is one long cell; a data row can contain a header's word by chance.
        bonus = (0.5 if filled > 1 else 0.0) - 0.01 * at
        score = _recognised(cells, words) + bonus
        if score > best_score:
            best, best_score = _header(lines, merges, at, 1), score
        if _is_two_lines(lines, merges, at):
            pair = _header(lines, merges, at, 2)
            score = _recognised(pair.names, words) + bonus + 0.001
            if score > best_score:
                best, best_score = pair, score
    return best


def _recognised(cells: Sequence[str], words: Path) -> int:
    texts = [cell for cell in cells if cell and len(cell.rsplit("/", 1)[-1]) <= _HEADER_LENGTH]
    return len(recognise(list(dict.fromkeys(texts)), table=words).roles)


def _header(lines: Sequence[Line], merges: Sequence[Merge], at: int, height: int) -> Header:
    height = min(height, len(lines) - at)
    names = list(lines[at][1])
    if height == 2:
        names = _joined(lines, merges, at)
    return Header(at, height, unique(names))


def _joined(lines: Sequence[Line], merges: Sequence[Merge], at: int) -> list[str]:
    """Return the names of a header of two lines: 检查情况 over 问题描述 is 检查情况/问题描述."""
    (top, upper), (_, lower) = lines[at], lines[at + 1]
    width = max(len(upper), len(lower))
    upper, lower = _padded(upper, width), _padded(lower, width)
    spans = _groups(upper, lower, top, merges)
    group_of = {column: upper[start] for start, end in spans for column in range(start, end + 1)}
    names = []
    for column in range(width):
        above, below = group_of.get(column, ""), lower[column]
        if below:
            names.append(f"{above}/{below}" if above and fold_header(above) != fold_header(below) else below)
        else:
            names.append(upper[column])
    return names


def _groups(
    upper: Sequence[str], lower: Sequence[str], top: int, merges: Sequence[Merge]
) -> list[tuple[int, int]]:
    """Return the first and last column of every header that stands over several others."""
    merged = {
        m.left: m.right for m in merges if m.top <= top <= m.bottom and m.right > m.left and m.bottom == top
    }
    spans = []
    for column, text in enumerate(upper):
        if not text:
            continue
        end = merged.get(column, column)
        if column not in merged:
            # Without merges (a text table): blanks to the right that have something below them.
            while end + 1 < len(upper) and not upper[end + 1] and lower[end + 1]:
                end += 1
        if end > column and lower[column]:
            spans.append((column, min(end, len(upper) - 1)))
    return spans


def _is_two_lines(lines: Sequence[Line], merges: Sequence[Merge], at: int) -> bool:
    if at + 1 >= len(lines) or lines[at + 1][0] != lines[at][0] + 1:
        return False
    (top, upper), (_, lower) = lines[at], lines[at + 1]
    width = max(len(upper), len(lower))
    upper, lower = _padded(upper, width), _padded(lower, width)
    spans = _groups(upper, lower, top, merges)
    inside = {column for start, end in spans for column in range(start, end + 1)}
    single = [column for column, text in enumerate(upper) if text and column not in inside]
    below = [text for text in lower if text]
    return (
        bool(spans)
        and bool(single)
        # A data row has something under 序号 and 位置; the second line of a header has not.
        and all(not lower[column] for column in single)
        and len(below) >= 2
        and all(len(text) <= _HEADER_LENGTH for text in below)
        and not all(_NUMBER.fullmatch(text) for text in below)
    )


def is_header_again(cells: Sequence[str], names: Sequence[str]) -> bool:
    """Return whether a row repeats the header: most of its cells say what stands above them."""
    filled = [(i, fold_header(cell)) for i, cell in enumerate(cells) if cell]
    if len(filled) < 2:
        return False
    same = sum(i < len(names) and text in _parts(fold_header(names[i])) for i, text in filled)
    return same >= 2 and same * 3 >= len(filled) * 2


def _parts(folded: str) -> set[str]:
    return {folded, *folded.split("/")}


def is_another_header(cells: Sequence[str], words: Path = COLUMNS) -> bool:
    """Return whether a row in the middle starts another table: short cells, most of them known headers."""
    filled = [fold_header(cell) for cell in cells if cell]
    if len(filled) < 3 or any(len(text) > _HEADER_LENGTH for text in filled):
        return False
    known = exact_headers(words)
    return sum(text in known for text in filled) >= max(2, (len(filled) + 1) // 2)


def unique(names: Sequence[str]) -> tuple[str, ...]:
    """Return header names that are all different; a nameless column is called by its number."""
    seen: dict[str, int] = {}
    result = []
    for index, raw in enumerate(names, start=1):
        name = " ".join(raw.split()) or f"第{index}列"
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return tuple(result)


def _padded(cells: Sequence[str], width: int) -> tuple[str, ...]:
    return (*cells, *[""] * (width - len(cells)))
