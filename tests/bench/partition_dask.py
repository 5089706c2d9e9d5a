"""Two Dask workers against one process held to one thread: locate, assign, heat; GeoParquet in and out.

Each round runs, in turn, the plain call in a process of its own on one core (read the whole list,
`locate_many` / `point_columns` / `density_grid`, write) and the same list over partitions on two
workers. Both have done a small list before, so that compiled code is loaded; the cluster is up, and how
long that takes is printed apart. Results are compared by a hash over all rows in the order of the
input. Then a worker is killed (SIGKILL) half-way through, and the hash must be the same.

Locating 5 million rows takes hours on two cores; it is measured on fewer and said per million.

    python tests/bench/partition_dask.py [--rows 5000000] [--texts 100000] [--rounds 5] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

BAR = 1.6
ENTRIES = 50_000
BANDWIDTH_M, CELL_M = 150.0, 10.0
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "ARROW_IO_THREADS"), "1")  # fmt: skip

# What a user writes for one process. argv: task, warm-up folder, folder, out, city folder.
_PLAIN = """
import json, os, re, sys, time
from pathlib import Path
os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[0]})
import geopandas as gpd, numpy as np, pandas as pd, pyarrow as pa, pyarrow.parquet as pq, shapely
pa.set_cpu_count(1); pa.set_io_thread_count(1)
task, warm, folder, out, city = sys.argv[1], *map(Path, sys.argv[2:])

def xy_of(frame):
    xy = np.full((len(frame), 2), np.nan)
    there = ~frame.geometry.isna().to_numpy()
    xy[there] = shapely.get_coordinates(frame.geometry.array[there])
    return xy

def assign(folder, out, index):
    from geodata.zones.point_columns import point_columns
    frame = gpd.read_parquet(folder)
    frame.assign(**point_columns(index, xy_of(frame))).to_parquet(out)

def heat(folder, out, _):
    from geodata.patterns import density_grid
    xy = xy_of(gpd.read_parquet(folder))
    xy = xy[np.isfinite(xy).all(axis=1)]
    low = np.floor((xy.min(axis=0) - BANDWIDTH) / CELL) * CELL
    high = (np.floor((xy.max(axis=0) + BANDWIDTH) / CELL) + 1) * CELL
    grid = density_grid(xy, bounds=[*low, *high], cell_m=CELL, bandwidth_m=BANDWIDTH)
    row, column = np.nonzero(grid.values)
    centres = np.column_stack([column, row]) * CELL + low + CELL / 2
    gpd.GeoDataFrame(
        {"column": column + round(low[0] / CELL), "row": row + round(low[1] / CELL), "density_per_km2": grid.values[row, column]},
        geometry=shapely.points(centres), crs=4547,
    ).to_parquet(out)

def locate(folder, out, known):
    from geodata.geocode.columns import location_columns
    geocoder, tree = known
    rows = pd.read_parquet(folder)
    areas = [area if isinstance(area, str) else None for area in rows["区"]]
    columns = location_columns(geocoder.locate_many(list(rows["地址"]), areas=areas), tree)
    shapes = columns.pop("geometry")
    gpd.GeoDataFrame(rows.assign(**columns), geometry=shapes, crs=4326).to_parquet(out)

known = None
if task == "assign":
    from geodata.zones import ZoneIndex
    known = ZoneIndex(gpd.read_file(city / "grids.gpkg"), compiled=True)
if task == "locate":
    from geodata.geocode import Geocoder
    from geodata.zones import ZoneTree
    geocoder = Geocoder.open(city / "city.qgz")
    known = geocoder, ZoneTree.read(city / "city.gpkg").to_crs(geocoder.crs)
work = {"assign": assign, "heat": heat, "locate": locate}[task]
work(warm, out, known)
began = time.perf_counter()
work(folder, out, known)
seconds = time.perf_counter() - began
peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024
print(json.dumps({"seconds": seconds, "peak_mb": peak}))
""".replace("BANDWIDTH", str(BANDWIDTH_M)).replace("CELL", str(CELL_M))


def plain(task: str, city: Path, out: Path) -> dict[str, float]:
    """Run one task in a process of its own on one core; seconds and peak memory."""
    environment = {**os.environ, **_ONE_THREAD, "PYTHONPATH": str(REPOSITORY)}
    folders = [city / f"warm-{_list(task)}", city / _list(task), out, city]
    command = [sys.executable, "-c", _PLAIN, task, *map(str, folders)]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _list(task: str) -> str:
    return "texts.parquet" if task == "locate" else "points.parquet"


def partitioned(
    task: str, city: Path, out: Path, cluster: Any, *, warm: bool = False, progress: Any = None
) -> Any:
    """Run one task over partitions; what it reports."""
    from geodata.partition import assign_partitions, density_partitions, locate_partitions
    from geodata.partition.steps import silent

    shutil.rmtree(out, ignore_errors=True)
    source = city / (f"warm-{_list(task)}" if warm else _list(task))
    options = {"cluster": cluster, "progress": progress or silent}
    if task == "assign":
        return assign_partitions(source, out, zones=city / "grids.gpkg", **options)
    if task == "heat":
        return density_partitions(source, out, bandwidth_m=BANDWIDTH_M, cell_m=CELL_M, **options)
    return locate_partitions(
        source, out, gazetteer=city / "city.qgz", zones=city / "city.gpkg", column="地址", area_column="区",
        rows_per_partition=25_000, **options,
    )  # fmt: skip


def fingerprint(task: str, out: Path) -> str:
    """Return a hash over the results in the order of the input; densities are rounded to 9 digits of the peak."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    paths = [out] if out.is_file() else sorted(out.glob("part-*.parquet"))
    tables = [pq.read_table(path).replace_schema_metadata(None) for path in paths]
    table = pa.concat_tables(tables, promote_options="permissive")
    if task == "heat":
        table = table.sort_by([("row", "ascending"), ("column", "ascending")])
        values = table.column("density_per_km2").to_numpy()
        scaled = np.round(values / values.max(), 9)
        kept = scaled > 0
        keys = [table.column(name).to_numpy()[kept].astype(np.int64) for name in ("row", "column")]
        return _hash([*(own.tobytes() for own in keys)]) + f" (peak {values.max():.6f})"
    if "source_row" in table.column_names:
        table = table.sort_by("source_row")
        assert table.column("source_row").to_pylist()[-1] == len(table) - 1
    names = ["id", "zone", "border_m", "flag", "nearest_zone"]
    if task == "locate":
        names = ["id", "status", "method", "lon", "lat", "uncertainty_m", "p50", "p500", "community", "p_community", "geometry"]  # fmt: skip
    return _hash([str(table.column(name).to_pylist()).encode() for name in names])


def _hash(parts: list[bytes]) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(part)
    return found.hexdigest()[:16]


def killer(cluster: Any, step: str) -> Callable[[str, int, int], None]:
    """Return a progress function that kills a worker process when half of a step is done."""
    killed: list[int] = []

    def progress(name: str, done: int, total: int) -> None:
        if name == step and done >= total // 2 and not killed:
            pids = sorted(cluster.client.run(os.getpid).values())
            os.kill(pids[0], signal.SIGKILL)
            killed.append(pids[0])
            print(
                f"         killed worker {pids[0]} after {done} of {total} tasks of the step {name}",
                flush=True,
            )

    return progress


def peak_mb() -> float:
    """Return this process's peak resident size; runs on a worker."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def measure(
    task: str, rows: int, city: Path, cluster: Any, options: Any, rounds: int
) -> tuple[list[float], list[float]]:
    """Print a task's medians and hashes; return the seconds of all rounds."""
    one, two = city / f"one-{task}.parquet", city / f"two-{task}.parquet"
    partitioned(task, city, two, options, warm=True)
    alone, together, peaks = [], [], []
    for _ in range(rounds):
        done = plain(task, city, one)
        alone.append(done["seconds"])
        peaks.append(done["peak_mb"])
        began = time.perf_counter()
        report = partitioned(task, city, two, options)
        together.append(time.perf_counter() - began)
        assert report.rows == rows
        assert sum(report.counts.values()) == rows
    hashes = fingerprint(task, one), fingerprint(task, two)
    first, second = statistics.median(alone), statistics.median(together)
    of_workers = cluster.client.run(peak_mb).values()
    million = 1e6 / rows
    print(
        f"{task:7} {rows} rows, {report.partitions} partitions: one thread {first:.1f} s, two workers {second:.1f} s:"
        f" {first / second:.2f}x (rounds {', '.join(f'{a / b:.2f}' for a, b in zip(alone, together, strict=True))})\n"
        f"         per million rows: {first * million:.1f} s and {second * million:.1f} s;"
        f" peak {max(peaks):.0f} MB in one process, {max(of_workers):.0f} MB per worker\n"
        f"         {report.counts}\n"
        f"         hash {hashes[0]} and {hashes[1]}: {'the same' if hashes[0] == hashes[1] else 'DIFFERENT'}",
        flush=True,
    )
    after = city / f"killed-{task}.parquet"
    partitioned(task, city, after, options, progress=killer(cluster, task))
    again = fingerprint(task, after)
    print(
        f"         a worker killed half-way: {again}: {'the same' if again == hashes[0] else 'DIFFERENT'}",
        flush=True,
    )
    cluster.client.wait_for_workers(2)
    return alone, together


def same_job_in_one_process(task: str, city: Path) -> float:
    """Return the seconds of the same task over partitions without any worker process, on one core."""
    code = (
        "import os, sys, time; from pathlib import Path\n"
        "os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[0]})\n"
        "from tests.bench.partition_dask import partitioned\n"
        "from geodata.partition import ClusterOptions\n"
        "task, city, here = sys.argv[1], Path(sys.argv[2]), ClusterOptions(workers=0)\n"
        "partitioned(task, city, city / 'inline.parquet', here, warm=True)\n"
        "began = time.perf_counter()\n"
        "partitioned(task, city, city / 'inline.parquet', here)\n"
        "print(time.perf_counter() - began)\n"
    )
    environment = {**os.environ, **_ONE_THREAD, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-c", code, task, str(city)]
    return float(
        subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    )


def prepare(city: Path, data: Path, *, rows: int, texts: int) -> int:
    """Write all lists that are not there; return the number of distinct texts."""
    from tests.bench import partition_data as made

    began = time.perf_counter()
    if not (city / "city.qgz").exists():
        made.write_city(city, data, entries=ENTRIES)
        made.write_grids(city / "grids.gpkg")
    for name, count in (("warm-points.parquet", 20_000), ("points.parquet", rows)):
        shutil.rmtree(city / name, ignore_errors=True)
        made.write_points(city / name, count)
    for name, count in (("warm-texts.parquet", 2_500), ("texts.parquet", texts)):
        shutil.rmtree(city / name, ignore_errors=True)
        distinct = made.write_texts(city / name, city / "pool.json", count)
    print(
        f"lists made in {time.perf_counter() - began:.0f} s; {distinct} distinct among {texts} texts",
        flush=True,
    )
    return distinct


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser()
    options.add_argument("--rows", type=int, default=5_000_000)
    options.add_argument("--texts", type=int, default=100_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--only", nargs="+", choices=("locate", "assign", "heat"))
    options.add_argument("--keep", type=Path, help="work here and leave everything")
    chosen = options.parse_args()
    data = Path(os.environ.get("QINGTU_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    from geodata.partition import ClusterOptions
    from geodata.partition.cluster import joined

    with tempfile.TemporaryDirectory() as folder:
        city = chosen.keep or Path(folder)
        city.mkdir(exist_ok=True)
        prepare(city, data, rows=chosen.rows, texts=chosen.texts)
        began = time.perf_counter()
        taken = {}
        with joined(ClusterOptions(workers=2)) as cluster:
            print(f"two workers are up after {time.perf_counter() - began:.1f} s", flush=True)
            there = ClusterOptions(scheduler=cluster.client.scheduler.address)
            for task in chosen.only or ("assign", "heat", "locate"):
                rows = chosen.texts if task == "locate" else chosen.rows
                taken[task] = measure(task, rows, city, cluster, there, chosen.rounds)
        for task, (_, together) in taken.items():
            alone = statistics.median(same_job_in_one_process(task, city) for _ in range(3))
            ratio = alone / statistics.median(together)
            print(
                f"{task:8} over partitions, no worker process, one core: {alone:.1f} s; two workers {ratio:.2f}x"
            )
        if {"assign", "locate"} <= set(taken):
            sums = [
                [a + b for a, b in zip(taken["assign"][at], taken["locate"][at], strict=True)]
                for at in (0, 1)
            ]
            one, two = map(statistics.median, sums)
            print(
                f"locate + assign: {one:.1f} s and {two:.1f} s: {one / two:.2f}x, bar {BAR}x"
                f" (medians of {chosen.rounds} rounds; {chosen.texts} texts, {chosen.rows} points)"
            )


if __name__ == "__main__":
    main()
