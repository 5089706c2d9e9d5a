"""Provinces, cities and counties of the whole country: which of them lie around here.

Only to tell a text about another city from one about this; not for finding anything.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.divisions import Division, divisions

# How far from a county's seat its land may reach. Banners and western counties are larger, but an
# office's gazetteer then holds places near their seats.
_REACH_KM = {"district": 20.0, "county": 45.0}
_KM_PER_DEGREE = 111.2


def _distances_km(lonlat: NDArray[np.float64], division: Division) -> NDArray[np.float64]:
    scale = np.array([np.cos(np.radians(division.lat)), 1.0]) * _KM_PER_DEGREE
    return np.asarray(np.hypot(*((lonlat - [division.lon, division.lat]) * scale).T))


def _codes_around(lonlat: NDArray[np.float64]) -> set[str]:
    """Return the province (2 digits) and city (4 digits) codes of the counties nearest to points."""
    if len(lonlat) == 0:
        return set()
    counties = [one for own in divisions().values() for one in own if not one.code.endswith("00")]
    scale = np.array([np.cos(np.radians(lonlat[:, 1].mean())), 1.0])
    seats = shapely.STRtree(shapely.points(np.array([(one.lon, one.lat) for one in counties]) * scale))
    nearest = {counties[index].code for index in np.unique(seats.nearest(shapely.points(lonlat * scale)))}
    return {code[:2] for code in nearest} | {code[:4] for code in nearest}


class Surroundings:
    """What divisions the known points lie in.

    Parameters
    ----------
    lonlat
        Places something is known of, WGS84, shape (n, 2). n = 0 says of every division that it is here.
    """

    def __init__(self, lonlat: NDArray[np.float64]) -> None:
        self._known = lonlat
        self._codes = _codes_around(lonlat)

    def has(self, name: str) -> bool | None:
        """Return whether a division of that name lies around here; None if no division has the name."""
        found = divisions().get(name)
        if found is None:
            return None
        return len(self._known) == 0 or any(self._reaches(division) for division in found)

    def _reaches(self, division: Division) -> bool:
        if division.code.endswith("0000"):
            return division.code[:2] in self._codes
        if division.code.endswith("00"):
            return division.code[:4] in self._codes
        reach_km = _REACH_KM["district" if division.name.endswith("区") else "county"]
        return bool(_distances_km(self._known, division).min() < reach_km)
