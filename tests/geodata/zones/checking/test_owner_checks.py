"""What `zones check` says of linear owners: everything that `ZoneTree` refuses, and what it only warns of."""

import geopandas as gpd
import pytest
import shapely
from shapely import LineString, Point

from geodata.errors import FrameError, ZoneError
from geodata.zones import ZoneTree
from geodata.zones.checking.checks import check_zones

LAND = gpd.GeoDataFrame(
    {"code": ["A", "B"]}, geometry=[shapely.box(0, 0, 100, 90), shapely.box(100, 0, 200, 90)], crs=4547
)


CANAL = LineString([(100, 0), (100, 90)])


def owner(shape=CANAL, **more):
    columns = {"code": ["c"], "line_name": ["东渠"], "half_width_m": [10.0], **more}
    return gpd.GeoDataFrame(columns, geometry=[shape], crs=4547)


def found(owners):
    report = check_zones({"community": LAND}, owners=owners)
    return [(own.kind, own.fatal) for own in report.defects if own.level == "linear_owner"], report


def test_a_sound_layer_has_no_defects():
    defects, report = found(owner())
    assert (defects, report.usable) == ([], True)
    assert report.zones == {"community": 2, "linear_owner": 1}
    assert found(owner(left_m=[0.0], right_m=[30.0], half_width_m=[None]))[0] == []
    assert "linear_owner" not in found(None)[1].zones


@pytest.mark.parametrize(
    ("owners", "kind"),
    [
        (owner(half_width_m=[None]), "no_width"),
        (owner(half_width_m=[0.0]), "no_width"),
        (owner(half_width_m=[-1.0]), "no_width"),
        (owner(half_width_m=["宽"]), "no_width"),
        (owner(half_width_m=[None], left_m=[3.0]), "no_width"),
        (owner(code=[""]), "no_code"),
        (owner().drop(columns="code"), "no_code"),
        (owner(shapely.box(1, 1, 2, 2)), "not_line"),
        (owner(Point(5, 5)), "not_line"),
        (owner(LineString([(1, 1), (1, 1)])), "not_line"),
        (owner(LineString()), "no_geometry"),
        (owner(valid_from=["bald"]), "bad_dates"),
        (owner(valid_from=["2017-02-01"], valid_to=["2017-01-01"]), "bad_dates"),
    ],
)
def test_what_the_tree_refuses_is_fatal(owners, kind):
    defects, report = found(owners)
    assert (kind, True) in defects
    assert not report.usable
    with pytest.raises((FrameError, ZoneError)):
        ZoneTree(community=LAND, owners=owners)


@pytest.mark.parametrize(
    ("owners", "kind"),
    [
        (owner(line_name=[""]), "no_name"),
        (owner().drop(columns="line_name"), "no_name"),
        (owner(LineString([(500, 0), (500, 90)])), "outside_zones"),
    ],
)
def test_what_is_only_doubtful_can_be_used(owners, kind):
    defects, report = found(owners)
    assert defects == [(kind, False)]
    assert report.usable
    assert len(ZoneTree(community=LAND, owners=owners).owners) == 1


def test_words_say_which_and_what_to_do():
    (defect,) = [d for d in found(owner(half_width_m=[None]))[1].defects if d.level == "linear_owner"]
    assert defect.words.startswith("c 没有可用的宽度：写 half_width_m")
    (far,) = found(owner(LineString([(500, 0), (500, 90)])))[1].defects
    assert far.words == "c 整条在辖区之外，最近处 300 米"
