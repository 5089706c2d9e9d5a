"""From independent evidence to ranked places with probabilities.

Every evidence e says: with trust t_e the place is at one of my modes, else anywhere in the area A.
The posterior density is the product over e of ``t_e * sum_m w_m D_m(x) + (1 - t_e) / A``, times the
area prior. Its peaks are the candidates; a peak's mass is its density times its effective area
(Laplace's method), and what no peak explains is the mass of "somewhere else".

D_m is a Gaussian with a wide second component, because location texts have heavy tails.

Plain floats, not arrays: a text has a handful of modes, for which one array operation costs more
than all the arithmetic (measured 3 to 8 times the whole fusion).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import exp, hypot, inf, log, pi, sqrt
from typing import NamedTuple

import shapely

from geodata.geocode.areas import AreaPrior
from geodata.geocode.evidence import Evidence, Mode

_MAX_SEEDS = 16
_CLIMBS = 1
_WIDE, _WIDE_SHARE = 3.0, 0.15
# Beyond so many wide radii a mode says nothing: exp(-18) is below any background.
_SILENT = 6.0
# Records mined from the same addresses are not quite independent, so agreement shrinks no further.
_LEAST_SIGMA_SHARE = 0.6
_SAME_M = 25.0
_LEAST_DENSITY = 1e-300
_ROOT_TAU = sqrt(2 * pi)


class Peak(NamedTuple):
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


class _Bump(NamedTuple):
    """A mode's density: two Gaussians around a point, or around what is drawn.

    `near`, `wide` are the densities at the middle; `half` is 1 / (2 sigma²) of the narrow one.
    `loose` is how far along an undrawn line the middle may lie; `fixed` whether it can be climbed to.
    """

    x: float
    y: float
    near: float
    wide: float
    half: float
    loose: float
    silent_m: float
    fixed: bool
    drawn: shapely.Geometry | None


class _Field(NamedTuple):
    """An evidence as densities over the plane."""

    modes: tuple[Mode, ...]
    bumps: tuple[_Bump, ...]
    drawn: tuple[tuple[int, shapely.Geometry], ...]
    trust: float


class _Belief(NamedTuple):
    """What one evidence says at one point.

    `mixed` is its density with the background in it; `share` the belief in its best mode there and
    `precision` that mode's 1 / sigma². `pull`, `pull_x`, `pull_y` weigh where its fixed modes lie.
    """

    mixed: float
    column: int
    share: float
    precision: float
    pull: float
    pull_x: float
    pull_y: float


_Point = tuple[float, float]


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
    fields = [_field(item) for item in evidences if item.modes]
    if not fields:
        return []
    points: list[_Point] = [(mode.x, mode.y) for mode in _seeds(fields)]
    background = 1.0 / area_m2
    if len(points) > 1:
        for _ in range(_CLIMBS):
            points = _climb(points, [_believe(points, field, background) for field in fields])
    beliefs = [_believe(points, field, background) for field in fields]
    agreement = prior.agreement(points)
    peaks, log_mass = [], []
    for index, (point, agrees) in enumerate(zip(points, agreement, strict=True)):
        own = [belief[index] for belief in beliefs]
        peak = _peak(point, agrees, fields, own)
        density = sum([log(belief.mixed) for belief in own]) + log(prior.factor(agrees))
        peaks.append(peak)
        log_mass.append(density + log(_effective_area(peak)))
    log_rest = sum([log(max(1 - field.trust, 1e-4)) for field in fields])
    return _distinct(peaks, log_mass, log_rest - (len(fields) - 1) * log(area_m2))


def _field(item: Evidence) -> _Field:
    bumps = tuple([_bump(mode) for mode in item.modes])
    drawn = tuple([(at, bump.drawn) for at, bump in enumerate(bumps) if bump.drawn is not None])
    return _Field(item.modes, bumps, drawn, item.trust)


def _bump(mode: Mode) -> _Bump:
    drawn = mode.geometry if mode.is_drawn else None
    sigma, wide = mode.sigma_m, mode.sigma_m * _WIDE
    length = 2 * mode.extent_m
    if drawn is not None:
        length = max(length, drawn.length, 1.0)
    if length > 0:
        area, wide_area = _ROOT_TAU * sigma * max(length, sigma), _ROOT_TAU * wide * max(length, wide)
    else:
        area, wide_area = 2 * pi * sigma**2, 2 * pi * wide**2
    return _Bump(
        mode.x,
        mode.y,
        (1 - _WIDE_SHARE) * mode.weight / area,
        _WIDE_SHARE * mode.weight / wide_area,
        0.5 / sigma**2,
        0.0 if drawn is not None else mode.extent_m,
        _SILENT * wide,
        drawn is None and mode.extent_m == 0,
        drawn,
    )


def _seeds(fields: Sequence[_Field]) -> Iterable[Mode]:
    every = [mode for field in fields for mode in field.modes]
    if len(every) <= _MAX_SEEDS:
        return every
    # Every evidence gets its best ones in, so that a name with many places crowds out no other.
    first = [mode for field in fields for mode in field.modes[: _MAX_SEEDS // len(fields)]]
    rest = sorted(every, key=lambda mode: (mode.extent_m > 0, -mode.weight))
    return list({id(mode): mode for mode in [*first, *rest]}.values())[:_MAX_SEEDS]


def _believe(points: Sequence[_Point], field: _Field, background: float) -> list[_Belief]:
    """Return what an evidence says at every point."""
    floor = (1 - field.trust) * background
    if not field.drawn:
        return [_believe_at(x, y, field, floor, None) for x, y in points]
    far = _drawn_distances(points, field)
    return [_believe_at(x, y, field, floor, own) for (x, y), own in zip(points, far, strict=True)]


def _drawn_distances(points: Sequence[_Point], field: _Field) -> list[dict[int, float]]:
    """Return per point the distance to every mode that is drawn."""
    places = shapely.points(points)
    distances = {column: shapely.distance(shape, places).tolist() for column, shape in field.drawn}
    return [{column: own[index] for column, own in distances.items()} for index in range(len(points))]


def _believe_at(x: float, y: float, field: _Field, floor: float, far: dict[int, float] | None) -> _Belief:
    total = best = best_pull = pull = pull_x = pull_y = 0.0
    best_column = 0
    for column, bump in enumerate(field.bumps):
        at_x, at_y, near, wide, half, loose, silent_m, fixed, drawn = bump
        distance = far[column] if drawn is not None and far else hypot(x - at_x, y - at_y) - loose
        if distance > silent_m:
            continue
        spent = half * distance * distance if distance > 0 else 0.0
        narrow, broad = near * exp(-spent), wide * exp(-spent / _WIDE**2)
        density = narrow + broad
        total += density
        # each Gaussian pulls with its own 1 / sigma²
        own_pull = 2 * half * (narrow + broad / _WIDE**2)
        if fixed:
            pull += own_pull
            pull_x += own_pull * at_x
            pull_y += own_pull * at_y
        if density > best:
            best, best_pull, best_column = density, own_pull, column
    trust = field.trust
    mixed = max(trust * total + floor, _LEAST_DENSITY)
    scale = trust / mixed
    return _Belief(
        mixed,
        best_column,
        scale * best,
        best_pull / max(best, _LEAST_DENSITY),
        scale * pull,
        scale * pull_x,
        scale * pull_y,
    )


def _climb(points: Sequence[_Point], beliefs: Sequence[Sequence[_Belief]]) -> list[_Point]:
    """Return every point moved towards its peak (a step of expectation-maximisation)."""
    moved = []
    for index, point in enumerate(points):
        pull = sum([belief[index].pull for belief in beliefs])
        if pull > 0:
            x = sum([belief[index].pull_x for belief in beliefs]) / pull
            y = sum([belief[index].pull_y for belief in beliefs]) / pull
            moved.append((x, y))
        else:
            moved.append(point)
    return moved


def _peak(point: _Point, agreement: float, fields: Sequence[_Field], beliefs: Sequence[_Belief]) -> Peak:
    agreeing, precision, extent, least = [], 0.0, inf, inf
    for field, belief in zip(fields, beliefs, strict=True):
        if belief.share < 0.5:
            continue
        mode = field.modes[belief.column]
        agreeing.append(mode)
        extent = min(extent, mode.extent_m)
        if mode.extent_m == 0:
            precision += belief.share * belief.precision
            least = min(least, mode.sigma_m)
    if not agreeing:
        # Nothing speaks for it strongly: keep the nearest mode so that the answer has a name.
        field, belief = max(zip(fields, beliefs, strict=True), key=lambda pair: pair[1].share)
        mode = field.modes[belief.column]
        agreeing, extent, least = [mode], mode.extent_m, mode.sigma_m
        precision = 1 / mode.sigma_m**2
    sigma = max(precision**-0.5, _LEAST_SIGMA_SHARE * least) if precision else agreeing[0].sigma_m
    return Peak(point[0], point[1], sigma, 0.0, tuple(agreeing), extent, agreement)


def _effective_area(peak: Peak) -> float:
    if peak.extent_m:
        return 2 * peak.extent_m * peak.sigma_m * _ROOT_TAU
    if all(mode.is_drawn for mode in peak.modes):
        return max(peak.modes[0].geometry.length, peak.sigma_m) * peak.sigma_m * _ROOT_TAU
    return 2 * pi * peak.sigma_m**2


def _distinct(peaks: Sequence[Peak], log_mass: Sequence[float], log_rest: float) -> list[Peak]:
    """Return the peaks with their shares, the heaviest of those at one spot only."""
    kept: list[int] = []
    for index in sorted(range(len(peaks)), key=lambda at: -log_mass[at]):
        if not any(_same(peaks[index], peaks[other]) for other in kept):
            kept.append(index)
    highest = max(log_rest, *[log_mass[index] for index in kept])
    mass = [exp(log_mass[index] - highest) for index in kept]
    whole = sum(mass) + exp(log_rest - highest)
    return [peaks[index]._replace(share=own / whole) for index, own in zip(kept, mass, strict=True)]


def _same(peak: Peak, heavier: Peak) -> bool:
    reach = max(_SAME_M, 0.5 * heavier.sigma_m)
    return hypot(peak.x - heavier.x, peak.y - heavier.y) < reach and _shape_of(peak) is _shape_of(heavier)


def _shape_of(peak: Peak) -> object:
    """Return what makes two peaks at one spot different answers: the line, but not the point."""
    mode = peak.modes[0]
    return mode.geometry if mode.is_drawn else None
