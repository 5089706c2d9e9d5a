"""Places told as points: crossings and corners, offsets, house numbers, named places, shops."""

from __future__ import annotations

import math

from geodata.demo.courses import (
    COMPASS,
    Junction,
    along,
    bearing_deg,
    compass,
    course_deg,
    moved,
    side_bearing,
    sides_of,
    turn_deg,
)
from geodata.demo.scene import LOOSE_ENDS, Chooser, Scene, Told

MEETING = ("交叉口", "交汇处", "路口", "交叉路口", "交会处")
CARDINAL = ("北", "东", "南", "西")
DISTANCES_M = (30, 50, 60, 80, 100, 120, 150, 180, 200, 250)
PARTS = {
    "market": ("", "内", "东门口", "西门口", "北门", "水产区", "熟食区", "门前"),
    "school": ("门口", "大门口", "东门", "校门西侧", "门前路边"),
    "hospital": ("", "门诊楼", "大厅", "门口"),
    "estate": ("{n}号楼", "{n}号楼下", "{n}号楼楼道", "东门", "北门口", "南门", "院内", "小区内"),
    "window": ("", "大厅", "门前"),
    "square": ("", "门前", "东侧", "南门", "周边"),
    "transfer": ("", "门前", "内"),
    "site": ("", "内", "项目部", "出入口", "门口"),
    "vacant_site": ("", "内"),
}  # fmt: skip


def pair_text(junction: Junction, chooser: Chooser, *, bare: bool = False) -> str:
    """Return how two roads that cross are named together; 30 % without a connector."""
    names = [junction.first.name, junction.second.name]
    if chooser.chance(0.5):
        names.reverse()
    joint = "" if bare else chooser.one_of(("", "与", "和", "、"), (30, 58, 9, 3))
    return str(joint).join(names)


def _meeting(pair: str, chooser: Chooser) -> str:
    word = chooser.one_of(MEETING, (62, 12, 12, 9, 5))
    return pair + str(word)


def crossing(scene: Scene, chooser: Chooser) -> Told | None:
    """Return a crossing, half of them with the corner, some with a leg."""
    junction: Junction = scene.roads.choose(chooser)
    pair = pair_text(junction, chooser)
    bare = not any(joint in pair for joint in "与和、")
    wide = (junction.first.width_m + junction.second.width_m) / 2
    corners = junction.corners
    if corners and chooser.chance(0.52):
        word, bearing, opening = chooser.one_of(corners)
        named = pair if bare and chooser.chance(0.5) else _meeting(pair, chooser)
        # Clear of both kerbs: the distance from a leg is that from the crossing times sin(opening / 2).
        kerb = max(junction.first.width_m, junction.second.width_m) / 2 + chooser.between(2.0, 10.0)
        point = moved(junction.point, bearing, kerb / math.sin(math.radians(opening / 2)))
        tail = chooser.one_of(("角", "角", "角", "角", "侧"))
        return Told(point, f"{named}{word}{tail}{chooser.one_of(LOOSE_ENDS)}", "crossing_corner")
    if chooser.chance(0.2):
        _, bearing = chooser.one_of(junction.arms)
        word = compass(bearing, within_deg=20.0, words=CARDINAL)
        if word:
            point = moved(junction.point, bearing, chooser.between(15.0, 32.0))
            return Told(
                point, f"{_meeting(pair, chooser)}{word}{chooser.one_of(('侧', '侧', '口'))}", "crossing_arm"
            )
    point = moved(junction.point, chooser.between(0.0, 360.0), chooser.between(0.0, wide * 0.4))
    return Told(point, f"{_meeting(pair, chooser)}{chooser.one_of(LOOSE_ENDS)}", "crossing")


def offset(scene: Scene, chooser: Chooser) -> Told | None:
    """Return a point some way along one of the roads of a crossing, walked on that road."""
    junction: Junction = scene.roads.choose(chooser)
    line, leg = chooser.one_of(junction.arms)
    word = compass(leg, within_deg=24.0, words=CARDINAL)
    if word is None or any(
        turn_deg(bearing, leg) < 55.0 for other, bearing in junction.arms if other is not line
    ):
        return None
    stated = int(chooser.one_of(DISTANCES_M))
    start = float(line.geometry.project(junction.point))
    ahead = along(line.geometry, start + 20.0)
    forward = ahead is not None and turn_deg(bearing_deg(junction.point, ahead), leg) < 60.0
    at = start + (1.0 if forward else -1.0) * (stated + chooser.between(-5.0, 5.0))
    middle = along(line.geometry, at)
    if middle is None or turn_deg(bearing_deg(junction.point, middle), COMPASS.index(word) * 45.0) > 36.0:
        return None
    course = course_deg(line.geometry, at)
    sides = sides_of(course)
    if sides is None or word in sides:
        return None
    side = str(chooser.one_of(sides))
    point = moved(middle, side_bearing(course, side), line.width_m / 2 + chooser.between(4.0, 14.0))
    meeting, bare = _meeting(pair_text(junction, chooser), chooser), pair_text(junction, chooser, bare=True)
    text = chooser.one_of(
        (
            f"{meeting}向{word}{stated}米路{side}",
            f"{bare}向{word}{stated}米路{side}",
            f"{meeting}往{word}约{stated}米路{side}",
            f"{meeting}{word}{stated}米路{side}",
            f"{meeting}沿{line.name}向{word}{stated}米路{side}",
            f"{line.name}与{junction.other(line).name}交叉口向{word}约{stated}米{side}侧",
        ),
        (30, 22, 16, 14, 10, 8),
    )
    return Told(point, str(text), "offset")


def number(scene: Scene, chooser: Chooser) -> Told | None:
    """Return a house number."""
    house = scene.houses.choose(chooser)
    point = moved(house.geometry, chooser.between(0.0, 360.0), chooser.between(0.0, 6.0))
    tail = chooser.one_of(("", "", "院", "院内", "门前", "楼下商铺", "附近"))
    return Told(point, f"{house.road}{house.number}号{tail}", "number")


def place(scene: Scene, chooser: Chooser, group: str) -> Told | None:
    """Return a named place of a group, often with a part of it."""
    spot = scene.spots[group].choose(chooser)
    part = str(chooser.one_of(PARTS[group])).format(n=int(chooser.between(1, 16)))
    bearings = [COMPASS.index(word) * 45.0 for word in CARDINAL if word in part]
    if bearings:
        point = moved(spot.geometry, bearings[0] + chooser.between(-20.0, 20.0), chooser.between(25.0, 40.0))
    else:
        point = moved(spot.geometry, chooser.between(0.0, 360.0), chooser.between(2.0, 38.0))
    style = "site" if "site" in group else "place"
    return Told(point, f"{spot.name}{part}", style)


def shop(scene: Scene, chooser: Chooser) -> Told | None:
    """Return a shop, with or without its address."""
    spot, house = scene.shops.choose(chooser)
    near = [
        junction
        for _, junction in scene.of_line.get(house.road, ())
        if junction.first.klass == junction.second.klass == "road"
        and junction.point.distance(spot.geometry) < 90.0
    ]
    texts = [
        f"{house.road}{house.number}号{spot.name}",
        f"{house.road}{spot.name}",
        spot.name,
        f"{spot.name}（{house.road}{house.number}号）",
    ]
    if near:
        texts.append(f"{pair_text(near[0], chooser)}交叉口附近{spot.name}")
    point = moved(spot.geometry, chooser.between(0.0, 360.0), chooser.between(0.0, 5.0))
    return Told(point, str(chooser.one_of(texts)), "shop", trade=spot.kind)


def vague(scene: Scene, chooser: Chooser) -> Told | None:
    """Return a text that no one could place with certainty: a whole road, an unknown name, no name."""
    house = scene.houses.choose(chooser)
    _, community = scene.zone_of(house.geometry, "community")
    text = chooser.one_of(
        (
            house.road, f"{house.road}附近", f"{house.road}沿街商户门前", "菜市场旁边", "示范幼儿园门口", "河边步道上",
            f"{community}某小区门口", "工地东侧路边", "办事处往东第二个路口", "虚构大街与未名路交叉口", "老地方烩面馆后面",
            "地铁口出来左转", "新修的桥下面", f"{community}背街小巷",
        )
    )  # fmt: skip
    return Told(house.geometry, str(text), "vague")
