"""Read an office's list of any make: workbook, text table, Word tables, a chat, GeoJSON.

The file is parsed by `service.intake.child` in a confined process; `service.intake.tables` finds the
headers and rows. Not for deciding what a column means: see `understanding`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from service.confined.reading import read_confined, refusal, sha256_of
from service.intake.choices import Choices
from service.intake.columns import COLUMNS
from service.intake.model import SourceTable
from service.intake.tables.layout import lay_out, plain_layout
from service.intake.tables.raw import RawList, raw_list
from service.intake.understanding import Understood, understand

TIMEOUT_S = 20
_REASONS = {
    "empty_file": ("文件是空的", "the file is empty"),
    "no_rows": ("表里没有数据行；第一行应是表头，下面每行一个问题或场所", "there are no data rows; the first row must be the header, one problem or place in each row below"),
    "not_a_workbook": ("文件名像 Excel，内容却不是；请用 Excel 或 WPS 打开后另存为 .xlsx", "it is named like a workbook but is none; open it in a spreadsheet program and save it as .xlsx"),
    "not_a_document": ("文件名像 Word 文档，内容却不是；请用 Word 或 WPS 打开后另存为 .docx", "it is named like a document but is none; open it in a word processor and save it as .docx"),
    "word_document": ("旧格式的文字文档（.doc、.wps、.rtf）；请用 Word 或 WPS 打开，另存为 .docx 再导入", "a text document of the old format (.doc, .wps, .rtf); open it in a word processor and save it as .docx (另存为 .docx)"),
    "no_word_table": ("文档里没有表格；可以把文字粘贴到“粘贴文字”，一行一个问题", "the document holds no table; paste its text instead, one problem a line"),
    "locked_workbook": ("文件加了密码；请去掉密码后另存再导入", "it is locked by a password; save it without one"),
    "not_text": ("不是文本文件；请另存为 .xlsx 或 UTF-8 的 .csv", "it is not a text file; save it as .xlsx or as .csv in UTF-8"),
    "not_json": ("不是有效的 JSON", "it is not valid JSON"),
    "not_geojson": ("不是 GeoJSON 要素集（FeatureCollection）", "it is not a GeoJSON FeatureCollection"),
    "too_large": ("内容超过上限；请分成几个较小的表", "it exceeds the limits; split it into smaller lists"),
    "too_slow": ("读取超时；请另存为新的 .xlsx 再试", "reading took too long; save it as a new .xlsx and try again"),
    "unreadable": ("文件损坏或格式不对；请用 Excel 或 WPS 打开后另存为 .xlsx", "it is broken or of another format; open it in a spreadsheet program and save it as .xlsx"),
}  # fmt: skip


def read_list(path: Path, *, name: str | None = None, words: Path = COLUMNS) -> RawList:
    """Return a list's sheets as written.

    Parameters
    ----------
    path
        The file; its content decides the format, among texts also its ending.
    name
        The file's name as the user knows it (an upload is stored under another name).
    words
        The table of headers to know its columns by.

    Raises
    ------
    UnreadableError
        If the file is missing, empty, too large, or no list.
    """
    path = Path(path)
    name = name or path.name
    answer = read_confined("service.intake.child", path, name=name, reasons=_REASONS, timeout_s=TIMEOUT_S)
    raw = raw_list(answer, name=name, sha256=sha256_of(path), words=words)
    plain = lay_out(raw)
    if not plain.rows:
        raise refusal("no_rows", name=name, reasons=_REASONS, detail=_why_no_rows(plain))
    return replace(raw, plain=plain)


def read_table(path: Path, *, name: str | None = None) -> SourceTable:
    """Return every row of a list, its layout as recognised.

    Raises
    ------
    UnreadableError
        If the file is missing, empty, too large, or no list.
    """
    return plain_layout(read_list(path, name=name))


def read_and_understand(path: Path, stated: Choices | None = None) -> Understood:
    """Return a list with its columns, where nothing is remembered (without the service).

    Raises
    ------
    UnreadableError
        If the file cannot be read as a list.
    FrameError
        If `stated` names a role or header that does not exist.
    """
    return understand(read_list(path), stated)


def _why_no_rows(plain: SourceTable) -> str:
    notes = [note for report in plain.sheets if report.state != "empty" for note in report.notes]
    return "；".join(dict.fromkeys(notes))[:200]
