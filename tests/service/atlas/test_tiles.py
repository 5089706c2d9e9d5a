"""Vector tiles, decoded by GDAL, which knows nothing of our SQL."""

from __future__ import annotations

import math

import pandas as pd
import pyogrio
import pytest
from shapely.geometry import Point
from sqlalchemy import text

from service.atlas import queries
from service.atlas.tiles import Tile, read_tile, tile_at
from service.errors import NotFound
from service.store.engine import make_engine

TEXTS = ["平安路与春光街交叉口", "平安路与夏雨街交叉口", "平安路与秋实街交叉口", "平安路与冬青街交叉口"]


@pytest.fixture(scope="module")
def filled(site):
    """Twelve problems at four crossings and one along the street over the border."""
    with site.as_("admin") as client:
        for number in range(12):
            body = {
                "location_text": TEXTS[number % 4],
                "description": "垃圾",
                "kind": ["C1-02", "C2-01"][number % 2],
            }
            assert client.post("/api/cases", json=body).status_code == 201
        line = {"location_text": "平安路（夏雨街至秋实街段）", "description": "路面不洁", "kind": "C1-04"}
        assert client.post("/api/cases", json=line).json()["geometry_type"] == "LineString"
    return 13


@pytest.fixture
def decode(tmp_path):
    """A function that fetches a tile and returns its layers as frames in EPSG:3857."""

    def fetch(client, layer, tile, **query):
        answer = client.get(f"/tiles/{layer}/{tile.z}/{tile.x}/{tile.y}.mvt", params=query)
        if answer.status_code == 204:
            return {}
        assert answer.status_code == 200, answer.text
        folder = tmp_path / layer / str(tile.z) / str(tile.x)
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{tile.y}.mvt"
        file.write_bytes(answer.content)
        # GDAL reads z, x and y from the path, and gives web mercator coordinates.
        names = [name for name, _ in pyogrio.list_layers(file)]
        return {name: pyogrio.read_dataframe(file, layer=name) for name in names}

    return fetch


def mercator(lon, lat):
    """EPSG:3857 by the textbook formula."""
    radius = 6378137.0
    return radius * math.radians(lon), radius * math.log(math.tan(math.pi / 4 + math.radians(lat) / 2))


def tiles_around(lonlat, z):
    west, south = lonlat(-50, -50)
    east, north = lonlat(2050, 1050)
    low, high = tile_at(west, north, z), tile_at(east, south, z)
    return [Tile(z, x, y) for x in range(low.x, high.x + 1) for y in range(low.y, high.y + 1)]


def counted(client, decode, lonlat, z, **query):
    """How many points the clusters of all tiles count."""
    frames = [decode(client, "cases", tile, **query).get("clusters") for tile in tiles_around(lonlat, z)]
    return sum(frame["n"].sum() for frame in frames if frame is not None)


def test_the_basemap_has_the_streets_where_they_are(admin, decode, lonlat):
    lon, lat = lonlat(250, 500)
    layers = decode(admin, "basemap", tile_at(lon, lat, 15))
    roads = layers["road"]
    assert {"平安路", "春光街"} <= set(roads["name"])
    crossing = roads.set_index("name").geometry
    x, y = mercator(lon, lat)
    # A tile unit at zoom 15 is 0.3 m; both streets pass the crossing.
    assert crossing["平安路"].distance(Point(x, y)) < 1
    assert crossing["春光街"].distance(Point(x, y)) < 1


def test_zones_have_borders_and_one_label_each(admin, decode, lonlat):
    tiles = [decode(admin, "zones", tile) for tile in tiles_around(lonlat, 15)]
    borders = pd.concat([layers["borders"] for layers in tiles if "borders" in layers])
    labels = pd.concat([layers["labels"] for layers in tiles if "labels" in layers])
    assert set(borders["level"]) == {"subdistrict", "community", "grid"}
    assert sorted(labels[labels["level"] == "community"]["name"]) == ["乙社区", "甲社区"]
    assert len(labels[labels["level"] == "grid"]) == 4


def test_every_problem_is_on_the_tiles(admin, filled, decode, lonlat):
    tiles = [decode(admin, "cases", tile) for tile in tiles_around(lonlat, 14)]
    points = pd.concat([layers["points"] for layers in tiles if "points" in layers])
    lines = pd.concat([layers["lines"] for layers in tiles if "lines" in layers])
    assert points["id"].nunique() == 12
    assert lines["id"].nunique() == 1
    assert set(points["state"]) == {"reported"}


def test_the_filter_of_the_list_selects_on_tiles_too(admin, filled, decode, lonlat):
    total = admin.get("/api/cases", params={"command": "C2"}).json()["total"]
    assert counted(admin, decode, lonlat, 12, command="C2") == total == 6


@pytest.mark.parametrize("z", [8, 10, 11, 12])
def test_clusters_count_every_point_once(admin, filled, decode, lonlat, z):
    assert counted(admin, decode, lonlat, z) == 12


def test_a_grid_manager_sees_the_own_grids_only(site, filled, decode, lonlat):
    with site.as_("grid1") as client:
        assert counted(client, decode, lonlat, 10) == 6
        assert client.get("/api/cases").json()["total"] == 6 + 1  # and the line, which runs through
    with site.as_("grid3") as client:
        assert counted(client, decode, lonlat, 10) == 3


def test_a_tile_is_sent_again_only_when_it_changed(admin, filled, lonlat):
    tile = tile_at(*lonlat(250, 500), 15)
    url = f"/tiles/cases/{tile.z}/{tile.x}/{tile.y}.mvt"
    first = admin.get(url)
    tag = first.headers["etag"]
    assert admin.get(url, headers={"if-none-match": tag}).status_code == 304
    case = admin.get("/api/cases", params={"limit": 1000, "q": TEXTS[0]}).json()["items"][0]
    step = admin.post(f"/api/cases/{case['id']}/advance", json={"state": "accepted"})
    assert step.status_code == 200, step.text
    assert admin.get(url, headers={"if-none-match": tag}).status_code == 200


@pytest.mark.parametrize("path", ["5/0/0", "21/0/0", "12/4096/0", "12/0/-1", "12/0/4096"])
def test_addresses_outside_the_pyramid_are_not_found(admin, path):
    answer = admin.get(f"/tiles/basemap/{path}.mvt")
    assert answer.status_code == 404
    assert answer.json()["error"] == "not_found"


@pytest.mark.parametrize("path", ["6/0/0", "10/0/0", "14/8192/8192", "20/1048575/1048575"])
@pytest.mark.parametrize("layer", ["basemap", "zones", "cases", "places", "heat"])
def test_far_away_there_is_nothing_and_no_error(admin, layer, path):
    assert admin.get(f"/tiles/{layer}/{path}.mvt").status_code == 204


def test_unknown_layers_are_refused(admin):
    assert admin.get("/tiles/users/12/0/0.mvt").status_code == 422


def test_tiles_use_the_spatial_index(site, lonlat):
    tile = tile_at(*lonlat(250, 500), 15)
    engine = make_engine(site.database_url)
    values = {
        "z": tile.z, "x": tile.x, "y": tile.y, "srid": 4547, "step": 100.0, "pixel_m": 1.0, "buildings": True,
        "minor_roads": True, "major_roads": [], "classes": [], "today": "2017-11-10",
    }  # fmt: skip
    with engine.connect() as connection:
        connection.execute(text("set enable_seqscan = off"))
        for statement, table in ((queries._BASEMAP, "basemap_features"), (queries._ZONES, "zones")):
            plan = "\n".join(connection.scalars(text("explain " + statement), values))
            # Only a condition on the shape can use the GiST index.
            assert "Index Cond: (shape && " in plan, f"{table}: {plan}"
    engine.dispose()


def test_tiles_know_their_own_bounds():
    tile = tile_at(113.7215, 34.7745, 14)
    west, south, east, north = tile.bounds
    x, y = mercator(113.7215, 34.7745)
    assert west <= x < east
    assert south < y <= north
    assert tile.touches((x, y, x, y))
    assert not tile.touches((east + 10, south, east + 20, north), margin=5)
    with pytest.raises(NotFound):
        read_tile(14, 2**14, 0)
