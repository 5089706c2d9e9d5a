"""Clusters in space and time: the circle and span of weeks that chance explains least (scan statistic).

Gi* asks of every place with one size of neighbourhood; the scan lets size and time be free, and still
gives one honest p-value for the whole search, because chance is searched in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geodata.errors import Fault, InputError, listed
from geodata.patterns.scan_search import Mode, circles, maxima, running, spans
from geodata.patterns.significance import checked_rate
from geodata.patterns.verdicts import CODES, LABELS, Verdict

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cluster:
    """A circle and a span of weeks with more cases than expected.

    `zones` are the numbers of its zones, nearest the centre first; `x`, `y` the centre in the zones'
    CRS; weeks count from 0, both ends included. `ratio` is observed / expected, `relative_risk` the rate
    inside against that outside. `p` comes from the replicas, `p_gumbel` from the extreme-value
    distribution fitted to them: it goes on where the replicas end.
    """

    zones: Indices
    x: float
    y: float
    radius_m: float
    first_week: int
    last_week: int
    observed: float
    expected: float
    ratio: float
    relative_risk: float
    llr: float
    p: float
    p_gumbel: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Scan:
    """Clusters, most likely first, none sharing a zone with another; `maxima` of the replicas; what was judged."""

    clusters: tuple[Cluster, ...]
    maxima: Floats
    judged: NDArray[np.bool_]

    def table(self) -> pd.DataFrame:
        """Return one row per cluster with its Chinese `label`; weeks count from 1 here."""
        rows = [
            {
                "cluster": at, "x": found.x, "y": found.y, "radius_m": found.radius_m, "zones": len(found.zones),
                "first_week": found.first_week + 1, "last_week": found.last_week + 1,
                "observed": found.observed, "expected": found.expected, "ratio": found.ratio,
                "relative_risk": found.relative_risk, "llr": found.llr, "p": found.p, "p_gumbel": found.p_gumbel,
                "verdict": CODES[found.verdict], "label": LABELS[found.verdict],
            }
            for at, found in enumerate(self.clusters, 1)
        ]  # fmt: skip
        names = ["cluster", "x", "y", "radius_m", "zones", "first_week", "last_week", "observed", "expected", "ratio",
                 "relative_risk", "llr", "p", "p_gumbel", "verdict", "label"]  # fmt: skip
        return pd.DataFrame(rows, columns=names)


def baseline(exposure: ArrayLike, cube: ArrayLike, *, follow_weeks: bool = False) -> Floats:
    """Return the number expected in each week and zone when only the exposure matters.

    Parameters
    ----------
    exposure
        Of each zone, >= 0, shape (n,); the same in all weeks.
    cube
        Cases, shape (weeks, n).
    follow_weeks
        Take each week's total as given (a holiday, a campaign that ebbs); only where cases are, and
        where more than elsewhere at that time, is then in question. Else all weeks are alike.

    Returns
    -------
    array
        Shape (weeks, n), with the sum of the cases in zones that have exposure.
    """
    cases = np.asarray(cube, dtype=np.float64)
    size = np.asarray(exposure, dtype=np.float64)
    size = np.where(np.isfinite(size), size, 0.0)
    if cases.ndim != 2 or size.shape != cases.shape[1:] or (size < 0).any() or not size.sum() > 0:
        raise InputError(
            "exposure must be one number of 0 or more per zone, not all 0",
            zh="基数要每个单元一个不小于 0 的数，不能全是 0",
        )
    weekly = np.where(size > 0, cases, 0.0).sum(axis=1)
    if not follow_weeks:
        weekly = np.full(len(cases), weekly.mean())
    return np.outer(weekly, size / size.sum())


def scan(
    cube: ArrayLike,
    centres: ArrayLike,
    expected: ArrayLike,
    *,
    rng: np.random.Generator,
    mode: Mode = "retrospective",
    most_share: float = 0.25,
    most_radius_m: float = np.inf,
    most_weeks: int | None = None,
    replicas: int = 999,
    level: float = 0.05,
    most_clusters: int = 10,
) -> Scan:
    """Return the clusters of cases in circles of zones (or points, cells) and spans of weeks.

    Parameters
    ----------
    cube
        Cases, whole numbers >= 0, shape (weeks, n); one week for space alone.
    centres
        East and north of each zone's inner point in metres, shape (n, 2); each is the centre of circles.
    expected
        Cases expected, shape (weeks, n), as `baseline` gives them; zones with 0 are not judged and
        their cases do not count.
    rng
        Source of the replicas.
    mode
        `prospective`: only spans that reach the last week, clusters alive now. `retrospective`: all.
    most_share, most_radius_m
        Largest circle: its share of the expected cases, in 0..1, and its radius.
    most_weeks
        Longest span; left out: half of the weeks, at least 1 (all, when there is one week).
    replicas
        Draws from the null, >= 1; the smallest p is 1 / (replicas + 1).
    level
        A cluster with p <= level is hot; the others may be chance.
    most_clusters
        How many are returned at most.

    Raises
    ------
    ValueError
        If shapes do not fit, or numbers cannot be used.

    Notes
    -----
    Kulldorff (1997, 2001), Poisson model conditional on the total C: for a window with c cases and mu expected,
    LLR = c log(c / mu) + (C - c) log((C - c) / (C - mu)) if c > mu, else 0. The null distribution of the
    highest LLR: C cases dealt out by `expected`, searched in the same way. Gumbel fit by moments:
    Abrams, Kulldorff & Kleinman (2010). Further clusters: the best around each other centre that share no zone with a
    better one, against the same null, which is stricter than needed. Only high clusters are looked for.
    """
    cases, due = np.asarray(cube, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    xy = np.asarray(centres, dtype=np.float64)
    _check(cases, due, xy, most_share=most_share, replicas=replicas)
    checked_rate(level)
    judged = due.sum(axis=0) > 0
    numbers = np.flatnonzero(judged)
    kept, mean = cases[:, judged], due[:, judged]
    total = float(kept.sum())
    if total <= 0 or not len(numbers):
        return Scan((), np.zeros(0), judged)
    mean = mean * (total / mean.sum())
    from geodata.patterns.scan_kernel import best_windows

    weeks = len(cases)
    first, last = spans(weeks, most_weeks or max(1, weeks // 2), mode=mode)
    starts, members, distances = circles(xy[judged], mean.sum(axis=0), most_share * total, most_radius_m)
    sums, means = running(kept), running(mean)
    best, reach, span = best_windows(starts, members, sums, means, first, last, total)
    chance = maxima(starts, members, means, first, last, total, mean, replicas=replicas, rng=rng)
    clusters: list[Cluster] = []
    taken = np.zeros(len(numbers), dtype=bool)
    for centre in np.argsort(-best, kind="stable"):
        if best[centre] <= 0 or len(clusters) == most_clusters:
            break
        zones = members[starts[centre] : starts[centre] + reach[centre]]
        if taken[zones].any():
            continue
        taken[zones] = True
        since, until = int(first[span[centre]]), int(last[span[centre]])
        seen, here = (float((part[zones, until] - part[zones, since]).sum()) for part in (sums, means))
        p = (1 + int((chance >= best[centre] * (1 - 1e-12)).sum())) / (len(chance) + 1)
        clusters.append(
            Cluster(
                zones=numbers[zones], x=float(xy[judged][centre, 0]), y=float(xy[judged][centre, 1]),
                radius_m=float(distances[starts[centre] + reach[centre] - 1]), first_week=since, last_week=until - 1,
                observed=seen, expected=here, ratio=seen / here, relative_risk=_relative_risk(seen, here, total),
                llr=float(best[centre]), p=p, p_gumbel=gumbel_p(float(best[centre]), chance),
                verdict=Verdict.HOT if p <= level else Verdict.CHANCE,
            )
        )  # fmt: skip
    return Scan(tuple(clusters), chance, judged)


def gumbel_p(value: float, maxima: Floats) -> float:
    """Return the chance of a maximum as high as a value, by the Gumbel distribution with the maxima's moments."""
    spread = float(maxima.std(ddof=1)) if len(maxima) > 1 else 0.0
    if spread <= 0:
        return 1.0
    scale = spread * np.sqrt(6.0) / np.pi
    centre = float(maxima.mean()) - np.euler_gamma * scale
    return float(-np.expm1(-np.exp(-(value - centre) / scale)))


def _check(cases: Floats, due: Floats, xy: Floats, *, most_share: float, replicas: int) -> None:
    faults: list[Fault] = []
    if cases.ndim != 2 or due.shape != cases.shape or xy.shape != (*cases.shape[1:], 2):
        faults.append(
            Fault(
                f"cube {cases.shape}, expected {due.shape} and centres {xy.shape} do not fit",
                f"件数 {cases.shape}、期望 {due.shape}、中心点 {xy.shape} 的形状对不上",
            )
        )
    elif not ((cases >= 0).all() and (cases == np.rint(cases)).all() and cases.sum() < 1 << 24):
        faults.append(
            Fault(
                "cases must be whole numbers of 0 or more, below 16 million in all",
                "件数要是不小于 0 的整数，合计不到 1,600 万",
            )
        )
    if not ((due >= 0).all() and np.isfinite(due).all()):
        faults.append(Fault("expected must be numbers of 0 or more", "期望件数要是不小于 0 的数"))
    if not np.isfinite(xy).all():
        faults.append(Fault("centres must be finite", "中心点的坐标要是有限的数"))
    if not 0 < most_share <= 1:
        faults.append(
            Fault(
                f"most_share must lie between 0 and 1, not {most_share}",
                f"最大份额（most_share）要在 0 和 1 之间，不能是 {most_share}",
            )
        )
    if replicas < 1:
        faults.append(
            Fault(f"replicas must be 1 or more, not {replicas}", f"模拟次数至少是 1，不能是 {replicas}")
        )
    if faults:
        en, zh = listed(faults)
        raise InputError(en, zh=zh)


def _relative_risk(observed: float, expected: float, total: float) -> float:
    outside = (total - observed) / (total - expected) if total > expected else 0.0
    return observed / expected / outside if outside > 0 else float("inf")
