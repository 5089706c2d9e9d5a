"""Look-ups in an opened file, each against the plainest way to find the same."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import shapely

from geodata.errors import GazetteerError
from geodata.gazetteer import Gazetteer, add_alias
from geodata.gazetteer.compile import compile_contents
from geodata.gazetteer.container import read_container, write_container
from geodata.gazetteer.model import Contents, CrossingRow, DocumentRow, LineRow, PlaceRow, ZoneRow
from geodata.gazetteer.shares import in_shares, share_bounds
from geodata.gazetteer.similar import build_grams, gram_codes

LONG = "甲" * 40 + "乙" * 40


def _line(name: str) -> LineRow:
    axis = shapely.LineString([(0, 0), (100, 0)])
    return LineRow(name, "road", axis, axis, 10.0, 3.0, "lines")


def _written(contents: Contents, path: Path) -> Gazetteer:
    compile_contents(contents, path, report={})
    return Gazetteer.open(path)


def test_scan_finds_every_substring_that_is_a_name(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)

    def some(longest: int) -> str:
        return "".join(rng.choice(list("甲乙丙丁1"), rng.integers(1, longest + 1)))

    names = sorted({some(9) for _ in range(400)} | {"甲", "11", "乙丙"})
    contents = Contents(4547, places=[PlaceRow(name, "", 0.0, 0.0, 10.0) for name in names])
    gazetteer = _written(contents, tmp_path / "g.qgz")
    known = {name for name in names if len(name) >= 2 and not name.isdigit()}
    for _ in range(300):
        text = some(24)
        wanted = [
            (start, end, text[start:end], ("place",))
            for start in range(len(text))
            for end in range(len(text), start, -1)
            if text[start:end] in known
        ]
        assert gazetteer.scan(text) == wanted


def test_names_of_every_length(tmp_path: Path) -> None:
    names = ["路", "渠边", LONG[:63], LONG[:64], LONG]
    gazetteer = _written(
        Contents(4547, places=[PlaceRow(name, "", 0.0, 0.0, 10.0) for name in names]), tmp_path / "g.qgz"
    )
    # Single characters and more than 63 are known, but not looked for.
    assert [hit.name for hit in gazetteer.scan("路" + LONG + "渠边")] == [LONG[:63], "渠边"]
    for name in names:
        assert [row.name for row in gazetteer.places_of(name)] == [name]
        assert gazetteer.classes_of(name) == ("place",)
    for unknown in ("", "渠", "渠边路", LONG[:62], "路路"):
        assert gazetteer.places_of(unknown) == []
        assert gazetteer.classes_of(unknown) == ()


def test_one_name_of_several_classes_and_its_aliases(tmp_path: Path) -> None:
    contents = Contents(
        4547,
        places=[PlaceRow("青禾", "", 5.0, 6.0, 10.0)],
        lines=[_line("石榴街"), _line("青禾"), _line("石榴街")],
        zones=[ZoneRow("青禾", "community", shapely.box(0, 0, 1, 1))],
        aliases={"老青禾": ["青禾"], "石榴街": ["青禾"], "无此名": ["没有"]},
    )
    gazetteer = _written(contents, tmp_path / "g.qgz")
    assert gazetteer.classes_of("青禾") == ("road", "place", "zone")
    assert gazetteer.classes_of("老青禾") == ("road", "place", "zone")
    assert gazetteer.classes_of("石榴街") == ("road", "place", "zone")
    assert gazetteer.lines_of("石榴街") == [0, 2, 1]
    assert [row.name for row in gazetteer.zones_of("老青禾")] == ["青禾"]
    assert gazetteer.classes_of("无此名") == ()
    assert gazetteer.scan("无此名") == []
    add_alias(tmp_path / "g.qgz", "旧青禾", "老青禾")
    add_alias(tmp_path / "g.qgz", "青禾", "石榴街")
    again = Gazetteer.open(tmp_path / "g.qgz")
    assert again.lines_of("旧青禾") == [1]
    assert again.lines_of("青禾") == [1, 0, 2]
    assert [hit.name for hit in again.scan("在旧青禾")] == ["旧青禾", "青禾"]


def test_crossings_by_either_line(tmp_path: Path) -> None:
    def crossing(first: int, second: int, x: float, support: int) -> CrossingRow:
        return CrossingRow(first, second, x, 0.0, 5.0, support, shapely.MultiPoint([(x, 0)]), "lines")

    rows = [crossing(0, 2, 1.0, 1), crossing(1, 2, 2.0, 1), crossing(0, 1, 3.0, 1), crossing(0, 2, 4.0, 7)]
    lines = [_line(name) for name in ("甲路", "乙路", "丙路", "丁路")]
    gazetteer = _written(Contents(4547, lines=lines, crossings=rows), tmp_path / "g.qgz")
    assert [row.x for row in gazetteer.crossings_of(2, 0)] == [4.0, 1.0]
    assert [row.x for row in gazetteer.crossings_of(0, 1)] == [3.0]
    assert gazetteer.crossings_of(0, 3) == gazetteer.crossings_on(3) == []
    assert sorted(row.x for row in gazetteer.crossings_on(2)) == [1.0, 2.0, 4.0]
    assert gazetteer.bounds == (0.0, 0.0, 100.0, 0.0)


def test_addresses_by_district(tmp_path: Path) -> None:
    rows = [
        DocumentRow("甲路1号", 1.0, 2.0, "东区"),
        DocumentRow("甲路2号", 3.0, 4.0, ""),
        DocumentRow("乙", 5.0, 6.0, "东区"),
    ]
    gazetteer = _written(Contents(4547, documents=rows), tmp_path / "g.qgz")
    assert gazetteer.filed_under("东区").tolist() == [[1, 2], [5, 6]]
    assert len(gazetteer.filed_under("")) == len(gazetteer.filed_under("西区")) == 0
    assert [gazetteer.document(row) for row in range(3)] == ["甲路1号", "甲路2号", "乙"]


@pytest.mark.parametrize("column", ["name.two", "line.name", "place.name", "document.xy", "gram.codes"])
def test_a_missing_column_is_refused_at_opening(tmp_path: Path, column: str) -> None:
    _written(Contents(4547, lines=[_line("甲路")]), tmp_path / "g.qgz")
    file = read_container(tmp_path / "g.qgz")
    rest = {name: array for name, array in file.arrays.items() if name != column}
    write_container(tmp_path / "g.qgz", rest, file.meta)
    with pytest.raises(GazetteerError, match="damaged"):
        Gazetteer.open(tmp_path / "g.qgz")


def test_gram_weights_are_those_of_the_formula() -> None:
    texts = ["甲乙甲乙", "", "乙丙", "😀甲乙丙丙", "甲"]
    counts = [Counter(text[a : a + n] for n in (1, 2, 3) for a in range(len(text) - n + 1)) for text in texts]
    found: dict[tuple[str, int], float] = {}
    index = build_grams(texts)
    code_of = {int(gram_codes([gram])[0][-1]): gram for own in counts for gram in own}
    assert index.codes.tolist() == sorted(code_of)
    for row, code in enumerate(index.codes.tolist()):
        for at in range(index.starts[row], index.starts[row + 1]):
            found[code_of[code], int(index.documents[at])] = float(index.weights[at])
    spread = Counter(gram for own in counts for gram in own)
    for document, own in enumerate(counts):
        raw = {
            gram: (1 + math.log(count)) * (math.log(6 / (1 + spread[gram])) + 1)
            for gram, count in own.items()
        }
        length = math.sqrt(sum(value**2 for value in raw.values()))
        for gram, value in raw.items():
            assert found.pop((gram, document)) == pytest.approx(value / length, rel=1e-5)
    assert not found
    assert build_grams([]).starts.tolist() == [0]


def test_shares_give_their_results_in_order_and_raise_their_errors() -> None:
    assert in_shares(divmod, [(7, 2), (9, 4), (11, 3)]) == [(3, 1), (2, 1), (3, 2)]
    with pytest.raises(ZeroDivisionError):
        in_shares(divmod, [(7, 2), (1, 0)])
    bounds = share_bounds(100_001)
    assert [low for low, _ in bounds[1:]] == [high for _, high in bounds[:-1]]
    assert (bounds[0][0], bounds[-1][1]) == (0, 100_001)
    assert share_bounds(0) == [(0, 0)]
