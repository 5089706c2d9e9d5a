"""The reader on the real location texts, form by form, against the frames that people wrote down.

The expected frames are those of the reviewed table `tests/golden/frames.csv`; the texts and the label
of their form come from the test data. No gazetteer is used but the few names of the table's own test,
so that every other name must be read by its form. `main` is the share of texts whose first frame is the
expected one, `all` the share with every frame and area right; `nothing` counts texts that are rightly
left unread.

    python tests/bench/geocode_real_texts.py [--wrong]
"""

from __future__ import annotations

import argparse
import csv
import os
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from geodata.geocode.model import Reading
from tests.geodata.geocode.test_readings import golden, notation, readings

_FORMS = {
    "inter": "crossing", "intersection": "crossing", "seg": "stretch", "road": "road", "canal": "water",
    "waterway": "water", "bridge": "structure", "under": "structure", "sluice": "structure", "tunnel": "structure",
    "interchange": "structure", "rail": "railway", "railway": "railway", "poi": "place", "site": "site",
    "project": "site", "six": "shop", "shop": "shop", "addr": "number", "block": "block", "bounded": "block",
}  # fmt: skip


@dataclass(slots=True)
class Count:
    """Texts of one form."""

    rows: int = 0
    main: int = 0
    whole: int = 0
    nothing: int = 0


def form_of(kind: str) -> str:
    """Return the group of a hand label: inter_off_poi is a crossing."""
    return _FORMS.get(re.split(r"[_+(]", kind)[0], "other")


def measure(data: Path) -> tuple[dict[str, Count], list[str]]:
    """Return the counts by form, and a line for every text that is not read as expected."""
    expected = {text: (frames, areas) for text, frames, areas in golden()}
    counts: dict[str, Count] = defaultdict(Count)
    wrong = []
    with (data / "zhengzhou" / "location_texts.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        text = row["text"]
        found = readings(text)
        first = found[0] if found else Reading(())
        got = [notation(frame) for frame in first.frames]
        frames, areas = expected.get(text, ("not in the table", ""))
        main = got[:1] == frames.split(" ; ")[:1] or not (got or frames)
        whole = " ; ".join(got) == frames and " ".join(first.areas) == areas
        for count in (counts[form_of(row["kind"])], counts["all"]):
            count.rows += 1
            count.main += main
            count.whole += whole
            count.nothing += not got and not frames
        if not whole:
            wrong.append(f"{text}\n    expected  {frames} | {areas}\n    read      {' ; '.join(got)}")
    return counts, wrong


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wrong", action="store_true", help="list the texts that are not read as expected")
    options = parser.parse_args()
    counts, wrong = measure(Path(os.environ.get("QINGTU_TEST_DATA", "../shared/data")))
    print(f"{'form':<12}{'texts':>6}{'main':>9}{'all':>9}{'nothing':>9}")
    for form, count in sorted(counts.items(), key=lambda item: (item[0] == "all", -item[1].rows)):
        print(
            f"{form:<12}{count.rows:>6}{count.main / count.rows:>9.1%}{count.whole / count.rows:>9.1%}{count.nothing:>9}"
        )
    if options.wrong:
        print("\n".join(wrong) or "none is read otherwise")


if __name__ == "__main__":
    main()
