"""Measures of reliability against hand calculations."""

from __future__ import annotations

import numpy as np
import pytest

from geodata.geocode.reliability import (
    Bin,
    bins_of_equal_mass,
    bins_of_equal_width,
    brier,
    brier_skill,
    calibration_error,
)

STATED = np.array([0.1, 0.1, 0.9, 0.9, 1.0])
TRUE = np.array([0.0, 1.0, 1.0, 1.0, 1.0])


def test_equal_width_bins_by_hand() -> None:
    # [0.1, 0.2): stated 0.1, true 1/2; [0.9, 1]: stated 2.8/3, true 1.
    bins = bins_of_equal_width(STATED, TRUE)
    assert bins == [Bin(pytest.approx(0.1), 0.5, 2), Bin(pytest.approx(2.8 / 3), 1.0, 3)]
    assert calibration_error(bins) == pytest.approx((2 * 0.4 + 3 * (1 - 2.8 / 3)) / 5)


def test_equal_mass_bins_hold_as_many_rows_each() -> None:
    bins = bins_of_equal_mass(np.arange(100) / 100.0, np.ones(100), count=10)
    assert [own.rows for own in bins] == [10] * 10
    assert bins[0].stated == pytest.approx(0.045)
    assert calibration_error(bins) == pytest.approx(1 - 0.495)


def test_brier_and_skill_by_hand() -> None:
    assert brier(STATED, TRUE) == pytest.approx((0.01 + 0.81 + 0.01 + 0.01 + 0.0) / 5)
    assert brier_skill(STATED, TRUE) == pytest.approx(1 - 0.168 / (0.8 * 0.2))
    assert brier_skill(np.full(5, 0.8), TRUE) == pytest.approx(0.0)
    assert brier_skill(TRUE, TRUE) == 1.0


def test_nothing_and_one_outcome_have_no_skill() -> None:
    none = np.zeros(0)
    assert (brier(none, none), brier_skill(none, none), calibration_error([])) == (0.0, 0.0, 0.0)
    assert brier_skill(np.ones(3), np.ones(3)) == 0.0
