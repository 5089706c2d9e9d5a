"""How sure: the probability that the true place lies within 50, 100, 200, 500 m of the answer.

The fusion's own probabilities are too sure of themselves, so they are calibrated per method by a
small shipped table (`geodata/reference/confidence.csv`), fitted on located records that were held
out of the gazetteer (`tests/bench/calibrate_confidence.py`).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from geodata.geocode.fuse import Peak
from geodata.geocode.model import THRESHOLDS_M, Status

LOCATED_P500 = 0.95
RIVAL_P, RIVAL_M = 0.05, 500.0
# Two lines that meet twice: which meeting was meant is a question for a person, however near they are.
SECOND_MEETING_M = 100.0
# Likeness, brands and guesses at what was meant choose what to look at; they never locate.
_WEAK = ("similar_address", "place:brand")
_GUESSED = ":typo"
_NEVER_LOCATED = 0.9
# Below this the answer is not worth showing as a place.
_FOUND_P500 = 0.08


def raw_p_within(peaks: Sequence[Peak]) -> dict[int, float]:
    """Return the uncalibrated probabilities around the first peak: the posterior's mass near it."""
    best = peaks[0]
    total = dict.fromkeys(THRESHOLDS_M, 0.0)
    for peak in peaks:
        distance = float(np.hypot(peak.x - best.x, peak.y - best.y))
        if peak.share < 1e-4:
            continue
        area = peak.modes[0].geometry
        polygon = area.geom_type in ("Polygon", "MultiPolygon")
        for radius in THRESHOLDS_M:
            if polygon:
                near = _area_within(radius, area, best)
            else:
                near = _mass_within(radius, distance, peak.sigma_m, peak.extent_m)
            total[radius] += peak.share * near
    return {radius: float(min(max(p, 0.0), 1.0)) for radius, p in total.items()}


def _area_within(radius: float, area: BaseGeometry, best: Peak) -> float:
    """Return the share of an area near the answer: the place meant may be anywhere in it."""
    return float(area.intersection(Point(best.x, best.y).buffer(radius)).area / max(area.area, 1e-9))


def _mass_within(radius: float, distance: float, sigma_m: float, extent_m: float) -> float:
    if extent_m:
        # An unknown point on a line: uniform along it.
        return min(1.0, max(radius - distance, 0.0) / max(extent_m, radius * 0.5))
    near = 0.85 * _gaussian_within(radius, distance, sigma_m)
    return near + 0.15 * _gaussian_within(radius, distance, 3 * sigma_m)


def _gaussian_within(radius: float, distance: float, sigma_m: float) -> float:
    """Return the mass of a circular Gaussian at a distance inside a circle (Sankaran's approximation)."""
    if distance < 0.05 * sigma_m:
        return float(1.0 - np.exp(-0.5 * (radius / sigma_m) ** 2))
    # Non-central chi-squared with two degrees of freedom, as in Patnaik (1949).
    lam = (distance / sigma_m) ** 2
    x = (radius / sigma_m) ** 2
    scale = (2 + 2 * lam) / (2 + lam)
    freedom = (2 + lam) ** 2 / (2 + 2 * lam)
    cube = (x / scale / freedom) ** (1 / 3)
    z = (cube - (1 - 2 / (9 * freedom))) / np.sqrt(2 / (9 * freedom))
    return float(_normal_cdf(float(z)))


def _normal_cdf(z: float) -> float:
    from math import erf, sqrt

    return 0.5 * (1 + erf(z / sqrt(2)))


@lru_cache(maxsize=1)
def _table() -> Mapping[tuple[str, int], tuple[NDArray[np.float64], NDArray[np.float64]]]:
    source = files("geodata").joinpath("reference/confidence.csv")
    points: dict[tuple[str, int], list[tuple[float, float]]] = {}
    with source.open(encoding="utf-8") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        for row in rows:
            key = (row["method"], int(row["within_m"]))
            points.setdefault(key, []).append((float(row["raw"]), float(row["calibrated"])))
    return {key: (np.array(own)[:, 0], np.array(own)[:, 1]) for key, own in points.items()}


def calibrated(raw: Mapping[int, float], method: str) -> dict[int, float]:
    """Return calibrated probabilities, rising with the radius.

    Parameters
    ----------
    raw
        From `raw_p_within`.
    method
        The answer's method, behind `drawn/` where all its lines are drawn on a map. One without a row
        of its own (`crossing:axes`) takes its frame's (`crossing`), then the row `any` or `drawn`.
    """
    table = _table()
    drawn = method.startswith("drawn/")
    frame, _, way = method.partition(":")
    keys: tuple[str, ...] = (method, f"*:{way}", frame, "any")
    if drawn and way in ("", "interpolated"):
        keys = ("drawn",)
    guessed = method.endswith(_GUESSED)
    if guessed:
        # The frame's own row is fitted on names that are known: it would believe a lone guess too much.
        keys = keys[:2]
    limit = _NEVER_LOCATED if method in _WEAK or guessed else 1.0
    result: dict[int, float] = {}
    least = 0.0
    for radius in THRESHOLDS_M:
        p = raw[radius]
        for key in keys:
            if (key, radius) in table:
                known, wanted = table[key, radius]
                p = float(np.interp(p, known, wanted))
                break
        least = max(least, min(p, limit))
        result[radius] = least
    return result


def rival_limit_m(method: str, other: str) -> float:
    """Return from which distance in metres another candidate contradicts the best one, by their methods."""
    return SECOND_MEETING_M if method == other == "crossing" else RIVAL_M


def status_of(p_within: Mapping[int, float], rivals: Sequence[tuple[float, float, float]]) -> Status:
    """Return the status by the rule of the interface, and `ambiguous` between two meetings of two lines.

    Parameters
    ----------
    rivals
        Probability, distance (metres) from the best candidate, and the distance from which it counts
        (`rival_limit_m`), of every other candidate.
    """
    if p_within[500] < _FOUND_P500:
        return "not_found"
    if p_within[500] < LOCATED_P500 or any(p >= RIVAL_P and away > limit for p, away, limit in rivals):
        return "ambiguous"
    return "located"
