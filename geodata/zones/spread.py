"""A location's uncertainty as the geocoder states it, made into normal errors that zones integrate.

The geocoder says how likely the true place lies within 50, 100, 200 and 500 m. Four normal errors of
fixed width, weighted to say the same, carry that over borders; what they leave is "somewhere else",
which is no zone's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodata.zones.assign import ZoneIndex

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]

RADII_M = (50.0, 100.0, 200.0, 500.0)
# About half of each radius: narrow enough that the next smaller circle tells them apart.
SIGMAS_M = (25.0, 55.0, 110.0, 250.0)
_LEAST_WEIGHT = 1e-3


def weights_of(p_within: Floats) -> Floats:
    """Return the weights of four normal errors with `SIGMAS_M`, shape (n, 4), summing to at most 1.

    Parameters
    ----------
    p_within
        Probability that the true place lies within 50, 100, 200, 500 m, rising, shape (n, 4).

    Notes
    -----
    A normal error of width s lies within r with ``1 - exp(-r²/2s²)`` (Rayleigh). The four equations are
    solved from the widest circle inwards where that gives no weight below 0; else the weight is 0 and
    the rest is scaled so that the widest circle keeps its probability.
    """
    within = 1.0 - np.exp(-0.5 * (np.array(RADII_M)[:, None] / np.array(SIGMAS_M)[None, :]) ** 2)
    solved = np.maximum(np.linalg.solve(within, np.asarray(p_within, dtype=float).T).T, 0.0)
    stated = solved @ within[-1]
    scale = np.divide(p_within[:, -1], stated, out=np.zeros_like(stated), where=stated > 0)
    weights = solved * scale[:, None]
    result: Floats = weights / np.maximum(weights.sum(axis=1), 1.0)[:, None]
    return result


def probabilities_within(zones: ZoneIndex, xy: Floats, p_within: Floats) -> tuple[Indices, Indices, Floats]:
    """Return the probability of each zone for points known as the geocoder states it.

    Parameters
    ----------
    xy
        Expected positions in the zones' CRS, metres, shape (n, 2).
    p_within
        As in `weights_of`.

    Returns
    -------
    tuple
        Point numbers, zone numbers and probabilities as `ZoneIndex.probabilities`; the remainder to 1
        lies outside or somewhere else.
    """
    weights = weights_of(p_within)
    points, numbers, parts = [], [], []
    for column, sigma in enumerate(SIGMAS_M):
        rows = np.flatnonzero(weights[:, column] > _LEAST_WEIGHT)
        if len(rows):
            found, zone, p = zones.probabilities(xy[rows, 0], xy[rows, 1], sigma)
            points.append(rows[found])
            numbers.append(zone)
            parts.append(p * weights[rows[found], column])
    if not points:
        return np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0)
    width = max(len(zones.codes), 1)
    key, at = np.unique(np.concatenate(points) * width + np.concatenate(numbers), return_inverse=True)
    p_all = np.bincount(at, weights=np.concatenate(parts), minlength=len(key)).astype(np.float64)
    return key // width, key % width, np.clip(p_all, 0.0, 1.0)
