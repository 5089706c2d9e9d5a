"""The geocoder as a whole: no text raises, one and many agree, aliases, traps, trace."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from geodata.gazetteer import build
from geodata.geocode import Geocoder, trace_json
from geodata.geocode.confidence import calibrated, rival_limit_m, status_of
from geodata.geocode.divisions import Surroundings
from geodata.geocode.evidence import representative
from geodata.geocode.following import P_LINK_ASSUMED, P_LINK_SAID
from geodata.geocode.model import THRESHOLDS_M, Location
from tests.geodata.drawn_city import ORIGIN

WORDS = [
    "青禾路", "白鹭街", "玉带渠", "望山铁路", "人民路", "向阳小学", "虚无路", "与", "至", "交叉口", "西北角", "向北",
    "300米", "路西", "9号", "K10+500", "以南", "、", "（", "）", "东侧", "对面", "桩号", "0+100", "全段", "之间", "附近", "①", "\u0000", "𠀀",
]  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(WORDS), max_size=14).map("".join)))
def test_no_text_raises(city: Geocoder, text: str) -> None:
    location = city.locate(text)
    assert location.status in ("located", "ambiguous", "not_found")
    json.dumps(trace_json(location), allow_nan=False)
    if location.best is not None:
        assert location.best.geometry.is_valid
        assert location.best.uncertainty_m > 0


def test_very_long_text(city: Geocoder) -> None:
    assert city.locate("青禾路与白鹭街交叉口" * 10_000).status in ("located", "ambiguous", "not_found")


def test_many_is_one_by_one_in_order(city: Geocoder) -> None:
    texts = ["青禾路9号", "虚无路", "青禾路9号", "", "向阳小学"]
    areas = [None, "清河街道", "涧西区", None, None]
    many = city.locate_many(texts, areas=areas)
    assert many == [city.locate(text, area=area) for text, area in zip(texts, areas, strict=True)]
    assert [one.text for one in many] == texts
    assert city.locate_many([]) == []
    with pytest.raises(ValueError, match="2 texts, but 1 areas"):
        city.locate_many(["a", "b"], areas=[None])


def test_rows_follow_the_row_above_only_when_asked(city: Geocoder) -> None:
    texts = [
        "青禾路与白鹭街交叉口",
        "向东200米路北",
        "同上",
        "再往东100米",
        "向阳小学",
        "松涛路与石榴街交叉口",
        "",
    ]
    alone = city.locate_many(texts)
    assert [one.status for one in alone[1:4]] == ["not_found"] * 3
    linked = city.locate_many(texts, follow=True)
    assert [one.text for one in linked] == texts
    # 青禾路 runs along y = 0, 白鹭街 crosses it at x = 500
    east = [_local(one)[0] for one in linked[:4]]
    assert east == pytest.approx([500, 700, 700, 800], abs=10)
    assert [linked[at] for at in (0, 4, 5, 6)] == [alone[at] for at in (0, 4, 5, 6)]
    assert linked[1].trace[0].words.startswith("接上一行")
    assert "推定" in linked[1].trace[0].words
    assert "推定" not in linked[2].trace[0].words


CUES = [
    "同上",
    "其",
    "该路段",
    "该路口",
    "上述小区",
    "再往东100米",
    "对面",
    "路西",
    "14号",
    "K10+700",
    "与白鹭街交叉口",
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.sampled_from(WORDS + CUES), max_size=4).map("".join), max_size=5))
def test_no_list_raises_and_a_link_never_makes_surer(city: Geocoder, texts: list[str]) -> None:
    linked = city.locate_many(texts, follow=True)
    assert [one.text for one in linked] == texts
    for location, alone in zip(linked, city.locate_many(texts), strict=True):
        if location.trace[0].words.startswith("接上一行"):
            assert location.p_within[500] <= max(P_LINK_SAID, P_LINK_ASSUMED)
        else:
            assert location == alone


def test_an_assumed_link_is_never_accepted_by_itself(city: Geocoder) -> None:
    whole = city.locate("青禾路与白鹭街交叉口东北角")
    assumed = city.locate_many(["青禾路与白鹭街交叉口", "东北角"], follow=True)[1]
    said = city.locate_many(["青禾路与白鹭街交叉口", "该路口东北角"], follow=True)[1]
    assert whole.status == "located"
    assert assumed.status == "ambiguous"
    for location, p_link in ((assumed, P_LINK_ASSUMED), (said, P_LINK_SAID)):
        assert location.best == whole.best
        assert location.p_within == {radius: p * p_link for radius, p in whole.p_within.items()}


def test_rows_of_different_areas_are_not_linked(city: Geocoder) -> None:
    texts = ["青禾路与白鹭街交叉口", "同上"]
    assert city.locate_many(texts, areas=["云杉社区", "石榴社区"], follow=True)[1].status == "not_found"
    assert city.locate_many(texts, areas=["云杉社区", None], follow=True)[1].best is not None


def _local(location: Location) -> tuple[float, float]:
    assert location.best is not None
    x, y = np.array(representative(location.best.geometry)) - ORIGIN
    return float(x), float(y)


def test_alias_answers_first(city: Geocoder) -> None:
    spot = Point(ORIGIN + 7)
    geocoder = Geocoder(city.gazetteer, aliases={"老地方门口": spot})
    location = geocoder.locate(" 老地方門口 ")
    assert (location.status, location.method) == ("located", "alias")
    assert location.best is not None
    assert location.best.geometry == spot


def test_two_far_roads_of_one_name_are_both_kept(city: Geocoder) -> None:
    location = city.locate("人民路")
    assert location.status != "located"


def test_trace_says_what_was_read_and_why(city: Geocoder) -> None:
    data = trace_json(city.locate("青禾路与白鹭街交叉口西北角"))
    assert [step["stage"] for step in data["steps"]][:3] == ["normalise", "scan", "read"]
    assert data["steps"][-1]["stage"] == "confidence"
    assert data["candidates"][0]["geometry"]["type"] == "Point"
    assert data["lon"] == pytest.approx(114.0, abs=0.01)
    nothing = trace_json(city.locate("虚无路5号"))
    assert nothing["lon"] is None
    assert "虚无路" in nothing["steps"][-1]["words"]


def test_trace_shows_the_words_that_were_not_understood(city: Geocoder) -> None:
    written = "青禾路与白鹭街交叉口，夜間施工擾民"
    step = next(step for step in city.locate(written).trace if step.stage == "read")
    assert step.data["residue"] == ["夜間施工擾民"]
    assert "没有读懂：夜間施工擾民" in step.words


def test_reasons_of_the_traps_reach_the_trace(city: Geocoder) -> None:
    def last(text: str) -> str:
        return city.locate(text).trace[-1].words

    assert "不相交" in last("青禾路与海棠路交叉口")
    assert "桩号超出线路" in last("望山铁路K20+000")
    assert "不在本地名库的范围内" in last("洛阳市涧西区青禾路9号")


def test_status_rule() -> None:
    sure = {50: 0.5, 100: 0.8, 200: 0.9, 500: 0.95}
    assert status_of(sure, []) == "located"
    assert status_of(sure, [(0.05, 500.1, 500.0)]) == "ambiguous"
    assert status_of(sure, [(0.05, 500.0, 500.0), (0.049, 9000.0, 500.0)]) == "located"
    assert status_of({**sure, 500: 0.9499}, []) == "ambiguous"


def test_two_meetings_of_two_lines_are_a_question_from_a_hundred_metres():
    assert rival_limit_m("crossing", "crossing") == 100.0
    assert rival_limit_m("crossing", "number") == rival_limit_m("crossing:axes", "crossing:axes") == 500.0


@given(
    st.floats(0, 1),
    st.sampled_from(["crossing", "place:mentioned", "drawn/stretch", "x:nearest_on_road", "none"]),
)
def test_calibration_stays_monotone(p: float, method: str) -> None:
    low = calibrated(dict.fromkeys(THRESHOLDS_M, p), method)
    values = [low[radius] for radius in THRESHOLDS_M]
    assert values == sorted(values)
    high = calibrated(dict.fromkeys(THRESHOLDS_M, min(1.0, p + 0.1)), method)
    assert all(high[radius] >= low[radius] - 1e-9 for radius in THRESHOLDS_M)


def test_likeness_alone_never_locates() -> None:
    assert calibrated(dict.fromkeys(THRESHOLDS_M, 1.0), "similar_address")[500] < 0.95


@pytest.mark.testdata
def test_shanghai_crossings(test_data: Path, tmp_path: Path) -> None:
    from tests.bench.geocode_crossings import measure

    extract = test_data / "osm" / "shanghai_centre.osm.gz"
    build(osm=[extract], out=tmp_path / "g.qgz")
    for phrasing, row in measure(extract, tmp_path / "g.qgz").items():
        assert row["pairs"] > 200
        assert row["within"] >= 0.95, phrasing
        assert row["both"] == 1.0, phrasing


def test_divisions_around_zhengzhou() -> None:
    here = Surroundings(np.array([[113.62, 34.75], [113.70, 34.77]]))
    assert [here.has(name) for name in ("河南省", "郑州市", "金水区", "中牟县")] == [True] * 4
    assert [here.has(name) for name in ("上海市", "山西省", "洛阳市", "涧西区", "朝阳区")] == [False] * 5
    assert here.has("郑东新区") is None
    assert Surroundings(np.empty((0, 2))).has("上海市")
