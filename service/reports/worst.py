"""The worst places of a week: circles of one size with the most problems, none counted twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

RADIUS_M = 80.0


@dataclass(frozen=True, slots=True)
class WorstPlace:
    """A circle of `RADIUS_M` around one problem; `x`, `y` in metres, office CRS.

    `name` is the location text most of its problems share, `kinds` its commonest kinds with counts.
    """

    x: float
    y: float
    name: str
    community: str
    count: int
    open: int
    late: int
    kinds: tuple[tuple[str, int], ...]
    cases: tuple[Any, ...]


def worst_places(points: Sequence[Mapping[str, Any]], *, limit: int = 10, least: int = 2) -> list[WorstPlace]:
    """Return the circles with the most problems, worst first.

    The fullest circle around any problem is taken, its problems are set aside, and again, so the
    places are distinct and comparable. Among equally full circles the one with more late problems
    wins, then the earlier point.

    Parameters
    ----------
    points
        With `x`, `y` in metres, `late`, `open`, `kind`, `community`, `location_text`, `id`.
    least
        Circles with fewer problems are not listed.
    """
    if not points:
        return []
    xy = np.array([[point["x"], point["y"]] for point in points], dtype=float)
    late = np.array([bool(point["late"]) for point in points])
    near = cKDTree(xy).query_ball_point(xy, RADIUS_M)
    left = np.ones(len(points), dtype=bool)
    found: list[WorstPlace] = []
    while len(found) < limit:
        counts = np.array([left[members].sum() if left[i] else 0 for i, members in enumerate(near)])
        lates = np.array([(left & late)[members].sum() if left[i] else 0 for i, members in enumerate(near)])
        best = int(np.lexsort((np.arange(len(points)), -lates, -counts))[0])
        if counts[best] < least:
            break
        members = [i for i in near[best] if left[i]]
        found.append(_place([points[i] for i in members], xy[members].mean(axis=0)))
        left[members] = False
    return found


def _place(members: Sequence[Mapping[str, Any]], middle: Any) -> WorstPlace:
    def common(key: str) -> Counter[str]:
        return Counter(member[key] for member in members if member[key])

    names, communities = common("location_text"), common("community")
    return WorstPlace(
        x=float(middle[0]),
        y=float(middle[1]),
        name=names.most_common(1)[0][0] if names else "",
        community=communities.most_common(1)[0][0] if communities else "",
        count=len(members),
        open=sum(bool(member["open"]) for member in members),
        late=sum(bool(member["late"]) for member in members),
        kinds=tuple(common("kind").most_common(3)),
        cases=tuple(member["id"] for member in members),
    )
