"""Hot spots measured by the register's places: which count, for whom, and when that is the default."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from sqlalchemy import text

from geodata.crs import reproject
from geodata.kinds import load_kinds
from service.atlas.exposure import Ground, chosen_exposure
from service.cases.filters import CaseFilter
from service.errors import Refused
from service.store.engine import make_engine

CRS = 4547
ORIGIN = (474_000.0, 3_849_000.0)
SHOPS = {"kind": "C4-01,C4-02"}


def lonlat(x: float, y: float) -> tuple[float, float]:
    point = reproject(shapely.Point(ORIGIN[0] + x, ORIGIN[1] + y), CRS, 4326)
    return point.x, point.y


def rows(places):
    """A list of shops for the import: name, trade, position."""
    lines = ["店名,行业,地址,经度,纬度"]
    for number, (trade, x, y) in enumerate(places):
        lon, lat = lonlat(x, y)
        lines.append(f"店{number},{trade},平安路{number}号,{lon:.7f},{lat:.7f}")
    return "\r\n".join(lines).encode("utf-8-sig")


@pytest.fixture(scope="module")
def street(site):
    """Forty restaurants packed into one cell of grid 1, four scattered, one hotel; problems where shops are.

    Every restaurant has one problem: packed by area, even by shop. Ten more problems lie where no shop is.
    """
    rng = np.random.default_rng(7)
    packed = [(210 + 8 * (i % 10), 310 + 20 * (i // 10)) for i in range(40)]
    scattered = [(1250, 250), (1250, 750), (1750, 250), (1750, 750)]
    places = [("小餐饮店", x, y) for x, y in packed + scattered] + [("小旅店", 750, 750)]
    problems = [*packed, *scattered, *rng.uniform((420, 20), (980, 280), (10, 2))]
    with site.as_("admin") as client:
        answer = client.post(
            "/api/imports",
            files={"file": ("店铺.csv", rows(places))},
            data={"list_kind": "places", "datum": "wgs84"},
        )
        assert answer.status_code in (200, 201), answer.text
        assert answer.json()["imported"] == len(places), answer.text
        for number, (x, y) in enumerate(problems):
            lon, lat = lonlat(x, y)
            body = {
                "lon": lon,
                "lat": lat,
                "kind": "C4-01",
                "description": f"无证 {number}",
                "location_text": f"点 {number}",
            }
            assert client.post("/api/cases", json=body).status_code in (200, 201)
    return places


def test_shops_in_a_row_are_hot_by_area_and_not_by_places(admin, street):
    by_area = admin.get("/api/hotspots", params={**SHOPS, "exposure": "area"}).json()
    assert (by_area["exposure"], by_area["exposures"]) == ("area", ["area", "places"])
    assert any(each["verdict"] == "hot" for each in by_area["classes"])
    assert by_area["left_out"] == 0
    by_places = admin.get("/api/hotspots", params={**SHOPS, "exposure": "places"}).json()
    assert not any(each["verdict"] in ("hot", "cold") for each in by_places["classes"])
    # Five cells have a restaurant; the ten problems where none is count nowhere.
    assert sum(each["cells"] for each in by_places["classes"]) == 5
    assert (by_places["counted"], by_places["left_out"]) == (54, 10)
    assert (by_places["places"], by_places["place_classes"]) == (44, ["小餐饮"])


def test_the_default_follows_the_kinds(admin, street):
    assert admin.get("/api/hotspots", params=SHOPS).json()["exposure"] == "places"
    # All kinds, or kinds that befall the open ground as well: by area, with all places on offer.
    for query in ({}, {"kind": "C4-01,C1-02"}, {"command": "C1"}, {"kind": "none"}):
        answer = admin.get("/api/hotspots", params=query).json()
        assert (answer["exposure"], answer["places"], answer["place_classes"]) == ("area", 45, [])
    # Hotels: one is too few to be the default, and may be asked for.
    few = admin.get("/api/hotspots", params={"kind": "C4-07"}).json()
    assert (few["exposure"], few["places"], few["exposures"]) == ("area", 1, ["area", "places"])
    # Hair dressers: there is none, so nothing is on offer.
    none = admin.get("/api/hotspots", params={"kind": "C4-05"}).json()
    assert (none["exposure"], none["places"], none["exposures"]) == ("area", 0, ["area"])
    refused = admin.get("/api/hotspots", params={"kind": "C4-05", "exposure": "places"})
    assert refused.status_code == 422
    assert "场所" in refused.json()["detail"]
    assert admin.get("/api/hotspots", params={"exposure": "shops"}).status_code == 422


def test_places_that_are_invisible_do_not_count(site, street):
    with site.as_("community2") as client:  # four restaurants lie in their community
        answer = client.get("/api/hotspots", params={**SHOPS, "exposure": "places"}).json()
        assert (answer["places"], sum(each["cells"] for each in answer["classes"])) == (4, 4)
        assert client.get("/api/hotspots", params=SHOPS).json()["exposure"] == "area"  # below thirty
    with site.as_("grid3") as client:  # 1000-1500: two of them
        assert client.get("/api/hotspots", params=SHOPS).json()["places"] == 2
    with site.as_("unit1") as client:  # none of them is theirs
        answer = client.get("/api/hotspots", params=SHOPS).json()
        assert (answer["places"], answer["exposures"]) == (0, ["area"])


@pytest.mark.parametrize(
    ("gone", "back"),
    [("placement = 'ambiguous'", "placement = 'located'"), ("status = 'closed'", "status = 'active'")],
)
def test_places_that_are_not_located_or_closed_do_not_count(site, admin, street, gone, back):
    engine = make_engine(site.database_url)
    with engine.begin() as connection:
        connection.execute(text(f"update places set {gone} where name = '店0'"))
    try:
        assert admin.get("/api/hotspots", params=SHOPS).json()["places"] == 43
    finally:
        with engine.begin() as connection:
            connection.execute(text(f"update places set {back} where name = '店0'"))
        engine.dispose()


@pytest.mark.parametrize(("count", "by"), [(29, "area"), (30, "places")])
def test_thirty_places_make_the_default(count, by):
    ground = Ground(np.zeros((count, 2)), np.array(["小餐饮"] * count))
    choice = chosen_exposure(ground, CaseFilter(kinds=("C4-01",)), load_kinds(), None)
    assert (choice.by, len(choice.places)) == (by, count)


def test_no_place_at_all():
    nothing = Ground(np.zeros((0, 2)), np.array([], dtype=np.str_))
    assert chosen_exposure(nothing, CaseFilter(), load_kinds(), None).offered == ("area",)
    with pytest.raises(Refused):
        chosen_exposure(nothing, CaseFilter(), load_kinds(), "places")
