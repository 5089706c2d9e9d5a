"""Hot spots over weeks: Gi* of every week, its trend, and what became of each place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import ndtr

from geodata.errors import InputError
from geodata.patterns.gi_star import gi_star
from geodata.patterns.significance import Correction, adjusted, checked_rate, significant

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from geodata.patterns.neighbours import Neighbours

    Floats = NDArray[np.float64]

# Order is that of the rules in `Emerging`; the words are those on maps.
PATTERNS: dict[str, str] = {
    "never": "从未成为热点",
    "emerging": "新出现的热点",
    "intensifying": "加剧的热点",
    "cooling": "降温的热点",
    "persistent": "持续的热点",
    "historical": "历史热点（已消退）",
    "sporadic": "时有时无的热点",
    "not_judged": "不评价",
}


@dataclass(frozen=True, slots=True)
class Trend:
    """Mann-Kendall of series: `s`, `z`, two-sided `p`, `tau` (tau-b), each of the series' shape."""

    s: Floats
    z: Floats
    p: Floats
    tau: Floats


def mann_kendall(series: ArrayLike) -> Trend:
    """Return the Mann-Kendall test of each series for a trend over its first axis.

    Parameters
    ----------
    series
        Shape (weeks, ...), no NaN. Fewer than 3 weeks, or no change at all, gives z 0 and p 1.

    Notes
    -----
    Mann (1945), Kendall (1975): S = number of rises minus number of falls over all pairs;
    Var S = (n(n-1)(2n+5) - sum t(t-1)(2t+5)) / 18 over groups of t equal values; z = (S -+ 1) / sqrt(Var S).
    It supposes that weeks are independent: give it values of single weeks, not running sums.

    Examples
    --------
    >>> trend = mann_kendall([1, 2, 3, 4, 5])
    >>> float(trend.s), round(float(trend.z), 4), round(float(trend.p), 4)  # Var S = 50/3
    (10.0, 2.2045, 0.0275)
    """
    values = np.asarray(series, dtype=np.float64)
    if not np.isfinite(values).all():
        raise ValueError("a series must have no gaps")
    n, shape = values.shape[0], values.shape[1:]
    s = np.zeros(shape)
    pairs_tied = np.zeros(shape)
    ties = np.zeros(shape)
    for week in range(n):
        later = values[week + 1 :] - values[week]
        s += np.sign(later).sum(axis=0)
        pairs_tied += (later == 0).sum(axis=0)
        # Each member of a group of t adds (t-1)(2t+5), so that the group adds t(t-1)(2t+5).
        size = (values == values[week]).sum(axis=0)
        ties += (size - 1.0) * (2.0 * size + 5.0)
    variance = (n * (n - 1.0) * (2.0 * n + 5.0) - ties) / 18.0
    usable = (variance > 0) & (n >= 3)
    z = np.where(usable, (s - np.sign(s)) / np.sqrt(np.where(usable, variance, 1.0)), 0.0)
    pairs = n * (n - 1.0) / 2.0
    scale = np.sqrt(pairs * np.maximum(pairs - pairs_tied, 0.0))
    tau = np.divide(s, scale, out=np.zeros(shape), where=scale > 0)
    return Trend(s, z, np.minimum(2.0 * ndtr(-np.abs(z)), 1.0), tau)


def week_counts(
    units: ArrayLike,
    when: ArrayLike,
    *,
    n_units: int,
    start: np.datetime64,
    weeks: int,
    weights: ArrayLike | None = None,
) -> Floats:
    """Return the space-time cube: the number of problems per week and unit, shape (weeks, n_units).

    Parameters
    ----------
    units
        Number of each problem's unit; negative: in none, not counted.
    when
        Day or moment of each problem as datetime64, in the clock of `start`; NaT and times outside the
        weeks are not counted.
    start
        First day of the first week.
    weeks
        Number of weeks of seven days, >= 1.

    Examples
    --------
    >>> days = np.array(["2017-08-21", "2017-08-27", "2017-08-28"], dtype="datetime64[D]")
    >>> week_counts([0, 1, 1], days, n_units=2, start=days[0], weeks=2).tolist()
    [[1.0, 1.0], [0.0, 1.0]]
    """
    if weeks < 1:
        raise InputError(f"weeks must be 1 or more, not {weeks}", zh=f"周数至少是 1，不能是 {weeks}")
    unit = np.asarray(units, dtype=np.intp)
    days = (np.asarray(when, dtype="datetime64[s]") - start.astype("datetime64[s]")) / np.timedelta64(1, "D")
    amount = np.ones(len(unit)) if weights is None else np.asarray(weights, dtype=np.float64)
    known = np.isfinite(days) & (days >= 0) & (days < 7 * weeks) & (unit >= 0) & (unit < n_units)
    week = (days[known] // 7).astype(np.intp)
    cube = np.bincount(week * n_units + unit[known], weights=amount[known], minlength=weeks * n_units)
    return cube.reshape(weeks, n_units).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Emerging:
    """What became of each unit; `z`, `p`, `hot` have shape (weeks, ...), the others the units' shape.

    `z` is Gi* of each week by itself, `hot` whether the week with those before it (`back`) was
    significantly hot, `trend` the Mann-Kendall test of `z`, `pattern` a key of `PATTERNS`:

    ============  ==============================================================================
    pattern       rule (the first that holds; "late" = the last third of the weeks, rounded up)
    ============  ==============================================================================
    not_judged    the unit is not studied
    never         no week was hot
    cooling       trend significantly down, and hot in a late week or in half of all weeks
    historical    no late week was hot
    emerging      all hot weeks are late ones, and the last week is hot or the trend is up
    intensifying  trend significantly up, and hot in a late week
    persistent    hot in at least half of the weeks, among them the last
    sporadic      any other: hot now and then
    ============  ==============================================================================
    """

    z: Floats
    p: Floats
    hot: NDArray[np.bool_]
    trend: Trend
    pattern: NDArray[np.str_]

    def table(self, studied: NDArray[np.bool_]) -> pd.DataFrame:
        """Return one row per studied unit: hot weeks, first and last of them (from 1; 0 none), trend, pattern, label."""
        hot = self.hot[:, studied]
        weeks, some = len(hot), hot.any(axis=0)
        kinds = self.pattern[studied]
        columns = {
            "hot_weeks": hot.sum(axis=0),
            "first_hot": np.where(some, hot.argmax(axis=0) + 1, 0),
            "last_hot": np.where(some, weeks - hot[::-1].argmax(axis=0), 0),
            "trend_z": self.trend.z[studied], "trend_p": self.trend.p[studied], "pattern": kinds,
            "label": [PATTERNS[str(kind)] for kind in kinds],
        }  # fmt: skip
        return pd.DataFrame(columns)


def emerging_hot_spots(
    cube: ArrayLike,
    neighbours: Neighbours,
    *,
    exposure: ArrayLike | None = None,
    back: int = 2,
    rate: float = 0.05,
    correction: Correction = "bh",
    trend_level: float = 0.05,
) -> Emerging:
    """Return what became of each unit over the weeks.

    Parameters
    ----------
    cube
        Counts per week and unit, shape (weeks, rows, columns) or (weeks, n).
    neighbours
        Neighbourhoods of the units, weights 0 or 1.
    exposure
        Of the units, the same in all weeks; None: 1 for each.
    back
        Weeks before a week that count as its neighbours in time, >= 0.
    rate, correction
        False discovery rate of "hot" over all units and weeks.
    trend_level
        Level of the trend test, adjusted over the units that were ever hot.

    Notes
    -----
    A week is hot by the exact test of `judge` with the last `back` weeks added up; each window is compared
    with the same weeks in the whole district, so that a quiet week (a holiday) does not cool everything.
    The trend is that of Gi* of single weeks: windows that share weeks would be alike by themselves, and
    Mann-Kendall would find a trend in noise.
    """
    from geodata.patterns.judging import judge

    checked_rate(rate)
    counts = np.asarray(cube, dtype=np.float64)
    if counts.shape[1:] != neighbours.shape or counts.ndim < 2 or not len(counts):
        raise ValueError(f"cube must have shape (weeks, {neighbours.shape}), not {counts.shape}")
    if back < 0:
        raise InputError(f"back must be 0 or more, not {back}", zh=f"回看的周数（back）不能是负数：{back}")
    running = np.concatenate([np.zeros((1, *counts.shape[1:])), counts.cumsum(axis=0)])
    windows = [running[week + 1] - running[max(0, week - back)] for week in range(len(counts))]
    judged = [judge(window, neighbours, exposure=exposure, rate=rate) for window in windows]
    p = np.stack([found.p for found in judged])
    above = np.stack([found.around > found.expected for found in judged])
    studied = neighbours.studied
    q = np.ones(p.shape)
    q[:, studied] = adjusted(p[:, studied], correction=correction)
    hot = above & (q <= rate * (1 + 1e-12))
    z = np.stack([_week(week, neighbours, exposure) for week in counts])
    trend = mann_kendall(z)
    ever = hot.any(axis=0) & studied
    moved = np.zeros(ever.shape, dtype=bool)
    moved[ever] = significant(trend.p[ever], rate=trend_level)
    direction = np.where(moved, np.sign(trend.s), 0).astype(np.int8)
    return Emerging(z, p, hot, trend, _patterns(hot, direction, studied))


def _week(counts: Floats, neighbours: Neighbours, exposure: ArrayLike | None) -> Floats:
    from geodata.patterns.judging import judge

    return gi_star(counts, neighbours) if exposure is None else judge(counts, neighbours, exposure=exposure).z


def _patterns(
    hot: NDArray[np.bool_], direction: NDArray[np.int8], studied: NDArray[np.bool_]
) -> NDArray[np.str_]:
    """The rules of `Emerging`, first that holds."""
    weeks = len(hot)
    late = hot[weeks - -(-weeks // 3) :]
    share, now, early = hot.mean(axis=0), hot[-1], hot[: weeks - len(late)].any(axis=0)
    some_late = late.any(axis=0)
    rules = [
        ("not_judged", ~studied),
        ("never", ~hot.any(axis=0)),
        ("cooling", (direction < 0) & (some_late | (share >= 0.5))),
        ("historical", ~some_late),
        ("emerging", ~early & (now | (direction > 0))),
        ("intensifying", (direction > 0) & some_late),
        ("persistent", (share >= 0.5) & now),
    ]
    names = np.select([rule for _, rule in rules], [name for name, _ in rules], default="sporadic")
    return np.asarray(names, dtype=np.str_)
