"""Formats by content, hostile files of the new formats, and what the limits let through."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
import xlsxwriter

from service.confined.reading import UnreadableError
from service.intake.child import LIST_CPU_SECONDS, LIST_MEMORY_BYTES
from service.intake.formats.delimited import find_separator
from service.intake.formats.ole2 import CompoundFile
from service.intake.readers import read_list, read_table
from tests.fixtures.ugly_lists import biff8, books, messes

DOCTYPE = '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


def document(xml):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", xml)
    return buffer.getvalue()


def looping_chain():
    """A compound file whose first stream's allocation points back at itself."""
    content = bytearray(biff8.workbook(messes.plain().sheets))
    fat = struct.unpack_from("<I", content, 76)[0]
    struct.pack_into("<I", content, 512 + fat * 512, 0)
    return bytes(content)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("实体.docx", document(DOCTYPE + f"<w:document {books.W}><w:body><w:p>&b;</w:p></w:body></w:document>"), "unreadable"),
        ("断.docx", document("<w:document"), "unreadable"),
        ("炸弹.docx", document("0" * (301 * 2**20)), "too_large"),
        ("深.docx", books.docx_of("<w:tbl><w:tr><w:tc>" * 30 + "</w:tc></w:tr></w:tbl>" * 30), "too_large"),
        ("宽.docx", books.docx_of(f"<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val=\"9\"/></w:tcPr>{books.paragraph('x')}</w:tc></w:tr></w:tbl>"), "no_rows"),
        ("环.xls", looping_chain(), "unreadable"),
        ("头.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "unreadable"),
        ("短.et", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "unreadable"),
        ("富文本.doc", rb"{\rtf1 abc}", "word_document"),
        ("文.doc", b"no document at all", "not_a_document"),
        ("宽.csv", ("位置" + ",x" * 600 + "\n").encode(), "too_large"),
    ],
)  # fmt: skip
def test_hostile_files_are_refused_with_a_reason(tmp_path, name, content, code):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnreadableError, match=name) as refusal:
        read_list(path)
    assert refusal.value.code == code


def test_a_million_blank_rows_are_no_rows(tmp_path):
    path = tmp_path / "格式.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        style = book.add_format({"border": 1})
        page.write_row(0, 0, ["位置", "问题描述"])
        page.write_row(1, 0, ["众意路", "垃圾"])
        for line in (2, 500_000, 1_048_575):
            page.write_blank(line, 16_383, None, style)
    assert [row.line for row in read_table(path).rows] == [2]


def test_the_parser_is_held_to_ten_seconds_and_half_a_gigabyte():
    assert (LIST_CPU_SECONDS, LIST_MEMORY_BYTES) == (10, 512 * 2**20)


@pytest.mark.parametrize("wrong", ["台账.csv", "台账.txt", "台账", "台账.xls"])
def test_the_content_tells_the_format_whatever_the_ending(tmp_path, wrong):
    path = tmp_path / wrong
    for content in (
        books.to_xlsx(messes.plain()),
        books.to_xls(messes.plain()),
        books.to_docx(messes.plain()),
    ):
        path.write_bytes(content)
        assert [row.cells["位置"] for row in read_table(path).rows] == [messes.A, messes.B]


def test_a_text_table_named_xls_is_read(tmp_path):
    path = tmp_path / "导出.xls"
    path.write_bytes("位置\t问题描述\n众意路\t垃圾\n".encode("gb18030"))
    assert read_table(path).rows[0].cells == {"位置": "众意路", "问题描述": "垃圾"}


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("位置,问题\n众意路,垃圾", ","), ("位置;问题\n众意路;垃圾，积水", ";"), ("位置|问题\n众意路|垃圾", "|"),
        ("序号，位置，问题\n1，众意路，垃圾", "，"), ("1、众意路垃圾\n2、九如路积水", None), ("", None),
        ('位置,问题\n"众意路,九如路",垃圾', ","),
    ],
)  # fmt: skip
def test_the_separator_is_found_out(text, separator):
    assert find_separator(text) == separator


def test_the_streams_of_a_compound_file_are_read_back():
    streams = {"Workbook": bytes(range(256)) * 40, "Other": b"x" * 5000}
    found = CompoundFile(biff8.compound(streams))
    assert found.read("Workbook")[: 256 * 40] == streams["Workbook"]
    assert found.read("Other").startswith(streams["Other"])
    assert found.read("没有") == b""


def test_deleted_text_and_fallbacks_of_a_document_are_left_out(tmp_path):
    cell = "<w:tc><w:p><w:ins><w:r><w:t>众意路</w:t></w:r></w:ins><w:del><w:r><w:t>九如路</w:t></w:r></w:del></w:p></w:tc>"
    head = f"<w:tr><w:tc>{books.paragraph('位置')}</w:tc><w:tc>{books.paragraph('问题描述')}</w:tc></w:tr>"
    path = tmp_path / "修订.docx"
    path.write_bytes(
        books.docx_of(f"<w:tbl>{head}<w:tr>{cell}<w:tc>{books.paragraph('垃圾')}</w:tc></w:tr></w:tbl>")
    )
    assert dict(read_table(path).rows[0].cells) == {"位置": "众意路", "问题描述": "垃圾"}
