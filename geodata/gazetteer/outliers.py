"""Located records whose position contradicts what other records say of the same names.

A wrong coordinate, or the road of that name in another town, must not bend a road, make a crossing or
move a house number. A record is judged by others only: what nobody else speaks of is believed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geodata.gazetteer.clusters import link_groups
from geodata.gazetteer.observe import Observations, Seen

# Mentions of one road are joined over gaps up to this; a crossing's mentions are all at one place.
_ROAD_M, _CROSSING_M = 1500.0, 1000.0
# A place apart is believed from two records on, or where nowhere else is known by many more. Two wrong
# coordinates seldom fall together; three would cost a second road known by two records.
_TOGETHER, _TIMES = 2, 4
# So few say nothing about one another.
_BELIEVED = 3
# A record must have a few others of its own district within this.
_DISTRICT_M, _DISTRICT_RECORDS, _DISTRICT_NEAR = 4000.0, 20, 3
# Numbers run on by a few metres each: how far a number may be from where its neighbours put it.
_NUMBER_NEIGHBOURS, _NEAR_IN_NUMBER, _NO_NEIGHBOUR = 6, 60, 10**6
_PER_NUMBER_M, _NUMBER_M = 12.0, 1500.0


def apart_from_others(observations: Observations) -> set[int]:
    """Return the documents that stand alone far from where many others put the same names."""
    found: set[int] = set()
    for seen, reach_m in ((observations.roads, _ROAD_M), (observations.crossings, _CROSSING_M)):
        by_name: dict[tuple[str, ...], list[Seen]] = defaultdict(list)
        for one in seen:
            if one.document not in found:
                by_name[tuple(sorted(one.names))].append(one)
        found |= _apart([own for own in by_name.values() if len(own) >= _BELIEVED], reach_m)
    return found


def _apart(mentions: Sequence[Sequence[Seen]], reach_m: float) -> set[int]:
    """Return the documents in small groups of a name's mentions while a much larger group is elsewhere."""
    if not mentions:
        return set()
    rows = [one for own in mentions for one in own]
    starts = np.cumsum([0, *(len(own) for own in mentions)])
    order, clusters = link_groups(np.array([(one.x, one.y) for one in rows]), starts, reach_m)
    groups: dict[int, list[set[int]]] = defaultdict(list)
    name_of = np.searchsorted(starts, order[clusters[:-1]], side="right") - 1
    for name, (low, high) in zip(name_of.tolist(), pairwise(clusters.tolist()), strict=True):
        groups[name].append({rows[row].document for row in order[low:high].tolist()})
    found: set[int] = set()
    for own in groups.values():
        most = max(len(group) for group in own)
        found.update(*(group for group in own if len(group) < _TOGETHER and most >= _TIMES * len(group)))
    return found


def far_from_district(districts: Sequence[str], xy: NDArray[np.float64]) -> set[int]:
    """Return the documents (positions in metres, shape (n, 2)) with no others of their district near.

    A district with fewer than 20 records, or an unnamed one (""), judges nobody.
    """
    members: dict[str, list[int]] = defaultdict(list)
    for document, name in enumerate(districts):
        if name:
            members[name].append(document)
    found: set[int] = set()
    for documents in members.values():
        if len(documents) >= _DISTRICT_RECORDS:
            own = xy[documents]
            far = cKDTree(own).query(own, k=_DISTRICT_NEAR + 1)[0][:, -1]
            found |= {documents[at] for at in np.flatnonzero(far > _DISTRICT_M)}
    return found


def believable(numbers: Sequence[Seen]) -> list[Seen]:
    """Return the numbers of one road that are not far from where its nearest numbers are.

    A number is judged by at least three others that differ from it by 60 or less.
    """
    if len(numbers) <= _BELIEVED:
        return list(numbers)
    xy = np.array([(one.x, one.y) for one in numbers])
    value = np.array([one.number for one in numbers])
    kept = []
    for at, one in enumerate(numbers):
        gap = np.abs(value - one.number)
        gap[at] = _NO_NEIGHBOUR
        near = np.argsort(gap, kind="stable")[:_NUMBER_NEIGHBOURS]
        near = near[gap[near] <= _NEAR_IN_NUMBER]
        off = np.hypot(*(xy[near] - xy[at]).T) - _PER_NUMBER_M * gap[near]
        if len(near) < _BELIEVED or np.median(off) <= _NUMBER_M:
            kept.append(one)
    return kept


def without(observations: Observations, documents: set[int]) -> Observations:
    """Return what the other documents say."""

    def kept(seen: Sequence[Seen]) -> list[Seen]:
        return [one for one in seen if one.document not in documents]

    return Observations(
        kept(observations.crossings),
        kept(observations.numbers),
        kept(observations.roads),
        kept(observations.places),
        [(name, document) for name, document in observations.areas if document not in documents],
    )
