"""What an answer shows about its own reliability: the few figures that confidence is judged by.

They are read off the fused peaks and the evidence, in plain floats (a few microseconds a text). Not
for judging: the model that turns them into probabilities is `confidence`, its fitting `calibration`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import erf, exp, hypot, sqrt
from typing import Any

from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from geodata.geocode.evidence import Evidence
from geodata.geocode.fuse import Peak
from geodata.geocode.model import THRESHOLDS_M

# Peaks below this share change no probability that anybody could tell apart.
_LEAST_SHARE = 1e-3
# Beyond so many wide radii a peak has nothing inside the circle.
_REACH = 10.0
_FAR_M = 5000.0


@dataclass(frozen=True, slots=True)
class Signals:
    """The figures of one answer.

    `method` is the answer's method, behind `drawn/` where all its lines are drawn on a map. `raw` is
    the posterior's mass within 50, 100, 200, 500 m of the answer, `sigma_m` the fused 1-sigma radius, `agreement`
    how well the answer lies in the stated
    areas (0..1). `likeness` is the trust in the located addresses that read alike (0 without any),
    `alike_m` how far the most alike one lies, `alike_agrees` whether they are part of the answer.
    """

    method: str
    raw: tuple[float, ...]
    sigma_m: float
    agreement: float
    likeness: float
    alike_m: float
    alike_agrees: bool

    def as_data(self) -> dict[str, Any]:
        """Return the figures JSON-able, for the trace."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Signals:
        """Return the figures of a trace again."""
        return cls(**{**data, "raw": tuple(data["raw"])})


def signals_of(peaks: Sequence[Peak], evidences: Sequence[Evidence], method: str) -> Signals:
    """Return the figures of the first peak.

    Parameters
    ----------
    peaks
        As fused, most probable first; at least one.
    evidences
        What was fused.
    method
        The answer's method, behind `drawn/` where nothing was learned from addresses.
    """
    best = peaks[0]
    likeness, alike_m = 0.0, _FAR_M
    for item in evidences:
        if item.modes and item.modes[0].method == "similar_address":
            first = item.modes[0]
            likeness, alike_m = item.trust, hypot(first.x - best.x, first.y - best.y)
    return Signals(
        method=method,
        raw=raw_p_within(peaks),
        sigma_m=best.sigma_m,
        agreement=best.agreement,
        likeness=likeness,
        alike_m=alike_m,
        alike_agrees=any(mode.method == "similar_address" for mode in best.modes),
    )


def raw_p_within(peaks: Sequence[Peak]) -> tuple[float, ...]:
    """Return the posterior's mass within each of `THRESHOLDS_M` of the first peak, uncalibrated."""
    best = peaks[0]
    totals = [0.0] * len(THRESHOLDS_M)
    for peak in peaks:
        share = peak.share
        if share < _LEAST_SHARE:
            continue
        away = hypot(peak.x - best.x, peak.y - best.y)
        area = peak.modes[0].geometry
        if area.geom_type in ("Polygon", "MultiPolygon"):
            near = [_area_within(radius, area, best) for radius in THRESHOLDS_M]
        elif away - THRESHOLDS_M[-1] > max(_REACH * peak.sigma_m, peak.extent_m):
            continue
        else:
            near = [_mass_within(radius, away, peak.sigma_m, peak.extent_m) for radius in THRESHOLDS_M]
        for i, mass in enumerate(near):
            totals[i] += share * mass
    return tuple([min(max(p, 0.0), 1.0) for p in totals])


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
    """Return the mass of a circular Gaussian at a distance inside a circle.

    Notes
    -----
    Non-central chi-squared with two degrees of freedom: Patnaik (1949), then Wilson and Hilferty (1931).
    """
    if distance < 0.05 * sigma_m:
        return 1.0 - exp(-0.5 * (radius / sigma_m) ** 2)
    lam = (distance / sigma_m) ** 2
    x = (radius / sigma_m) ** 2
    scale = (2 + 2 * lam) / (2 + lam)
    freedom = (2 + lam) ** 2 / (2 + 2 * lam)
    spread = 2 / (9 * freedom)
    z = ((x / scale / freedom) ** (1 / 3) - (1 - spread)) / sqrt(spread)
    return 0.5 * (1 + erf(z / sqrt(2)))
