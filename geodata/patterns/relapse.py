"""Relapse: places that were closed and where the same trouble was reported again soon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from geodata.errors import InputError
from geodata.patterns.cells import finite_xy
from geodata.patterns.rates import rate_table
from geodata.patterns.significance import Correction

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, slots=True)
class Relapses:
    """Which closings relapsed; arrays follow the closings.

    `report` is the number of the first new report near the place within the window, -1 for none;
    `distance_m` and `days` how far and how long after, NaN for none. `followed` says that the window was over
    at the time of asking: only these closings count in a rate.
    """

    report: NDArray[np.int64]
    distance_m: Floats
    days: Floats
    followed: NDArray[np.bool_]

    @property
    def relapsed(self) -> NDArray[np.bool_]:
        """Return which closings relapsed."""
        return self.report >= 0


def find_relapses(
    closed_xy: ArrayLike,
    closed_at: ArrayLike,
    reported_xy: ArrayLike,
    reported_at: ArrayLike,
    *,
    radius_m: float,
    window_days: float,
    until: np.datetime64,
    closed_kind: ArrayLike | None = None,
    reported_kind: ArrayLike | None = None,
) -> Relapses:
    """Return for each closing the first new report near it within a window.

    Parameters
    ----------
    closed_xy, closed_at
        Where and when cases were closed: metres, shape (n, 2), and datetime64.
    reported_xy, reported_at
        The same of all reports, in the same CRS and clock. A report at the very moment of closing is not new.
    radius_m
        How near a report must be, >= 0; the border counts.
    window_days
        How soon after closing, > 0; the last moment counts.
    until
        When the data end: closings whose window is not over by then are not followed to its end.
    closed_kind, reported_kind
        Give both, and only a report of the closing's own kind counts.

    Raises
    ------
    ValueError
        If shapes do not fit, or a number is NaN or negative.

    Examples
    --------
    >>> day = np.array(["2017-09-01"], dtype="datetime64[D]")
    >>> found = find_relapses([[0, 0]], day, [[3, 4]], day + 5, radius_m=5, window_days=30, until=day[0] + 60)
    >>> float(found.distance_m[0]), float(found.days[0])
    (5.0, 5.0)
    """
    there, here = finite_xy(closed_xy), finite_xy(reported_xy)
    closed, reported = (np.asarray(part, dtype="datetime64[s]") for part in (closed_at, reported_at))
    if closed.shape != (len(there),) or reported.shape != (len(here),):
        raise ValueError("every closing and every report needs one time")
    if np.isnat(closed).any() or np.isnat(reported).any():
        raise InputError("a time is missing", zh="有的时间是空的；请补齐结案时间和上报时间")
    if not (radius_m >= 0 and window_days > 0):
        raise InputError(
            f"radius_m must be 0 or more and window_days above 0, not {radius_m} and {window_days}",
            zh=f"距离要不小于 0 米、天数要大于 0，不能是 {radius_m} 米和 {window_days} 天",
        )
    kinds = _same_kinds(closed_kind, reported_kind, len(there), len(here))
    n = len(there)
    report = np.full(n, -1, dtype=np.int64)
    distance, days = np.full(n, np.nan), np.full(n, np.nan)
    near = cKDTree(here).query_ball_point(there, radius_m * (1 + 1e-12)) if len(here) and n else [[]] * n
    for at, found in enumerate(near):
        some = np.array(found, dtype=np.int64)
        after = (reported[some] - closed[at]) / _DAY
        fits = (after > 0) & (after <= window_days)
        if kinds is not None:
            fits &= kinds[1][some] == kinds[0][at]
        if fits.any():
            some, after = some[fits], after[fits]
            first = int(np.lexsort((some, after))[0])
            report[at], days[at] = some[first], after[first]
            distance[at] = float(np.hypot(*(here[some[first]] - there[at])))
    ended = (until.astype("datetime64[s]") - closed) / _DAY >= window_days
    return Relapses(report, distance, days, ended)


def relapse_table(
    relapses: Relapses,
    zone: ArrayLike,
    *,
    zones: int,
    rate: float = 0.05,
    correction: Correction = "bh",
    level: float = 0.95,
) -> pd.DataFrame:
    """Return one row per zone: closings followed, relapses, share, its test against all, smoothed share with rank.

    Parameters
    ----------
    relapses
        As `find_relapses` gives them.
    zone
        Number of the zone of each closing; negative: none.
    zones
        How many zones there are.
    rate, correction, level
        As `rate_table`.

    Returns
    -------
    DataFrame
        The columns of `rate_table` (`observed` relapses of `exposure` closings followed) and `pending`:
        closings whose window still runs. A zone without a followed closing is not judged.

    Notes
    -----
    A closing counts once its window is over, also when it relapsed before: else young closings would only
    ever count when they are bad. Until then it is `pending`, with its relapse already in the list.
    Test: hypergeometric; given how many of all closings relapsed, is this zone's number chance?
    """
    number = np.asarray(zone, dtype=np.int64)
    if number.shape != relapses.report.shape:
        raise ValueError("every closing needs one zone")
    inside = (number >= 0) & (number < zones)
    over = inside & relapses.followed
    followed = np.bincount(number[over], minlength=zones).astype(np.float64)
    again = np.bincount(number[over & relapses.relapsed], minlength=zones).astype(np.float64)
    table = rate_table(again, followed, model="binomial", rate=rate, correction=correction, level=level)
    table["pending"] = np.bincount(number[inside & ~relapses.followed], minlength=zones)
    return table


def _same_kinds(
    closed: ArrayLike | None, reported: ArrayLike | None, n_closed: int, n_reported: int
) -> tuple[NDArray[np.str_], NDArray[np.str_]] | None:
    if closed is None and reported is None:
        return None
    if closed is None or reported is None:
        raise ValueError("give the kinds of closings and of reports, or neither")
    kinds = np.asarray(closed, dtype=np.str_), np.asarray(reported, dtype=np.str_)
    if kinds[0].shape != (n_closed,) or kinds[1].shape != (n_reported,):
        raise ValueError("every closing and every report needs one kind")
    return kinds
