"""The shop list against its true positions, with a gazetteer mined from other located places only.

Prints two tables (all rows; rows by method) and, beside them, the plain nearest address by character
n-grams (no parsing). The truth is read only after everything has been located.

    python tests/bench/geocode_shops.py [--limit N] [--errors OUT.csv] [--gazetteer G]
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from python_calamine import CalamineWorkbook
from scipy.sparse import csr_matrix

from geodata.crs import WGS84, reproject_xy
from geodata.datums import to_wgs84
from geodata.gazetteer import build
from geodata.geocode import Geocoder
from geodata.geocode.evidence import representative

WITHIN_M = (50, 100, 200, 500, 1000)


def read_shops(data: Path) -> list[dict[str, str]]:
    """Return the shop list's rows by their Chinese headers."""
    workbook = CalamineWorkbook.from_path(str(data / "zhengzhou" / "six_small_shops.xlsx"))
    rows = workbook.get_sheet_by_index(0).to_python()
    header = [str(cell) for cell in rows[0]]
    return [dict(zip(header, map(str, row), strict=True)) for row in rows[1:]]


def read_truth(data: Path, crs: int) -> dict[str, np.ndarray]:
    """Return the true positions by serial number, in a projected CRS."""
    with gzip.open(data / "zhengzhou" / "six_small_shops_truth.csv.gz", "rt", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    gcj = np.array([(float(row["gcj02_lon"]), float(row["gcj02_lat"])) for row in rows])
    xy = reproject_xy(to_wgs84(gcj, "gcj02"), WGS84, crs)
    return {str(int(float(row["序号"]))): point for row, point in zip(rows, xy, strict=True)}


def nearest_by_grams(texts: Sequence[str], areas: Sequence[str], data: Path, crs: int) -> np.ndarray:
    """Return the position of the nearest address of the same district by TF-IDF of 1- to 3-grams."""
    with gzip.open(data / "zhengzhou" / "places.csv.gz", "rt", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    gcj = np.array([(float(row["gcj02_lon"]), float(row["gcj02_lat"])) for row in rows])
    xy = reproject_xy(to_wgs84(gcj, "gcj02"), WGS84, crs)
    vocabulary: dict[str, int] = {}
    known = _matrix([row["address"] for row in rows], vocabulary, grow=True)
    asked = _matrix(list(texts), vocabulary, grow=False)
    idf = np.log((1 + known.shape[0]) / (1 + np.bincount(known.indices, minlength=known.shape[1]))) + 1
    known, asked = _weighted(known, idf), _weighted(asked, idf)
    district = np.array([row["district"] for row in rows])
    found = np.zeros((len(texts), 2))
    for start in range(0, len(texts), 500):
        scores = (asked[start : start + 500] @ known.T).toarray()
        for i, row in enumerate(scores):
            same = district == areas[start + i]
            found[start + i] = xy[int(np.argmax(np.where(same, row, row - 1.0) if same.any() else row))]
    return found


def _matrix(texts: list[str], vocabulary: dict[str, int], *, grow: bool) -> csr_matrix:
    rows, columns, values = [], [], []
    for i, text in enumerate(texts):
        grams = Counter(text[a : a + n] for n in (1, 2, 3) for a in range(len(text) - n + 1))
        for gram, count in grams.items():
            column = vocabulary.setdefault(gram, len(vocabulary)) if grow else vocabulary.get(gram, -1)
            if column >= 0:
                rows.append(i)
                columns.append(column)
                values.append(1.0 + np.log(count))
    return csr_matrix((values, (rows, columns)), shape=(len(texts), len(vocabulary)))


def _weighted(matrix: csr_matrix, idf: np.ndarray) -> csr_matrix:
    weighted = matrix.multiply(idf).tocsr()
    norm = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    return weighted.multiply(1 / np.maximum(norm, 1e-9)[:, None]).tocsr()


def print_row(name: str, error: np.ndarray, all_rows: int) -> None:
    """Print the shares of all rows within each distance."""
    shares = "".join(f"{np.sum(error <= radius) / all_rows:8.1%}" for radius in WITHIN_M)
    print(f"{name:34}{len(error):7d}{shares}")


def main() -> None:
    """Locate all shops and print the tables."""
    options = argparse.ArgumentParser()
    options.add_argument("--limit", type=int)
    options.add_argument("--errors", type=Path)
    options.add_argument("--gazetteer", type=Path)
    chosen = options.parse_args()
    data = Path(os.environ.get("QINGTU_TEST_DATA", "../shared/data"))
    shops = read_shops(data)[: chosen.limit]
    with tempfile.TemporaryDirectory() as folder:
        gazetteer = chosen.gazetteer or Path(folder) / "g.qgz"
        if chosen.gazetteer is None:
            began = time.perf_counter()
            build(places=[data / "zhengzhou" / "places.csv.gz"], places_datum="gcj02", out=gazetteer)
            print(f"gazetteer built in {time.perf_counter() - began:.1f} s")
        geocoder = Geocoder.open(gazetteer)
        texts, areas = [row["地址"] for row in shops], [row["区"] for row in shops]
        began = time.perf_counter()
        found = geocoder.locate_many(texts, areas=areas)
        seconds = time.perf_counter() - began
    print(f"{len(shops)} rows located in {seconds:.1f} s ({len(shops) / seconds:.0f} rows/s)")
    truth_of = read_truth(data, geocoder.crs)
    truth = np.array([truth_of[str(int(float(row["序号"])))] for row in shops])
    xy = np.array([representative(one.best.geometry) if one.best else (np.nan, np.nan) for one in found])
    error = np.hypot(*(xy - truth).T)
    report(shops, found, error)
    baseline = np.hypot(*(nearest_by_grams(texts, areas, data, geocoder.crs) - truth).T)
    print_row("nearest address by n-grams", baseline, len(shops))
    if chosen.errors:
        with chosen.errors.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            for row, one, off in zip(shops, found, error, strict=True):
                words = one.best.words if one.best else ""
                sigma = one.best.uncertainty_m if one.best else 0
                writer.writerow(
                    [
                        row["序号"],
                        row["地址"],
                        row["区"],
                        one.status,
                        one.method,
                        round(float(np.nan_to_num(off, nan=-1))),
                        round(sigma),
                        *[round(one.p_within[r], 3) for r in (50, 200, 500)],
                        words,
                    ]
                )


def report(shops: Sequence[object], found: Sequence, error: np.ndarray) -> None:
    """Print shares within each distance for all rows, by status and by method."""
    print(
        f"{'':34}{'rows':>7}"
        + "".join(f"{f'<={radius} m':>8}" for radius in WITHIN_M)
        + "   (shares of all rows)"
    )
    print_row("qingtu, all answers", error[np.isfinite(error)], len(shops))
    for status in ("located", "ambiguous", "not_found"):
        chosen = np.array([one.status == status for one in found])
        own = error[chosen & np.isfinite(error)]
        far = f"; > 1 km: {np.mean(own > 1000):.2%} of them" if len(own) else ""
        print(f"  {status}: {chosen.mean():.1%} of rows{far}")
    methods = Counter(one.method for one in found)
    print(f"{'by method (shares of the method)':34}{'rows':>7}")
    for method, count in methods.most_common():
        own = error[np.array([one.method == method for one in found]) & np.isfinite(error)]
        if len(own):
            print_row(f"  {method}", own, count)
    print("calibration: stated and true share within the distance")
    for radius in (50, 100, 200, 500):
        stated = np.array([one.p_within[radius] for one in found])
        true = error <= radius
        cells = []
        for low, high in ((0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 0.95), (0.95, 1.01)):
            inside = (stated >= low) & (stated < high)
            if inside.sum() >= 20:
                cells.append(f"{stated[inside].mean():.2f}/{true[inside].mean():.2f} ({inside.sum()})")
        print(f"  {radius:4d} m  " + "  ".join(cells))


if __name__ == "__main__":
    main()
