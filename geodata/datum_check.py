"""Find out in which datum coordinates were really written, by where their own texts say they are.

GCJ-02 read as WGS84 is 577 m off at Ruyi Lake and BD-09 1,283 m: enough to move a record to the
neighbour community, and too little for anyone to see on a map of the city. So every list with
coordinates and location texts is checked before it is believed.

Not for single points: one text can be wrong; twenty texts that all lie 577 m south-west are not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.crs import WGS84, reproject_xy
from geodata.datums import from_wgs84, to_wgs84

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from shapely.geometry.base import BaseGeometry

MIN_ROWS = 5
# The true datum must at least halve the typical distance and be nearer for three rows of four.
_CLEARLY_NEARER = 0.5
_ROWS_NEARER = 0.75
_HYPOTHESES = ("wgs84", "gcj02", "bd09")


@dataclass(frozen=True, slots=True)
class DatumFinding:
    """What the texts say about the coordinates' datum.

    `median_m` holds for every hypothesis (`gcj02`, …, and `wgs84 swapped`, … for latitude written
    first) the median distance in metres between coordinate and text. `best` differs from `stated`
    only when the difference is clear; `rows` is the number of rows that could be compared.
    """

    stated: str
    best: str
    rows: int
    median_m: Mapping[str, float]

    @property
    def agrees(self) -> bool:
        """Whether nothing speaks against the stated datum."""
        return self.best == self.stated


def detect_datum(
    lonlat: ArrayLike, places: Sequence[BaseGeometry | None], *, stated: str, crs: int
) -> DatumFinding | None:
    """Return which datum fits the texts best, or None when too few rows can be compared.

    Parameters
    ----------
    lonlat
        The coordinates as WGS84 lon, lat under the assumption that `stated` is true, shape (n, 2).
    places
        Where each row's own text was located, in the projected CRS `crs` (metres); None where the
        text is empty or was not located.
    stated
        The datum the list claims: wgs84, cgcs2000, gcj02, bd09 or `EPSG:n`.
    """
    points = np.asarray(lonlat, dtype=float).reshape(-1, 2)
    compared = np.array([i for i, place in enumerate(places) if place is not None], dtype=int)
    if len(compared) < MIN_ROWS:
        return None
    targets = np.array([places[i] for i in compared], dtype=object)
    written = from_wgs84(points[compared], stated)
    distances_m = {
        name: _distances_m(xy, targets, datum, crs)
        for name, (xy, datum) in _hypotheses(written, stated).items()
    }
    median_m = {name: float(np.median(distance)) for name, distance in distances_m.items()}
    best = min(median_m, key=lambda name: (median_m[name], name != stated))
    clear = median_m[best] < _CLEARLY_NEARER * median_m[stated]
    nearer = float(np.mean(distances_m[best] < distances_m[stated]))
    if best != stated and not (clear and nearer >= _ROWS_NEARER):
        best = stated
    return DatumFinding(stated=stated, best=best, rows=len(compared), median_m=median_m)


def _hypotheses(written: np.ndarray, stated: str) -> dict[str, tuple[np.ndarray, str]]:
    tried = {stated: (written, stated)}
    if stated.upper().startswith("EPSG:"):
        # Projected coordinates cannot be one of the geographic datums; only their axes may be swapped.
        return tried | {f"{stated} swapped": (written[:, ::-1], stated)}
    for datum in _HYPOTHESES:
        tried.setdefault(datum, (written, datum))
        tried[f"{datum} swapped"] = (written[:, ::-1], datum)
    return tried


def _distances_m(written: np.ndarray, targets: np.ndarray, datum: str, crs: int) -> np.ndarray:
    """Return the distance of each point to its text's place; points off the earth are infinitely far."""
    possible = np.ones(len(written), dtype=bool)
    if not datum.upper().startswith("EPSG:"):
        possible = np.abs(written[:, 1]) <= 90
    distance = np.full(len(written), np.inf)
    if possible.any():
        xy = reproject_xy(to_wgs84(written[possible], datum), WGS84, crs)
        found = shapely.distance(shapely.points(xy), targets[possible])
        distance[possible] = np.where(np.isfinite(found), found, np.inf)
    return distance
