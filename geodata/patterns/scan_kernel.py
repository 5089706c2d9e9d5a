"""Compiled loops of the scan statistic: every circle times every span of weeks, for many replicas at once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from geodata.kernel import kernel


@kernel(error_model="numpy")
def likelihood(cases: float, expected: float, total: float) -> float:
    """Return Kulldorff's log likelihood ratio of a window, 0 unless it holds more than expected."""
    if cases <= expected or expected <= 0.0:
        return 0.0
    value = cases * math.log(cases / expected)
    if total > cases:
        value += (total - cases) * math.log((total - cases) / (total - expected))
    return value


@kernel(error_model="numpy")
def best_windows(
    starts: Any, members: Any, cases: Any, expected: Any, first: Any, last: Any, total: float
) -> tuple[Any, Any, Any]:
    """Return the best window around each centre: log likelihood ratio, number of zones, span.

    `members[starts[i]:starts[i + 1]]` are the zones around centre i, nearest first. `cases` and
    `expected` are running sums over weeks, shape (zones, weeks + 1); a span s covers the weeks
    `first[s] .. last[s] - 1`.
    """
    centres, points = len(starts) - 1, cases.shape[1]
    best, reach, span = np.zeros(centres), np.zeros(centres, np.int64), np.zeros(centres, np.int64)
    seen, due = np.zeros(points), np.zeros(points)
    for centre in range(centres):
        seen[:] = 0.0
        due[:] = 0.0
        for at in range(starts[centre], starts[centre + 1]):
            zone = members[at]
            for point in range(points):
                seen[point] += cases[zone, point]
                due[point] += expected[zone, point]
            for s in range(len(first)):
                count, here = seen[last[s]] - seen[first[s]], due[last[s]] - due[first[s]]
                more, rest = count - here, total - here
                # The bound of `replica_maxima`, without a root; logarithms only where it may matter.
                if more <= 0.0 or more * more * (rest + 2.0 * here) < 1.999 * best[centre] * here * rest:
                    continue
                value = likelihood(count, here, total)
                if value > best[centre] * (1.0 + 1e-12):
                    best[centre], reach[centre], span[centre] = value, at - starts[centre] + 1, s
    return best, reach, span


@kernel(error_model="numpy")
def replica_maxima(
    starts: Any, members: Any, replicas: Any, expected: Any, first: Any, last: Any, total: float
) -> Any:
    """Return the highest log likelihood ratio in each replica.

    `replicas` are running sums over weeks, shape (zones, weeks + 1, replicas), single precision (counts
    below 2^24 are exact).

    A window is worked out only where it may beat its replica's best so far: with d = cases - expected
    > 0 the ratio is at most d^2 (1 / (2 expected) + 1 / (total - expected)), because (1+x) log(1+x) - x is at most
    x^2 / 2 above 0 and x^2 below. So the inner loop compares d with a product; it runs over replicas,
    side by side in memory.
    """
    points, many = replicas.shape[1], replicas.shape[2]
    spans = len(first)
    best = np.zeros(many)
    root = np.zeros(many, np.float32)
    seen = np.zeros((points, many), np.float32)
    due = np.zeros(points)
    mean, scale = np.zeros(spans, np.float32), np.zeros(spans, np.float32)
    whole, two, nearly = np.float32(total), np.float32(2.0), np.float32(0.9995)
    for centre in range(len(starts) - 1):
        seen[:] = np.float32(0.0)
        due[:] = 0.0
        for at in range(starts[centre], starts[centre + 1]):
            zone = members[at]
            for point in range(points):
                due[point] += expected[zone, point]
                line, more = seen[point], replicas[zone, point]
                for replica in range(many):
                    line[replica] += more[replica]
            for s in range(spans):
                mean[s] = due[last[s]] - due[first[s]]
            for s in range(spans):
                rest = abs(whole - mean[s])
                # A hair below the bound, for what single precision loses.
                scale[s] = nearly * np.sqrt(two * mean[s] * rest / (rest + two * mean[s]))
            for s in range(spans):
                high, low, middle, factor = seen[last[s]], seen[first[s]], mean[s], scale[s]
                hit = np.uint8(0)
                for replica in range(many):
                    hit = np.uint8(
                        hit | np.uint8(high[replica] - low[replica] - middle > factor * root[replica])
                    )
                if hit:
                    here = due[last[s]] - due[first[s]]
                    for replica in range(many):
                        count = high[replica] - low[replica]
                        if count - middle > factor * root[replica]:
                            value = likelihood(float(count), here, total)
                            if value > best[replica]:
                                best[replica] = value
                                root[replica] = np.float32(math.sqrt(value))
    return best


@kernel(error_model="numpy")
def running_sums(counts: Any, zones: int, weeks: int) -> Any:
    """Return counts of shape (replicas, weeks * zones) as running sums (zones, weeks + 1, replicas)."""
    many = counts.shape[0]
    result = np.zeros((zones, weeks + 1, many), np.float32)
    for replica in range(many):
        for week in range(weeks):
            for zone in range(zones):
                result[zone, week + 1, replica] = counts[replica, week * zones + zone]
    for zone in range(zones):
        for week in range(1, weeks + 1):
            for replica in range(many):
                result[zone, week, replica] += result[zone, week - 1, replica]
    return result
