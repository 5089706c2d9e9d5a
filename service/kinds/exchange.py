"""The office's own rules as a table for Excel or a text file, out and in again.

A file that came from here and goes back unchanged changes nothing; a row without 编号 is a new rule.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from pydantic import ValidationError
from sqlalchemy import Connection, RowMapping

from geodata.kinds import KindTable
from service.cases.export import write_workbook
from service.cells import neutral
from service.errors import ServiceError
from service.intake.model import ImportRow
from service.intake.readers import read_table
from service.kinds.editing import MAX_RULES, change_rule, faults_of, same_meaning, write_rule
from service.kinds.model import RowOutcome, RuleBody, Uploaded, UploadedRow
from service.kinds.queries import list_rules, lock_rules
from service.words import tr

COLUMNS = ("编号", "类别", "关键词", "排除词", "地点", "别名指", "把握", "例句", "停用", "修改人", "修改时间")
_SPLIT = re.compile(r"[、;；\n]+")
_SURE = {"": "certain", "确定": "certain", "certain": "certain", "可能": "likely", "likely": "likely"}
_YES = {"是", "停用", "true", "yes", "1", "√"}


def rule_rows(rows: Sequence[RowMapping], table: KindTable) -> list[list[Any]]:
    """Return the rules as rows of `COLUMNS`; lists are joined by 、."""
    names = {kind.code: kind.name for kind in table.kinds}
    return [
        [
            str(row["id"]), f"{row['kind']} {names.get(row['kind'], '')}".strip(), "、".join(row["words"]),
            "、".join(row["unless"]), "、".join(row["beside"]), row["means"],
            "确定" if row["sure"] == "certain" else "可能", row["example"], "" if row["active"] else "是",
            row["changed_by"], row["changed_at"],
        ]
        for row in rows
    ]  # fmt: skip


def rules_workbook(rows: Sequence[RowMapping], table: KindTable) -> bytes:
    """Return the rules as .xlsx."""
    return write_workbook(tr("类别规则", "kind rules"), COLUMNS, rule_rows(rows, table))


def rules_csv(rows: Sequence[RowMapping], table: KindTable) -> bytes:
    """Return the rules as CSV: UTF-8 with BOM, formulas neutralised."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for row in rule_rows(rows, table):
        texts = [
            value.isoformat(timespec="minutes") if hasattr(value, "isoformat") else value for value in row
        ]
        writer.writerow([neutral(text) for text in texts])
    return ("\ufeff" + buffer.getvalue()).encode()


def read_rule_rows(path: Path, name: str) -> tuple[ImportRow, ...]:
    """Return the rows of an uploaded file of rules, parsed in the confined process.

    Raises
    ------
    ReadError
        If the file cannot be read.
    Refused
        If it has no 关键词 column.
    """
    from service.errors import Refused

    found = read_table(path, name=name)
    if "关键词" not in found.header:
        header = "、".join(found.header[:20])
        raise Refused(
            tr(f"没有“关键词”列；表头是：{header}", f"there is no column 关键词; the header is: {header}"),
            fields=[("body.file", "、".join(COLUMNS))],
        )
    return found.rows


def take_rows(
    connection: Connection, rows: Sequence[ImportRow], *, table: KindTable, actor: str, dry_run: bool
) -> Uploaded:
    """Add and change rules as a file says, in the caller's transaction; every row is accounted for."""
    lock_rules(connection)
    stored = {row["id"]: row for row in list_rules(connection)}
    items = []
    for row in rows:
        words = row.cells.get("关键词", "")[:200]
        outcome, reason = _take(connection, row.cells, stored, table=table, actor=actor, dry_run=dry_run)
        items.append(UploadedRow(line=row.line, outcome=outcome, words=words, reason=reason))
    count = Counter(item.outcome for item in items)
    return Uploaded(
        rows=len(items), added=count["added"], changed=count["changed"], same=count["same"], refused=count["refused"],
        dry_run=dry_run, items=items,
    )  # fmt: skip


def _take(
    connection: Connection,
    cells: Mapping[str, str],
    stored: dict[UUID, Any],
    *,
    table: KindTable,
    actor: str,
    dry_run: bool,
) -> tuple[RowOutcome, str]:
    try:
        body, rule_id = _body(cells, table), _id(cells.get("编号", ""))
    except ValueError as error:
        return "refused", str(error)
    faults = faults_of(body, table)
    if faults:
        return "refused", "；".join(words for _, words in faults)
    known = stored.get(rule_id) if rule_id else None
    if known is None:
        twin = next((row for row in stored.values() if same_meaning(row, body) and row["active"]), None)
        if twin is not None:
            return "same", tr("已有同样的规则", "there is such a rule already")
        if len(stored) >= MAX_RULES:
            return "refused", tr(f"规则已有 {MAX_RULES} 条", f"there are {MAX_RULES} rules already")
        made = rule_id or uuid4()
        stored[made] = body.model_dump()
        if not dry_run:
            write_rule(connection, made, body, actor=actor)
        return "added", ""
    if same_meaning(known, body) and (known["example"], known["active"]) == (body.example, body.active):
        return "same", ""
    stored[known.get("id", rule_id)] = {**dict(known), **body.model_dump()}
    if not dry_run and rule_id:
        try:
            change_rule(connection, rule_id, body, table=table, actor=actor, version=None)
        except ServiceError as error:
            return "refused", str(error)
    return "changed", ""


def _id(text: str) -> UUID | None:
    try:
        return UUID(text.strip()) if text.strip() else None
    except ValueError:
        raise ValueError(tr(f"编号看不懂：{text[:40]}", f"not an id: {text[:40]}")) from None


def _texts(cell: str) -> list[str]:
    return [word.strip() for word in _SPLIT.split(cell) if word.strip()]


def _body(cells: Mapping[str, str], table: KindTable) -> RuleBody:
    plain_cells = {key: value.removeprefix("'") for key, value in cells.items()}
    stated = plain_cells.get("类别", "").strip()
    kind = table.find(stated) or table.find(stated.split(" ")[0]) if stated else None
    if stated and kind is None:
        raise ValueError(tr(f"没有“{stated[:40]}”这个类别", f"there is no kind {stated[:40]}"))
    sure = _SURE.get(plain_cells.get("把握", "").strip().lower())
    if sure is None:
        raise ValueError(tr("“把握”写 确定 或 可能", "把握 is 确定 or 可能"))
    try:
        return RuleBody.model_validate(
            {
                "kind": kind.code if kind else "",
                "words": _texts(plain_cells.get("关键词", "")),
                "unless": _texts(plain_cells.get("排除词", "")),
                "beside": _texts(plain_cells.get("地点", "")),
                "means": plain_cells.get("别名指", "").strip(),
                "example": plain_cells.get("例句", "").strip(),
                "sure": sure,
                "active": plain_cells.get("停用", "").strip().lower() not in _YES,
            }
        )
    except ValidationError as error:
        where = "、".join(sorted({str(item["loc"][0]) for item in error.errors()}))
        raise ValueError(tr(f"内容不符合要求（{where}）", f"does not meet the contract ({where})")) from None
