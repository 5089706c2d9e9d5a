"""The hand labels of complaint lines, and what is right by them.

A label names the problems of a text, main one first: `C1-06 C1-11` two problems; `C7-02|C8-08` either is
right where the list of kinds overlaps; `?C8-01` may be named and need not; `-` none of ours.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from geodata.kinds import KindReading

GOLDEN = Path(__file__).parents[1] / "golden"
PROBLEM_LIST = GOLDEN / "kinds_problem_list.csv"
OWN_LINES = GOLDEN / "kinds_own_lines.csv"


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a golden table."""
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


@dataclass(frozen=True)
class Verdict:
    """Of one reading: is the main kind right, are all kinds right, which certain kinds are wrong."""

    main: bool
    all: bool
    wrong: tuple[str, ...]


def judge(reading: KindReading, label: str) -> Verdict:
    """Return how right a reading is by a label."""
    parts = label.split()
    needed = [set(part.split("|")) for part in parts if part[0] not in "-?" or "|" in part]
    allowed = {part[1:] for part in parts if part[0] == "?"}.union(*needed)
    found = [guess.kind for guess in reading.found]
    none = not needed or "-" in needed[0]
    return Verdict(
        main=(not found and none) or bool(found and needed and found[0] in needed[0]),
        all=all("-" in slot or slot & set(found) for slot in needed) and set(found) <= allowed,
        wrong=tuple(guess.kind for guess in reading.certain if guess.kind not in allowed),
    )
