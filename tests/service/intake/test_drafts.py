"""Rows to drafts: every row becomes a draft or is refused with its reason."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.errors import FrameError
from geodata.kinds import load_kinds
from service.intake.columns import recognise
from service.intake.dates import read_date
from service.intake.drafts import make_drafts
from service.intake.positions import PositionError, read_point, read_shape
from service.intake.readers import read_table
from service.kinds.table import CurrentKinds

KINDS = CurrentKinds(load_kinds())


def drafts_of(tmp_path, content, *, name="list.csv", **options):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    table = read_table(path)
    return table, make_drafts(table, recognise(table.header), KINDS, **options)


def test_every_row_is_a_draft_or_refused_with_its_line(tmp_path):
    content = f"位置,问题描述,日期\n众意路,占道经营,2017-09-03\n,没写位置,\n{'长' * 100_000},x,\n合计,,\n,合计,\n九如路,垃圾,9月3日\n"
    table, drafts = drafts_of(tmp_path, content)
    refused = {issue.line: issue.code for issue in drafts.issues if issue.refused}
    assert refused == {3: "no_location", 4: "text_too_long", 5: "total_row", 6: "total_row"}
    assert len(drafts.drafts) + len(refused) == len(table.rows)
    assert [(i.line, i.code) for i in drafts.issues if not i.refused] == [(7, "date_unclear")]
    assert drafts.drafts[0].reported_at == date(2017, 9, 3)
    assert drafts.drafts[-1].reported_at is None


def test_a_description_makes_it_a_list_of_problems_with_kinds(tmp_path):
    _, drafts = drafts_of(tmp_path, "位置,问题描述\n众意路,占道经营\n")
    assert drafts.list_kind == "problems"
    (draft,) = drafts.drafts
    assert KINDS.table.kind(draft.kind).command == draft.command
    assert "占道经营" in draft.kind_reason


def test_names_without_descriptions_are_a_register_of_places(tmp_path):
    _, drafts = drafts_of(tmp_path, "店名,行业,地址,区\n示范面馆,小餐饮,众意路1号,金水区\n")
    assert drafts.list_kind == "places"
    assert drafts.drafts[0].kind == ""
    assert drafts.drafts[0].area == "金水区"


def test_the_user_can_say_what_the_list_is(tmp_path):
    _, drafts = drafts_of(tmp_path, "店名,地址\n示范面馆,众意路1号\n", as_="problems")
    assert drafts.list_kind == "problems"


def test_without_a_location_column_the_header_is_quoted_back(tmp_path):
    with pytest.raises(FrameError, match="甲、乙"):
        drafts_of(tmp_path, "甲,乙\n1,2\n")


def test_equal_rows_are_two_records_with_stable_keys(tmp_path):
    content = "位置,问题描述\n众意路,垃圾\n众意路,垃圾\n九如路,垃圾\n"
    _, first = drafts_of(tmp_path, content)
    _, second = drafts_of(tmp_path, content)
    keys = [draft.key for draft in first.drafts]
    assert len(set(keys)) == 3
    assert keys == [draft.key for draft in second.drafts]


def test_a_key_ignores_line_and_running_number_but_not_content(tmp_path):
    _, one = drafts_of(tmp_path, "序号,位置,问题描述\n1,众意路,垃圾\n")
    _, two = drafts_of(tmp_path, "序号,位置,问题描述\n1,九如路,垃圾\n2,众意路,垃圾\n")
    assert one.drafts[0].key == two.drafts[1].key != two.drafts[0].key


def test_coordinates_are_read_in_their_datum(tmp_path):
    _, drafts = drafts_of(tmp_path, "位置,问题描述,经度,纬度\n众意路,垃圾,113.72,34.77\n", datum="gcj02")
    # 113.7138, 34.7710 by the published inverse to a metre.
    assert drafts.drafts[0].geometry.x == pytest.approx(113.7138, abs=1e-4)
    assert drafts.drafts[0].geometry.y == pytest.approx(34.7710, abs=1e-4)


def test_a_broken_coordinate_beside_a_text_is_a_remark_alone_it_is_refused(tmp_path):
    _, drafts = drafts_of(tmp_path, "位置,问题描述,经度,纬度\n众意路,垃圾,东经,34.77\n,垃圾,999999,34\n")
    assert [(i.line, i.code, i.refused) for i in drafts.issues] == [
        (2, "bad_position", False), (3, "bad_position", False), (3, "no_location", True),
    ]  # fmt: skip


def test_geojson_lines_need_no_location_column(tmp_path):
    line = {"type": "LineString", "coordinates": [[113.72, 34.77, 80.0], [113.73, 34.77, 80.0]]}
    feature = {"type": "Feature", "properties": {"问题描述": "渠道有漂浮物"}, "geometry": line}
    content = json.dumps({"type": "FeatureCollection", "features": [feature]})
    _, drafts = drafts_of(tmp_path, content, name="list.geojson")
    assert drafts.drafts[0].geometry.wkt == "LINESTRING (113.72 34.77, 113.73 34.77)"


@pytest.mark.parametrize("geometry", [
    {"type": "Point"}, {"type": "Point", "coordinates": []}, {"type": "Point", "coordinates": ["a", 1]},
    {"type": "GeometryCollection", "geometries": []}, {"type": "Point", "coordinates": [34.77, 113.72]},
    {"type": "LineString", "coordinates": [[1, 2]]}, {"type": "Polygon", "coordinates": 7},
])  # fmt: skip
def test_a_malformed_geometry_is_a_position_error(geometry):
    with pytest.raises(PositionError):
        read_shape(geometry, "wgs84")


@pytest.mark.parametrize("pair", [("nan", "34"), ("inf", "34"), ("", "34"), ("34.77", "113.72")])
def test_a_malformed_point_is_a_position_error(pair):
    with pytest.raises(PositionError):
        read_point(*pair, "wgs84")


@given(st.text(max_size=40))
def test_no_text_breaks_the_date_reader(text):
    read_date(text)
