"""Weights of problems: how grave, and how long ago. Time is an argument: there is no clock here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def recency_weights(
    reported_at: ArrayLike, *, now: np.datetime64 | str, half_life_days: float
) -> NDArray[np.float64]:
    """Return 1 for a problem reported now, half of it one half-life ago.

    Parameters
    ----------
    reported_at
        Dates or moments numpy can read, one per problem, in the same time zone as `now`. Empty gives
        an empty result.
    now
        The moment whose picture is drawn.
    half_life_days
        Days in which a weight halves, > 0.

    Raises
    ------
    ValueError
        If a moment is missing or later than `now`, or the half-life is not positive.

    Notes
    -----
    w = 2^(-age / half-life). The sum of the weights is not a number of problems any more: say so where
    it is shown.

    Examples
    --------
    >>> recency_weights(["2017-09-30", "2017-09-16"], now="2017-09-30", half_life_days=14).tolist()
    [1.0, 0.5]
    """
    if not (half_life_days > 0 and np.isfinite(half_life_days)):
        raise InputError(
            f"half_life_days must be a positive number of days, not {half_life_days}",
            zh=f"半衰期要是正的天数，不能是 {half_life_days}",
        )
    moments = np.asarray(reported_at, dtype="datetime64[us]")
    at = np.datetime64(now).astype("datetime64[us]")
    missing = int(np.isnat(moments).sum())
    later = int((moments > at).sum())
    if missing or later or np.isnat(at):
        raise InputError(
            f"{missing} moments are missing and {later} are later than {now}",
            zh=f"{missing} 行没有日期，{later} 行的日期晚于 {now}；请补齐日期，或改 --now",
        )
    age_days = (at - moments) / np.timedelta64(1, "D")
    return np.asarray(np.exp2(-age_days / half_life_days), dtype=np.float64)
