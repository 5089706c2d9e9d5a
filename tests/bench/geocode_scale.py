"""Our own numbers at 200,000 entries: compile time, cold start, memory, speed.

Cold start is a whole process that opens the gazetteer and locates one text, against a process that
only does `import geopandas`, in alternating pairs. Memory is the peak resident size (with the mapped
pages of the gazetteer file) of a process that opens it and locates 2,000 distinct texts.

    python tests/bench/geocode_scale.py [--entries N] [--gazetteer G] [--pairs N] [--only cold memory …]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from big_city import ENTRIES, real_texts, write_big_city

REPOSITORY = Path(__file__).resolve().parents[2]
LOCATED = 2000

_COMPILE = """
import json, sys, time
from pathlib import Path
from geodata.gazetteer import build
began = time.perf_counter()
report = build(places=[Path(sys.argv[1])], out=Path(sys.argv[2]))
print(json.dumps({"seconds": time.perf_counter() - began, "counts": report.counts}))
"""
_FIRST = """
import sys
from geodata.geocode import Geocoder
Geocoder.open(sys.argv[1]).locate(sys.argv[2])
"""
_MANY = """
import json, re, sys, time
from pathlib import Path
from geodata.geocode import Geocoder
texts = json.loads(Path(sys.argv[2]).read_text("utf-8"))
geocoder = Geocoder.open(sys.argv[1])
geocoder.locate(texts[-1])
began, used = time.perf_counter(), time.process_time()
geocoder.locate_many(texts[:-1])
seconds, cpu = time.perf_counter() - began, time.process_time() - used
status = Path("/proc/self/status").read_text()
peak, files = (int(re.search(rf"{key}:\\s+(\\d+) kB", status)[1]) / 1024 for key in ("VmHWM", "RssFile"))
print(json.dumps({"texts": len(texts) - 1, "seconds": seconds, "cpu": cpu, "peak_mb": peak, "files_mb": files}))
"""


def run(code: str, *arguments: str) -> str:
    """Run a program of its own in this environment and return what it prints."""
    # On its own so that neither memory nor loaded modules are this process's.
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def cold_start(gazetteer: Path, text: str, pairs: int) -> tuple[list[float], list[float]]:
    """Return seconds of `import geopandas` and of open + first locate, alternating."""
    programs = {"geopandas": ("import geopandas",), "first": (_FIRST, str(gazetteer), text)}
    for program in programs.values():  # files into the page cache, for both alike
        run(*program)
    taken: dict[str, list[float]] = {name: [] for name in programs}
    for number in range(pairs):
        for name in sorted(programs, reverse=bool(number % 2)):
            began = time.perf_counter()
            run(*programs[name])
            taken[name].append(time.perf_counter() - began)
    return taken["geopandas"], taken["first"]


def print_cold_start(gazetteer: Path, text: str, pairs: int) -> None:
    """Print the medians of both programs and their ratio."""
    base, first = cold_start(gazetteer, text, pairs)
    ours, theirs = statistics.median(first), statistics.median(base)
    print(
        f"cold     {ours:.2f} s to the first answer, {theirs:.2f} s import geopandas: "
        f"{ours / theirs:.2f}x (medians of {pairs} pairs; bar 1.3x)",
        flush=True,
    )


def print_many(label: str, gazetteer: Path, texts: Sequence[str]) -> None:
    """Print speed and peak memory of a process that locates the texts; the last one is its warm-up."""
    with tempfile.TemporaryDirectory() as folder:
        asked = Path(folder) / "texts.json"
        asked.write_text(json.dumps(texts), "utf-8")
        done = json.loads(run(_MANY, str(gazetteer), str(asked)))
    print(
        f"{label:8} {done['texts']} distinct texts: {done['texts'] / done['seconds']:.0f} texts/s "
        f"({done['texts'] / done['cpu']:.0f} per CPU second), peak {done['peak_mb']:.0f} MB, "
        f"{done['files_mb']:.0f} MB of it mapped files (bar 400 MB)",
        flush=True,
    )


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser()
    options.add_argument("--entries", type=int, default=ENTRIES)
    options.add_argument("--gazetteer", type=Path, help="take this compiled file and leave compiling out")
    options.add_argument("--pairs", type=int, default=9)
    options.add_argument("--only", nargs="+", choices=("cold", "memory", "speed"))
    chosen = options.parse_args()
    wanted = chosen.only or ("cold", "memory", "speed")
    data = Path(os.environ.get("QINGTU_TEST_DATA", "../shared/data"))
    texts = real_texts(data)
    with tempfile.TemporaryDirectory() as folder:
        gazetteer = chosen.gazetteer or Path(folder) / "city.qgz"
        if chosen.gazetteer is None:
            table = Path(folder) / "city.csv"
            rows = write_big_city(table, data, entries=chosen.entries)
            made = json.loads(run(_COMPILE, str(table), str(gazetteer)))
            print(
                f"compile  {rows} entries in {made['seconds']:.1f} s (bar 10 s)  {made['counts']}", flush=True
            )
        print(f"file     {gazetteer.stat().st_size / 1e6:.0f} MB", flush=True)
        if "cold" in wanted:
            print_cold_start(gazetteer, texts[0], chosen.pairs)
        if "memory" in wanted:
            print_many("memory", gazetteer, texts[: LOCATED + 1])
        if "speed" in wanted:
            print_many("speed", gazetteer, texts)


if __name__ == "__main__":
    main()
