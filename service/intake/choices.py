"""What a person decided about how a list is to be read; remembered per source, all of it optional."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from pathlib import PurePath
from typing import Annotated, Literal

from pydantic import Field

from service.fields import Body, Line
from service.intake.columns import fold_header

_DATED = re.compile(r"[\d〇○零一二三四五六七八九十]+\s*(?:年度|年|月份|月|[日号周期次]|季度|季)|[上下]半年")
_VERSION = re.compile(r"[\d\W_]+|副本|最新|最终|终稿|定稿|修改|copy")
Header = Annotated[str, Field(max_length=400)]


class SheetChoice(Body):
    """Of one sheet: read it or not; which line its header is on (0: none) and how many lines it takes.

    `names` is the header that stood there when the choice was made: the next file of the source may
    have it on another line.
    """

    use: bool | None = None
    header: Annotated[int, Field(ge=0, le=1_048_576)] | None = None
    lines: Annotated[int, Field(ge=1, le=2)] = 1
    names: Annotated[list[Header], Field(max_length=500)] | None = None


class DateAnswers(Body):
    """Answers to the questions about a list's dates."""

    year: Annotated[int, Field(ge=1990, le=2100)] | None = None
    order: Literal["ymd", "dmy", "mdy"] | None = None
    start: Literal["1900", "1904"] | None = None
    written_on: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None
    tenths: Literal["as_written"] | None = None

    @property
    def written(self) -> date | None:
        """The day the list was written, None where unknown or no day."""
        try:
            return date.fromisoformat(self.written_on) if self.written_on else None
        except ValueError:
            return None


class Choices(Body):
    """Everything a person decided; empty means "as recognised".

    `columns` is role -> header (an empty header takes the role away), `location` the headers that the
    location text is composed of, in order; `carry` says per header whether blanks take the text above.
    """

    columns: Annotated[dict[Line, Header], Field(max_length=40)] = Field(default_factory=dict)
    location: Annotated[list[Header], Field(max_length=12)] | None = None
    sheets: Annotated[dict[Header, SheetChoice], Field(max_length=300)] = Field(default_factory=dict)
    dates: DateAnswers = DateAnswers()
    carry: Annotated[dict[Header, bool], Field(max_length=100)] = Field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether nothing was decided."""
        return self == Choices()


def file_stem(name: str) -> str:
    """Return what stays the same in the names of a source's files: no digits, dates, marks of versions.

    Examples
    --------
    >>> file_stem("如意湖2017年9月问题台账(2).xlsx"), file_stem("如意湖 10月份问题台账-最终.xls")
    ('如意湖问题台账', '如意湖问题台账')
    """
    folded = unicodedata.normalize("NFKC", PurePath(name).stem).casefold()
    return _VERSION.sub("", _DATED.sub("", folded))


def source_hash(name: str, header: Sequence[str]) -> bytes:
    """Return the key of a source: its set of headers and the stem of its file name."""
    content = [file_stem(name), sorted({fold_header(column) for column in header})]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).digest()


def header_hash(header: Sequence[str]) -> bytes:
    """Return the key of a header alone, for a source that was never seen."""
    return hashlib.sha256(json.dumps(list(header), ensure_ascii=False).encode()).digest()


def for_another_file(choices: Choices) -> Choices:
    """Return what may be used again for the same source.

    A header is looked for by what stood there, not by its line; the day a list was written on holds
    for that one list.
    """
    sheets = {
        name: choice.model_copy(update={"header": None})
        for name, choice in choices.sheets.items()
        if choice.use is not None or choice.names
    }
    dates = choices.dates.model_copy(update={"written_on": None})
    return choices.model_copy(update={"sheets": sheets, "dates": dates})
