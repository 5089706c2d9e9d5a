"""Rows to drafts: what each row says, before anyone asks where it is.

A row that cannot go on is named in an issue with `refused=True`; nothing is dropped in silence.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from shapely.geometry.base import BaseGeometry

from geodata.errors import FrameError
from service.intake.columns import ColumnMap
from service.intake.dates import read_date
from service.intake.model import Draft, Drafts, ImportRow, ListKind, RowIssue, SourceTable
from service.intake.positions import PositionError, read_point, read_shape
from service.kinds.reading import NO_KIND, RecordKinds, read_kinds, stated_kind
from service.kinds.table import CurrentKinds
from service.words import tr

MAX_TEXT = 2_000
DEFAULT_DATUM = "wgs84"
_TOTALS = ("合计", "总计", "小计")


def make_drafts(
    table: SourceTable,
    columns: ColumnMap,
    kinds: CurrentKinds,
    *,
    datum: str | None = None,
    as_: ListKind | None = None,
) -> Drafts:
    """Return a draft for every row that says something usable, and an issue for every other.

    Parameters
    ----------
    datum
        Of the list's own coordinates: wgs84 (GeoJSON's and the default), cgcs2000, gcj02, bd09, EPSG:n.
    as_
        Whether the list is of problems or of places; guessed from its columns when None.

    Raises
    ------
    FrameError
        If the list has neither a location column, nor coordinates, nor geometries.
    """
    _require_place(table, columns)
    list_kind, reason = _list_kind(columns, as_)
    drafts: list[Draft] = []
    issues: list[RowIssue] = list(table.issues)
    seen: Counter[str] = Counter()
    no_records = {(issue.sheet, issue.line) for issue in table.issues if issue.refused}
    for row in table.rows:
        if (row.sheet, row.line) in no_records:
            continue
        remarks, geometry = _geometry(row, columns, datum or DEFAULT_DATUM)
        remarks += _check(row, columns, geometry)
        issues += remarks
        if any(remark.refused for remark in remarks):
            continue
        draft = _draft(row, columns, kinds, geometry, list_kind)
        # Two equal rows of one list are two records; the second carries its occurrence.
        seen[draft.key] += 1
        drafts.append(_numbered(draft, seen[draft.key]))
    return Drafts(tuple(drafts), tuple(issues), list_kind, reason)


def _require_place(table: SourceTable, columns: ColumnMap) -> None:
    has_shape = any(row.geometry for row in table.rows)
    if "location" in columns.roles or {"lon", "lat"} <= columns.roles.keys() or has_shape:
        return
    # Results name a place of a register; its position is known.
    if "result" in columns.roles and ("name" in columns.roles or "key" in columns.roles):
        return
    header = "、".join(table.header[:30])
    raise FrameError(
        tr(
            f"没有找到位置列。表头是：{header}。请说明哪一列是位置，例如 --column 位置={table.header[0] if table.header else '列名'}",
            f"no location column was recognised. The header is: {header}. State it, for example --column location=…",
        )
    )


def _list_kind(columns: ColumnMap, stated: ListKind | None) -> tuple[ListKind, str]:
    if stated:
        return stated, tr("由使用者指定", "as stated")
    roles = columns.roles
    if "result" in roles and ("name" in roles or "key" in roles):
        column = roles["result"]
        return "inspections", tr(
            f"有“{column}”列，是检查结果清单", f"it has the column {column}: a list of inspection results"
        )
    if "description" in roles or "kind" in roles:
        column = roles.get("description") or roles["kind"]
        return "problems", tr(
            f"有“{column}”列，是问题清单", f"it has the column {column}: a list of problems"
        )
    if "name" in roles or "place_class" in roles:
        column = roles.get("name") or roles["place_class"]
        return "places", tr(
            f"有“{column}”列而没有问题描述，是场所台账",
            f"it has the column {column} and no description: a register of places",
        )
    return "problems", tr(
        "没有名称、行业列，按问题清单处理", "no name or class column: taken as a list of problems"
    )


def _issue(row: ImportRow, column: str, code: str, words: str, *, refused: bool = True) -> RowIssue:
    return RowIssue(row.sheet, row.line, column, code, words, refused=refused)


def _geometry(row: ImportRow, columns: ColumnMap, datum: str) -> tuple[list[RowIssue], BaseGeometry | None]:
    lon, lat = columns.text(row.cells, "lon"), columns.text(row.cells, "lat")
    try:
        if row.geometry:
            return [], read_shape(row.geometry, datum)
        if lon and lat:
            return [], read_point(lon, lat, datum)
    except PositionError as error:
        # With a text to go by, a broken coordinate is a remark; without one the row is refused below.
        return [_issue(row, columns.roles.get("lon", ""), "bad_position", str(error), refused=False)], None
    return [], None


def _check(row: ImportRow, columns: ColumnMap, geometry: BaseGeometry | None) -> list[RowIssue]:
    issues = []
    for column, text in row.cells.items():
        if len(text) > MAX_TEXT:
            words = tr(
                f"“{column}”有 {len(text)} 个字，超过 {MAX_TEXT}；请缩短",
                f"{column} has {len(text)} characters, more than {MAX_TEXT}; shorten it",
            )
            issues.append(_issue(row, column, "text_too_long", words))
    location = columns.text(row.cells, "location")
    named = columns.text(row.cells, "name") or columns.text(row.cells, "key")
    if not location and geometry is None and not ("result" in columns.roles and named):
        total = any(cell.replace(" ", "") in _TOTALS for cell in row.cells.values())
        words = (
            tr("合计行，不是记录", "a total, not a record")
            if total
            else tr("没有写位置，也没有坐标", "neither a location text nor coordinates")
        )
        issues.append(
            _issue(row, columns.roles.get("location", ""), "total_row" if total else "no_location", words)
        )
    written = columns.text(row.cells, "reported_at")
    if written and read_date(written) is None:
        words = tr(
            f"日期看不明白：{written[:30]}（请写成 2017-09-03），暂按导入日期",
            f"unclear date: {written[:30]} (write 2017-09-03); the day of import is used",
        )
        issues.append(_issue(row, columns.roles["reported_at"], "date_unclear", words, refused=False))
    return issues


def _draft(
    row: ImportRow,
    columns: ColumnMap,
    kinds: CurrentKinds,
    geometry: BaseGeometry | None,
    list_kind: ListKind,
) -> Draft:
    text = {role: columns.text(row.cells, role) for role in columns.roles}
    return Draft(
        sheet=row.sheet,
        line=row.line,
        key=_key(text, geometry, list_kind),
        location_text=text.get("location", ""),
        area=text.get("area", ""),
        description=text.get("description", ""),
        name=text.get("name", ""),
        place_class=text.get("place_class", ""),
        kinds=_kinds(text, kinds) if list_kind == "problems" else NO_KIND,
        unit=text.get("unit", ""),
        reported_at=read_date(text.get("reported_at", "")),
        geometry=geometry,
        cells=row.cells,
    )


def _kinds(text: Mapping[str, str], kinds: CurrentKinds) -> RecordKinds:
    stated, place_class = text.get("kind", ""), text.get("place_class", "")
    kind = kinds.table.find(stated) if stated else None
    if kind:
        return stated_kind(kind.code, tr(f"表中写明“{stated}”", f"stated as {stated}"), kinds, place_class)
    described = "；".join(filter(None, (stated, text.get("description", ""))))
    where = " ".join(filter(None, (text.get("location", ""), text.get("name", ""), place_class)))
    return read_kinds(described, place=where, place_class=place_class, kinds=kinds)


def _key(text: Mapping[str, str], geometry: BaseGeometry | None, list_kind: ListKind) -> str:
    position = geometry.wkb_hex if geometry is not None else ""
    content = json.dumps(
        [list_kind, sorted((role, value) for role, value in text.items() if value), position],
        ensure_ascii=False,
    )
    return hashlib.sha256(content.encode()).hexdigest()


def _numbered(draft: Draft, occurrence: int) -> Draft:
    if occurrence == 1:
        return draft
    return replace(draft, key=f"{draft.key}-{occurrence}")
