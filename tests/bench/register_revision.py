"""Bench: a real register of shops meets its revised list; are exactly the right rows new, changed, vanished?

Run: QINGTU_TEST_DATA=… PYTHONPATH=. .venv/bin/python tests/bench/register_revision.py
"""

from __future__ import annotations

import csv
import os
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from geodata.kinds import load_kinds
from geodata.places import Entry, load_place_classes, pair_entries
from tests.bench.revised_list import ADDED, CHANGED, HEADER, REMOVED, read_shops, revise

SEEDS = range(20)


def main() -> None:
    """Print how many of 20 revisions come out exactly, what was asked, and the time."""
    shops = read_shops(Path(os.environ.get("QINGTU_TEST_DATA", "../shared/data")))
    classes = load_place_classes()

    def entries(rows: list[list[str]]) -> list[Entry]:
        found = [(row, classes.find(row[2]) or classes.find(row[1])) for row in rows]
        return [Entry(row[1], row[3], entry.code if entry else "") for row, entry in found]

    exact, asked, wrong, seconds = 0, 0, 0, []
    for seed in SEEDS:
        lists = revise(shops, seed=seed)
        first, second = entries(lists.first), entries(lists.second)
        begun = time.process_time()
        found = pair_entries(second, first)
        seconds.append(time.process_time() - begun)

        def key(row: list[str]) -> tuple[str, str]:
            return row[1], row[3]

        changed = {
            key(lists.second[r]) for r, p in found.pairs.items() if lists.second[r][1:] != lists.first[p][1:]
        }
        new = {key(lists.second[r]) for r in found.new}
        gone = {key(lists.first[p]) for p in found.vanished}
        asked += len(found.asked)
        off = len(changed ^ lists.changed) + len(new ^ lists.added) + len(gone ^ lists.removed)
        wrong += off
        exact += off == 0 and not found.asked
        if off:
            print(seed, changed ^ lists.changed, new ^ lists.added, gone ^ lists.removed, found.asked)
    print(f"{len(shops)} shops, {CHANGED} changed, {REMOVED} removed, {ADDED} added, {len(SEEDS)} seeds")
    print(f"{'measure':<44}{'bar':>10}{'measured':>12}")
    print(f"{'revisions told exactly':<44}{len(SEEDS):>10}{exact:>12}")
    print(f"{'rows on the wrong side, all seeds':<44}{0:>10}{wrong:>12}")
    print(f"{'rows asked, all seeds':<44}{'-':>10}{asked:>12}")
    print(f"{'pairing, CPU seconds (median)':<44}{'-':>10}{statistics.median(seconds):>12.2f}")


def store() -> None:
    """Print the seconds of whole imports: reading, pairing, placing, writing, and undoing, on a private store."""
    from service.borders.current import OfficeZones
    from service.clock import SystemClock
    from service.intake.importing import Order, Tools, run_import
    from service.intake.undo import undo_import
    from service.kinds.current import OfficeKinds
    from service.registers.vocabulary import read_vocabulary
    from service.review.aliases import OfficeGeocoder
    from service.setup.initialising import initialise
    from service.setup.profile import read_profile
    from service.store.cluster import Cluster
    from service.store.engine import make_engine
    from tests.service.conftest import write_tiny_profile

    lists = revise(read_shops(Path(os.environ.get("QINGTU_TEST_DATA", "../shared/data"))), seed=5)
    with TemporaryDirectory(prefix="qingtu-bench-") as folder:
        data = Path(folder) / "office"
        cluster = Cluster(data, purpose="bench", settings={"fsync": "off"})
        try:
            cluster.ensure()
            profile = read_profile(write_tiny_profile(Path(folder) / "profile"), demo=True)
            initialise(data, profile, database_url=cluster.url)
            engine, kinds = make_engine(cluster.url), load_kinds()
            tools = Tools(
                engine=engine, geocoder=OfficeGeocoder(data / "gazetteer.qgz", crs=profile.office.crs),
                zones=OfficeZones(crs=profile.office.crs), kinds=OfficeKinds(kinds), clock=SystemClock(), srid=profile.office.crs,
                vocabulary=read_vocabulary(None, kinds),
            )  # fmt: skip
            import_id = None
            for name, rows in (
                ("first", lists.first),
                ("revised", lists.second),
                ("the same again", lists.second),
            ):
                path = Path(folder) / "六小门店.csv"
                with path.open("w", encoding="utf-8-sig", newline="") as file:
                    csv.writer(file).writerows([HEADER, *rows])
                begun = time.monotonic()
                done = run_import(Order(path=path, name=path.name, actor="bench"), tools)
                told = {
                    key: done.revision[key] for key in ("new", "changed", "unchanged", "vanished", "asked")
                }
                print(f"{name:<16}{time.monotonic() - begun:>8.1f} s  {told}")
                import_id = done.import_id if name == "revised" else import_id
            begun = time.monotonic()
            with engine.begin() as connection:
                undo_import(connection, import_id, actor="bench")
            print(f"{'undo revised':<16}{time.monotonic() - begun:>8.1f} s")
            engine.dispose()
        finally:
            cluster.destroy()


if __name__ == "__main__":
    main()
    store()
