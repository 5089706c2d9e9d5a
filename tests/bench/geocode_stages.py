"""Where the time of one text goes, stage by stage, on the shop list with the gazetteer of its area.

Each round times the whole chain and, with clocks between the stages, its parts; medians over the rounds,
CPU time of one thread. What normalising, scanning and writing the answer cost alone is the floor that
no faster reading or fusion gets under.

    python tests/bench/geocode_stages.py [--gazetteer G] [--rounds N]
"""

from __future__ import annotations

import argparse
import functools
import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from geocode_shops import read_shops

from geodata.gazetteer import build
from geodata.gazetteer.index import Gazetteer
from geodata.geocode import Geocoder, geocoder

STAGES = {
    "normalise": (geocoder, "normalise"),
    "scan for names": (Gazetteer, "scan"),
    "read the grammar": (geocoder, "read"),
    "resolve frames": (geocoder, "resolve"),
    "find like addresses": (geocoder, "similar_addresses"),
    "fuse": (geocoder, "fuse"),
    "write the answer": (geocoder, "answer"),
}
FLOOR = ("normalise", "scan for names", "write the answer")


def timed(function: Callable[..., Any], spent: Counter[str], stage: str) -> Callable[..., Any]:
    """Return a function that adds its CPU time to a stage."""

    @functools.wraps(function)
    def run(*arguments: Any, **options: Any) -> Any:
        began = time.thread_time()
        try:
            return function(*arguments, **options)
        finally:
            spent[stage] += time.thread_time() - began

    return run


def locate_all(located: Geocoder, rows: list[dict[str, str]]) -> float:
    """Return the CPU seconds for all rows."""
    began = time.thread_time()
    located.locate_many([row["地址"] for row in rows], areas=[row["区"] for row in rows])
    return time.thread_time() - began


def by_stage(located: Geocoder, rows: list[dict[str, str]]) -> Counter[str]:
    """Return the CPU seconds of each stage for all rows."""
    spent: Counter[str] = Counter()
    plain = {stage: getattr(owner, name) for stage, (owner, name) in STAGES.items()}
    try:
        for stage, (owner, name) in STAGES.items():
            setattr(owner, name, timed(plain[stage], spent, stage))
        locate_all(located, rows)
    finally:
        for stage, (owner, name) in STAGES.items():
            setattr(owner, name, plain[stage])
    return spent


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gazetteer", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    data = Path(os.environ.get("QINGTU_TEST_DATA", "../shared/data"))
    rows = list({(row["地址"], row["区"]): row for row in read_shops(data)}.values())
    with tempfile.TemporaryDirectory() as folder:
        file = asked.gazetteer or Path(folder) / "shops.qgz"
        if asked.gazetteer is None:
            build(places=[data / "zhengzhou" / "places.csv.gz"], places_datum="gcj02", out=file)
        located = Geocoder.open(file)
        locate_all(located, rows)
        whole, parts = [], []
        for _ in range(asked.rounds):
            whole.append(locate_all(located, rows))
            parts.append(by_stage(located, rows))
    each = 1e6 / len(rows)
    total = statistics.median(whole) * each
    print(f"{len(rows)} distinct texts, {asked.rounds} rounds, one thread, µs a text")
    for stage in STAGES:
        print(f"  {stage:22s}{statistics.median(part[stage] for part in parts) * each:8.1f}")
    print(f"  {'all, without clocks':22s}{total:8.1f}  = {1e6 / total:.0f} texts/s")
    floor = statistics.median(sum(part[stage] for stage in FLOOR) for part in parts) * each
    print(f"  floor ({', '.join(FLOOR)}): {floor:.1f}  = {1e6 / floor:.0f} texts/s")


if __name__ == "__main__":
    main()
