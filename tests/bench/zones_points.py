"""Points to zones: speed beside geopandas, shapely, SedonaDB, DuckDB and PostGIS, exactness, memory.

    python tests/bench/zones_points.py [--rounds N] [--only speed exact memory] [--postgis]

Speed: 1 M points over made zones (tests/bench/made_zones.py), a tenth of them near the edge, all peers in
turn in each round, one thread each; CPU seconds of this process (PostGIS: the server's execution time),
medians. What is prepared once per set of zones (indexes, tables) is not counted for anybody. Peers come
from an environment of their own (tests/bench/peers/set_up_spatial.sh); those that are missing are named.

Exactness: 12 M points, half of them on the zones' vertices, on their borders and one unit in the last
place beside them, against the exact predicate of GEOS asked polygon by polygon.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from geodata.zones import ZoneIndex
from tests.bench.made_zones import BOX, CRS, made_zones
from tests.bench.zones_peers import Peer, peers_for, timed

POINTS = 1_000_000
LARGE = 10_000_000
_MEMORY = """
import json, re, statistics, sys, time
from pathlib import Path
import numpy as np
from geodata.zones import ZoneIndex
from tests.bench.made_zones import made_zones
from tests.bench.zones_points import scattered
index = ZoneIndex(made_zones(120), compiled=True)
x, y = scattered(int(sys.argv[2]), np.random.default_rng(2))
few = int(sys.argv[1])
parts = {"few": (x[:few].copy(), y[:few].copy()), "many": (x, y)}
taken = {"few": [], "many": []}
for turn in range(8):
    for name, part in parts.items():
        begun = time.thread_time()
        index.positions(*part)
        taken[name].append((time.thread_time() - begun) / len(part[0]) * 1e9)
codes = index.assign(x, y)
peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024
print(json.dumps({**{name: statistics.median(own[1:]) for name, own in taken.items()}, "peak_mb": peak}))
"""


def scattered(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return points over the made zones and a little beyond."""
    return rng.uniform(BOX[0] - 100, BOX[2] + 100, count), rng.uniform(BOX[1] - 100, BOX[3] + 100, count)


def print_speed(zones: int, rounds: int, *, postgis: bool) -> None:
    """Print the table of one set of zones."""
    frame = made_zones(zones)
    x, y = scattered(POINTS, np.random.default_rng(1))
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=CRS)
    kernel, arrays = ZoneIndex(frame, compiled=True), ZoneIndex(frame, compiled=False)
    expected = kernel.positions(x, y)
    ours: list[Peer] = [
        Peer("qingtu, kernel, zone numbers", lambda: timed(lambda: kernel.positions(x, y))),
        Peer("qingtu, kernel, zone codes", lambda: timed(lambda: kernel.assign(x, y))),
        Peer("qingtu, numpy + shapely, numbers", lambda: timed(lambda: arrays.positions(x, y))),
        Peer("qingtu, kernel, from a GeoDataFrame", lambda: timed(lambda: kernel.assign_frame(points))),
    ]
    others, missing = peers_for(frame, points, x, y, postgis=postgis)
    seconds: dict[str, list[float]] = {}
    different: dict[str, int] = {}
    for turn in range(rounds + 1):
        for peer in [*ours, *others]:
            taken, answer = peer.run()
            if turn:  # the first round warms up
                seconds.setdefault(peer.name, []).append(taken)
            elif (
                isinstance(answer, np.ndarray) and answer.shape == expected.shape and answer.dtype.kind == "i"
            ):
                different[peer.name] = int(np.count_nonzero(answer != expected))
    middle = {name: statistics.median(own) for name, own in seconds.items()}
    base = middle["geopandas.sjoin"]
    best = min((middle[peer.name], peer.name) for peer in others)
    vertices = shapely.get_num_coordinates(np.asarray(frame.geometry.array)).sum()
    print(
        f"\n{zones} zones with {vertices} vertices, {POINTS} points, median of {rounds} rounds; best peer: {best[1]}"
    )
    print(f"{'':42s}{'ms':>9s}{'ns/point':>10s}{'x sjoin':>9s}{'x best':>8s}  differences")
    for name, value in sorted(middle.items(), key=lambda item: item[1]):
        print(
            f"{name:42s}{value * 1e3:9.1f}{value / POINTS * 1e9:10.1f}{base / value:9.1f}{best[0] / value:8.1f}"
            f"  {different.get(name, '–')}"
        )
    if missing:
        print("not here: " + "; ".join(missing))


def hard_points(frame: gpd.GeoDataFrame, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return points on vertices, on borders, and one unit in the last place beside them, shape (n, 2)."""
    coordinates, ring = shapely.get_coordinates(
        shapely.get_exterior_ring(np.asarray(frame.geometry.array)), return_index=True
    )
    follows = np.flatnonzero(ring[:-1] == ring[1:])
    at = rng.choice(follows, count)
    share = rng.integers(0, 9, (count, 1)) / 8
    points = coordinates[at] * (1 - share) + coordinates[at + 1] * share
    vertex = rng.random(count) < 0.3
    points[vertex] = coordinates[at[vertex]]
    beside = rng.integers(-1, 2, (count, 2))
    return np.where(beside == 0, points, np.nextafter(points, np.where(beside > 0, np.inf, -np.inf)))


def print_exactness(zones: int, count: int) -> None:
    """Print how many answers differ from GEOS, and that all inside have one zone."""
    frame = made_zones(zones)
    rng = np.random.default_rng(3)
    kernel, arrays = ZoneIndex(frame, compiled=True), ZoneIndex(frame, compiled=False)
    whole = shapely.box(*BOX)
    shapely.prepare(whole)
    wrong = wrong_arrays = nowhere = done = 0
    while done < count:
        some = min(1_000_000, count - done)
        xy = np.concatenate(
            [hard_points(frame, some // 2, rng), np.column_stack(scattered(some - some // 2, rng))]
        )
        points, numbers = kernel.covering(xy)
        exact = np.full(some, zones)
        np.minimum.at(exact, points, numbers)
        exact[exact == zones] = -1
        found = kernel.positions(xy[:, 0], xy[:, 1])
        wrong += int((found != exact).sum())
        wrong_arrays += int((arrays.positions(xy[:, 0], xy[:, 1]) != exact).sum())
        inside = shapely.contains_properly(whole, shapely.points(xy))
        nowhere += int((found[inside] < 0).sum())
        done += some
    print(
        f"{zones} zones, {done} points (half on vertices and borders, ± 1 unit in the last place): kernel differs "
        f"from GEOS in {wrong}, numpy + shapely in {wrong_arrays}; inside without a zone: {nowhere}"
    )


def print_memory() -> None:
    """Print speed at 1 M and 10 M points in turn, and the peak memory of that process with its data."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    command = [sys.executable, "-c", _MEMORY, str(POINTS), str(LARGE)]
    printed = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(printed.stdout)
    print(
        f"{POINTS} points {found['few']:.1f} ns a point, {LARGE} points {found['many']:.1f} ns: ratio "
        f"{found['many'] / found['few']:.2f}; peak memory {found['peak_mb']:.0f} MB, points and codes included"
    )


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--points", type=int, default=12_000_000, help="of the exactness run")
    parser.add_argument("--only", nargs="*", choices=("speed", "exact", "memory"))
    parser.add_argument("--postgis", action="store_true", help="also PostGIS, in a throw-away cluster")
    asked = parser.parse_args()
    wanted: dict[str, Callable[[], None]] = {
        "speed": lambda: (
            [print_speed(zones, asked.rounds, postgis=asked.postgis) for zones in (120, 2000)] and None
        ),
        "exact": lambda: [print_exactness(zones, asked.points // 2) for zones in (120, 2000)] and None,
        "memory": print_memory,
    }
    for name in asked.only or wanted:
        wanted[name]()


if __name__ == "__main__":
    main()
