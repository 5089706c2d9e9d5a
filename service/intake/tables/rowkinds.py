"""Rows of a list that are no records: totals, repeated headers and titles, notes, signatures, headings.

A rule must never take a record away: whatever has a text of its own beside such a word stays a record.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from service.intake.tables.headers import is_header_again
from service.words import tr

# The column of the list to correct, and how what it says begins in either language.
OUR_COLUMN = "说明"
_OUR_WORDS = ("已导入", "已有，未重复", "未导入", "imported", "merged", "refused")
_TOTAL = re.compile(
    r"(?:.{0,12}?)(?:合计|总计|小计|累计|共计|总数)[:：]?\s*\d*(?:处|件|个|项|家|起|条|户)?|(?:本页|本表)?共\s*\d+\s*(?:处|件|个|项|家|起|条|户|行)[。.]?"
)
_NUMBER = re.compile(r"[+-]?[\d,]+(?:\.\d+)?\s*(?:%|处|件|个|项|家|起|条|户)?|[-—/]+")
_NOTE = re.compile(
    r"(?:填表|填写|填报)?(?:说明|备注|附注|注意(?:事项)?|注|要求|特此|N\.?B\.?|note)\s*\d*\s*[:：.、].*|[★※*#▲]+\s*\S.*|以上(?:问题|内容|情况).{2,}|本表.{2,}",
    re.IGNORECASE | re.DOTALL,
)
_SIGN = re.compile(
    r"(?:填表|制表|审核|复核|经办|签字|签名|签发|负责|检查|巡查|统计|报送|联系|主管|分管|领导|单位|社区|带队|记录|审批)(?:单位|部门|人|人员|领导|者|负责人|日期|时间|电话)?\s*(?:[(（]?(?:签字|签名|签章|盖章)[)）]?)?\s*[:：].*|(?:日期|时间|电话|联系电话)\s*[:：].*|.{0,20}[(（](?:公章|盖章|签字|签章|签名)[)）].*|_*\s*年\s*_*\s*月\s*_*\s*日|第\s*\d+\s*页.*",
    re.DOTALL,
)
_HEADING = re.compile(
    r"[(（]?[一二三四五六七八九十]{1,3}[)）]?[、.．:：]?\s*\S.*|第[一二三四五六七八九十\d]+(?:部分|组|片区|社区|批)\S*"
)


def row_code(
    cells: Sequence[str], names: Sequence[str], *, titles: Sequence[str], across: int, location: int | None
) -> str:
    """Return why a row is no record: a code of `code_words`, or empty for a record.

    Parameters
    ----------
    titles
        The texts above the header, which some programs print again on every page.
    across
        How many columns the row's first cell is merged across, 1 for none.
    location
        Column of the location, None where there is none: a lone text there is a record.
    """
    filled = [
        (i, _folded(cell)) for i, cell in enumerate(cells) if cell and not _is_our_remark(i, cell, names)
    ]
    if not filled:
        return "note_row"
    if is_header_again(cells, names):
        return "header_again"
    texts = [text for _, text in filled]
    if len(filled) == 1 and texts[0] in {_folded(title) for title in titles}:
        return "title_again"
    if _is_total(texts):
        return "total_row"
    if all(_SIGN.fullmatch(text) or text in ("签字", "签名", "盖章") for text in texts):
        return "sign_row"
    if len(filled) > 1:
        return ""
    column, text = filled[0]
    if text.isdecimal() and column != location and len(text) <= 6:
        return "only_number"
    if _NOTE.fullmatch(text):
        return "note_row"
    alone = len(names) > 2 and column != location
    if (across > 1 and across * 2 >= len(names)) or (alone and column == 0):
        return "heading_row" if _HEADING.fullmatch(text) or len(text) <= 20 else "note_row"
    return ""


def _is_our_remark(column: int, cell: str, names: Sequence[str]) -> bool:
    """Return whether a cell is what the list to correct says about its row: it is no part of the row."""
    return column < len(names) and names[column] == OUR_COLUMN and cell.startswith(_OUR_WORDS)


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _is_total(texts: Sequence[str]) -> bool:
    """Return whether one cell says total and no other says more than a number."""
    totals = [text for text in texts if _TOTAL.fullmatch(text)]
    rest = [text for text in texts if not _TOTAL.fullmatch(text)]
    return bool(totals) and all(_NUMBER.fullmatch(text) for text in rest)


def code_words(code: str) -> str:
    """Return what a code says to the user."""
    return {
        "header_again": tr("重复的表头，不是记录", "the header again, not a record"),
        "title_again": tr("重复的标题，不是记录", "the title again, not a record"),
        "total_row": tr("合计行，不是记录", "a total, not a record"),
        "sign_row": tr("签字、填表信息，不是记录", "a signature line, not a record"),
        "note_row": tr("说明文字，不是记录", "a note, not a record"),
        "heading_row": tr("分组标题，不是记录", "a heading, not a record"),
        "only_number": tr("只有序号，没有内容", "only a running number, no content"),
        "no_text": tr("只有图片、表情或电话，没有文字", "only a picture, a sign or a phone number, no words"),
        "chatter": tr("应答、问候，不是问题", "a reply or greeting, not a problem"),
    }[code]
