"""Recognise what the columns of a list mean, from an editable table of headers.

The table is `columns.toml` beside this file, or another one for lists of another sort (people); a
user's correction (`overrides`) always wins.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from geodata.errors import FrameError
from service.words import tr

COLUMNS = Path(__file__).with_name("columns.toml")
# Under a merged header these say nothing of their own: 责任单位/名称 is the unit.
_GENERIC = frozenset(
    ["名称", "单位名称", "姓名", "时间", "日期", "类别", "类型", "内容", "name", "type", "date"]
)
_BRACKETS = re.compile(r"[(\[【].*?[)\]】]")


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Role -> header for the recognised columns; `unused` are the other headers, in order.

    `others` are further headers of a role, on sheets that name it otherwise. `spell` turns a role's
    cells into its text where one cell does not say it: a location of several columns, a date.
    """

    roles: Mapping[str, str]
    unused: tuple[str, ...]
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    spell: Mapping[str, Callable[[Mapping[str, str]], str]] = field(default_factory=dict)

    def text(self, cells: Mapping[str, str], role: str) -> str:
        """Return the stripped text of a role in a row, empty where the role or cell is missing."""
        return self.spell[role](cells) if role in self.spell else self.cell(cells, role)

    def cell(self, cells: Mapping[str, str], role: str) -> str:
        """Return a role's cell as written: the first filled one of its columns."""
        own = self.roles.get(role)
        headers = ((own,) if own else ()) + tuple(self.others.get(role, ()))
        return next((text for header in headers if (text := cells.get(header, "").strip())), "")


@lru_cache(maxsize=4)
def _table(path: Path) -> dict[str, dict[str, object]]:
    with path.open("rb") as handle:
        return tomllib.load(handle)


def anchor(table: Path) -> str:
    """Return the role that makes a table a list: the first one, a problem's location, a person's name."""
    return next(iter(_table(table)))


def roles(table: Path = COLUMNS) -> dict[str, str]:
    """Return every role with its name in the user's language, in the table's order."""
    named = {}
    for role, entry in _table(table).items():
        words = entry["words"]
        assert isinstance(words, dict)
        named[role] = tr(words["zh"], words["en"])
    return named


def fold_header(header: str) -> str:
    """Return a header without case, width, spaces and bracketed remarks, for comparison."""
    folded = unicodedata.normalize("NFKC", header).casefold()
    return re.sub(r"[\s*：:]", "", _BRACKETS.sub("", folded))


def recognise(
    header: Sequence[str], *, overrides: Mapping[str, str] | None = None, table: Path = COLUMNS
) -> ColumnMap:
    """Return which column plays which role.

    Parameters
    ----------
    header
        The list's column headers in order.
    overrides
        role -> header as the user corrected them; an empty header takes the role away.
    table
        The headers to know, in the form of `columns.toml`.

    Raises
    ------
    FrameError
        If an override names an unknown role or a header that the list does not have.

    Examples
    --------
    >>> recognise(["序号", "店名", "行业", "地址", "区"]).roles["location"]
    '地址'
    """
    overrides = dict(overrides or {})
    _check_overrides(header, overrides, table)
    found = {role: column for role, column in overrides.items() if column}
    taken = set(found.values())
    folded = {column: fold_header(column) for column in header}
    for match in ("exact", "part"):
        for role, entry in _table(table).items():
            if role in found or role in overrides:
                continue
            names = entry[match]
            assert isinstance(names, list)
            column = _first(
                names, {c: f for c, f in folded.items() if c not in taken}, partial=match == "part"
            )
            if column:
                found[role] = column
                taken.add(column)
    return ColumnMap(roles=found, unused=tuple(column for column in header if column not in taken))


def _first(names: Sequence[str], folded: Mapping[str, str], *, partial: bool) -> str | None:
    for name in names:
        for column, text in folded.items():
            if (name in text) if partial else (name in _forms(text)):
                return column
    return None


def _forms(folded: str) -> tuple[str, ...]:
    """Return a header's text and, for a header of two lines (检查情况/问题描述), the part that names it."""
    if "/" not in folded:
        return (folded,)
    group, leaf = folded.rsplit("/", 1)
    return (folded, group if leaf in _GENERIC else leaf)


def exact_headers(table: Path = COLUMNS) -> frozenset[str]:
    """Return every header text that the table knows exactly, folded."""
    names = [entry["exact"] for entry in _table(table).values()]
    return frozenset(name for found in names if isinstance(found, list) for name in found)


def _check_overrides(header: Sequence[str], overrides: Mapping[str, str], table: Path) -> None:
    wrong = [role for role in overrides if role not in _table(table)]
    if wrong:
        accepted = "、".join(f"{role}（{words}）" for role, words in roles(table).items())
        raise FrameError(
            tr(
                f"没有这样的列角色：{'、'.join(wrong)}；可用的有 {accepted}",
                f"unknown column role: {', '.join(wrong)}; accepted are {accepted}",
            )
        )
    missing = [column for column in overrides.values() if column and column not in header]
    if missing:
        there = "、".join(header)
        raise FrameError(
            tr(
                f"表里没有这些列：{'、'.join(missing)}；表头是 {there}",
                f"the list has no column {', '.join(missing)}; it has {there}",
            )
        )
