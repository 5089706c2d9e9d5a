"""Points and zones as the columns of a result table: the same for one file and for partitions of millions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.zones.assign import ZoneIndex

POINT_COLUMNS = ("zone", "border_m", "flag", "nearest_zone")
# Drawn borders and positions from telephones are out of step by about so much.
TOLERANCE_M = 20.0


def point_columns(
    index: ZoneIndex, xy: NDArray[np.float64], *, tolerance_m: float = TOLERANCE_M
) -> dict[str, NDArray[Any]]:
    """Return `POINT_COLUMNS` of points, one value each per point.

    `zone` is the code of the point's zone, "" for none; `border_m` the distance to the nearest border,
    NaN without a place; `flag` says `near_border`, `just_outside` (of all zones, but no farther than
    the tolerance), `outside`, or nothing; `nearest_zone` names the zone for those just outside.

    Parameters
    ----------
    xy
        East and north in the zones' CRS, metres, shape (n, 2); not finite where there is no place.
    tolerance_m
        How near to a border a point is flagged, metres.
    """
    placed = np.isfinite(xy).all(axis=1)
    x, y = np.ascontiguousarray(xy[placed].T)
    codes = np.array([*index.codes, ""], dtype=object)
    zone, nearest = np.full((2, len(xy)), "", dtype=object)
    zone[placed] = codes[index.positions(x, y)]
    border = np.full(len(xy), np.nan)
    border[placed] = index.border_distance(x, y)
    near = border <= tolerance_m
    flag = np.where(placed & (zone == ""), np.where(near, "just_outside", "outside"), "")
    flag = np.where((zone != "") & near, "near_border", flag)
    beyond = np.flatnonzero(flag[placed] == "just_outside")
    nearest[np.flatnonzero(placed)[beyond]] = codes[index.nearest(x[beyond], y[beyond], within_m=tolerance_m)]
    return dict(zip(POINT_COLUMNS, (zone, border, flag, nearest), strict=True))
