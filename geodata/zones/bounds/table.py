"""The table of bounds as offices write it: four columns, or one cell 东至…，南至…，西至…，北至….

Cells and headers in, `BoundsRow` out; which file they came from does not matter here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from geodata.errors import Fault, FrameError, listed
from geodata.zones.bounds.model import SIDE_NAMES, SIDES, BoundsRow, Compass

_SIDE_OF: dict[str, Compass] = {word: side for side, word in SIDE_NAMES.items()}
_NAME = re.compile(
    r"(社区|居委会|村|单位|辖区)?(名称|名)?|社区（村）|社区\(村\)|村（居）|村\(居\)|name|community"
)
_CODE = re.compile(r"(社区|区划|统计|行政区划)?(代码|编码|编号)|code", re.IGNORECASE)
_NOTE = re.compile(r"备注|说明|note", re.IGNORECASE)
_WHOLE = re.compile(r".*四至.*|(管辖|辖区)?范围|边界|bounds", re.IGNORECASE)
_SIDE = re.compile(
    r"([东南西北])(至|到|界|临|邻|抵|面|侧|边|部|起|接|以|方|$)(界|邻|限|线|边|面|向|为|于|范围|边界|界线)?"
)
_ENGLISH: dict[str, Compass] = {"east": "E", "south": "S", "west": "W", "north": "N"}
# A side begins at the start of a cell or after a stop; 东风路 inside a name begins none.
_MARK = re.compile(
    r"(?:^|[\s,，;；。、:：])((?:[东南西北][、和]?){1,4})(?:面|侧|边|部|界|方)?(?:(?:至于|止于|邻接|毗邻|紧邻|相邻|以|至|到|临|邻|抵|接|起)(?:为|于|界)?[:：]?|[:：])"
)
_TOTAL = re.compile(r"(合|总|小)计.*|共.*")


def read_bounds(rows: Sequence[Mapping[str, str]], *, lines: Sequence[int] | None = None) -> list[BoundsRow]:
    """Return the communities of a table.

    Parameters
    ----------
    rows
        Cells by header, in the table's order. Empty rows and 合计 rows are left out.
    lines
        The number of each row in its sheet; counted from 2 if not given.

    Returns
    -------
    list[BoundsRow]
        A row with an empty name carries on the community above (merged cells, a second line).

    Raises
    ------
    FrameError
        If the columns are missing, no row is left, or a name stands there twice; all faults at once.

    Examples
    --------
    >>> (row,) = read_bounds([{"社区": "甲社区", "四至范围": "东至东风路，南至A路、B渠，西、北至环路"}])
    >>> dict(row.sides)
    {'E': '东风路', 'S': 'A路、B渠', 'W': '环路', 'N': '环路'}
    """
    numbers = list(lines) if lines is not None else list(range(2, len(rows) + 2))
    headers = list(dict.fromkeys(header for row in rows for header in row))
    columns = _columns(headers)
    found: list[BoundsRow] = []
    for cells, number in zip(rows, numbers, strict=True):
        row = _row(cells, columns, number)
        if _TOTAL.fullmatch(row.name) or not (row.name or row.sides):
            continue
        if not row.name and found:
            found[-1] = _joined(found[-1], row)
        else:
            found.append(row)
    _require(found)
    return found


def _columns(headers: Sequence[str]) -> dict[str, list[str]]:
    """Return the headers by role: name, code, note, whole, E, S, W, N."""
    roles: dict[str, list[str]] = {}
    for header in headers:
        plain = re.sub(r"\s", "", header)
        side = _side_of(plain)
        role = (
            side or ("whole" if _WHOLE.fullmatch(plain) else "")
            or ("code" if _CODE.fullmatch(plain) else "") or ("note" if _NOTE.fullmatch(plain) else "")
            or ("name" if plain and _NAME.fullmatch(plain) else "")
        )  # fmt: skip
        if role:
            roles.setdefault(role, []).append(header)
    faults = [] if "name" in roles else [Fault("no column names the communities", "没有“社区”列")]
    if "whole" not in roles and not all(side in roles for side in SIDES):
        missing = "、".join(f"{SIDE_NAMES[side]}至" for side in SIDES if side not in roles)
        faults.append(
            Fault(
                f"there is no column {missing}, and none with all four bounds",
                f"没有“{missing}”列，也没有“四至”列",
            )
        )
    if faults:
        wrong, present = listed(faults), "、".join(headers) or "—"
        raise FrameError(f"{wrong.en}; the columns are: {present}", zh=f"{wrong.zh}；现有的列：{present}")
    return roles


def _side_of(header: str) -> Compass | None:
    match = _SIDE.fullmatch(header)
    return _SIDE_OF[match[1]] if match else _ENGLISH.get(header.lower())


def _row(cells: Mapping[str, str], columns: Mapping[str, Sequence[str]], number: int) -> BoundsRow:
    def of(role: str) -> str:
        return next(
            (cells[column].strip() for column in columns.get(role, ()) if cells.get(column, "").strip()), ""
        )

    sides: dict[Compass, str] = {}
    for column in columns.get("whole", ()):
        sides.update(split_bounds(cells.get(column, "")))
    sides.update({side: _inner(of(side), side) for side in SIDES if of(side)})
    ordered = {side: sides[side] for side in SIDES if sides.get(side)}
    return BoundsRow(re.sub(r"\s", "", of("name")), ordered, of("code"), of("note"), number)


def _inner(text: str, side: Compass) -> str:
    """Return a cell of a side's column without the side's own words: 东至A路 under 东至 is A路."""
    return split_bounds(text).get(side, text)


def split_bounds(text: str) -> dict[Compass, str]:
    """Return what a text says per side; a side that it does not name is missing.

    Examples
    --------
    >>> split_bounds("东起A路，西到B路;南临C渠。北以铁路为界")
    {'E': 'A路', 'W': 'B路', 'S': 'C渠', 'N': '铁路'}
    """
    marks = list(_MARK.finditer(text))
    found: dict[Compass, str] = {}
    for mark, after in zip(marks, [*marks[1:], None], strict=False):
        words = text[mark.end() : after.start() if after else len(text)]
        words = words.strip(" \t\r\n,，;；。、:：").removesuffix("为界")
        for letter in mark[1]:
            if letter in _SIDE_OF and words:
                side = _SIDE_OF[letter]
                found[side] = f"{found[side]}、{words}" if side in found else words
    return found


def _joined(above: BoundsRow, row: BoundsRow) -> BoundsRow:
    sides = {
        side: "、".join(text for text in (above.sides.get(side), row.sides.get(side)) if text)
        for side in SIDES
        if side in above.sides or side in row.sides
    }
    return BoundsRow(above.name, sides, above.code or row.code, above.note or row.note, above.line)


def _require(rows: Sequence[BoundsRow]) -> None:
    if not rows:
        raise FrameError(
            "the table has no community; each row is one, with its four bounds",
            zh="表里没有社区；每行一个社区，写明东至、南至、西至、北至",
        )
    faults = [
        Fault(f"row {row.line} has no name of a community", f"第 {row.line} 行没有社区名称")
        for row in rows
        if not row.name
    ]
    counts = Counter(row.name for row in rows if row.name)
    faults += [
        Fault(f"{name} occurs {count} times: make it one row", f"{name} 出现 {count} 次：合并成一行")
        for name, count in counts.items()
        if count > 1
    ]
    codes = Counter(row.code for row in rows if row.code)
    faults += [
        Fault(f"the code {code} occurs {count} times", f"代码 {code} 出现 {count} 次")
        for code, count in codes.items()
        if count > 1
    ]
    if faults:
        wrong = listed(faults)
        raise FrameError(wrong.en, zh=wrong.zh)
