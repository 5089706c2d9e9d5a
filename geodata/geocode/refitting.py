"""An office's own calibration: fitted to its reviewed cases, shrunk towards the table in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geodata.errors import CalibrationError
from geodata.geocode.calibration import Case, cross_validated, fit, folds_of, probabilities
from geodata.geocode.curves import Calibration
from geodata.geocode.model import THRESHOLDS_M
from geodata.geocode.reliability import bins_of_equal_mass, brier, calibration_error

# Cases of a handful of places say how sure to be there, not anywhere else.
LEAST_PLACES = 30


@dataclass(frozen=True, slots=True)
class Measure:
    """How well probabilities keep their word at one distance: calibration error and Brier score."""

    radius_m: int
    ece: float
    brier: float


@dataclass(frozen=True, slots=True)
class Refit:
    """A new calibration with what it is worth: measured on cases whose place it was not fitted to."""

    calibration: Calibration
    before: tuple[Measure, ...]
    after: tuple[Measure, ...]

    @property
    def is_better(self) -> bool:
        """Whether the Brier score, over all distances, is lower than before."""
        return sum(own.brier for own in self.after) < sum(own.brier for own in self.before)


def refit(
    cases: Sequence[Case], places: NDArray[np.intp], *, start: Calibration, about: Mapping[str, str]
) -> Refit:
    """Return a calibration of the cases, and the measures before and after.

    Parameters
    ----------
    cases
        Judged answers of reviewed texts.
    places
        A label per case, the same for cases of one place (`calibration.places_of`).
    start
        The calibration to start from.
    about
        Where the new one comes from, in plain words.

    Raises
    ------
    CalibrationError
        If there are too few places, or too few cases (`calibration.fit`).
    """
    count = len(np.unique(places))
    if count < LEAST_PLACES:
        raise CalibrationError(
            f"{len(cases)} cases at {count} places are too few to check a calibration by; at least "
            f"{LEAST_PLACES} places are needed"
        )
    calibration = fit(cases, start=start, about=about)
    checked = cross_validated(cases, folds_of(places), start=start)
    errors = np.array([case.error_m for case in cases])
    return Refit(calibration, _measures(probabilities(start, cases), errors), _measures(checked, errors))


def _measures(p: NDArray[np.float64], errors: NDArray[np.float64]) -> tuple[Measure, ...]:
    found = []
    for i, radius in enumerate(THRESHOLDS_M):
        true = (errors <= radius).astype(np.float64)
        ece = calibration_error(bins_of_equal_mass(p[:, i], true))
        found.append(Measure(radius, ece, brier(p[:, i], true)))
    return tuple(found)
