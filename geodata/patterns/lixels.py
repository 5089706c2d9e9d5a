"""Compiled: the mass that kernels along a line bring to each of its pieces (lixels)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.kernel import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@kernel
def kernel_integral(u: float) -> float:
    """Return the integral of 15/16 (1 - v²)² from 0 to u; level beyond 1."""
    v = min(max(u, -1.0), 1.0)
    square = v * v
    return 15.0 / 16.0 * v * (1.0 - square * (2.0 / 3.0 - 0.2 * square))


@kernel
def add_around(along: Floats, weight: Floats, length_m: float, bandwidth_m: float, lixels: Floats) -> None:
    """Add the kernels of points that lie on the line itself, both ways."""
    step = length_m / len(lixels)
    for point in range(len(along)):
        first = max(0, int((along[point] - bandwidth_m) / step))
        before = kernel_integral((first * step - along[point]) / bandwidth_m)
        for lixel in range(first, len(lixels)):
            behind = kernel_integral(((lixel + 1) * step - along[point]) / bandwidth_m)
            lixels[lixel] += weight[point] * (behind - before)
            before = behind
            if (lixel + 1) * step - along[point] >= bandwidth_m:
                break


@kernel
def add_along(
    offset: Floats,
    weight: Floats,
    distance_m: float,
    factor: float,
    length_m: float,
    bandwidth_m: float,
    lixels: Floats,
) -> None:
    """Add the kernels of points `offset + distance_m` before the line's beginning, times a factor."""
    step = length_m / len(lixels)
    for point in range(len(offset)):
        start = offset[point] + distance_m
        before = kernel_integral(start / bandwidth_m)
        for lixel in range(len(lixels)):
            if start + lixel * step >= bandwidth_m:
                break
            behind = kernel_integral((start + (lixel + 1) * step) / bandwidth_m)
            lixels[lixel] += factor * weight[point] * (behind - before)
            before = behind


@kernel
def walks(
    ends: Ints,
    lengths: Floats,
    starts: Ints,
    around: Ints,
    leaving: int,
    reach_m: float,
    same_m: float,
    least: float,
) -> tuple[Ints, Floats, Floats]:
    """Return every entry into an edge on walks from an edge's end: where, at what distance, what share.

    An end is 2 x edge, + 1 for its last corner; `ends` gives each end's node, `around[starts[n]:starts[n
    + 1]]` the ends at node n. An entry is the end by which an edge is entered, its distance from the
    end that was left. Walks that enter by one end within the same stretch of `same_m` go on as one, at
    the mean of their distances; shares below `least` end.
    """
    buckets = int(reach_m / same_m) + 2
    head = np.full(buckets, -1, dtype=np.int64)
    size, room = 0, 256
    entry, behind = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
    share, whole, moment = np.empty(room), np.empty(room), np.empty(room)
    # The first arrival is at the end that is left, at distance 0; bucket -1 stands for it.
    bucket, state = -1, -1
    while True:
        if bucket < 0:
            came, away, carried = leaving, 0.0, 1.0
        else:
            came = entry[state] ^ 1
            away = moment[state] / whole[state] + lengths[entry[state] >> 1]
            carried = share[state]
        if abs(carried) >= least and away < reach_m and bucket + 1 < buckets:
            node = ends[came]
            onward = 2.0 / (starts[node + 1] - starts[node])
            to_bucket = max(bucket + 1, int(away / same_m))
            for at in range(starts[node], starts[node + 1]):
                part = carried * (onward - 1.0 if around[at] == came else onward)
                if abs(part) < least:
                    continue
                # A bucket holds few ends: looking through it is faster than a table of all.
                where = head[to_bucket]
                while where >= 0 and entry[where] != around[at]:
                    where = behind[where]
                if where >= 0:
                    share[where] += part
                    whole[where] += abs(part)
                    moment[where] += abs(part) * away
                    continue
                if size == room:
                    room *= 2
                    entry, behind = _grown(entry, room), _grown(behind, room)
                    share, whole, moment = _grown(share, room), _grown(whole, room), _grown(moment, room)
                entry[size], behind[size] = around[at], head[to_bucket]
                share[size], whole[size], moment[size] = part, abs(part), abs(part) * away
                head[to_bucket] = size
                size += 1
        # On to the next state: first the rest of this bucket, then the next one that is not empty.
        state = behind[state] if bucket >= 0 else -1
        while state < 0 and bucket + 1 < buckets:
            bucket += 1
            state = head[bucket]
        if state < 0:
            break
    return entry[:size], moment[:size] / whole[:size], share[:size]


@kernel
def _grown(values: Any, room: int) -> Any:
    larger = np.empty(room, dtype=values.dtype)
    larger[: len(values)] = values
    return larger
