"""How long the edits of a drawing take: the demo district, and one with ten times its grids.

Run: PYTHONPATH=. .venv/bin/python tests/bench/drawing.py

Bar: one click, from bytes in the store to bytes in the store with everything that is open, within 0.5 s of
CPU; blocks of the demo's streets within 2 s, once. Medians of seven rounds, thread time.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geodata.gazetteer import Gazetteer, build
from geodata.zones import ZoneTree
from geodata.zones.sketching import facts, ground
from geodata.zones.sketching.blocks import at_points, street_blocks
from geodata.zones.sketching.findings import findings_of
from geodata.zones.sketching.model import Sketch, SketchZone, ordered
from geodata.zones.sketching.network import sketch_of
from service.drawings.state import delta, freeze, thaw
from service.setup.profile import open_profile

ROUNDS = 7


def measured(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the median of seven rounds in seconds of thread time, and the last result."""
    times, result = [], None
    for _ in range(ROUNDS):
        start = time.thread_time()
        result = work()
        times.append(time.thread_time() - start)
    return statistics.median(times), result


def demo() -> tuple[Sketch, list[Any], list[bool]]:
    """Return the demo's zones as a sketch, and its lines with what is a barrier."""
    with open_profile("demo") as profile, tempfile.TemporaryDirectory() as folder:
        tree = ZoneTree.read(profile.zones, crs=4547)
        path = profile.gazetteer or Path(folder) / "g.qgz"
        if profile.gazetteer is None:
            build(**profile.sources(), zones=profile.zones, crs=4547, out=path)
        basemap = Gazetteer.open(path).basemap()
    zones = [
        SketchZone(level, row["code"], row["name"], row["parent"], row["leader"], number, row["geometry"])
        for level, layer in tree.layers().items()
        for number, row in enumerate(layer.to_dict("records"))
    ]
    lines = basemap[basemap.layer.isin(["road", "rail", "water"])]
    shapes = [shapely.boundary(shape) if shape.area else shape for shape in lines.geometry]
    return sketch_of(ordered(zones), crs=4547), shapes, [layer != "road" for layer in lines.layer]


def crowded(sketch: Sketch) -> Sketch:
    """Return a sketch whose communities are cut into squares of about 170 m as grids."""
    zones = [zone for zone in sketch.zones if zone.level != "grid"]
    for community in sketch.of("community"):
        west, south, east, north = community.shape.bounds
        squares = shapely.box(*np.meshgrid(np.arange(west, east, 170), np.arange(south, north, 170)),
                              *(axis + 170 for axis in np.meshgrid(np.arange(west, east, 170), np.arange(south, north, 170))))  # fmt: skip
        parts = [shapely.intersection(square, community.shape) for square in squares.ravel()]
        grids = [part for part in parts if part.area > 1]
        zones += [
            SketchZone("grid", f"{community.code}{n:03d}", f"{n}", community.code, "", n, part)
            for n, part in enumerate(grids)
        ]
    return sketch_of(ordered(zones), crs=4547)


def one_click(sketch: Sketch, area: Any) -> Callable[[], Any]:
    """Return the whole way of one click on a block."""
    state, code = freeze(sketch), sketch.of("community")[1].code

    def work() -> Any:
        before = thaw(state)
        after = ground.give(before, "community", code, area)
        return freeze(after), delta(before, after), findings_of(after)

    return work


def main() -> None:
    """Print the table."""
    sketch, lines, barriers = demo()
    top = sketch.of("subdistrict")[0].shape
    frame = shapely.box(*shapely.buffer(top, 800).bounds)
    took, blocks = measured(lambda: street_blocks(frame, lines, barriers=barriers, outline=top))
    print(f"{'blocks of the demo, once':44} {took:6.3f} s   bar 2.0   {len(blocks)} blocks")
    for name, own in (("demo", sketch), ("ten times the grids", crowded(sketch))):
        first = own.of("community")[0]
        point = shapely.point_on_surface(first.shape)
        area = at_points(blocks, [point])
        west, south, east, north = first.shape.bounds
        middle = (west + east) / 2
        line = shapely.LineString([(middle, south - 5), (middle, north + 5)])
        vertex = shapely.get_coordinates(first.shape)[5]
        size = f"{len(own.zones)} zones, {sum(int(shapely.get_num_coordinates(z.shape)) for z in own.zones)} vertices"
        print(f"-- {name}: {size}, {len(freeze(own)) / 1024:.0f} KB")
        works: dict[str, Callable[[], Any]] = {
            "one click, store to store, with findings": one_click(own, area),
            "split a community": lambda own=own, first=first, line=line: ground.split(own, "community", first.code, line),
            "move a vertex": lambda own=own, vertex=vertex: facts.move_vertex(own, tuple(vertex), (vertex[0] + 2, vertex[1] + 2)),
        }  # fmt: skip
        for words, work in works.items():
            took, _ = measured(work)
            print(f"{words:44} {took:6.3f} s   bar 0.5   {'met' if took <= 0.5 else 'missed'}")


if __name__ == "__main__":
    main()
