"""Kinds read from complaint lines against hand labels: bar and measured value, and the time per text.

Run: `PYTHONPATH=. python tests/bench/kinds_lines.py`. The 52 real lines may not ship: they are read from
QINGTU_TEST_DATA (default ../shared/data) and left out where it is missing.
"""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

import pandas as pd

from geodata.kinds import KindTable, load_kinds
from tests.geodata.kind_labels import OWN_LINES, PROBLEM_LIST, judge, rows

DATA = Path(os.environ.get("QINGTU_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
LIST = DATA / "zhengzhou" / "problem_list.xlsx"
ROUNDS = 7


def asked() -> dict[str, list[tuple[str, str, str]]]:
    """Return part -> (description, place, label)."""
    parts: dict[str, list[tuple[str, str, str]]] = {}
    if LIST.exists():
        lines = pd.read_excel(LIST, engine="calamine", dtype=str).fillna("").to_dict("records")
        parts["real"] = [
            (line["问题描述"], line["位置"], label["kinds"])
            for line, label in zip(lines, rows(PROBLEM_LIST), strict=True)
        ]
    for row in rows(OWN_LINES):
        parts.setdefault(row["part"], []).append((row["description"], row["place"], row["kinds"]))
    return parts


def measure(table: KindTable, name: str, lines: list[tuple[str, str, str]]) -> None:
    """Print one line of the table."""
    readings = [(table.classify_all(text, place=place), label) for text, place, label in lines]
    verdicts = [judge(reading, label) for reading, label in readings]
    main, every = sum(v.main for v in verdicts), sum(v.all for v in verdicts)
    certain = sum(bool(reading.certain) for reading, _ in readings)
    wrong = sum(bool(v.wrong) for v in verdicts)
    bar = "≥ 85 %, 0 wrong" if name == "real" else "-"
    print(
        f"{name:6} {len(lines):5} {bar:16} {main / len(lines):7.1%} {every / len(lines):7.1%} {certain:8} {wrong:6}"
    )


def main() -> None:
    """Print the tables."""
    table = load_kinds()
    parts = asked()
    if "real" not in parts:
        print(f"{LIST} is missing: the 52 real lines are left out")
    print(f"{'part':6} {'lines':>5} {'bar':16} {'main':>7} {'all':>7} {'certain':>8} {'wrong':>6}")
    for name, lines in parts.items():
        measure(table, name, lines)
    every = [line for lines in parts.values() for line in lines]
    times = []
    for _ in range(ROUNDS):
        start = time.thread_time()
        for text, place, _ in every:
            table.classify_all(text, place=place)
        times.append((time.thread_time() - start) / len(every))
    print(f"time per text, median of {ROUNDS}: {statistics.median(times) * 1e3:.2f} ms")


if __name__ == "__main__":
    main()
