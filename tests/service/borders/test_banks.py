"""Banks in a running office: the side in a text decides the case's zones, from its report to new borders.

东渠 runs north at 1000 m and is itself the border between A in the west and B in the east.
"""

from __future__ import annotations

import shutil

import geopandas as gpd
import pytest
from shapely import LineString
from sqlalchemy import text

from service.setup.initialising import initialise
from service.setup.profile import read_profile
from service.store.engine import make_engine

CRS = 4547
X, Y = 474_000.0, 3_849_000.0
A, B = "410105999001", "410105999002"
A1, A2, B1, B2 = f"{A}001", f"{A}002", f"{B}001", f"{B}002"
# 平安路 crosses at y = 500, 安宁路 at y = 800: a bank of 300 m.
EAST_BANK, BOTH_BANKS = "东渠平安路至安宁路段东岸", "东渠两岸平安路至安宁路段"
WEST_BANK, WATER = "东渠平安路至安宁路段西岸", "东渠平安路至安宁路段"


@pytest.fixture
def canal_profile(tiny_profile, tmp_path):
    """The little office with 东渠, 20 m wide, and who answers for it."""
    directory = shutil.copytree(tiny_profile, tmp_path / "canal")
    canal = LineString([(X + 1000, Y), (X + 1000, Y + 1000)])
    lines = gpd.read_file(directory / "lines.gpkg", layer="line")
    more = gpd.GeoDataFrame(
        {"name": ["东渠", "安宁路"], "class": ["water", "road"], "width_m": [20.0, 20.0]},
        geometry=[canal, LineString([(X, Y + 800), (X + 2000, Y + 800)])],
        crs=CRS,
    )
    whole = gpd.GeoDataFrame(gpd.pd.concat([lines, more], ignore_index=True), crs=CRS)
    whole.to_file(directory / "lines.gpkg", layer="line")
    owners = gpd.GeoDataFrame(
        {"code": ["W1"], "name": ["渠管处"], "line_name": ["东渠、东干渠"], "half_width_m": [10.0]},
        geometry=[canal],
        crs=CRS,
    )
    owners.to_file(directory / "zones.gpkg", layer="linear_owner")
    return directory


@pytest.fixture
def canal_office(canal_profile, fresh_database, tmp_path, serve):
    data_dir = tmp_path / "office"
    initialise(data_dir, read_profile(canal_profile, demo=True), database_url=fresh_database)
    with serve(data_dir, fresh_database) as site:
        yield site


def metres(case, level):
    return {share["code"]: round(share["length_m"]) for share in case["shares"] if share["level"] == level}


def rows(site, query):
    engine = make_engine(site.database_url)
    with engine.connect() as connection:
        found = connection.execute(text(query)).all()
    engine.dispose()
    return [tuple(row) for row in found]


def test_the_set_up_keeps_the_layer(canal_office):
    stored = rows(
        canal_office,
        "select code, name, line_name, half_width_m, left_m, official, round(ST_Length(shape)) from linear_owners",
    )
    assert stored == [("W1", "渠管处", "东渠、东干渠", 10.0, None, True, 1000.0)]


def test_reports_go_to_the_bank_they_name(canal_office, file_report):
    with canal_office.as_("coordinator1") as client:
        east, west, both = (file_report(client, one) for one in (EAST_BANK, WEST_BANK, BOTH_BANKS))
        assert [case["community"] for case in (east, west, both)] == [B, A, A]
        assert [metres(case, "community") for case in (east, west, both)] == [
            {B: 300}, {A: 300}, {A: 150, B: 150},
        ]  # fmt: skip
        assert metres(both, "grid") == {A2: 150, B1: 150}
        assert (east["grid"], east["near_border"]) == (B1, False)
        found, water = (client.get("/api/locate", params={"q": q}).json() for q in (EAST_BANK, WATER))
        assert (found["community"], found["owner"], found["owner_share"]) == (B, "", None)
        assert (water["owner"], water["owner_name"], water["owner_share"]) == ("W1", "渠管处", 1.0)
    stored = rows(canal_office, "select side, line_name, community_code from cases order by number")
    assert stored == [("E", "东渠", B), ("W", "东渠", A), ("both", "东渠", A)]


def test_new_borders_ask_the_bank_too(canal_office, draw, propose, file_report):
    """The border moves 40 m east: the strip with the east bank passes from B to A, the west bank stays."""
    spans = {A: (0, 1040), B: (1040, 2000), A1: (0, 500), A2: (500, 1040), B1: (1040, 1500), B2: (1500, 2000)}
    with canal_office.as_("coordinator1") as client:
        east, west = file_report(client, EAST_BANK), file_report(client, WEST_BANK)
        change = propose(client, draw(spans=spans), "2017-11-20").json()
        assert [
            (move["case_id"], move["from_community"], move["to_community"]) for move in change["moves"]
        ] == [(east["id"], B, A)]
        assert west["community"] == A


def test_a_pin_is_where_it_is_and_a_candidate_keeps_its_side(canal_office, file_report, lonlat):
    """Pinned in the water the case is in A, whatever the text says; the candidate chosen again, on B's bank."""
    with canal_office.as_("coordinator1") as client:
        case = file_report(client, "东渠东岸")
        lon, lat = lonlat(999, 650)
        decisions = ({"pin": {"lon": lon, "lat": lat}}, {"choose": 0})
        placed = [
            client.post(f"/api/review/{case['id']}", json={**decision, "remember": False}).json()["case"]
            for decision in decisions
        ]
        assert [one["community"] for one in (case, *placed)] == [B, A, B]
        assert metres(placed[1], "community") == {B: 1000}
    assert rows(canal_office, "select side, line_name from cases") == [("E", "东渠")]


def test_the_borders_file_of_today_has_the_layer(canal_office, propose, tmp_path):
    """Proposed back as it is, the layer is no zone and no change."""
    path = tmp_path / "current.gpkg"
    with canal_office.as_("coordinator1") as client:
        path.write_bytes(client.get("/api/borders/current.gpkg").content)
        assert gpd.read_file(path, layer="linear_owner")["line_name"].tolist() == ["东渠、东干渠"]
        answer = propose(client, path, "2017-11-20")
        assert (answer.status_code, "没有变化" in answer.json()["detail"]) == (422, True)
