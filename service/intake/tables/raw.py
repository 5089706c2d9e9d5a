"""A list as the confined parser hands it over: sheets of cells with their marks, or features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from service.intake.columns import COLUMNS
from service.intake.model import SourceTable

Line = tuple[int, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range; lines 1-based, columns from 0, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class RawSheet:
    """The filled lines of one sheet. `skipped` are lines a chat's talk consists of: line, why, text.

    `words` is the table of headers that its columns are recognised by.
    """

    name: str
    lines: tuple[Line, ...]
    merges: tuple[Merge, ...] = ()
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    titles: tuple[str, ...] = ()
    first_column: int = 0
    skipped: tuple[tuple[int, str, str], ...] = ()
    refused: Mapping[int, str] | None = None
    words: Path = COLUMNS


@dataclass(frozen=True, slots=True)
class RawList:
    """A whole file: `sheets` of a table, or `features` of GeoJSON; `made_of` is docx, chat or empty.

    `plain` is its layout as recognised, without anybody's choices, once that was worked out.
    """

    name: str
    sha256: str
    sheets: tuple[RawSheet, ...] = ()
    features: tuple[tuple[int, Mapping[str, str], Any], ...] | None = None
    from_1904: bool | None = None
    made_of: str = ""
    plain: SourceTable | None = None


def raw_list(answer: Mapping[str, Any], *, name: str, sha256: str, words: Path = COLUMNS) -> RawList:
    """Return the parser's answer as a `RawList`, to be read by a table of headers."""
    features = answer.get("features")
    return RawList(
        name=name,
        sha256=sha256,
        sheets=tuple(_sheet(found, PurePath(name).stem, words) for found in answer.get("sheets", ())),
        features=tuple((line, cells, geometry) for line, cells, geometry in features)
        if features is not None
        else None,
        from_1904=answer.get("from_1904"),
        made_of=answer.get("kind", ""),
    )


def _sheet(found: Mapping[str, Any], stem: str, words: Path) -> RawSheet:
    return RawSheet(
        name=found["name"] or stem,
        lines=tuple((line, tuple(cells)) for line, cells in found["rows"]),
        merges=tuple(Merge(*merge) for merge in found.get("merges", ())),
        hidden=bool(found.get("hidden")),
        hidden_rows=frozenset(found.get("hidden_rows", ())),
        hidden_columns=frozenset(found.get("hidden_columns", ())),
        titles=tuple(found.get("titles", ())),
        first_column=found.get("first_column", 0),
        skipped=tuple((line, why, text) for line, why, text in found.get("skipped", ())),
        refused={int(line): code for line, code in found.get("refused", {}).items()},
        words=words,
    )
