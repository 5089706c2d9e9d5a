"""From independent evidence to ranked places with probabilities.

Every evidence e says: with trust t_e the place is at one of my modes, else anywhere in the area A.
The posterior density is the product over e of ``t_e * sum_m w_m D_m(x) + (1 - t_e) / A``, times the
area prior. Its peaks are the candidates; a peak's mass is its density times its effective area
(Laplace's method), and what no peak explains is the mass of "somewhere else".

D_m is a Gaussian with a wide second component, because location texts have heavy tails.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

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
    length of the line it lies on when nothing fixes where on it; `agreement` is how well it lies in the
    stated areas (0..1).
    """

    x: float
    y: float
    sigma_m: float
    share: float
    modes: tuple[Mode, ...]
    extent_m: float
    agreement: float = 1.0


@dataclass(frozen=True, slots=True)
class _Field:
    """An evidence laid out in arrays over its modes.

    `length` is the length of the line a mode stands for, 0 for a point; `fixed` says which modes have
    a position to climb to; `drawn` lists the modes that are lines or areas.
    """

    modes: tuple[Mode, ...]
    trust: float
    xy: NDArray[np.float64]
    sigma: NDArray[np.float64]
    weight: NDArray[np.float64]
    extent: NDArray[np.float64]
    length: NDArray[np.float64]
    fixed: NDArray[np.bool_]
    drawn: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Belief:
    """What an evidence says at points: log density, best mode, its responsibility and precision."""

    log_density: NDArray[np.float64]
    column: NDArray[np.int64]
    share: NDArray[np.float64]
    precision: NDArray[np.float64]


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
    given = [_field(item) for item in evidences if item.modes]
    if not given:
        return []
    xy = xy_of(_seeds(given))
    background = 1.0 / area_m2
    if len(xy) > 1:
        xy = _climb(xy, given, background)
    beliefs = [_believe(xy, field, background) for field in given]
    log_density = np.sum([belief.log_density for belief in beliefs], axis=0)
    agreement = prior.agreement(xy)
    log_density = log_density + np.log(_LEAST_PRIOR + (1 - _LEAST_PRIOR) * agreement)
    peaks = [_peak(i, xy[i], given, beliefs) for i in range(len(xy))]
    log_mass = log_density + np.log([_effective_area(peak) for peak in peaks])
    log_rest = sum(np.log(max(1 - field.trust, 1e-4)) for field in given)
    log_rest -= (len(given) - 1) * np.log(area_m2)
    return _distinct(peaks, log_mass, float(log_rest), agreement)


def _field(item: Evidence) -> _Field:
    modes = item.modes
    drawn = tuple(i for i, mode in enumerate(modes) if mode.geometry.geom_type != "Point")
    extent = np.array([mode.extent_m for mode in modes])
    length = 2 * extent
    for i in drawn:
        length[i] = max(length[i], modes[i].geometry.length, 1.0)
    fixed = extent == 0
    fixed[list(drawn)] = False
    sigma = np.array([mode.sigma_m for mode in modes])
    weight = np.array([mode.weight for mode in modes])
    return _Field(modes, item.trust, xy_of(modes), sigma, weight, extent, length, fixed, drawn)


def _seeds(fields: Sequence[_Field]) -> list[Mode]:
    # Every evidence gets its best ones in, so that a name with many places crowds out no other.
    first = [mode for field in fields for mode in field.modes[: _MAX_SEEDS // len(fields)]]
    rest = sorted(
        (mode for field in fields for mode in field.modes), key=lambda mode: (mode.extent_m > 0, -mode.weight)
    )
    return list({id(mode): mode for mode in [*first, *rest]}.values())[:_MAX_SEEDS]


def _densities(xy: NDArray[np.float64], field: _Field) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each mode's weighted density at each point, and that times its precision (points, modes)."""
    difference = xy[:, None, :] - field.xy[None, :, :]
    distance = np.hypot(difference[..., 0], difference[..., 1])
    if field.drawn:
        points = shapely.points(xy)
        for column in field.drawn:
            distance[:, column] = shapely.distance(field.modes[column].geometry, points)
    loose = np.where(field.fixed, 0.0, field.extent)
    loose[list(field.drawn)] = 0.0
    distance = np.maximum(distance - loose, 0.0)
    density, pull = np.zeros_like(distance), np.zeros_like(distance)
    for share, scale in ((1 - _WIDE_SHARE, 1.0), (_WIDE_SHARE, _WIDE)):
        radius = field.sigma * scale
        area = np.where(
            field.length > 0,
            np.sqrt(2 * np.pi) * radius * np.maximum(field.length, radius),
            2 * np.pi * radius**2,
        )
        part = share * field.weight / area * np.exp(-0.5 * (distance / radius) ** 2)
        density += part
        pull += part / radius**2
    return density, pull


def _believe(xy: NDArray[np.float64], field: _Field, background: float) -> _Belief:
    densities, pull = _densities(xy, field)
    mixed = np.maximum(field.trust * densities.sum(axis=1) + (1 - field.trust) * background, 1e-300)
    column = densities.argmax(axis=1)
    rows = np.arange(len(xy))
    best = densities[rows, column]
    precision = pull[rows, column] / np.maximum(best, 1e-300)
    return _Belief(np.log(mixed), column, field.trust * best / mixed, precision)


def _climb(xy: NDArray[np.float64], fields: Sequence[_Field], background: float) -> NDArray[np.float64]:
    """Move each seed towards the nearest peak (two rounds of expectation-maximisation)."""
    for _ in range(2):
        numerator = np.zeros_like(xy)
        denominator = np.zeros(len(xy))
        for field in fields:
            densities, pull = _densities(xy, field)
            mixed = field.trust * densities.sum(axis=1) + (1 - field.trust) * background
            share = field.trust * pull * field.fixed / np.maximum(mixed, 1e-300)[:, None]
            numerator += share @ field.xy
            denominator += share.sum(axis=1)
        known = denominator > 0
        xy = np.where(known[:, None], numerator / np.maximum(denominator, 1e-300)[:, None], xy)
    return xy


def _peak(index: int, point: NDArray[np.float64], fields: Sequence[_Field], beliefs: list[_Belief]) -> Peak:
    agreeing, precision, extent, least = [], 0.0, np.inf, np.inf
    for field, belief in zip(fields, beliefs, strict=True):
        share = float(belief.share[index])
        if share < 0.5:
            continue
        mode = field.modes[int(belief.column[index])]
        agreeing.append(mode)
        extent = min(extent, mode.extent_m)
        if mode.extent_m == 0:
            precision += share * float(belief.precision[index])
            least = min(least, mode.sigma_m)
    if not agreeing:
        # Nothing speaks for it strongly: keep the nearest mode so that the answer has a name.
        field, belief = max(zip(fields, beliefs, strict=True), key=lambda pair: float(pair[1].share[index]))
        mode = field.modes[int(belief.column[index])]
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


def _distinct(
    peaks: Sequence[Peak], log_mass: NDArray[np.float64], log_rest: float, agreement: NDArray[np.float64]
) -> list[Peak]:
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
        replace(peaks[k], share=float(share), agreement=float(agreement[k]))
        for k, share in zip(kept, shares[:-1], strict=True)
    ]


def _geometry_of(peak: Peak) -> object:
    """Return what makes two peaks at one spot different answers: the line, but not the point."""
    mode = peak.modes[0]
    return None if mode.geometry.geom_type == "Point" else mode.geometry
