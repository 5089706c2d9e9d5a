"""Text carried down: merged cells, 同上, and blanks under a text where a column's pattern says so.

Never the problem text and never a record's number: what is wrong at a place is written for that place
alone; the row under a merged one is told so. What was carried is named with the row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from service.intake.columns import ColumnMap
from service.intake.model import ImportRow
from service.intake.tables.parts import group_columns
from service.intake.tables.raw import Merge

_NEVER = ("description", "key", "lon", "lat")
# Roles whose blanks can mean "as above"; a lone location column needs a clearer pattern than these. A blank
# unit is not known yet: it is that of the row above only where cells are merged, or by a ditto mark.
_GROUPING = ("area", "reported_at")
_DITTO = frozenset(["同上", "同前", "〃", "″", "''", '"', "”", "ditto"])
_CLEAR_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class Body:
    """The rows of one table, their columns in order, the merged ranges, and which rows are records."""

    rows: Sequence[ImportRow]
    names: Sequence[str]
    merges: Sequence[Merge]
    records: frozenset[int]


def carry_down(body: Body, columns: ColumnMap, stated: Mapping[str, bool]) -> list[ImportRow]:
    """Return the rows with carried texts filled in and named in `carried`.

    Parameters
    ----------
    stated
        Header -> whether its blanks take the text above, as a person decided; others by pattern.
    """
    never = {columns.roles[role] for role in _NEVER if role in columns.roles}
    merged = {cell: text for cell, (text, _) in _merged_cells(body).items()}
    by_pattern = {
        name
        for name in body.names
        if name not in never and stated.get(name, _pattern_says_so(name, body, columns, merged))
    }
    refused = {name for name, wanted in stated.items() if not wanted} | never
    above: dict[str, str] = {}
    result = []
    for row in body.rows:
        if row.line not in body.records:
            result.append(row)
            continue
        filled = {}
        for name in body.names:
            text = row.cells.get(name, "")
            source = merged.get((row.line, name))
            if name not in refused and not text and source:
                filled[name] = source
            elif (
                name not in refused
                and above.get(name)
                and (text in _DITTO or (not text and name in by_pattern))
            ):
                filled[name] = above[name]
            if text and text not in _DITTO:
                above[name] = text
        result.append(replace(row, cells={**row.cells, **filled}, carried=tuple(filled)) if filled else row)
    return result


def merged_problems(body: Body, columns: ColumnMap) -> dict[int, tuple[str, int]]:
    """Return line -> header and first line of the merged problem text that covers it and is not carried."""
    name = columns.roles.get("description", "")
    texts = {row.line: row.cells.get(name, "") for row in body.rows}
    return {
        line: (name, top)
        for (line, header), (_, top) in _merged_cells(body).items()
        if header == name and line in body.records and not texts[line]
    }


def _merged_cells(body: Body) -> dict[tuple[int, str], tuple[str, int]]:
    """Return (line, header) -> text and first line of the merged cell that covers it, below that line."""
    texts = {row.line: row.cells for row in body.rows}
    found: dict[tuple[int, str], tuple[str, int]] = {}
    for merge in body.merges:
        if merge.bottom <= merge.top or merge.left >= len(body.names) or merge.top not in texts:
            continue
        name = body.names[merge.left]
        text = texts[merge.top].get(name, "")
        if text:
            # A range to the last line of the sheet is as long as the rows there are.
            covered = [line for line in texts if merge.top < line <= merge.bottom]
            found.update({(line, name): (text, merge.top) for line in covered})
    return found


def _pattern_says_so(
    name: str, body: Body, columns: ColumnMap, merged: Mapping[tuple[int, str], str]
) -> bool:
    """Return whether blanks in a column mean "as above": filled once per group, never repeated."""
    grouping = {columns.roles[role] for role in _GROUPING if role in columns.roles} | group_columns(
        body.names
    )
    location = columns.roles.get("location")
    if name not in grouping and name != location:
        return False
    records = [row for row in body.rows if row.line in body.records]
    texts = [row.cells.get(name, "") or merged.get((row.line, name), "") for row in records]
    blanks = sum(not text for text in texts)
    if not blanks or not texts[0]:
        return False
    starts = [i for i, text in enumerate(texts) if text]
    if any(texts[a] == texts[b] and b == a + 1 for a, b in pairwise(starts)):
        # Who writes a text out again does not mean a blank to stand for it.
        return False
    described = columns.roles.get("description") or location
    own = all(
        row.cells.get(described or "", "") for row, text in zip(records, texts, strict=True) if not text
    )
    # Twice the same habit is a pattern; a single text counts when everything below it is blank.
    groups = sum(i + 1 < len(texts) and not texts[i + 1] for i in starts)
    if name == location:
        return own and groups >= 2 and blanks >= _CLEAR_SHARE * len(texts) and "description" in columns.roles
    return own and (groups >= 2 or len(starts) == 1) and blanks >= len(starts) / 2
