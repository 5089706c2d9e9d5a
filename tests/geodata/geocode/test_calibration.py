"""Fitting: a known reliability is found again, little data moves little, places stay together."""

from __future__ import annotations

import numpy as np
import pytest

from geodata.errors import CalibrationError
from geodata.geocode.calibration import (
    LEAST_CASES,
    Case,
    cross_validated,
    fit,
    folds_of,
    places_of,
    probabilities,
)
from geodata.geocode.confidence_table import format_table, parse_table, shipped
from geodata.geocode.curves import CURVES
from geodata.geocode.model import THRESHOLDS_M
from geodata.geocode.refitting import refit
from geodata.geocode.signals import Signals


def drawn_cases(count: int, *, seed: int, exponent: float, method: str = "crossing") -> list[Case]:
    """Return cases whose true reliability is the raw mass to a power: P(within r) = raw_r ** exponent."""
    rng = np.random.default_rng(seed)
    cases = []
    for top in rng.uniform(0.02, 0.99, count).tolist():
        raw = (0.3 * top, 0.5 * top, 0.8 * top, top)
        luck = float(rng.random())
        within = [radius for radius, p in zip(THRESHOLDS_M, raw, strict=True) if luck < p**exponent]
        error = within[0] - 1.0 if within else 900.0
        cases.append(Case(Signals(method, raw, 40.0, 1.0, 0.0, 5000.0, False), error))
    return cases


def away(model, cases, exponent: float) -> float:
    """Return the mean distance of a model's probabilities from the true ones."""
    true = np.array([[p**exponent for p in case.signals.raw] for case in cases])
    return float(np.abs(probabilities(model, cases) - true).mean())


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0])
def test_a_known_reliability_is_found_again(exponent: float) -> None:
    asked = drawn_cases(300, seed=2, exponent=exponent)
    assert away(fit(drawn_cases(6000, seed=1, exponent=exponent)), asked, exponent) < 0.02


def test_little_data_moves_little_and_much_data_much() -> None:
    start = fit(drawn_cases(6000, seed=1, exponent=0.5))
    asked = drawn_cases(300, seed=2, exponent=2.0)
    gap = away(start, asked, 2.0)
    few = fit(drawn_cases(LEAST_CASES, seed=3, exponent=2.0), start=start)
    more = fit(drawn_cases(600, seed=3, exponent=2.0), start=start)
    many = fit(drawn_cases(20000, seed=3, exponent=2.0), start=start)
    gaps = [away(model, asked, 2.0) for model in (few, more, many)]
    assert gap > gaps[0] > gaps[1] > gaps[2]
    assert gaps[2] < 0.02
    # The few are told from nothing as well, and go further from the start without it.
    free = fit(drawn_cases(LEAST_CASES, seed=3, exponent=2.0))
    moved = [np.abs(probabilities(m, asked) - probabilities(start, asked)).mean() for m in (few, free)]
    assert moved[0] < moved[1]


def test_shrinking_keeps_chance_out_of_a_small_sample() -> None:
    start = fit(drawn_cases(20000, seed=1, exponent=1.0))
    asked = drawn_cases(300, seed=2, exponent=1.0)
    few = drawn_cases(LEAST_CASES, seed=7, exponent=1.0)
    assert away(fit(few, start=start), asked, 1.0) < 0.6 * away(fit(few), asked, 1.0)


def test_cases_that_agree_with_the_start_leave_it() -> None:
    start = fit(drawn_cases(20000, seed=1, exponent=1.0))
    again = fit(drawn_cases(200, seed=5, exponent=1.0), start=start)
    asked = drawn_cases(300, seed=2, exponent=1.0)
    assert np.abs(probabilities(again, asked) - probabilities(start, asked)).mean() < 0.03


def test_a_method_without_cases_keeps_what_the_start_knew() -> None:
    start = shipped()
    again = fit(drawn_cases(200, seed=5, exponent=1.0), start=start)
    assert again.methods["number"] == pytest.approx(start.methods["number"], abs=1e-6)


def test_one_sided_outcomes_stay_finite_and_curves_keep_their_way() -> None:
    sure = [Case(case.signals, 1.0) for case in drawn_cases(200, seed=1, exponent=1.0)]
    model = parse_table(format_table(fit(sure)), name="x")
    assert probabilities(model, sure).min() > 0.8
    for name, (_, sign) in CURVES.items():
        for radius in range(4):
            steps = np.diff([height[radius] for height in model.curves[name]])
            assert not sign or (sign * steps >= 0).all()


def test_fit_does_not_depend_on_the_order_of_cases() -> None:
    cases = drawn_cases(500, seed=1, exponent=1.0)
    first, second = fit(cases), fit(cases[::-1])
    assert probabilities(first, cases) == pytest.approx(probabilities(second, cases), abs=1e-6)


def test_too_few_cases_are_refused_and_drawn_answers_do_not_count() -> None:
    few = drawn_cases(LEAST_CASES - 1, seed=1, exponent=1.0)
    ruled = drawn_cases(500, seed=1, exponent=1.0, method="drawn/crossing")
    with pytest.raises(CalibrationError, match=f"{LEAST_CASES - 1} cases are too few"):
        fit(few + ruled)


def test_cross_validation_never_sees_its_own_fold() -> None:
    # One fold contradicts the others: judged by them it keeps their high probabilities.
    right = drawn_cases(400, seed=1, exponent=0.1)
    wrong = [Case(case.signals, 900.0) for case in drawn_cases(100, seed=2, exponent=0.1)]
    folds = np.array([0, 1, 2, 3] * 100 + [4] * 100)
    p = cross_validated(right + wrong, folds)
    assert p[400:, 3].mean() > 0.85
    assert p[:400, 3].mean() < p[400:, 3].mean()


def test_one_text_or_five_metres_make_one_place() -> None:
    texts = ["甲路1号", "甲路1号", "乙路2号", "丙路3号", "丁路4号", "戊路5号"]
    xy = np.array([[0, 0], [900, 0], [904, 0], [908, 0], [913.1, 0], [0, 5000]], dtype=float)
    places = places_of(texts, xy)
    assert places[:4].tolist() == [places[0]] * 4
    assert len({places[0], places[4], places[5]}) == 3
    assert places_of([], np.zeros((0, 2))).tolist() == []


def test_folds_keep_places_together_and_even() -> None:
    places = np.repeat(np.arange(40), np.arange(40) % 7 + 1)
    folds = folds_of(places)
    assert all(len(set(folds[places == place].tolist())) == 1 for place in range(40))
    sizes = np.bincount(folds, minlength=5)
    assert sizes.sum() == len(places)
    assert sizes.max() - sizes.min() <= 7
    assert folds.tolist() == folds_of(places).tolist()


def test_refit_measures_on_places_it_was_not_fitted_to() -> None:
    start = fit(drawn_cases(6000, seed=1, exponent=0.3))
    cases = drawn_cases(800, seed=3, exponent=2.0)
    found = refit(cases, np.arange(800), start=start, about={"name": "own"})
    assert found.is_better
    assert all(new.ece < old.ece for old, new in zip(found.before, found.after, strict=True))
    assert found.calibration.about == {"name": "own"}


def test_cases_of_few_places_are_refused() -> None:
    cases = drawn_cases(800, seed=3, exponent=2.0)
    with pytest.raises(CalibrationError, match="800 cases at 29 places are too few"):
        refit(cases, np.arange(800) % 29, start=shipped(), about={})
