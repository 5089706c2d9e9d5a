"""A location's uncertainty as the geocoder states it, made into normal errors that zones integrate.

The geocoder says how likely the true place lies within 50, 100, 200 and 500 m. Four normal errors of
fixed width, weighted to say the same, carry that over borders; what they leave is "somewhere else",
which is no zone's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.zones.assign import ZoneIndex

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]

RADII_M = (50.0, 100.0, 200.0, 500.0)
# About half of each radius: narrow enough that the next smaller circle tells them apart.
SIGMAS_M = (25.0, 55.0, 110.0, 250.0)
_LEAST_WEIGHT = 1e-3
_LEAST_SIGMA_M = 1.0


def weights_of(p_within: Floats, narrowest_m: Floats) -> Floats:
    """Return the weights of four normal errors, shape (n, 4), summing to at most 1.

    Parameters
    ----------
    p_within
        Probability that the true place lies within 50, 100, 200, 500 m, rising, shape (n, 4).
    narrowest_m
        Width of the first error, metres, above 0, shape (n,); the others have `SIGMAS_M`.

    Notes
    -----
    A normal error of width s lies within r with ``1 - exp(-r²/2s²)`` (Rayleigh). Where the four equations
    ask for a weight below 0 it is 0, and the rest is scaled so that the widest circle keeps its
    probability.
    """
    p = np.asarray(p_within, dtype=float).reshape(-1, len(RADII_M))
    sigmas = np.tile(SIGMAS_M, (len(p), 1))
    sigmas[:, 0] = narrowest_m
    within = 1.0 - np.exp(-0.5 * (np.array(RADII_M)[None, :, None] / sigmas[:, None, :]) ** 2)
    solved = np.maximum(np.linalg.solve(within, p[:, :, None])[:, :, 0], 0.0)
    stated = (within[:, -1, :] * solved).sum(axis=1)
    scale = np.divide(p[:, -1], stated, out=np.zeros_like(stated), where=stated > 0)
    weights = solved * scale[:, None]
    result: Floats = weights / np.maximum(weights.sum(axis=1), 1.0)[:, None]
    return result


def narrowest_of(sigma_m: Floats) -> Floats:
    """Return the width of the first error from the locations' own 1-sigma radii, metres."""
    result: Floats = np.clip(sigma_m, _LEAST_SIGMA_M, SIGMAS_M[0])
    return result


def probabilities_within(
    zones: ZoneIndex, xy: Floats, p_within: Floats, sigma_m: Floats
) -> tuple[Indices, Indices, Floats]:
    """Return the probability of each zone for points known as the geocoder states it.

    Parameters
    ----------
    xy
        Expected positions in the zones' CRS, metres, shape (n, 2).
    p_within
        As in `weights_of`.
    sigma_m
        The location's own 1-sigma radius, shape (n,): the narrowest error is no wider.

    Returns
    -------
    tuple
        Point numbers, zone numbers and probabilities as `ZoneIndex.probabilities`; the remainder to 1
        lies outside or somewhere else.
    """
    narrowest = narrowest_of(sigma_m)
    weights = weights_of(p_within, narrowest)
    points, numbers, parts = [], [], []
    for column, usual in enumerate(SIGMAS_M):
        rows = np.flatnonzero(weights[:, column] > _LEAST_WEIGHT)
        if len(rows):
            sigma = narrowest[rows] if column == 0 else usual
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
