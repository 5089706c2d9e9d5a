from __future__ import annotations

import csv
import math
import os
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geodata.crs import epsg_of, reproject_xy

REFERENCE = Path(os.environ.get("QINGTU_TEST_REFERENCE", "../shared/reference"))
# The anchors were read off public maps by eye; two of them name one place for two roads.
ANCHOR_TOLERANCE_M = 250.0


def _vertices(line: shapely.LineString) -> set[tuple[float, ...]]:
    return {tuple(xy) for xy in shapely.get_coordinates(line).tolist()}


def test_layers_have_the_columns_of_the_contract(profile):
    columns = {
        "line": ["name", "class", "width_m"], "post": ["line", "chainage_m"], "number": ["road", "number"],
        "place": ["name", "class"], "water": ["name"], "building": ["name"], "green": ["name"],
    }  # fmt: skip
    for layer, expected in columns.items():
        frame = gpd.read_file(profile / "lines.gpkg", layer=layer)
        assert epsg_of(frame.crs) == 4547
        assert [column for column in frame.columns if column != "geometry"] == expected
        assert frame.geometry.is_valid.all()
        assert len(frame)


def test_crossings_share_a_vertex_bit_for_bit(lines):
    shapes = list(lines.geometry)
    tree = shapely.STRtree(shapes)
    left, right = tree.query(shapes, predicate="intersects")
    pairs = {(a, b) for a, b in zip(left.tolist(), right.tolist(), strict=True) if a < b}
    assert len(pairs) > 300
    for a, b in pairs:
        shared = _vertices(shapes[a]) & _vertices(shapes[b])
        for point in shapely.get_coordinates(shapes[a].intersection(shapes[b])):
            assert min(math.dist(point, vertex) for vertex in shared) < 0.001


def test_every_road_hangs_together_with_the_others(lines):
    roads = list(lines[lines["class"] == "road"].geometry)
    tree = shapely.STRtree(roads)
    reached, edge = {0}, [0]
    while edge:
        for other in tree.query(roads[edge.pop()], predicate="intersects").tolist():
            if other not in reached:
                reached.add(other)
                edge.append(other)
    assert len(reached) == len(roads)


def test_courses_are_smooth(lines):
    for line in lines.geometry:
        xy = shapely.get_coordinates(line)
        steps = np.diff(xy, axis=0)
        steps = steps[np.hypot(*steps.T) > 2.0]
        turn = np.degrees(np.abs(np.angle(np.exp(1j * np.diff(np.arctan2(steps[:, 1], steps[:, 0]))))))
        assert turn.size == 0 or turn.max() < 20.0


def test_posts_rise_with_the_railway(profile, lines):
    posts = gpd.read_file(profile / "lines.gpkg", layer="post")
    assert set(posts["line"]) == {"示范铁路"}
    assert posts["chainage_m"].tolist() == [645000.0 + 100.0 * step for step in range(36)]
    rail = lines.geometry["示范铁路"]
    along = [rail.project(post) for post in posts.geometry]
    assert np.allclose(along, posts["chainage_m"] - 645000.0, atol=0.05)
    assert max(rail.distance(post) for post in posts.geometry) < 0.01


def test_numbers_rise_along_their_road_by_parity(profile, lines):
    numbers = gpd.read_file(profile / "lines.gpkg", layer="number")
    straight = numbers[~numbers["road"].isin(["商务外环路", "商务内环路"])]
    for (name, parity), group in straight.groupby([straight["road"], straight["number"] % 2]):
        road = lines.geometry[name]
        along = [road.project(point) for point in group.sort_values("number").geometry]
        assert np.all(np.diff(along) > 0)
        assert group["number"].is_unique
        # Odd numbers stand on the left of the course, even ones on the right.
        for point in group.geometry:
            at = road.project(point)
            here, ahead = road.interpolate(at - 1.0), road.interpolate(at + 1.0)
            cross = (ahead.x - here.x) * (point.y - here.y) - (ahead.y - here.y) * (point.x - here.x)
            assert (cross > 0) == (parity == 1)


@pytest.mark.parametrize("ring", ["商务外环路", "商务内环路"])
def test_ring_numbers_rise_clockwise_from_the_south(profile, lines, ring):
    numbers = gpd.read_file(profile / "lines.gpkg", layer="number")
    own = numbers[numbers["road"] == ring].sort_values("number")
    middle = lines.geometry[ring].centroid
    bearing = np.degrees(np.arctan2(own.geometry.x - middle.x, own.geometry.y - middle.y)) % 360.0
    turned = np.unwrap(bearing.to_numpy(), period=360.0)
    assert 180.0 < turned[0] < 230.0
    assert np.all(np.diff(turned) > 0)
    assert turned[-1] - turned[0] < 360.0


def test_nothing_stands_on_a_street_or_in_the_water(profile, lines):
    paved = shapely.union_all(
        [row.geometry.buffer(row.width_m / 2) for row in lines.itertuples() if row[2] != "water"]
    )
    wet = shapely.union_all(gpd.read_file(profile / "lines.gpkg", layer="water").geometry.to_numpy())
    taken = paved.union(wet)
    shapely.prepare(taken)
    building = gpd.read_file(profile / "lines.gpkg", layer="building")
    assert 2500 < len(building) < 6000
    assert not shapely.intersects(taken, building.geometry.to_numpy()).any()
    left, right = shapely.STRtree(building.geometry.to_numpy()).query(
        building.geometry.to_numpy(), predicate="intersects"
    )
    assert (left == right).all()
    number = gpd.read_file(profile / "lines.gpkg", layer="number")
    assert not shapely.intersects(taken, number.geometry.to_numpy()).any()


def _anchors() -> list[dict[str, str]]:
    path = REFERENCE / "ruyihu_anchors.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _drawn(text: str, profile: Path, lines: gpd.GeoDataFrame) -> list[shapely.Point]:
    """The points that an anchor's name means in the demo: a house number, a crossing, a landmark."""
    bare = re.sub(r"[(（].*?[)）]", "", text)
    numbers = gpd.read_file(profile / "lines.gpkg", layer="number")
    if match := re.match(r"(\w+路)(\d+)号", bare):
        own = numbers[(numbers["road"] == match[1]) & (numbers["number"] == int(match[2]))]
        return list(own.geometry)
    if "×" in bare:
        first, others = bare.split("×")
        return [
            point
            for other in others.split("/")
            if {first, other} <= set(lines.index)
            for point in shapely.get_parts(lines.geometry[first].intersection(lines.geometry[other]))
        ]
    places = gpd.read_file(profile / "lines.gpkg", layer="place")
    return list(places[places["name"] == bare].geometry)


def test_drawn_places_lie_near_the_real_ones(profile, lines):
    anchors = _anchors()
    if not anchors:
        pytest.skip(f"no {REFERENCE}/ruyihu_anchors.csv: anchors not checked")
    far = {}
    for row in anchors:
        (xy,) = reproject_xy([[float(row["lon_wgs84"]), float(row["lat_wgs84"])]], 4326, 4547)
        found = _drawn(row["name"], profile, lines)
        away = min((point.distance(shapely.Point(xy)) for point in found), default=math.inf)
        if away > ANCHOR_TOLERANCE_M:
            far[row["name"]] = away
    assert far == {}
