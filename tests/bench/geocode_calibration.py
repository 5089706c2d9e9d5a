"""Fit the confidence table on located records, and measure it on rows that it never saw.

The located records are split into five folds by place (one address text, or within 5 m), each fold is
located with a gazetteer made of the other four, and `geodata.geocode.calibration` fits the table. It
is measured (1) on the records by cross-validation and (2) on the shop list: each shop by a table fitted
without the records of its own place. Prints calibration errors, Brier scores and skill, reliability, the
share of far-off rows among `located`, and the same for P(right community) over made communities.

    python tests/bench/geocode_calibration.py [--write] [--figure docs/figures/reliability.svg]

Deterministic; two processes. `--write` renews geodata/reference/confidence.csv.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from scipy.spatial import KDTree

from geodata.crs import WGS84, reproject_xy
from geodata.datums import to_wgs84
from geodata.gazetteer import build
from geodata.geocode import Geocoder
from geodata.geocode.calibration import Case, cross_validated, fit, folds_of, places_of, probabilities
from geodata.geocode.confidence import LOCATED_P500
from geodata.geocode.confidence_table import format_table
from geodata.geocode.curves import Calibration
from geodata.geocode.judging import judged
from geodata.geocode.model import THRESHOLDS_M
from geodata.text.normalize import normalise
from tests.bench.geocode_shops import read_shops, read_truth
from tests.bench.made_communities import print_communities
from tests.bench.reliability_figure import draw
from tests.bench.reliability_report import print_measures, print_reliability

CRS = 4547
TABLE = Path("geodata/reference/confidence.csv")
VERSION = "2"


@dataclass(frozen=True)
class Records:
    """Located texts: what was written, the area it is filed under, where it truly is (metres)."""

    texts: list[str]
    areas: list[str]
    xy: np.ndarray

    def chosen(self, rows: np.ndarray) -> Records:
        """Return some of them."""
        numbers = rows.tolist()
        return Records([self.texts[i] for i in numbers], [self.areas[i] for i in numbers], self.xy[rows])


@dataclass(frozen=True)
class Job:
    """Records to locate with a gazetteer made of some rows of the table of places."""

    table: list[dict[str, str]]
    asked: Records


def locate(job: Job) -> list[Case | None]:
    """Return a case per asked record."""
    with tempfile.TemporaryDirectory() as folder:
        table, gazetteer = Path(folder) / "places.csv", Path(folder) / "g.qgz"
        with table.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(job.table[0]))
            writer.writeheader()
            writer.writerows(job.table)
        build(places=[table], places_datum="gcj02", crs=CRS, out=gazetteer)
        geocoder = Geocoder.open(gazetteer)
    return judged(geocoder, job.asked.texts, job.asked.areas, job.asked.xy)


def read_places(data: Path) -> tuple[list[dict[str, str]], Records]:
    """Return the table of located places, raw and as records."""
    with gzip.open(data / "zhengzhou" / "places.csv.gz", "rt", encoding="utf-8-sig") as file:
        table = list(csv.DictReader(file))
    gcj = np.array([(float(row["gcj02_lon"]), float(row["gcj02_lat"])) for row in table])
    xy = reproject_xy(to_wgs84(gcj, "gcj02"), WGS84, CRS)
    return table, Records([row["address"] for row in table], [row["district"] for row in table], xy)


def read_asked(data: Path) -> Records:
    """Return the shop list with its true positions, which nothing is ever fitted to."""
    shops, truth = read_shops(data), read_truth(data, CRS)
    xy = np.array([truth[str(int(float(row["序号"])))] for row in shops])
    return Records([row["地址"] for row in shops], [row["区"] for row in shops], xy)


def by_place(cases: Sequence[Case | None], folds: np.ndarray, shop_folds: np.ndarray) -> list[Calibration]:
    """Return for each fold the table fitted to the records whose place is in another fold."""
    assert set(shop_folds.tolist()) <= set(folds.tolist())
    return [
        fit([case for case, own in zip(cases, folds, strict=True) if case and own != fold])
        for fold in range(int(folds.max()) + 1)
    ]


def stated(models: Sequence[Calibration], folds: np.ndarray, cases: Sequence[Case | None]) -> np.ndarray:
    """Return each row's probabilities by its own fold's table, zeros without an answer; shape (n, 4)."""
    p = np.zeros((len(cases), len(THRESHOLDS_M)))
    for row, (case, fold) in enumerate(zip(cases, folds.tolist(), strict=True)):
        if case:
            p[row] = probabilities(models[fold], [case])[0]
    return p


def errors_of(cases: Sequence[Case | None]) -> np.ndarray:
    """Return the errors in metres, infinite without an answer."""
    return np.array([case.error_m if case else np.inf for case in cases])


def print_located(name: str, p: np.ndarray, error: np.ndarray) -> None:
    """Print how many rows are sure enough to be accepted, and how many of these are far off."""
    sure = p[:, -1] >= LOCATED_P500
    far = np.mean(error[sure] > 1000) if sure.any() else 0.0
    print(f"{name}: p500 >= {LOCATED_P500} for {sure.mean():.1%} of rows; {far:.2%} of these > 1 km off")


def main() -> None:
    """Fit, measure, print; write what was asked for."""
    options = argparse.ArgumentParser()
    options.add_argument("--write", action="store_true", help=f"renew {TABLE}")
    options.add_argument("--figure", type=Path, help="draw the reliability diagram here (SVG)")
    chosen = options.parse_args()
    data = Path(os.environ.get("QINGTU_TEST_DATA", "../shared/data"))
    began = time.perf_counter()
    table, places = read_places(data)
    shops = read_asked(data)
    count = len(places.texts)
    texts = [normalise(text).text for text in places.texts + shops.texts]
    labels = places_of(texts, np.vstack([places.xy, shops.xy]))
    folds = folds_of(labels)
    own, others = folds[:count], folds[count:]
    jobs = [Job(table, shops)]
    for fold in range(own.max() + 1):
        rest = [row for row, number in zip(table, own.tolist(), strict=True) if number != fold]
        jobs.append(Job(rest, places.chosen(np.flatnonzero(own == fold))))
    with get_context("fork").Pool(2) as pool:
        shop_cases, *held_out = pool.map(locate, jobs, chunksize=1)
    cases: list[Case | None] = [None] * count
    for fold, found in enumerate(held_out):
        for row, case in zip(np.flatnonzero(own == fold).tolist(), found, strict=True):
            cases[row] = case
    answered = np.array([case is not None for case in cases])
    print(
        f"{count} located records and {len(shops.texts)} shops located in {time.perf_counter() - began:.0f} s"
    )

    known = [case for case in cases if case]
    p_records = np.zeros((count, len(THRESHOLDS_M)))
    p_records[answered] = cross_validated(known, own[answered])
    print_measures("located records, cross-validated by place", p_records, errors_of(cases))

    models = by_place(cases, own, others)
    p, error = stated(models, others, shop_cases), errors_of(shop_cases)
    print_measures("shops, by tables that never saw their place", p, error)
    print_located("shops", p, error)
    answers = np.array([case is not None for case in shop_cases])
    print_measures("the same, rows with an answer", p[answers], error[answers])
    new = ~np.isin(labels[count:], labels[:count])
    print_measures("the same, shops at a place of no located record", p[new], error[new])
    near = KDTree(places.xy).query(shops.xy)[0] < 20.0
    # Chosen by the truth, not by anything an answer shows: no probability can know it beforehand.
    print_measures("for the record, shops without any located record within 20 m", p[~near], error[~near])
    print_reliability(p, error)
    p_community = print_communities(shops.xy, shop_cases, p)
    shipped = fit(known, about=about(len(known), len(set(labels[:count].tolist()))))
    print_located("shops, by the table of all records", stated([shipped], others * 0, shop_cases), error)
    if chosen.write:
        TABLE.write_text(format_table(shipped), encoding="utf-8")
        print(f"written to {TABLE}")
    if chosen.figure:
        chosen.figure.parent.mkdir(parents=True, exist_ok=True)
        chosen.figure.write_text(draw(p, error, p_community), encoding="utf-8")
        print(f"drawn to {chosen.figure}")
    print(f"{time.perf_counter() - began:.0f} s in all")


def about(cases: int, places: int) -> dict[str, str]:
    """Return where the shipped table comes from."""
    return {
        "version": VERSION,
        "name": "随软件提供的标定 shipped with the program",
        "cases": str(cases),
        "places": str(places),
        "fitted": "tests/bench/geocode_calibration.py, located records of western Zhengzhou, five folds by place",
        "meaning": "log-odds that the true place lies within 50, 100, 200, 500 m; rows of an answer add up",
    }


if __name__ == "__main__":
    main()
