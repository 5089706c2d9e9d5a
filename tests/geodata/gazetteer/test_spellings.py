"""Other ways to write a road's name."""

from __future__ import annotations

from pathlib import Path

import pytest
from shapely.geometry import LineString

from geodata.gazetteer import Gazetteer, build
from geodata.gazetteer.model import Contents, LineRow, PlaceRow
from geodata.gazetteer.spellings import add_spellings, line_spellings
from geodata.text.normalize import normalise

AXIS = LineString([(0, 0), (100, 0)])


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("北三环路", {"北三环"}),
        ("三环", {"三环路"}),
        ("绕城高速公路", {"绕城高速"}),
        ("经三路", {"经3路"}),
        ("纬五路", {"纬5路"}),
        ("东三街", {"东3街"}),
        ("第八大街", {"八大街", "第8大街", "8大街"}),
        ("第十七大街", {"十七大街", "第17大街", "17大街"}),
        ("S314省道", {"S314", "314省道", "省道314", "省道S314"}),
        ("国道107", {"G107", "107国道", "G107国道", "国道G107"}),
        ("七里河南路", set()),
        ("二七路", set()),
        ("建设西路", set()),
        ("三官庙街", set()),
        ("107", set()),
        ("国道", set()),
        ("", set()),
    ],
)
def test_the_same_road_is_written_in_these_ways(name: str, others: set[str]) -> None:
    found = line_spellings(name)
    # 二七 is not the number 27, so no road may be called 27路 for it
    assert found == others


@pytest.mark.parametrize("name", ["西三环", "第十七大街", "G107", "连霍高速"])
def test_spellings_are_as_texts_are_normalised(name: str) -> None:
    for spelling in line_spellings(name):
        assert normalise(spelling).text == spelling


def test_a_name_of_its_own_is_never_an_alias() -> None:
    contents = Contents(4547)
    contents.lines += [
        LineRow(name, "road", AXIS, AXIS, 5.0, 5.0, "lines") for name in ("西三环", "西三环路")
    ]
    contents.places.append(PlaceRow("第8大街", "商店", 0.0, 0.0, 10.0))
    contents.lines.append(LineRow("第八大街", "road", AXIS, AXIS, 5.0, 5.0, "lines"))
    add_spellings(contents)
    assert set(contents.aliases) == {"八大街", "8大街"}
    assert contents.aliases["八大街"] == ["第八大街"]


def test_a_built_gazetteer_knows_them(tmp_path: Path) -> None:
    table = tmp_path / "places.csv"
    rows = [f"店{i},餐饮,第八大街与经三路交叉口,金水区,{113.7 + i / 1e5},34.7" for i in range(5)]
    table.write_text("\n".join(["name,type,address,district,lon,lat", *rows]), encoding="utf-8")
    build(places=[table], places_datum="wgs84", out=tmp_path / "g.qgz")
    gazetteer = Gazetteer.open(tmp_path / "g.qgz")
    assert gazetteer.lines_of("8大街") == gazetteer.lines_of("第八大街") != []
    assert gazetteer.lines_of("经3路") == gazetteer.lines_of("经三路") != []
