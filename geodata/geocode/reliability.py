"""How well stated probabilities keep their word: reliability, calibration error, Brier score.

For measuring only; what is measured here was made by `curves`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of a reliability diagram: mean stated probability, share that came true, rows."""

    stated: float
    true: float
    rows: int


def bins_of_equal_mass(stated: Floats, true: Floats, *, count: int = BINS) -> list[Bin]:
    """Return bins with as many rows each (ties in row order), by rising probability."""
    order = np.argsort(stated, kind="stable")
    return [_bin(stated[own], true[own]) for own in np.array_split(order, count) if len(own)]


def bins_of_equal_width(stated: Floats, true: Floats, *, count: int = BINS) -> list[Bin]:
    """Return the bins [0, 1/n), [1/n, 2/n) … [1 - 1/n, 1] that hold any row."""
    number = np.minimum((stated * count).astype(int), count - 1)
    return [_bin(stated[number == i], true[number == i]) for i in np.unique(number).tolist()]


def _bin(stated: Floats, true: Floats) -> Bin:
    return Bin(float(stated.mean()), float(true.mean()), len(stated))


def calibration_error(bins: list[Bin]) -> float:
    """Return the expected calibration error: the mean gap between stated and true, by rows.

    Notes
    -----
    Naeini, Cooper and Hauskrecht (2015). A perfect model shows about 0.8 times the root of
    ``p (1 - p) / rows`` a bin, by chance alone.
    """
    rows = sum(own.rows for own in bins)
    return sum(own.rows * abs(own.stated - own.true) for own in bins) / rows if rows else 0.0


def brier(stated: Floats, true: Floats) -> float:
    """Return the mean squared error of the probabilities (Brier, 1950); 0 without rows."""
    return float(np.mean((stated - true) ** 2)) if len(stated) else 0.0


def brier_skill(stated: Floats, true: Floats) -> float:
    """Return how much of the base rate's Brier score is saved: 1 - BS / (b (1 - b)); 0 if all agree."""
    base = float(np.mean(true)) if len(true) else 0.0
    spread = base * (1.0 - base)
    return 1.0 - brier(stated, true) / spread if spread > 0 else 0.0
