"""From independent evidence to ranked places with probabilities.

Every evidence e says: with trust t_e the place is at one of my modes, else anywhere in the area A.
The posterior density is the product over e of ``t_e * sum_m w_m D_m(x) + (1 - t_e) / A``, times the
area prior. Its peaks are the candidates; a peak's mass is its density times its effective area
(Laplace's method), and what no peak explains is the mass of "somewhere else".

D_m is a Gaussian with a wide second component, because location texts have heavy tails.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.geocode.areas import AreaPrior
from geodata.geocode.evidence import Evidence, Mode, xy_of

_MAX_SEEDS = 48
_WIDE, _WIDE_SHARE = 3.0, 0.15
# Records mined from the same addresses are not quite independent, so agreement shrinks no further.
_LEAST_SIGMA_SHARE = 0.6
_LEAST_PRIOR = 0.02
_SAME_M = 25.0


@dataclass(frozen=True, slots=True)
class Peak:
    """One fused place: position, 1-sigma radius, share of the posterior, the modes that agree on it.

    `modes` holds one mode per agreeing evidence, in the evidences' order; `extent_m` is half the
    length of the line it lies on when nothing fixes where on it.
    """

    x: float
    y: float
    sigma_m: float
    share: float
    modes: tuple[Mode, ...]
    extent_m: float


def fuse(evidences: Sequence[Evidence], prior: AreaPrior, *, area_m2: float) -> list[Peak]:
    """Return the places all evidence together speaks for, most probable first.

    Parameters
    ----------
    evidences
        With modes; none gives an empty list.
    prior
        Agreement of points with the stated areas.
    area_m2
        Size of the whole area in m², > 0.
    """
    given = [item for item in evidences if item.modes]
    if not given:
        return []
    seeds = _seeds(given)
    xy = xy_of(seeds)
    background = 1.0 / area_m2
    xy = _climb(xy, given, background)
    log_density, best = _log_density(xy, given, background)
    log_density += np.log(_LEAST_PRIOR + (1 - _LEAST_PRIOR) * prior.agreement(xy))
    peaks = [_peak(i, xy[i], given, best, background) for i in range(len(seeds))]
    areas = np.array([_effective_area(peak) for peak in peaks])
    log_mass = log_density + np.log(areas)
    log_rest = sum(np.log(max(1 - item.trust, 1e-4)) for item in given) - (len(given) - 1) * np.log(area_m2)
    return _distinct(peaks, log_mass, float(log_rest))


def _seeds(evidences: Sequence[Evidence]) -> list[Mode]:
    ranked = sorted(
        (mode for item in evidences for mode in item.modes),
        key=lambda mode: (mode.extent_m > 0, -mode.weight),
    )
    # Every evidence gets its best ones in, so that a name with many places crowds out no other.
    first = [mode for item in evidences for mode in item.modes[: _MAX_SEEDS // len(evidences)]]
    return list({id(mode): mode for mode in [*first, *ranked]}.values())[:_MAX_SEEDS]


def _densities(xy: NDArray[np.float64], item: Evidence) -> NDArray[np.float64]:
    """Return each mode's weighted density at each point, shape (points, modes)."""
    sigma = np.array([mode.sigma_m for mode in item.modes])
    weight = np.array([mode.weight for mode in item.modes])
    distance = np.hypot(*(xy[:, None, :] - xy_of(item.modes)[None, :, :]).transpose(2, 0, 1))
    length = np.zeros(len(item.modes))
    for column, mode in enumerate(item.modes):
        if mode.geometry.geom_type != "Point":
            distance[:, column] = shapely.distance(mode.geometry, shapely.points(xy))
            length[column] = max(2 * mode.extent_m, mode.geometry.length, 1.0)
        elif mode.extent_m:
            length[column] = 2 * mode.extent_m
            distance[:, column] = np.maximum(distance[:, column] - mode.extent_m, 0.0)
    density = np.zeros_like(distance)
    for share, scale in ((1 - _WIDE_SHARE, 1.0), (_WIDE_SHARE, _WIDE)):
        radius = sigma * scale
        across = np.exp(-0.5 * (distance / radius) ** 2)
        point = across / (2 * np.pi * radius**2)
        line = across / (np.sqrt(2 * np.pi) * radius * np.maximum(length, radius))
        density += share * np.where(length > 0, line, point)
    return np.asarray(density * weight)


def _log_density(
    xy: NDArray[np.float64], evidences: Sequence[Evidence], background: float
) -> tuple[NDArray[np.float64], list[tuple[NDArray[np.int64], NDArray[np.float64]]]]:
    """Return the log posterior density, and per evidence the best mode and its responsibility."""
    total = np.zeros(len(xy))
    best = []
    for item in evidences:
        densities = _densities(xy, item)
        mixed = item.trust * densities.sum(axis=1) + (1 - item.trust) * background
        total += np.log(np.maximum(mixed, 1e-300))
        column = densities.argmax(axis=1)
        top = item.trust * densities[np.arange(len(xy)), column] / np.maximum(mixed, 1e-300)
        best.append((column, top))
    return total, best


def _climb(xy: NDArray[np.float64], evidences: Sequence[Evidence], background: float) -> NDArray[np.float64]:
    """Move each seed towards the nearest peak (two rounds of expectation-maximisation)."""
    for _ in range(2):
        numerator = np.zeros_like(xy)
        denominator = np.zeros(len(xy))
        for item in evidences:
            densities = _densities(xy, item)
            mixed = item.trust * densities.sum(axis=1) + (1 - item.trust) * background
            share = item.trust * densities / np.maximum(mixed, 1e-300)[:, None]
            fixed = np.array(
                [mode.extent_m == 0 and mode.geometry.geom_type == "Point" for mode in item.modes]
            )
            precision = np.where(fixed, 1 / np.array([mode.sigma_m for mode in item.modes]) ** 2, 0.0)
            numerator += (share * precision) @ xy_of(item.modes)
            denominator += (share * precision).sum(axis=1)
        known = denominator > 0
        xy = np.where(known[:, None], numerator / np.maximum(denominator, 1e-300)[:, None], xy)
    return xy


def _peak(
    index: int,
    point: NDArray[np.float64],
    evidences: Sequence[Evidence],
    best: list[tuple[NDArray[np.int64], NDArray[np.float64]]],
    background: float,
) -> Peak:
    del background
    agreeing, precision, extent, least = [], 0.0, np.inf, np.inf
    for item, (column, responsibility) in zip(evidences, best, strict=True):
        share = float(responsibility[index])
        if share < 0.5:
            continue
        mode = item.modes[int(column[index])]
        agreeing.append(mode)
        extent = min(extent, mode.extent_m)
        if mode.extent_m == 0:
            precision += share / mode.sigma_m**2
            least = min(least, mode.sigma_m)
    if not agreeing:
        # Nothing speaks for it strongly: keep the nearest mode so that the answer has a name.
        item, (column, _) = max(zip(evidences, best, strict=True), key=lambda pair: float(pair[1][1][index]))
        mode = item.modes[int(column[index])]
        agreeing, extent, least = [mode], mode.extent_m, mode.sigma_m
        precision = 1 / mode.sigma_m**2
    sigma = max(precision**-0.5, _LEAST_SIGMA_SHARE * least) if precision else agreeing[0].sigma_m
    return Peak(float(point[0]), float(point[1]), float(sigma), 0.0, tuple(agreeing), float(extent))


def _effective_area(peak: Peak) -> float:
    if peak.extent_m:
        return float(2 * peak.extent_m * peak.sigma_m * np.sqrt(2 * np.pi))
    first = peak.modes[0]
    if first.geometry.geom_type != "Point" and all(mode.geometry.geom_type != "Point" for mode in peak.modes):
        return float(max(first.geometry.length, peak.sigma_m) * peak.sigma_m * np.sqrt(2 * np.pi))
    return float(2 * np.pi * peak.sigma_m**2)


def _distinct(peaks: Sequence[Peak], log_mass: NDArray[np.float64], log_rest: float) -> list[Peak]:
    order = np.argsort(-log_mass, kind="stable")
    kept: list[int] = []
    for index in order.tolist():
        peak = peaks[index]
        near = any(
            np.hypot(peak.x - peaks[k].x, peak.y - peaks[k].y) < max(_SAME_M, 0.5 * peaks[k].sigma_m)
            and _geometry_of(peak) is _geometry_of(peaks[k])
            for k in kept
        )
        if not near:
            kept.append(index)
    logs = np.append(log_mass[kept], log_rest)
    mass = np.exp(logs - logs.max())
    shares = mass / mass.sum()
    return [
        Peak(peaks[k].x, peaks[k].y, peaks[k].sigma_m, float(share), peaks[k].modes, peaks[k].extent_m)
        for k, share in zip(kept, shares[:-1], strict=True)
    ]


def _geometry_of(peak: Peak) -> object:
    """Return what makes two peaks at one spot different answers: the line, but not the point."""
    mode = peak.modes[0]
    return None if mode.geometry.geom_type == "Point" else mode.geometry
