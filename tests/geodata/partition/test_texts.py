"""Distinct texts in an order by hash: against dictionaries and sets of Python."""

from __future__ import annotations

import zlib

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.partition import texts as module
from geodata.partition.texts import (
    ASKED,
    Span,
    count_different,
    distinct,
    in_order,
    read_span,
    stripped,
    write_texts,
)

_WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=3)
_PAIRS = st.lists(st.tuples(_WORDS, st.none() | _WORDS.filter(bool)), max_size=30)


def table_of(pairs):
    return pa.table([[text for text, _ in pairs], [area for _, area in pairs]], schema=ASKED)


def pairs_of(table):
    return list(zip(table.column("text").to_pylist(), table.column("area").to_pylist(), strict=True))


@given(_PAIRS)
def test_distinct_rows_as_they_first_appear(pairs):
    once, rows = distinct(table_of(pairs))
    assert pairs_of(once) == list(dict.fromkeys(pairs))
    assert [pairs_of(once)[row] for row in rows] == pairs


@given(_PAIRS)
def test_in_the_order_of_their_hashes(pairs):
    hashed, rows = in_order(table_of(pairs))
    found = pairs_of(hashed)
    assert sorted(found, key=repr) == sorted(set(pairs), key=repr)
    hashes = [zlib.crc32(f"{text}\x00{area or ''}".encode()) for text, area in found]
    assert hashed.column("hash").to_pylist() == hashes == sorted(hashes)
    assert [found[row] for row in rows] == pairs


def test_pieces_of_a_column_count_as_one():
    table = pa.concat_tables([table_of([("a", None), ("b", "x")]), table_of([("b", "x"), ("a", "x")])])
    once, rows = distinct(table)
    assert pairs_of(once) == [("a", None), ("b", "x"), ("a", "x")]
    assert rows.tolist() == [0, 1, 1, 2]


def test_spans_cover_every_text_once(tmp_path):
    hashed, _ = in_order(table_of([(f"路{n}", None) for n in range(500)]))
    write_texts(tmp_path / "1.arrow", hashed)
    for spans in (1, 3, 7):
        pieces = [read_span(tmp_path / "1.arrow", Span.of(n, spans)) for n in range(spans)]
        assert [pair for piece in pieces for pair in pairs_of(piece)] == pairs_of(hashed)
        assert min(map(len, pieces)) > 0


def test_a_chunk_without_rows(tmp_path):
    hashed, rows = in_order(table_of([]))
    write_texts(tmp_path / "1.arrow", hashed)
    assert len(rows) == 0
    assert len(read_span(tmp_path / "1.arrow", Span.of(0, 1))) == 0
    assert count_different([tmp_path / "1.arrow"]) == 0


def test_different_texts_are_counted_over_chunks(tmp_path, monkeypatch):
    paths = []
    for number in range(3):
        hashed, _ = in_order(
            table_of([(f"路{n}", None) for n in range(number * 1_000, number * 1_000 + 3_000)])
        )
        paths.append(tmp_path / f"{number}.arrow")
        write_texts(paths[-1], hashed)
    assert count_different(paths) == 5_000
    # a part of the hashes is enough: 5,000 / 64 texts are seen, give or take three standard deviations
    monkeypatch.setattr(module, "_ALL_COUNTED", 100)
    assert count_different(paths) == pytest.approx(5_000, rel=3 / (5_000 / 64) ** 0.5)


def test_areas_are_stripped():
    areas = pa.chunked_array([["金水区", " 金水区\u3000"], [None, "", "  "]], type=pa.string())
    assert stripped(areas).to_pylist() == ["金水区", "金水区", None, None, None]
