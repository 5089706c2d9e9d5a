"""Text tables (.csv .tsv .txt): byte order mark, else strict UTF-8, else GB18030; the separator is found out."""

from __future__ import annotations

import codecs
import csv
import io
import re
import sys
from collections import Counter
from collections.abc import Iterator

from service.confined.child import RefusedError
from service.intake.formats.limits import CellBudget, clean

_SEPARATORS = (",", "\t", ";", "，", "；", "|", "、")
# Marks that also stand inside a sentence: they separate cells only under a line of header words.
_ALSO_PROSE = ("，", "；", "、")
_HEADER_WORD = re.compile("位置|地址|地点|问题|描述|名称|社区|序号|日期|时间|单位|路段|店名|编号|类别|行业")
_LOOKED_AT = 40


def decode(content: bytes) -> str:
    """Return a text file's content.

    Raises
    ------
    RefusedError
        If it is no text in any of the encodings that offices use.
    """
    for bom, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(bom):
            return _strict(content, encoding)
    if b"\x00" in content:
        raise RefusedError("not_text")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return _strict(content, "gb18030")


def _strict(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise RefusedError("not_text", f"{encoding}: byte {error.start}") from error


def find_separator(content: str) -> str | None:
    """Return the separator that splits most lines into the same number of cells, None where none does.

    Examples
    --------
    >>> find_separator("位置、问题\\n众意路、垃圾")
    '、'
    >>> find_separator("众意路垃圾成堆\\n九如路积水") is None
    True
    """
    lines = [line for line in content.splitlines() if line.strip()][:_LOOKED_AT]
    best, best_score = None, 0.0
    for separator in _SEPARATORS:
        if separator in _ALSO_PROSE and not _header_words(lines[:1], separator):
            continue
        counts = Counter(count for line in lines if (count := _outside_quotes(line, separator)))
        if not counts:
            continue
        # How many lines agree on the most frequent count; more columns only break a tie.
        columns, agreeing = max(counts.items(), key=lambda pair: (pair[1], pair[0]))
        score = agreeing / len(lines) + 0.001 * min(columns, 50)
        if score > best_score:
            best, best_score = separator, score
    return best if best_score >= 0.5 else None


def _header_words(first: list[str], separator: str) -> bool:
    cells = first[0].split(separator) if first else []
    return sum(len(cell) <= 10 and bool(_HEADER_WORD.search(cell)) for cell in cells) >= 2


def _outside_quotes(line: str, separator: str) -> int:
    return sum(part.count(separator) for part in line.split('"')[::2])


def read_rows(content: str, separator: str | None) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and cells of every row; a quoted cell may hold line breaks."""
    # A cell may be as long as the file; the row check decides later what is too long.
    csv.field_size_limit(sys.maxsize)
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=separator or ",")
    budget, line = CellBudget(), 1
    for row in reader:
        budget.take(len(row))
        yield line, [clean(cell) for cell in row]
        line = reader.line_num + 1
