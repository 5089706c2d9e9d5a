"""The demo's linear owners: unofficial, as wide as drawn; texts land on the right bank."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely
import shapely.ops

from geodata.gazetteer import build
from geodata.geocode import Geocoder
from geodata.geocode.columns import zone_answers
from geodata.zones import ZoneTree


@pytest.fixture(scope="module")
def geocoder(profile, tmp_path_factory) -> Geocoder:
    path = tmp_path_factory.mktemp("gazetteer") / "demo.qgz"
    build(lines=profile / "lines.gpkg", zones=profile / "zones.gpkg", out=Path(path))
    return Geocoder.open(path)


@pytest.fixture(scope="module")
def tree(profile) -> ZoneTree:
    return ZoneTree.read(profile / "zones.gpkg")


@pytest.fixture(scope="module")
def divided(tree, lines) -> ZoneTree:
    """The district cut at 东风渠 and 示范铁路, with the higher code on the bank of which the texts speak.

    1-南 lies south of the canal and 2-北 north of it, both west of the track; 3-东 lies east of it.
    """
    whole = tree.subdistrict.geometry.iloc[0]
    east, west = _cut(whole, lines.geometry["示范铁路"], key=lambda part: -part.centroid.x)
    north, south = _cut(west, lines.geometry["东风渠"], key=lambda part: -part.centroid.y)
    community = gpd.GeoDataFrame(
        {"code": ["1-南", "2-北", "3-东"]}, geometry=[south, north, east], crs=tree.crs
    )
    return ZoneTree(community=community, owners=tree.owners)


def _cut(whole, line, *, key):
    return sorted(shapely.get_parts(shapely.ops.split(whole, line)), key=key)


def answers(geocoder, tree, texts):
    return zone_answers(geocoder.locate_many(texts), tree)


def shares_of(answer):
    return {part.code: part.share for part in answer.parts_of("community")}


def test_they_are_unofficial_and_as_wide_as_the_lines_are_drawn(tree, lines):
    owners = tree.owners
    assert not owners["official"].any()
    assert (owners["note"] == "非官方示范数据").all()
    assert owners["name"].str.contains("示范").all()
    for row in owners.itertuples():
        line = lines.loc[row.line_name.split("、")[0]]
        assert 2 * row.half_width_m == line["width_m"]
        assert row.geometry.geoms[0].equals(line.geometry)
        assert line["class"] in ("water", "rail")
    assert {"东风渠、东渠", "金水河", "熊儿河", "示范铁路"} <= set(owners["line_name"])


@pytest.mark.parametrize(
    ("text", "community"),
    [
        # Between 康宁街 and 众意西路 the canal runs east, so north is left.
        ("东风渠(康宁街至众意西路段)南岸", "1-南"),
        ("东风渠(康宁街至众意西路段)北岸", "2-北"),
        ("东风渠左岸康宁街至众意西路段", "2-北"),
        ("东风渠右岸康宁街至众意西路段", "1-南"),
        ("东风渠康宁街桥向东100米北岸", "2-北"),
        ("东风渠康宁街桥向东100米南岸", "1-南"),
        # At K646+300 the track runs north; east of it is its right.
        ("示范铁路K646+300处东侧", "3-东"),
        ("示范铁路K646+300处西侧", "2-北"),
        ("示范铁路K646+300至K646+500段右侧", "3-东"),
        ("示范铁路K646+300至K646+500段西侧栅栏外", "2-北"),
    ],
)
def test_a_text_lands_on_the_bank_it_names(geocoder, divided, text, community):
    (answer,) = answers(geocoder, divided, [text])
    assert answer.community == community
    assert shares_of(answer) == {community: pytest.approx(1.0)}
    assert {share.zone: share.share for share in answer.owned.shares} == {community: pytest.approx(1.0)}


def test_both_banks_and_the_water(geocoder, divided):
    both, water, track = answers(
        geocoder,
        divided,
        ["东风渠两岸康宁街至众意西路段", "东风渠康宁街至众意西路段水面", "示范铁路K646+300至K646+500段"],
    )
    halves = {"1-南": pytest.approx(0.5), "2-北": pytest.approx(0.5)}
    assert shares_of(both) == halves
    assert {part.zone: part.share for part in both.owned.shares} == halves
    assert (water.owned.owner.owner_name, track.owned.owner.owner_name) == (
        "示范·东风渠管理站", "示范铁路工务段（虚构）",
    )  # fmt: skip
    # 金水河 flows in just before 众意西路: where both waters cross, the lower code has the water.
    assert water.owned.owner.share == pytest.approx(1.0, abs=0.1)
    assert track.owned.owner.share == pytest.approx(1.0)
    assert water.owned.owner.length_m == pytest.approx(568, abs=30)


def test_in_the_demo_itself(geocoder, tree):
    """Read off the authored map: 东风渠 lies within 绿城百合 there, 金水河 by 正光路 divides it from 商务区."""
    south, rail, water = answers(
        geocoder, tree, ["东风渠(康宁街至众意西路段)南岸", "示范铁路K646+300处东侧", "示范铁路K646+300"]
    )
    assert (south.community_name, rail.community_name) == ("绿城百合社区", "馨悦苑社区")
    assert (south.owned.owner, rail.owned.owner) == (None, None)
    assert water.owned.owner.owner == "410105560911"
