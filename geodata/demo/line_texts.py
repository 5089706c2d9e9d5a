"""Places told along lines: stretches of roads, canals with banks, the railway with chainage."""

from __future__ import annotations

import numpy as np
from shapely import LineString, Point
from shapely.ops import substring

from geodata.demo.authored import Line
from geodata.demo.courses import (
    Junction,
    along,
    bearing_deg,
    beside_line,
    compass,
    course_deg,
    moved,
    side_bearing,
    sides_of,
    stretch,
)  # fmt: skip
from geodata.demo.point_texts import CARDINAL
from geodata.demo.scene import Chooser, Scene, Told


def chainage_text(at_m: float) -> str:
    """Return a chainage as it is written, 645300.0 as K645+300."""
    return f"K{int(at_m) // 1000}+{int(at_m) % 1000:03d}"


def _two(
    start: Junction, line: Line, scene: Scene, chooser: Chooser, most_m: float
) -> tuple[Junction, Junction] | None:
    """Return a crossing of a line and another one a plausible stretch away, in their order along it."""
    meets = [
        (at, junction) for at, junction in scene.of_line[line.name] if junction.other(line).klass == "road"
    ]
    here = next((at for at, junction in meets if junction is start), None)
    if here is None:
        return None
    able = [(at, junction) for at, junction in meets if 130.0 <= abs(at - here) <= most_m]
    if not able:
        return None
    at, other = chooser.one_of(able)
    return (start, other) if at > here else (other, start)


def _sided(piece: LineString, side: str, off_m: float) -> LineString:
    course = bearing_deg(Point(piece.coords[0]), Point(piece.coords[-1]))
    return beside_line(piece, side_bearing(course, side), off_m)


def road_stretch(scene: Scene, chooser: Chooser) -> Told | None:
    """Return the part of a road between two others, often one side of it."""
    start: Junction = scene.roads.choose(chooser)
    line = chooser.one_of((start.first, start.second))
    ends = _two(start, line, scene, chooser, 600.0 if line.rank == "ring" else 950.0)
    if ends is None:
        return None
    piece = stretch(line.geometry, ends[0].point, ends[1].point)
    names = [end.other(line).name for end in ends]
    if chooser.chance(0.4):
        names.reverse()
    a, b = names
    course = bearing_deg(ends[0].point, ends[1].point)
    sides = sides_of(course)
    if sides and chooser.chance(0.62):
        side = str(chooser.one_of(sides))
        text = chooser.one_of(
            (
                f"{line.name}({a}至{b}段){side}侧", f"{line.name}（{a}—{b}段）{side}侧", f"{line.name}{a}至{b}段{side}侧",
                f"{line.name}{a}至{b}{side}半幅", f"{line.name}沿线{a}至{b}段{side}侧", f"{line.name}（{a}至{b}）路{side}",
            ),
            (34, 12, 26, 12, 10, 6),
        )  # fmt: skip
        return Told(_sided(piece, side, line.width_m / 2 - 2.0), str(text), "stretch_side")
    text = chooser.one_of(
        (
            f"{line.name}({a}至{b}段)", f"{line.name}{a}至{b}段", f"{line.name}({a}-{b})", f"{line.name}沿线{a}至{b}段",
            f"{line.name}与{a}交叉口至{line.name}与{b}交叉口段",
        ),
        (34, 30, 14, 14, 8),
    )  # fmt: skip
    return Told(piece, str(text), "stretch")


def canal_point(scene: Scene, chooser: Chooser) -> Told | None:
    """Return a point at a bridge or some way along a canal, on a bank or under the bridge."""
    junction: Junction = scene.canals.choose(chooser)
    canal, road = sorted((junction.first, junction.second), key=lambda line: line.klass != "water")
    start = float(canal.geometry.project(junction.point))
    if chooser.chance(0.35):
        point = moved(junction.point, chooser.between(0.0, 360.0), chooser.between(0.0, 8.0))
        tail = chooser.one_of(
            (f"{road.name}桥下", f"{road.name}桥", f"与{road.name}交叉口", f"{road.name}桥洞下")
        )
        return Told(point, f"{canal.name}{tail}", "canal_bridge")
    stated = int(chooser.one_of((30, 50, 80, 100, 150, 200)))
    forward = chooser.chance(0.5)
    at = start + (stated if forward else -stated) + chooser.between(-5.0, 5.0)
    middle = along(canal.geometry, at)
    if middle is None:
        return None
    way = bearing_deg(junction.point, middle)
    word = compass(way, within_deg=30.0, words=CARDINAL)
    course = course_deg(canal.geometry, at)
    sides = sides_of(course)
    if word is None or sides is None or word in sides:
        return None
    bank = str(chooser.one_of(sides))
    point = moved(middle, side_bearing(course, bank), canal.width_m / 2 + chooser.between(3.0, 12.0))
    text = chooser.one_of(
        (
            f"{canal.name}{road.name}桥{word}{stated}米{bank}岸", f"{canal.name}与{road.name}交叉口向{word}{stated}米{bank}岸",
            f"{canal.name}{road.name}桥向{word}约{stated}米{bank}岸",
        )
    )  # fmt: skip
    return Told(point, str(text), "canal_offset")


def canal_line(scene: Scene, chooser: Chooser) -> Told | None:
    """Return a stretch of a canal between two roads, often one bank."""
    start: Junction = scene.canals.choose(chooser)
    canal = start.first if start.first.klass == "water" else start.second
    ends = _two(start, canal, scene, chooser, 1200.0)
    if ends is None:
        return None
    piece = stretch(canal.geometry, ends[0].point, ends[1].point)
    a, b = (end.other(canal).name for end in ends)
    sides = sides_of(bearing_deg(ends[0].point, ends[1].point))
    if sides and chooser.chance(0.65):
        bank = str(chooser.one_of(sides))
        text = chooser.one_of(
            (
                f"{canal.name}({a}至{b}段){bank}岸",
                f"{canal.name}{a}至{b}段{bank}岸",
                f"{canal.name}{a}桥至{b}桥{bank}岸",
            )
        )
        return Told(_sided(piece, bank, canal.width_m / 2 + 3.0), str(text), "canal_bank")
    text = chooser.one_of(
        (f"{canal.name}{a}至{b}段", f"{canal.name}从{a}到{b}段水面", f"{canal.name}（{a}—{b}）")
    )
    return Told(piece, str(text), "canal_stretch")


def rail_point(scene: Scene, chooser: Chooser) -> Told | None:
    """Return a point on the railway: by chainage, or under a road's crossing."""
    rail = scene.rail
    if scene.rails and chooser.chance(0.12):
        junction = chooser.one_of(scene.rails)
        road = junction.other(rail)
        point = moved(junction.point, chooser.between(0.0, 360.0), chooser.between(0.0, 8.0))
        return Told(
            point, f"{road.name}下穿{rail.name}{chooser.one_of(('隧道', '处', '桥下'))}", "rail_crossing"
        )
    at = round(chooser.between(60.0, rail.geometry.length - 60.0) / 10.0) * 10.0
    middle, course = rail.geometry.interpolate(at), course_deg(rail.geometry, at)
    stated = chainage_text(scene.district.posts[0][1] + at)
    name = "" if chooser.chance(0.1) else rail.name
    if chooser.chance(0.75):
        side = str(chooser.one_of(("东", "西")))
        point = moved(middle, side_bearing(course, side), chooser.between(8.0, 24.0))
        text = chooser.one_of(
            (f"{name}{stated}处{side}侧", f"{name}{stated}{side}侧", f"{name}{stated}{side}侧栅栏外")
        )
        return Told(point, str(text), "chainage_side")
    return Told(middle, f"{name}{stated}{chooser.one_of(('', '处'))}", "chainage")


def rail_line(scene: Scene, chooser: Chooser) -> Told | None:
    """Return a stretch of the railway between two chainages, one side of it or the whole."""
    rail = scene.rail
    long = float(chooser.one_of((100, 150, 200, 300, 400)))
    start = round(chooser.between(80.0, rail.geometry.length - long - 80.0) / 50.0) * 50.0
    piece = substring(rail.geometry, start, start + long)
    piece = LineString(np.round(np.asarray(piece.coords), 3))
    first = scene.district.posts[0][1] + start
    joint = chooser.one_of(("至", "~", "-", "—"), (62, 16, 14, 8))
    text = f"{rail.name}{chainage_text(first)}{joint}{chainage_text(first + long)}"
    if chooser.chance(0.75):
        side = str(chooser.one_of(("东", "西")))
        tail = chooser.one_of((f"段{side}侧", f"{side}侧", f"段{side}侧栅栏外"))
        return Told(_sided(piece, side, 10.0), f"{text}{tail}", "chainage_range_side")
    return Told(piece, f"{text}段", "chainage_range")
