"""Fit the confidence model to judged answers: penalised logistic regression with one-way curves.

Used when the shipped table is made and when an office refits from its own reviewed cases: the second
starts from the first and leaves it only as far as the cases carry. Pure: no files, no clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky
from scipy.optimize import lsq_linear
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from geodata.errors import CalibrationError
from geodata.geocode.curves import (
    CURVES,
    Calibration,
    Row,
    by_drawn_rule,
    log_odds,
    place_on,
    shared_figures,
    terms_of,
)
from geodata.geocode.model import THRESHOLDS_M
from geodata.geocode.signals import Signals

Floats = NDArray[np.float64]
Labels = NDArray[np.intp]

FOLDS = 5
# Fewer cases say less about four distances than the shipped table already knows.
LEAST_CASES = 80
# Two records nearer than this are one place told twice.
SAME_PLACE_M = 5.0
# How many units of information (about five cases each) hold a coefficient at its start: without a
# table to start from the methods are held at "like any other" and the curves at level; with one, all.
_FREE = {"constant": 1e-3, "method": 4.0, "curve": 1.0}
_HELD = {"constant": 20.0, "method": 30.0, "curve": 30.0}

_ROUNDS = 40
# A round that gains less log-likelihood than this ends the fit.
_ENOUGH = 1e-4


@dataclass(frozen=True, slots=True)
class Case:
    """One judged answer: its figures, how far off it was in metres, and where it lies."""

    signals: Signals
    error_m: float
    at: tuple[float, float] = (0.0, 0.0)


def fit(
    cases: Sequence[Case],
    *,
    start: Calibration | None = None,
    about: Mapping[str, str] | None = None,
    least: int = LEAST_CASES,
) -> Calibration:
    """Return the model of the cases, shrunk towards another one where there is one.

    Parameters
    ----------
    cases
        Answers of texts whose own record is not in the gazetteer, in any order.
    start
        The model to leave only as far as the cases carry; None starts from nothing.
    about
        Where the table comes from, in plain words.
    least
        The fewest cases to accept.

    Raises
    ------
    CalibrationError
        If fewer than `least` cases are left without those that the rule for drawn maps judges.

    Notes
    -----
    For each distance the log-likelihood less half the sum of ``k (b - b0)²`` over the coefficients is
    maximised (Hoerl and Kennard, 1970; le Cessie and van Houwelingen, 1992), b0 being the start.
    Curves are sums of ramps between knots whose gains are bounded at 0 where a curve has one way only.
    """
    judged = [case for case in cases if not by_drawn_rule(case.signals.method)]
    if len(judged) < least:
        raise CalibrationError(
            f"{len(judged)} cases are too few to judge probabilities by; at least {least} are needed"
        )
    errors = np.array([case.error_m for case in judged])
    seen = {term for case in judged for term in _terms(case.signals)}
    known = sorted({*seen, *(start.methods if start else ())})
    shared, bounds = _shared_design([case.signals for case in judged], known)
    raw_knots, _ = CURVES["raw"]
    strength = _HELD if start else _FREE
    held = np.array(
        [strength["constant"]]
        + [strength["method"]] * len(known)
        + [strength["curve"]] * (len(bounds) - 1 - len(known) + len(raw_knots) - 1)
    )
    bounds = bounds + [(0.0, None)] * (len(raw_knots) - 1)
    columns = []
    for number, radius in enumerate(THRESHOLDS_M):
        raw = [_ramps(raw_knots, log_odds(case.signals.raw[number])) for case in judged]
        design = np.hstack([shared, np.array(raw)])
        begin = _coefficients(start, known, number) if start else np.zeros(len(held))
        columns.append(_maximise(design, errors <= radius, begin, held, bounds))
    return _assembled(np.array(columns), known, dict(about or {}))


def _terms(signals: Signals) -> tuple[str, ...]:
    return terms_of(signals.method.rpartition("/")[2], alike_agrees=signals.alike_agrees)


def _shared_design(
    signals: Sequence[Signals], known: Sequence[str]
) -> tuple[Floats, list[tuple[float | None, float | None]]]:
    """Return constant, methods and the curves without `raw` as columns, and what each may be."""
    column = {term: 1 + i for i, term in enumerate(known)}
    design = np.zeros((len(signals), 1 + len(known)))
    design[:, 0] = 1.0
    for row, own in enumerate(signals):
        for term in _terms(own):
            design[row, column[term]] = 1.0
    bounds: list[tuple[float | None, float | None]] = [(None, None)] * design.shape[1]
    parts = [design]
    figures = [dict(shared_figures(own)) for own in signals]
    for name, (knots, sign) in CURVES.items():
        if name != "raw":
            parts.append(np.array([_ramps(knots, own[name]) for own in figures]))
            way = (0.0 if sign > 0 else None, 0.0 if sign < 0 else None)
            bounds += [way] * (len(knots) - 1)
    return np.hstack(parts), bounds


def _ramps(knots: Sequence[float], x: float) -> list[float]:
    """Return how much of each segment's gain x has: 1 behind it, 0 before it."""
    at, t = place_on(knots, x)
    return [1.0] * at + [t] + [0.0] * (len(knots) - 2 - at)


def _maximise(
    design: Floats,
    within: NDArray[np.bool_],
    begin: Floats,
    held: Floats,
    bounds: Sequence[tuple[float | None, float | None]],
) -> Floats:
    """Return the coefficients by Newton's method, each step's quadratic minimised within the bounds."""
    low = np.array([-np.inf if one is None else one for one, _ in bounds])
    high = np.array([np.inf if one is None else one for _, one in bounds])
    b = np.clip(begin, low, high)
    loss = _loss(design, within, b, begin, held)
    for _ in range(_ROUNDS):
        p = 1.0 / (1.0 + np.exp(-(design @ b)))
        gradient = held * (b - begin) - design.T @ (within - p)
        curvature = (design * (p * (1.0 - p))[:, None]).T @ design + np.diag(held)
        root = cholesky(curvature)
        aim = root @ b - np.linalg.solve(root.T, gradient)
        step = lsq_linear(root, aim, bounds=(low, high), method="bvls").x - b
        size = 1.0
        while (after := _loss(design, within, b + size * step, begin, held)) > loss and size > 1e-6:
            size /= 2.0
        if after > loss - _ENOUGH:
            break
        b, loss = b + size * step, after
    return b


def _loss(design: Floats, within: NDArray[np.bool_], b: Floats, begin: Floats, held: Floats) -> float:
    margin = np.where(within, 1.0, -1.0) * (design @ b)
    return float(np.logaddexp(0.0, -margin).sum() + 0.5 * held @ (b - begin) ** 2)


def _coefficients(start: Calibration, known: Sequence[str], number: int) -> Floats:
    """Return a model's coefficients at one distance, in the order of the design."""
    values = [start.constant[number]]
    values += [start.methods[term][number] if term in start.methods else 0.0 for term in known]
    names = [name for name in CURVES if name != "raw"] + ["raw"]
    for name in names:
        values += np.diff([height[number] for height in start.curves[name]]).tolist()
    return np.array(values)


def _assembled(coefficients: Floats, known: Sequence[str], about: dict[str, str]) -> Calibration:
    columns = coefficients.T
    methods = {term: _row(columns[1 + i]) for i, term in enumerate(known)}
    curves: dict[str, tuple[Row, ...]] = {}
    at = 1 + len(known)
    for name in [*(name for name in CURVES if name != "raw"), "raw"]:
        count = len(CURVES[name][0]) - 1
        heights = np.vstack([np.zeros(4), np.cumsum(columns[at : at + count], axis=0)])
        curves[name] = tuple(_row(height) for height in heights)
        at += count
    return Calibration(_row(columns[0]), methods, curves, about)


def _row(values: Floats) -> Row:
    a, b, c, d = values.tolist()
    return a, b, c, d


def probabilities(calibration: Calibration, cases: Sequence[Case]) -> Floats:
    """Return the model's probabilities of each case, shape (n, 4)."""
    found = [list(calibration.p_within(case.signals).values()) for case in cases]
    return np.array(found).reshape(-1, len(THRESHOLDS_M))


def cross_validated(cases: Sequence[Case], folds: Labels, *, start: Calibration | None = None) -> Floats:
    """Return each case's probabilities by the model of the other folds, shape (n, 4).

    Raises
    ------
    CalibrationError
        If a fold leaves no case to fit.
    """
    result = np.zeros((len(cases), len(THRESHOLDS_M)))
    for fold in np.unique(folds).tolist():
        model = fit(
            [case for case, own in zip(cases, folds, strict=True) if own != fold], start=start, least=1
        )
        chosen = np.flatnonzero(folds == fold)
        result[chosen] = probabilities(model, [cases[i] for i in chosen.tolist()])
    return result


def places_of(texts: Sequence[str], xy: Floats, *, near_m: float = SAME_PLACE_M) -> Labels:
    """Return a label per record, the same for records of one place: one text, or within `near_m`.

    Parameters
    ----------
    texts
        Normalised texts.
    xy
        Positions in metres, shape (n, 2).
    """
    first: dict[str, int] = {}
    same = np.array([first.setdefault(text, row) for row, text in enumerate(texts)], dtype=np.intp)
    near = KDTree(xy).query_pairs(near_m, output_type="ndarray") if len(xy) else np.zeros((0, 2), np.intp)
    rows = np.concatenate([np.arange(len(same)), near[:, 0]])
    columns = np.concatenate([same, near[:, 1]])
    links = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(same), len(same)))
    labels: Labels = connected_components(links, directed=False)[1].astype(np.intp)
    return labels


def folds_of(places: Labels, *, count: int = FOLDS, seed: int = 20170801) -> Labels:
    """Return a fold per record, whole places together, the folds as even as places allow."""
    sizes = np.bincount(places)
    order = np.random.default_rng(seed).permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    filled = np.zeros(count)
    fold = np.zeros(len(sizes), dtype=np.intp)
    for place in order.tolist():
        fold[place] = int(filled.argmin())
        filled[fold[place]] += sizes[place]
    return fold[places]
