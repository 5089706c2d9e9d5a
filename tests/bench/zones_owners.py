"""What linear owners cost `ZoneTree.shares_many` a place: the demo district's own problems, as located.

Three ways, interleaved: the zones alone; with owners; with owners who are asked again about what the side
said has decided (as it was before). The answers of the last two must be equal.

Run: PYTHONPATH=. .venv/bin/python tests/bench/zones_owners.py
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from geodata.crs import reproject
from geodata.gazetteer import Gazetteer, build
from geodata.geocode import Geocoder
from geodata.zones import ZoneTree, shares
from geodata.zones.owning.answers import owned_all
from service.setup.profile import open_profile

ROUNDS = 7


def located(folder: Path) -> tuple[ZoneTree, dict[str, list]]:
    """Return the demo's zones and its problems, placed, as `shares_many` takes them."""
    with open_profile("demo") as profile:
        tree = ZoneTree.read(profile.zones, crs=profile.office.crs)
        build(**profile.sources(), zones=profile.zones, crs=profile.office.crs, out=folder / "g.qgz")
        texts = [problem.location_text for problem in profile.problems]
    found = Geocoder(Gazetteer.open(folder / "g.qgz")).locate_many(texts)
    rows = [place for place in found if place.best is not None]
    return tree, {
        "geometries": [reproject(place.best.geometry, place.crs, tree.crs) for place in rows],
        "uncertainties_m": [place.best.uncertainty_m for place in rows],
        "p_within": [place.p_within for place in rows],
        "sides": [place.best.side for place in rows],
        "lines": [place.best.line_name for place in rows],
    }


def asked_again(owners, problems, communities, *, here, known):
    """Ask the owners about every problem, as if nothing were known."""
    return owned_all(owners, problems, communities, here=here, known={})


def main() -> None:
    """Print milliseconds of CPU a place, medians of interleaved rounds."""
    with tempfile.TemporaryDirectory(prefix="qingtu-bench-") as folder:
        tree, places = located(Path(folder))
    bare = ZoneTree(community=tree.community, grid=tree.grid, subdistrict=tree.subdistrict)
    ways = {
        "zones alone": (bare, owned_all),
        "owners, one pass": (tree, owned_all),
        "owners, asked again": (tree, asked_again),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    answers = {}
    for number in range(ROUNDS + 1):
        for name, (zones, ask) in ways.items():
            shares.owned_all = ask
            begin = time.thread_time()
            answers[name] = zones.shares_many(**places)
            if number:  # the first builds the indexes
                times[name].append(time.thread_time() - begin)
    shares.owned_all = owned_all
    count = len(places["geometries"])
    sided = sum(side is not None for side in places["sides"])
    equal = [a.owned for a in answers["owners, one pass"]] == [
        a.owned for a in answers["owners, asked again"]
    ]
    print(f"{count} places, {sided} with a side; equal answers: {equal}")
    base = statistics.median(times["zones alone"])
    for name, took in times.items():
        median = statistics.median(took)
        print(f"{name:<22}{1000 * median / count:8.3f} ms a place{median / base:8.2f} ×")


if __name__ == "__main__":
    main()
