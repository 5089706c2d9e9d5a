"""Whose each assigned geometry is among linear owners and communities.

Most places lie near no canal or railway and have no side: for them the communities' own shares are
the answer already, and only the others are worked out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from geodata.zones.owning.bodies import REACH_SIGMAS
from geodata.zones.owning.ownership import Owned, Problem, Share, owned

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.zones.model import ZonePart
    from geodata.zones.owning.owners import LinearOwners

    Floats = NDArray[np.float64]


def owned_all(
    owners: LinearOwners,
    problems: Sequence[Problem],
    communities: Sequence[Sequence[ZonePart]],
    *,
    here: Floats,
    known: Mapping[int, Owned],
) -> list[Owned]:
    """Return whose each problem is, in their order.

    Parameters
    ----------
    communities
        The parts of each that the communities have, outside last.
    here
        How likely each place is about here at all, shape (n,).
    known
        Answers that are there already, by number: those by the side that was said.
    """
    shapes = np.empty(len(problems), dtype=object)
    shapes[:] = [problem.geometry for problem in problems]
    sigma = np.array([problem.uncertainty_m for problem in problems], dtype=float)
    sided = np.array([problem.side is not None for problem in problems], dtype=bool)
    answers = [known.get(row) for row in range(len(problems))]
    open_ = np.array([answer is None for answer in answers], dtype=bool)
    asked = np.flatnonzero((owners.near(shapes, REACH_SIGMAS * sigma) | sided) & open_).tolist()
    for row, answer in zip(asked, owners.share([problems[row] for row in asked]), strict=True):
        answers[row] = answer
    return [
        _of_communities(parts, float(likely)) if answer is None else answer
        for answer, parts, likely in zip(answers, communities, here, strict=True)
    ]


def _of_communities(parts: Sequence[ZonePart], here: float) -> Owned:
    shares = [
        Share("", part.code, part.share, part.probability, part.length_m, part.area_m2)
        for part in parts
        if part.share > 0
    ]
    return owned(shares, here=here)
