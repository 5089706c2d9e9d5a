"""What the scan statistic searches: circles around every zone, spans of weeks, and the replicas of chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.spatial import cKDTree

from geodata.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Indices = NDArray[np.int64]

Mode = Literal["prospective", "retrospective"]

# Circles' members are listed once: half a gigabyte at most.
MAX_MEMBERS = 120_000_000
# Replicas searched side by side; more make the work on a window cheaper and need more memory.
_BATCH = 128


def spans(weeks: int, most_weeks: int, *, mode: Mode) -> tuple[Indices, Indices]:
    """Return the first week and the week after the last, of each span."""
    if most_weeks < 1:
        raise InputError(
            f"most_weeks must be 1 or more, not {most_weeks}",
            zh=f"最长的周数至少是 1，不能是 {most_weeks}",
        )
    spans = [
        (first, last)
        for last in ([weeks] if mode == "prospective" else range(1, weeks + 1))
        for first in range(max(0, last - most_weeks), last)
    ]
    ends = np.array(spans, dtype=np.int64)
    return np.ascontiguousarray(ends[:, 0]), np.ascontiguousarray(ends[:, 1])


def circles(
    xy: Floats, weight: Floats, most: float, radius_m: float
) -> tuple[Indices, NDArray[np.int32], Floats]:
    """Return members of the growing circles around each zone, nearest first, and their distances.

    A circle ends before it outgrows `most` of the weight; a zone that does so alone has a circle of
    its own all the same.
    """
    tree = cKDTree(xy)
    parts, lengths, far, held = [], [], [], 0
    for centre in range(len(xy)):
        if np.isfinite(radius_m):
            near = np.array(tree.query_ball_point(xy[centre], radius_m), dtype=np.int32)
        else:
            near = np.arange(len(xy), dtype=np.int32)
        distance = np.hypot(*(xy[near] - xy[centre]).T)
        # The centre first, then by distance; equally far ones by number.
        order = np.lexsort((near, distance, near != centre))
        near, distance = near[order], distance[order]
        many = max(1, int(np.searchsorted(np.cumsum(weight[near]), most * (1 + 1e-12), side="right")))
        parts.append(near[:many])
        far.append(distance[:many])
        lengths.append(many)
        held += many
        if held > MAX_MEMBERS:
            raise InputError(
                "too many zones in too large circles: state a smaller most_radius_m or most_share",
                zh="单元太多、圆太大，算不下；请把最大半径（--most-radius-m）取小，或把方格取大",
            )
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return starts, np.concatenate(parts), np.concatenate(far)


def running(weekly: Floats) -> Floats:
    """Return running sums over weeks, shape (n, weeks + 1)."""
    sums = np.zeros((weekly.shape[1], len(weekly) + 1))
    sums[:, 1:] = np.cumsum(weekly, axis=0).T
    return sums


def maxima(
    starts: Indices, members: NDArray[np.int32], means: Floats, first: Indices, last: Indices, total: float,
    mean: Floats, *, replicas: int, rng: np.random.Generator,
) -> Floats:  # fmt: skip
    """Return the highest likelihood ratio in each of the replicas, dealt out by `mean`."""
    from geodata.patterns.scan_kernel import replica_maxima, running_sums

    weeks, zones = mean.shape
    share = (mean / mean.sum()).ravel()
    upto = np.cumsum(share)
    found = []
    for begin in range(0, replicas, _BATCH):
        many = min(_BATCH, replicas - begin)
        if total > 3 * share.size:
            dealt = rng.multinomial(int(total), share / share.sum(), size=many)
        else:
            where = np.searchsorted(upto, rng.random((many, int(total))) * upto[-1], side="right")
            dealt = np.stack(
                [np.bincount(row, minlength=share.size) for row in np.minimum(where, share.size - 1)]
            )
        sums = running_sums(dealt.astype(np.float32), zones, weeks)
        found.append(replica_maxima(starts, members, sums, means, first, last, total))
    return np.concatenate(found)
