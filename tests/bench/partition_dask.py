"""Two Dask workers against one process held to one thread: locate, assign, heat; GeoParquet in and out.

Each round runs, in turn, the plain call in a process of its own on one core (`partition_plain`), the same
list over partitions on that core without workers (`--workers 0`), and over partitions on two workers. Both have done a small list before, so that compiled code is loaded; the cluster is up, and how
long that takes is printed apart. Results are compared by a hash over all rows in the order of the
input. Then a worker is killed (SIGKILL) half-way through, and the hash must be the same.

Locating costs by the different texts: 5 million rows of a made hotline list (46,000 different ones) take
minutes (`--texts 5000000`), 5 million different texts would take hours. With `--locate` nothing else is
measured: lists of N / 4, N / 2 and N rows without a repeated text show that a row costs the same in all
of them, so that more rows cost their number times the slope.

    python tests/bench/partition_dask.py [--rows 5000000] [--texts 100000] [--rounds 5] [--keep FOLDER]
    python tests/bench/partition_dask.py --locate --rows 200000 [--rounds 1] [--keep FOLDER]
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
from typing import Any, NamedTuple

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from tests.bench.partition_plain import BANDWIDTH_M, CELL_M  # noqa: E402

BAR = 1.6
ENTRIES = 50_000
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "ARROW_IO_THREADS"), "1")  # fmt: skip


def plain(task: str, city: Path, out: Path) -> dict[str, float]:
    """Run one task in a process of its own on one core; seconds and peak memory."""
    folders = [city / f"warm-{_list(task)}", city / _list(task), out, city]
    script = str(REPOSITORY / "tests" / "bench" / "partition_plain.py")
    found: dict[str, float] = json.loads(_printed(script, task, *map(str, folders)))
    return found


def _printed(*arguments: str) -> str:
    """Return what a Python process of one thread prints."""
    environment = {**os.environ, **_ONE_THREAD, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


class Taken(NamedTuple):
    """Seconds of all rounds: the plain call, the same over partitions without workers, with two."""

    alone: list[float]
    inline: list[float]
    together: list[float]


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


def measure(task: str, rows: int, city: Path, cluster: Any, options: Any, rounds: int) -> Taken:
    """Print a task's medians and hashes; return the seconds of all rounds."""
    one, two = city / f"one-{task}.parquet", city / f"two-{task}.parquet"
    partitioned(task, city, two, options, warm=True)
    alone, inline, together, peaks = [], [], [], []
    for _ in range(rounds):
        done = plain(task, city, one)
        alone.append(done["seconds"])
        peaks.append(done["peak_mb"])
        inline.append(without_workers(task, city))
        began = time.perf_counter()
        report = partitioned(task, city, two, options)
        together.append(time.perf_counter() - began)
        assert report.rows == rows
        assert sum(report.counts.values()) == rows
    hashes = fingerprint(task, one), fingerprint(task, two)
    first, same, second = map(statistics.median, (alone, inline, together))
    of_workers = cluster.client.run(peak_mb).values()
    million = 1e6 / rows
    print(
        f"{task:7} {rows} rows, {report.partitions} partitions: one thread {first:.1f} s, two workers {second:.1f} s:"
        f" {first / second:.2f}x (rounds {', '.join(f'{a / b:.2f}' for a, b in zip(alone, together, strict=True))})\n"
        f"         over partitions on one core (--workers 0) {same:.1f} s: two workers {same / second:.2f}x\n"
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
    return Taken(alone, inline, together)


def without_workers(task: str, city: Path) -> float:
    """Return the seconds of the same task over partitions with `--workers 0`, on one core."""
    code = (
        "import sys, time; from pathlib import Path\n"
        "from tests.bench.partition_dask import partitioned\n"
        "from tests.bench.partition_plain import one_thread\n"
        "from geodata.partition import ClusterOptions\n"
        "one_thread()\n"
        "task, city, here = sys.argv[1], Path(sys.argv[2]), ClusterOptions(workers=0)\n"
        "partitioned(task, city, city / 'inline.parquet', here, warm=True)\n"
        "began = time.perf_counter()\n"
        "partitioned(task, city, city / 'inline.parquet', here)\n"
        "print(time.perf_counter() - began)\n"
    )
    return float(_printed("-c", code, task, str(city)))


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


def measure_slope(rows: int, city: Path, cluster: Any, options: Any, rounds: int) -> None:
    """Print what locating costs per row in lists of three lengths, and by the slope for 5 million rows."""
    import numpy as np

    from tests.bench import partition_data as made

    one, two = city / "one-locate.parquet", city / "two-locate.parquet"
    partitioned("locate", city, two, options, warm=True)
    sizes = [rows // 4, rows // 2, rows]
    seconds: list[tuple[float, float]] = []
    print(f"{'rows':>9}  {'one thread':>20}  {'two workers':>20}  ratio  answers", flush=True)
    for size in sizes:
        shutil.rmtree(city / _list("locate"), ignore_errors=True)
        made.write_different_texts(city / _list("locate"), city / "pool.json", size)
        alone, together = [], []
        for _ in range(rounds):
            alone.append(plain("locate", city, one)["seconds"])
            began = time.perf_counter()
            assert partitioned("locate", city, two, options).rows == size
            together.append(time.perf_counter() - began)
        first, second = statistics.median(alone), statistics.median(together)
        seconds.append((first, second))
        words = [f"{size / own:5.0f} /s {own / size * 1e6:6.0f} µs each" for own in (first, second)]
        same = fingerprint("locate", one) == fingerprint("locate", two)
        print(
            f"{size:9}  {words[0]:>20}  {words[1]:>20}  {first / second:.2f}x  {'the same' if same else 'DIFFERENT'}",
            flush=True,
        )
    for at, name in enumerate(("one thread", "two workers")):
        own = np.array([pair[at] for pair in seconds])
        slope, start = np.polyfit(sizes, own, 1)
        per_row = own / np.array(sizes)
        print(
            f"{name}: {slope * 1e6:.0f} µs a row and {start:.1f} s besides; cost per row within"
            f" {(per_row.max() / per_row.min() - 1) * 100:.0f} % in all lengths;"
            f" 5,000,000 different texts by the slope: {slope * 5e6 / 3600:.2f} h"
        )


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser()
    options.add_argument("--rows", type=int, default=5_000_000)
    options.add_argument("--texts", type=int, default=100_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--locate", action="store_true", help="only the cost of a row at three lengths")
    options.add_argument("--only", nargs="+", choices=("locate", "assign", "heat"))
    options.add_argument("--keep", type=Path, help="work here and leave everything")
    chosen = options.parse_args()
    data = Path(os.environ.get("QINGTU_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    from geodata.partition import ClusterOptions
    from geodata.partition.cluster import joined

    with tempfile.TemporaryDirectory() as folder:
        city = chosen.keep or Path(folder)
        city.mkdir(exist_ok=True)
        if chosen.locate:
            prepare(city, data, rows=1, texts=2_500)
        else:
            prepare(city, data, rows=chosen.rows, texts=chosen.texts)
        began = time.perf_counter()
        taken = {}
        with joined(ClusterOptions(workers=2)) as cluster:
            print(f"two workers are up after {time.perf_counter() - began:.1f} s", flush=True)
            there = ClusterOptions(scheduler=cluster.client.scheduler.address)
            if chosen.locate:
                return measure_slope(chosen.rows, city, cluster, there, chosen.rounds)
            for task in chosen.only or ("assign", "heat", "locate"):
                rows = chosen.texts if task == "locate" else chosen.rows
                taken[task] = measure(task, rows, city, cluster, there, chosen.rounds)
        if {"assign", "locate"} <= set(taken):
            pairs = zip(taken["assign"], taken["locate"], strict=True)
            sums = [[a + b for a, b in zip(*pair, strict=True)] for pair in pairs]
            one, same, two = map(statistics.median, sums)
            print(
                f"locate + assign: {one:.1f} s and {two:.1f} s: {one / two:.2f}x, bar {BAR}x;"
                f" over partitions on one core {same:.1f} s: {same / two:.2f}x"
                f" (medians of {chosen.rounds} rounds; {chosen.texts} texts, {chosen.rows} points)"
            )


if __name__ == "__main__":
    main()
