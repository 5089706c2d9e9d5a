"""What one edited road of the demo district moves: seconds of a check, and its list against one made apart.

    .venv/bin/python tests/bench/road_edit.py

The demo's texts (about 2,000 problems) are located with the gazetteer of the profile and with one that is
built from lines changed by hand; by definition the texts whose answer differs are those that move. Beside
it the edit is compiled as a check does it, over the kept sources, and must list the same texts.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pyogrio
import shapely
from shapely.geometry import LineString

from geodata.demo import write_profile
from geodata.gazetteer import build
from geodata.gazetteer.building import compile_collected
from geodata.gazetteer.collecting import Sources, collect
from geodata.gazetteer.edits import Edit, line_key
from geodata.gazetteer.lines import read_lines
from geodata.geocode import Geocoder

CRS = 4547
Rows = list[tuple[str, str, float, LineString]]


def shifted(line: LineString, metres: float = 40.0) -> LineString:
    """The middle third of a line moved east, the way to it bent."""
    xy = shapely.get_coordinates(line).copy()
    third = len(xy) // 3
    xy[third : 2 * third, 0] += metres
    return LineString(xy)


def edits(rows: Rows) -> dict[str, tuple[Edit, Callable[[Rows], Rows]]]:
    """Name of an edit -> the edit, and the same change made by hand."""
    name, own, width, line = max((row for row in rows if row[1] == "road"), key=lambda row: row[3].length)
    key = line_key(own, name, line)
    moved = shifted(line)
    x, y = line.interpolate(0.5, normalized=True).coords[0]
    fresh = LineString([(x - 900, y + 150), (x + 900, y + 150)])

    def but(new: Rows) -> Callable[[Rows], Rows]:
        return lambda every: [*new, *(row for row in every if row[3] is not line and not row[3].equals(line))]

    return {
        f"{name} 中段东移 40 米": (
            Edit("line", name, own, replaces=(key,), shape=moved, width_m=width), but([(name, own, width, moved)])
        ),
        f"{name} 隐藏": (Edit("hide", replaces=(key,)), but([])),
        "新画一条路": (
            Edit("line", "示范新路", "road", shape=fresh, width_m=20.0), lambda every: [*every, ("示范新路", "road", 20.0, fresh)]
        ),
    }  # fmt: skip


def differing(texts: list[str], old: list, new: list) -> set[str]:
    """Texts whose status differs or whose place lies more than half a metre elsewhere."""
    found = set()
    for text, before, after in zip(texts, old, new, strict=True):
        shapes = [answer.best.geometry if answer.best else None for answer in (before, after)]
        if before.status != after.status or (shapes[0] is None) != (shapes[1] is None) or (shapes[0] is not None and shapely.hausdorff_distance(*shapes) > 0.5):
            found.add(text)
    return found


def write_lines(folder: Path, source: Path, rows: Rows) -> Path:
    """The profile's lines with other rows in the layer `line`."""
    path = folder / "changed.gpkg"
    path.unlink(missing_ok=True)
    for layer in pyogrio.list_layers(source)[:, 0]:
        if layer != "line":
            gpd.read_file(source, layer=layer).to_file(path, layer=layer, driver="GPKG")
    columns = {
        "name": [row[0] for row in rows],
        "class": [row[1] for row in rows],
        "width_m": [row[2] for row in rows],
    }
    gpd.GeoDataFrame(columns, geometry=[row[3] for row in rows], crs=CRS).to_file(
        path, layer="line", driver="GPKG"
    )
    return path


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory(prefix="qingtu-roads-") as name:
        folder = Path(name)
        write_profile(folder)
        texts = sorted(
            {json.loads(line)["location_text"] for line in (folder / "problems.jsonl").open(encoding="utf-8")}
        )
        texts += sorted(
            {
                json.loads(line)["location_text"]
                for line in (folder / "registers.jsonl").open(encoding="utf-8")
            }
            - set(texts)
        )
        lines, zones = folder / "lines.gpkg", folder / "zones.gpkg"
        frame = gpd.read_file(lines, layer="line").to_crs(CRS)
        rows: Rows = [
            (row["name"] or "", row["class"], row["width_m"], row["geometry"])
            for row in frame.to_dict("records")
        ]
        build(lines=lines, zones=zones, crs=CRS, out=folder / "old.qgz")
        old = Geocoder.open(folder / "old.qgz").locate_many(texts)
        print(f"{len(texts)} 条不同的位置描述，{len(rows)} 条线")
        print(f"{'修改':24}{'编译 s':>8}{'定位 s':>8}{'应移动':>8}{'列出':>8}  两者相同")
        drawn = read_lines(lines, crs=CRS)
        for words, (edit, by_hand) in edits(
            [(n, c, w, p) for n, c, w, shape in rows for p in shapely.get_parts(shape).tolist()]
        ).items():
            began = time.perf_counter()
            compile_collected(
                collect(Sources(drawn=[drawn], zones=zones, edits=[edit]), crs=CRS), folder / "new.qgz"
            )
            compiled = time.perf_counter()
            listed = differing(texts, old, Geocoder.open(folder / "new.qgz").locate_many(texts))
            located = time.perf_counter()
            whole: Rows = [(n, c, w, p) for n, c, w, shape in rows for p in shapely.get_parts(shape).tolist()]
            build(
                lines=write_lines(folder, lines, by_hand(whole)),
                zones=zones,
                crs=CRS,
                out=folder / "hand.qgz",
            )
            expected = differing(texts, old, Geocoder.open(folder / "hand.qgz").locate_many(texts))
            print(
                f"{words:24}{compiled - began:8.2f}{located - compiled:8.2f}{len(expected):8}{len(listed):8}  {'是' if listed == expected else f'否：{sorted(listed ^ expected)[:5]}'}"
            )


if __name__ == "__main__":
    main()
