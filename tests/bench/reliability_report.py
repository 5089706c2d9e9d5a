"""Print how well stated probabilities keep their word, distance by distance."""

from __future__ import annotations

import numpy as np

from geodata.geocode.model import THRESHOLDS_M
from geodata.geocode.reliability import (
    bins_of_equal_mass,
    bins_of_equal_width,
    brier,
    brier_skill,
    calibration_error,
)

_HEAD = f"{'':10}{'true':>8}{'stated':>8}{'ECE mass':>10}{'by chance':>10}{'ECE width':>11}{'Brier':>8}{'skill':>8}"


def print_line(name: str, stated: np.ndarray, true: np.ndarray) -> None:
    """Print the measures of one kind of probability."""
    mass = calibration_error(bins_of_equal_mass(stated, true))
    width = calibration_error(bins_of_equal_width(stated, true))
    print(
        f"{name:>10}{true.mean():8.3f}{stated.mean():8.3f}{mass:10.4f}{by_chance(stated):10.4f}{width:11.4f}"
        f"{brier(stated, true):8.4f}{brier_skill(stated, true):8.3f}"
    )


def by_chance(stated: np.ndarray, *, rounds: int = 40) -> float:
    """Return the calibration error that the same probabilities would show if they were exactly right."""
    rng = np.random.default_rng(7)
    drawn = [(rng.random(len(stated)) < stated).astype(float) for _ in range(rounds)]
    return float(np.mean([calibration_error(bins_of_equal_mass(stated, true)) for true in drawn]))


def print_measures(name: str, p: np.ndarray, error: np.ndarray) -> None:
    """Print the measures at each distance and over all of them."""
    print(f"\n{name}: {len(error)} rows\n{_HEAD}")
    for i, radius in enumerate(THRESHOLDS_M):
        print_line(f"{radius} m", p[:, i], (error <= radius).astype(float))
    every = np.concatenate([(error <= radius).astype(float) for radius in THRESHOLDS_M])
    base = np.repeat([np.mean(error <= radius) for radius in THRESHOLDS_M], len(error))
    skill = 1.0 - brier(p.T.ravel(), every) / brier(base, every)
    print(f"{'all four':>10}{'':58}{skill:5.3f}")


def print_reliability(p: np.ndarray, error: np.ndarray) -> None:
    """Print stated and true shares bin by bin."""
    print("\nstated/true (rows), bins of equal width")
    for i, radius in enumerate(THRESHOLDS_M):
        bins = bins_of_equal_width(p[:, i], (error <= radius).astype(float))
        cells = "  ".join(f"{own.stated:.2f}/{own.true:.2f} ({own.rows})" for own in bins)
        print(f"{radius:6d} m  {cells}")
