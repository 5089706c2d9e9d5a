"""Hot spots over HTTP: a pile is significant, a scatter is not, and everybody sees only their own."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geodata.crs import reproject

CRS = 4547
ORIGIN = (474_000.0, 3_849_000.0)


def lonlat(x: float, y: float) -> tuple[float, float]:
    point = reproject(shapely.Point(ORIGIN[0] + x, ORIGIN[1] + y), CRS, 4326)
    return point.x, point.y


@pytest.fixture(scope="module")
def pile(site):
    """Thirty problems at one corner of the first grid, twenty scattered over both communities."""
    rng = np.random.default_rng(4)
    places = [(150 + 3 * i, 250) for i in range(30)] + [
        tuple(p) for p in rng.uniform((20, 20), (1980, 980), (20, 2))
    ]
    with site.as_("admin") as client:
        for number, (x, y) in enumerate(places):
            lon, lat = lonlat(x, y)
            body = {
                "lon": lon,
                "lat": lat,
                "description": f"垃圾 {number}",
                "kind": "C1-02",
                "location_text": f"点 {number}",
            }
            answer = client.post("/api/cases", json=body)
            assert answer.status_code in (200, 201), answer.text
    return places


def verdicts(answer):
    return {each["verdict"]: each["cells"] for each in answer["classes"]}


def test_the_pile_is_hot_and_said_so(admin, pile):
    answer = admin.get("/api/hotspots").json()
    assert answer["counted"] >= 50
    hot = [f for f in answer["cells"]["features"] if f["properties"]["verdict"] == "hot"]
    assert verdicts(answer)["hot"] == len(hot) > 0
    corner = shapely.Point(lonlat(195, 250))
    assert min(shapely.geometry.shape(f["geometry"]).distance(corner) for f in hot) == 0
    best = max(hot, key=lambda f: f["properties"]["around"])["properties"]
    assert best["around"] > 3 * best["expected"]
    labels = {each["verdict"]: each["label"] for each in answer["classes"]}
    assert labels["hot"] == "显著热点"
    outlines = {f["properties"]["verdict"]: f["geometry"] for f in answer["outlines"]["features"]}
    assert shapely.geometry.shape(outlines["hot"]).contains(corner)
    # Two communities of 1 km² in cells of 100 m.
    assert sum(verdicts(answer).values()) == 200


def test_a_person_of_a_zone_sees_and_is_measured_by_the_own_ground(site, pile):
    with site.as_("community2") as client:
        answer = client.get("/api/hotspots").json()
        assert answer["counted"] < 30
        assert "hot" not in verdicts(answer)
        assert sum(verdicts(answer).values()) == 100  # only their community is studied
    with site.as_("grid1") as client:
        assert sum(verdicts(client.get("/api/hotspots").json()).values()) == 100  # two grids of 500 x 1000 m


def test_the_filter_holds(admin, pile):
    answer = admin.get("/api/hotspots", params={"command": "C8"}).json()
    assert answer["counted"] == 0
    assert verdicts(answer) == {"ordinary": 200}
    assert answer["cells"]["features"] == []


def test_public_sees_it_in_english_too(site, pile):
    with site.as_(None) as client:
        answer = client.get("/api/hotspots", headers={"Accept-Language": "en"}).json()
    assert answer["counted"] >= 50
    assert {each["verdict"] for each in answer["classes"]} >= {"hot", "ordinary"}


@pytest.mark.parametrize(
    "query",
    [{"cell_m": 29}, {"cell_m": "nan"}, {"distance_m": -1}, {"distance_m": 2001}, {"fdr": 0}, {"fdr": 0.5}],
)
def test_numbers_are_bounded(admin, query):
    answer = admin.get("/api/hotspots", params=query)
    assert answer.status_code == 422
    assert answer.json()["error"] == "invalid"
