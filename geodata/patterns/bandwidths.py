"""How wide a kernel to use: three answers, each with its reason in words.

A bandwidth is a choice about what is looked for: no rule knows whether a street corner or a quarter of
the town is meant. The rules say what the points themselves support.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.spatial import cKDTree

from geodata.errors import InputError
from geodata.patterns.cells import finite_xy, weights_of
from geodata.patterns.density import density_at
from geodata.patterns.kernels import M2_PER_KM2, QUARTIC_PER_SIGMA, Kernel, check_kernel, height_per_km2

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

Rule = Literal["neighbours", "silverman", "likelihood"]

# Round radii; which one fits depends on how near each other the points typically are.
_BANDWIDTHS_M = (150.0, 250.0, 400.0, 600.0, 1000.0)
_NEIGHBOURS = 30
_SAMPLE = 2_000
# Candidates of the likelihood search, from a twentieth of Silverman's to twice it.
_CANDIDATES = 25
_NARROWEST, _WIDEST = 0.05, 2.0
# A lone point must not decide alone: its likelihood is not taken below this share of the mean density.
_FLOOR_SHARE = 1e-3
_MOST_NODES = 16_000_000


@dataclass(frozen=True, slots=True)
class BandwidthAdvice:
    """A bandwidth for a kernel (radius or sigma), metres, the rule it comes from, and why."""

    bandwidth_m: float
    kernel: Kernel
    rule: Rule
    reason_zh: str
    reason_en: str


def suggest_bandwidth_m(points: ArrayLike) -> float:
    """Return a round radius of the quartic kernel in metres that suits points in metres, shape (n, 2).

    Notes
    -----
    The typical (median) distance to the 30th nearest neighbour, or for short lists to a neighbour
    that an eighth of the list is nearer than; rounded up to 150, 250, 400, 600 or 1000 m. So a
    kernel at a typical point has some dozens of others under it, whether the list covers seven
    communities or a whole city and its counties. For pictures: the round numbers keep one week's map
    comparable with the next. `silverman` and `likelihood` follow the points more closely.
    """
    xy = np.asarray(points, dtype=float).reshape(-1, 2)
    nearer = min(_NEIGHBOURS, len(xy) // 8)
    if nearer < 1:
        return _BANDWIDTHS_M[-1] if len(xy) > 1 else _BANDWIDTHS_M[0]
    some = xy[:: max(1, len(xy) // _SAMPLE)]
    distances, _ = cKDTree(xy).query(some, k=[nearer + 1])
    typical = float(np.median(distances))
    return next((bandwidth for bandwidth in _BANDWIDTHS_M if bandwidth >= 0.8 * typical), _BANDWIDTHS_M[-1])


def silverman(
    points: ArrayLike, *, weights: ArrayLike | None = None, kernel: Kernel = "quartic"
) -> BandwidthAdvice:
    """Return Silverman's rule of thumb: right for one round cloud of points, too wide for several.

    Parameters
    ----------
    points, weights
        As `density_at`; at least two places.
    kernel
        What the bandwidth is for; equal smoothing (canonical kernels, Marron & Nolan 1988).

    Raises
    ------
    ValueError
        If all points lie at one place.

    Notes
    -----
    Silverman (1986), eq. 4.14 and 3.30 for the spread: sigma = A n^(-1/6) in the plane,
    A = min(standard deviation, interquartile range / 1.34), both the mean of the two axes; with
    weights n = (sum w)² / sum w². The quartic radius is 2.779 sigma.
    """
    xy, weight = finite_xy(points), None
    check_kernel(kernel, 1.0)
    weight = weights_of(weights, len(xy))
    sigma, count = _silverman_sigma(xy, weight)
    bandwidth = _for_kernel(sigma, kernel)
    return BandwidthAdvice(
        bandwidth, kernel, "silverman",
        f"Silverman 经验法则：{count:,.0f} 个点的离散程度只支持这么细；点若分成几片，这个值偏大（看不出片与片之间的空当）",
        f"Silverman's rule: what the spread of {count:,.0f} points supports if they were one cloud; "
        "too wide where they form several",
    )  # fmt: skip


def _silverman_sigma(xy: Floats, weight: Floats) -> tuple[float, float]:
    if len(xy) < 2 or not (np.ptp(xy, axis=0) > 0).any() or weight.min() < 0 or not weight.sum() > 0:
        raise InputError(
            "a bandwidth needs points at two places at least, with weights not below 0",
            zh="自动选带宽至少要有两处不同的点，权重不小于 0；请直接写带宽（米）",
        )
    mean = np.average(xy, axis=0, weights=weight)
    deviation = math.sqrt(float(np.average((xy - mean) ** 2, axis=0, weights=weight).mean()))
    quartiles = np.percentile(xy, [25, 75], axis=0)
    between = float((quartiles[1] - quartiles[0]).mean()) / 1.34
    spread = min(deviation, between) if between > 0 else deviation
    count = float(weight.sum() ** 2 / (weight**2).sum())
    return spread * count ** (-1 / 6), count


def _for_kernel(sigma_m: float, kernel: Kernel) -> float:
    return sigma_m * QUARTIC_PER_SIGMA if kernel == "quartic" else sigma_m


def likelihood(
    points: ArrayLike, *, weights: ArrayLike | None = None, kernel: Kernel = "quartic"
) -> BandwidthAdvice:
    """Return the bandwidth that best foretells each place from all the others.

    Parameters
    ----------
    points, weights, kernel
        As `silverman`. One point per problem: pieces of one line would foretell each other.

    Raises
    ------
    ValueError
        If there are fewer than three different places.

    Notes
    -----
    Leave-one-out likelihood (Silverman 1986, sec. 3.4.4; Baddeley et al. 2015, sec. 6.5.1): the
    largest sum of w_i log f_{-i}(x_i), Gaussian kernel, 25 candidates in equal ratios and a parabola
    through the best three. Problems at one place are left out together, else the best bandwidth is 0.
    Densities below a thousandth of the mean count as that, so that a lone point far away does not
    decide for all. All densities of a candidate come from one sum (`density_at`, or one FFT for
    many points).
    """
    xy = finite_xy(points)
    check_kernel(kernel, 1.0)
    weight = weights_of(weights, len(xy))
    sigma, _ = _silverman_sigma(xy, weight)
    places, which = np.unique(xy, axis=0, return_inverse=True)
    mass = np.zeros(len(places))
    np.add.at(mass, which.ravel(), weight)
    places, mass = places[mass > 0], mass[mass > 0]
    if len(places) < 3:
        raise InputError(
            f"the likelihood needs three different places at least, not {len(places)}",
            zh=f"按似然选带宽至少要有三处不同的点，现在只有 {len(places)} 处；请直接写带宽（米）",
        )
    candidates = sigma * np.geomspace(_NARROWEST, _WIDEST, _CANDIDATES)
    scores = np.array([left_out_likelihood(places, mass, sigma_m=float(s)) for s in candidates])
    best = int(scores.argmax())
    chosen = _peak(np.log(candidates), scores, best)
    end = best in (0, _CANDIDATES - 1)
    bandwidth = _for_kernel(chosen, kernel)
    return BandwidthAdvice(
        bandwidth, kernel, "likelihood",
        f"留一交叉验证：用其余的点预报 {len(places):,} 个地点中的每一个，这个宽度预报得最好"
        + ("（已到搜索范围的尽头，请自己定一个）" if end else ""),
        f"leave-one-out likelihood: with this width the other points foretell each of {len(places):,} places best"
        + (" (at the end of the search: choose one yourself)" if end else ""),
    )  # fmt: skip


def _peak(x: Floats, y: Floats, best: int) -> float:
    """The top of the parabola through the best value and its neighbours, in log bandwidth."""
    if best in (0, len(x) - 1):
        return float(np.exp(x[best]))
    below, here, above = y[best - 1 : best + 2]
    bend = below - 2 * here + above
    shift = 0.5 * (below - above) / bend if bend < 0 else 0.0
    return float(np.exp(x[best] + shift * (x[1] - x[0])))


def left_out_likelihood(places: Floats, mass: Floats, *, sigma_m: float) -> float:
    """Return the sum over places of mass x log density there from all other places (Gaussian).

    Parameters
    ----------
    places
        Different places, metres, shape (n, 2), n >= 2.
    mass
        What lies at each, > 0.
    sigma_m
        Sigma of the kernel.
    """
    here = _own_densities(places, mass, sigma_m=sigma_m)
    others = (here - mass * height_per_km2("gaussian", sigma_m)) / (mass.sum() - mass)
    extent = np.maximum(np.ptp(places, axis=0), sigma_m)
    floor = _FLOOR_SHARE * M2_PER_KM2 / float(np.prod(extent))
    return float((mass * np.log(np.maximum(others, floor))).sum())


def _own_densities(places: Floats, mass: Floats, *, sigma_m: float) -> Floats:
    """The density at the places themselves; by FFT where the mesh costs less than all pairs."""
    box = [*places.min(axis=0), *places.max(axis=0)]
    if len(places) > 500:
        from geodata.patterns.splines import FINE, at_points, gaussian_field, mesh_over

        mesh = mesh_over(box, box, sigma_m=sigma_m, scheme=FINE)
        nodes = math.prod(mesh.shape)
        if nodes <= _MOST_NODES and 20.0 * nodes < 3.0 * len(places) ** 2:
            field = gaussian_field(places, mass, mesh, scheme=FINE)
            sums = at_points(field, mesh, places, degree=FINE.reading_degree)
            result: Floats = sums * height_per_km2("gaussian", sigma_m)
            return result
    return density_at(places, places, bandwidth_m=sigma_m, weights=mass, kernel="gaussian")
