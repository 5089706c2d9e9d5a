"""A border moves: from the file of the district office to the changed map, as the people meet it."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager

import geopandas as gpd
import httpx
import pandas as pd
import pytest
import shapely
import uvicorn

from geodata.crs import reproject
from geodata.zones import ZoneTree
from service.app import create_app
from service.settings import Settings
from service.setup.initialising import initialise
from service.setup.profile import open_profile

GIVER, TAKER = "馨悦苑社区", "商务区社区"


@contextmanager
def served(data, database_url):
    """Serve a data directory on a free port, yield its address."""
    app = create_app(Settings(data_dir=data, database_url=database_url))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)


@pytest.fixture(scope="module")
def demo(database_maker, tmp_path_factory):
    """The demo's first borders, its users, and a way to ask as one of them."""
    data = tmp_path_factory.mktemp("demo") / "office"
    with database_maker() as url:
        with open_profile("demo") as profile:
            initialise(data, profile, database_url=url)
            zones = ZoneTree.read(profile.zones)
        access = json.loads((data / "demo-access.json").read_text(encoding="utf-8"))
        users = {user["name"]: user for user in access["users"]}
        with served(data, url) as address, httpx.Client(base_url=address, timeout=60) as client:

            def ask(name, method, path, **options):
                headers = options.pop("headers", {}) | {"authorization": f"Bearer {users[name]['token']}"}
                return client.request(method, path, headers=headers, **options)

            yield zones, users, ask


def moved(zones, path):
    """Write borders where a strip of 300 m passes from one community to its neighbour, as a grid of its own."""
    community, grid = zones.community.copy(), zones.grid.copy()
    giver = community.index[community["name"] == GIVER][0]
    taker = community.index[community["name"] == TAKER][0]
    common = shapely.intersection(community.geometry[giver], community.geometry[taker])
    strip = max(
        shapely.get_parts(shapely.intersection(community.geometry[giver], common.buffer(300))),
        key=shapely.area,
    )
    community.loc[giver, "geometry"] = shapely.difference(community.geometry[giver], strip)
    community.loc[taker, "geometry"] = shapely.union(community.geometry[taker], strip)
    own = grid["parent"] == community["code"][giver]
    grid.loc[own, "geometry"] = shapely.difference(grid.geometry[own].to_numpy(), strip)
    grid = grid[~grid.geometry.is_empty]
    new = grid.iloc[:1].assign(
        code=f"{community['code'][taker]}099", name="新划入网格", parent=community["code"][taker]
    )
    new = new.set_geometry([strip], crs=grid.crs)
    for level, layer in (
        ("community", community),
        ("grid", gpd.GeoDataFrame(pd.concat([grid, new], ignore_index=True), crs=grid.crs)),
    ):
        layer.drop(columns=["valid_from", "valid_to"]).to_file(path, layer=level, driver="GPKG")
    return community["code"][giver], community["code"][taker], strip


def test_from_the_file_to_the_changed_map(demo, tmp_path):
    zones, users, ask = demo
    old, new, strip = moved(zones, tmp_path / "new.gpkg")
    reports = {
        day: ask("coordinator1", "GET", f"/reports?date={day}").text for day in ("2017-10-04", "2017-11-01")
    }
    rates = {day: ask("leader", "GET", f"/reports/heat.svg?date={day}").text for day in reports}

    with (tmp_path / "new.gpkg").open("rb") as handle:
        answer = ask(
            "coordinator1",
            "POST",
            "/api/borders",
            files={"file": ("新边界.gpkg", handle)},
            data={"valid_from": "2017-11-10"},
        )
    assert answer.status_code == 201, answer.text
    change = answer.json()
    land = {
        (row["source"], row["target"]): row["area_m2"]
        for row in change["land"]
        if row["level"] == "community"
    }
    assert land == {(old, new): pytest.approx(strip.area, abs=1)}

    # The list against the definition: every open case with a point in the strip, and nothing else.
    listed = {move["case_id"] for move in change["moves"] if move["kind"] == "owner"}
    inside, edge = set(), set()
    open_states = "reported,accepted,dispatched,rectified"
    after = ""
    while after is not None:
        more = {"after": after} if after else {}
        page = ask(
            "coordinator1", "GET", "/api/cases", params={"state": open_states, "limit": 500, **more}
        ).json()
        for case in page["items"]:
            if case["lon"] is None or case["geometry_type"] != "Point" or case["community"] != old:
                continue
            place = reproject(shapely.Point(case["lon"], case["lat"]), 4326, zones.crs)
            # A place on the border itself belongs to the lower code: the list may have it or not.
            if shapely.distance(strip.boundary, place) <= 0.1:
                edge.add(case["id"])
            elif shapely.covers(strip, place):
                inside.add(case["id"])
        after = page["next"]
    points = {move["case_id"] for move in change["moves"] if not move["parts"]}
    assert inside
    assert (points & listed) - edge == inside

    keep = sorted(inside)[0]
    body = {
        "decision": "accept",
        "keep": {keep: "原社区已约好本周清理"},
        "seen": change["seen"],
        "note": "按管委会文件",
    }
    decided = ask(
        "coordinator1", "POST", f"/api/borders/{change['id']}/decide", json=body, headers={"if-match": '"1"'}
    )
    assert decided.status_code == 200, decided.text
    outcomes = {move["case_id"]: move["outcome"] for move in decided.json()["moves"]}
    assert outcomes.pop(keep) == "kept"
    assert set(outcomes.values()) == {"moved"}

    # The map, the lists and the rights follow; the reports of the past stay.
    middle = reproject(strip.representative_point(), zones.crs, 4326)
    shown = ask("coordinator1", "GET", "/api/zones", params={"level": "community"}).json()["features"]
    owners = [
        zone["properties"]["code"]
        for zone in shown
        if shapely.covers(shapely.from_geojson(json.dumps(zone["geometry"])), middle)
    ]
    assert owners == [new]
    found = ask("coordinator1", "GET", "/api/locate", params={"q": f"{middle.x:.6f},{middle.y:.6f}"}).json()
    assert found["community"] == new
    officers = {user["zone"]: name for name, user in users.items() if user["role"] == "community_officer"}
    for case_id in sorted(listed):
        own, other = (old, new) if case_id == keep else (new, old)
        assert ask("coordinator1", "GET", f"/api/cases/{case_id}").json()["community"] == own
        assert ask(officers[own], "GET", f"/api/cases/{case_id}").status_code == 200
        if case_id in inside and case_id != keep:
            near = ask("coordinator1", "GET", f"/api/cases/{case_id}").json()["near_border"]
            assert ask(officers[other], "GET", f"/api/cases/{case_id}").status_code == (200 if near else 404)
    for day, text in reports.items():
        assert ask("coordinator1", "GET", f"/reports?date={day}").text == text
        assert ask("leader", "GET", f"/reports/heat.svg?date={day}").text == rates[day]
