"""What `qingtu map` says: how the list was understood, and what became of its rows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from service.words import tr

if TYPE_CHECKING:
    from service.intake.model import Drafts, ListKind, RowIssue
    from service.intake.understanding import Understood


@dataclass(frozen=True, slots=True)
class MapResult:
    """What became of the rows; located + ambiguous + not_found + refused = rows."""

    rows: int
    located: int
    ambiguous: int
    not_found: int
    refused: int
    as_: ListKind
    as_reason: str
    columns: dict[str, str]
    remarks: tuple[str, ...]
    out: Path
    out_bytes: int


def found_words(found: Understood, drafts: Drafts) -> str:
    """Return how a list was understood, for the user to object."""
    from service.intake.saying import answer_option, columns_words, question_words, worth_saying

    table = found.table
    kind = (
        tr("场所台账（places）", "places")
        if drafts.list_kind == "places"
        else tr("问题清单（problems）", "problems")
    )
    other = "problems" if drafts.list_kind == "places" else "places"
    used = columns_words(found)
    said = tr(
        f"读入 {table.name}：{len(table.rows):,} 行\n用到的列：{used or '（图形）'}\n"
        f"当作{kind}：{drafts.list_kind_reason}（不对就加 --as {other}）",
        f"read {table.name}: {len(table.rows):,} rows\ncolumns: {used or '(geometry)'}\n"
        f"taken as {kind}: {drafts.list_kind_reason} (else add --as {other})",
    )
    asked = [f"{question_words(q)} {answer_option(q)}".rstrip() for q in found.dates.questions]
    return "\n".join([said, *worth_saying(found), *asked])


def remark_words(issues: Iterable[RowIssue]) -> tuple[str, ...]:
    """Return the remarks that refuse no row, one line per sort with the rows it is about."""
    sorts: dict[str, list[RowIssue]] = {}
    for issue in issues:
        if not issue.refused:
            sorts.setdefault(issue.code, []).append(issue)
    return tuple(_remark(found) for found in sorts.values())


def _remark(found: list[RowIssue]) -> str:
    lines = tr("、", ", ").join(str(issue.line) for issue in found[:6])
    if len(found) == 1:
        return tr(f"第 {lines} 行：{found[0].words}", f"row {lines}: {found[0].words}")
    more = tr(" 等", " …") if len(found) > 6 else ""
    return tr(
        f"第 {lines}{more} 行，共 {len(found):,} 行，例如：{found[0].words}",
        f"rows {lines}{more} ({len(found):,} in all), for instance: {found[0].words}",
    )


def result_words(result: MapResult) -> str:
    """Return the sum that accounts for every row, the remarks, and where the map is."""
    lines = [
        tr(
            f"已定位 {result.located:,} + 不确定 {result.ambiguous:,} + 未找到 {result.not_found:,}"
            f" + 拒绝 {result.refused:,} = {result.rows:,} 行",
            f"located {result.located:,} + uncertain {result.ambiguous:,} + not found {result.not_found:,}"
            f" + refused {result.refused:,} = {result.rows:,} rows",
        )
    ]
    lines += [tr(f"注意：{words}", f"note: {words}") for words in result.remarks]
    size = f"{result.out_bytes / 1e6:.1f} MB"
    lines.append(
        tr(
            f"地图：{result.out}（{size}，一个文件，不联网也能打开）",
            f"map: {result.out} ({size}, one file, opens without a network)",
        )
    )
    return "\n".join(lines)


def result_json(result: MapResult) -> str:
    """Return the same as one JSON object."""
    answer: dict[str, Any] = {
        "rows": result.rows,
        "located": result.located,
        "ambiguous": result.ambiguous,
        "not_found": result.not_found,
        "refused": result.refused,
        "as": result.as_,
        "as_reason": result.as_reason,
        "columns": result.columns,
        "remarks": list(result.remarks),
        "out": str(result.out),
        "bytes": result.out_bytes,
    }
    return json.dumps(answer, ensure_ascii=False)
