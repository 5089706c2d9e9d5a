"""Fit geodata/reference/confidence.csv on located records held out of the gazetteer.

The records are split into five folds; each fold's addresses are located with a gazetteer mined from
the other four, and the fusion's raw probabilities are compared with what was true. Per method and
distance a monotone curve (isotonic regression, shrunk towards the curve of all methods) is written.

    python tests/bench/calibrate_confidence.py [--out geodata/reference/confidence.csv] [--rows CACHE.csv]
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from scipy.optimize import isotonic_regression

from geodata.crs import WGS84, reproject_xy
from geodata.datums import to_wgs84
from geodata.gazetteer import build
from geodata.geocode import Geocoder
from geodata.geocode.evidence import representative
from geodata.geocode.model import THRESHOLDS_M

FOLDS = 5
LEAST_ROWS, LEAST_POOLED = 150, 30
KNOTS = (
    0.0,
    0.1,
    0.2,
    0.3,
    0.4,
    0.5,
    0.6,
    0.7,
    0.8,
    0.85,
    0.9,
    0.93,
    0.95,
    0.96,
    0.97,
    0.98,
    0.985,
    0.99,
    0.995,
    1.0,
)
PRIOR_ROWS = 20.0
# Answers from drawn maps have no held-out records here; their raw curve is only kept below certainty.
DRAWN = {50: 0.95, 100: 0.97, 200: 0.98, 500: 0.99}
Row = tuple[str, dict[int, float], float]


def held_out(path: Path) -> Iterator[Row]:
    """Yield method, raw probabilities and error of every record, located without itself."""
    with gzip.open(path, "rt", encoding="utf-8-sig") as file:
        records = list(csv.DictReader(file))
    fold = np.random.default_rng(20170801).permutation(len(records)) % FOLDS
    gcj = np.array([(float(r["gcj02_lon"]), float(r["gcj02_lat"])) for r in records])
    lonlat = to_wgs84(gcj, "gcj02")
    for number in range(FOLDS):
        with tempfile.TemporaryDirectory() as folder:
            table, gazetteer = Path(folder) / "places.csv", Path(folder) / "g.qgz"
            with table.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(records[0]))
                writer.writeheader()
                writer.writerows(r for r, own in zip(records, fold, strict=True) if own != number)
            build(places=[table], places_datum="gcj02", out=gazetteer)
            geocoder = Geocoder.open(gazetteer)
        chosen = np.flatnonzero(fold == number)
        xy = reproject_xy(lonlat[chosen], WGS84, geocoder.crs)
        for index, point in zip(chosen.tolist(), xy, strict=True):
            location = geocoder.locate(records[index]["address"], area=records[index]["district"])
            raw = next((step.data for step in location.trace if step.stage == "confidence"), None)
            answer = location.best
            if raw is None or answer is None:
                continue
            error = float(np.hypot(*(np.array(representative(answer.geometry)) - point)))
            yield location.method, {int(k): float(v) for k, v in dict(raw["raw"]).items()}, error


def fit(rows: Sequence[Row]) -> list[tuple[str, int, float, float]]:
    """Return table rows: method, distance, raw, calibrated."""
    table = []
    methods = sorted({method for method, _, _ in rows})
    groups = {"any": list(rows)}
    for method in methods:
        frame, _, way = method.partition(":")
        groups[frame] = [row for row in rows if row[0].split(":")[0] == frame]
        if way:
            groups[f"*:{way}"] = [row for row in rows if row[0].endswith(f":{way}")]
    for method in methods:
        own = [row for row in rows if row[0] == method]
        if ":" in method or len(own) >= LEAST_ROWS:
            groups[method] = own
    for radius in THRESHOLDS_M:
        base = _curve(groups["any"], radius, None)
        for name, own in groups.items():
            if len(own) < (LEAST_POOLED if name.startswith("*") else LEAST_ROWS):
                continue
            curve = base if name == "any" else _curve(own, radius, base)
            table += [(name, radius, knot, round(float(p), 4)) for knot, p in zip(KNOTS, curve, strict=True)]
        table += [("drawn", radius, knot, round(knot * DRAWN[radius], 4)) for knot in (0.0, 1.0)]
    return sorted(table)


def _curve(rows: Sequence[Row], radius: int, base: np.ndarray | None) -> np.ndarray:
    raw = np.array([row[1][radius] for row in rows])
    true = np.array([row[2] <= radius for row in rows], dtype=float)
    order = np.argsort(raw, kind="stable")
    if base is None:
        smooth = isotonic_regression(true[order]).x
        return np.interp(KNOTS, raw[order], smooth)
    # Shrink towards all methods: pseudo-rows along the base curve.
    x = np.concatenate([raw, KNOTS])
    y = np.concatenate([true, base])
    weights = np.concatenate([np.ones(len(raw)), np.full(len(KNOTS), PRIOR_ROWS / 4)])
    order = np.argsort(x, kind="stable")
    smooth = isotonic_regression(y[order], weights=weights[order]).x
    return np.interp(KNOTS, x[order], smooth)


def main() -> None:
    """Fit and write the table; print how sharp it is."""
    options = argparse.ArgumentParser()
    options.add_argument("--out", type=Path, default=Path("geodata/reference/confidence.csv"))
    options.add_argument("--rows", type=Path, help="keep the held-out results here")
    chosen = options.parse_args()
    data = Path(os.environ.get("QINGTU_TEST_DATA", "../shared/data"))
    rows = list(held_out(data / "zhengzhou" / "places.csv.gz"))
    errors = np.array([row[2] for row in rows])
    print(
        f"{len(rows)} held-out records: "
        + ", ".join(f"{np.mean(errors <= r):.1%} within {r} m" for r in THRESHOLDS_M)
    )
    if chosen.rows:
        with chosen.rows.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([m, *[p[r] for r in THRESHOLDS_M], e] for m, p, e in rows)
    with chosen.out.open("w", encoding="utf-8", newline="") as file:
        file.write("# fitted by tests/bench/calibrate_confidence.py\n")
        writer = csv.writer(file)
        writer.writerow(["method", "within_m", "raw", "calibrated"])
        writer.writerows(fit(rows))
    print(f"written to {chosen.out}")


if __name__ == "__main__":
    main()
