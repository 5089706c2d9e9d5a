"""From what a text said, a side and the name of a line, to a problem among the linear owners of a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geodata.zones.owning.layer import line_keys
from geodata.zones.owning.ownership import LinearOwner, Problem, Side
from geodata.zones.spread import SIGMAS_M, narrowest_of, weights_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Floats = NDArray[np.float64]


class Said(NamedTuple):
    """What a text said about a place: a side, and of which line; None and "" where it said none."""

    side: Side | None = None
    line: str = ""


def problem_of(
    shape: BaseGeometry, said: Said, owners: Sequence[LinearOwner], *, sigma_m: float, p_within: Floats
) -> Problem:
    """Return the problem that a geometry makes with what was said of it.

    A side of a line that no linear owner has (a road's) is no side here: the zones alone decide. A side of no
    line in particular is left for the nearest line.

    Parameters
    ----------
    p_within
        Stated probabilities by distance, shape (4,); NaN where only `sigma_m` is known.
    """
    if said.side is None:
        return Problem(shape, None, None, sigma_m)
    code = None
    if said.line:
        named = [owner for owner in owners if line_keys(said.line).intersection(owner.line_names)]
        if not named:
            return Problem(shape, None, None, sigma_m)
        code = min(named, key=lambda owner: (owner.line.distance(shape), owner.code)).code
    return Problem(shape, said.side, code, sigma_m, _spread(sigma_m, p_within))


def _spread(sigma_m: float, p_within: Floats) -> tuple[tuple[float, float], ...]:
    if not np.isfinite(p_within).all():
        return ()
    narrowest = narrowest_of(np.array([sigma_m]))
    weights = weights_of(p_within[None, :], narrowest)[0].tolist()
    sigmas = (float(narrowest[0]), *SIGMAS_M[1:])
    # All weights 0: nothing is known to be here, which is not the same as nothing being stated.
    return tuple(zip(weights, sigmas, strict=True))
