"""A centre line calibrated by its kilometre posts: chainage to distance and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString


@dataclass(frozen=True, slots=True)
class Route:
    """A centre line with chainage.

    `line` is in a projected CRS (metres). `posts` has shape (n, 2): distance along the line in
    metres, chainage in metres, sorted by distance; empty when the line has no posts.
    """

    line: LineString
    posts: NDArray[np.float64]

    @property
    def length_m(self) -> float:
        """Length of the line in metres."""
        return float(self.line.length)

    @property
    def calibrated(self) -> bool:
        """Whether at least two posts fix the chainage's origin, direction and scale."""
        return len(self.posts) >= 2

    def distance_of(self, chainage_m: float) -> float | None:
        """Return the distance along the line of a chainage, None where the line does not reach.

        Without posts chainage 0 is the line's start. One post fixes the origin only (chainage then
        rises with the line's direction). Beyond the outer posts the nearest interval's scale goes on.

        Examples
        --------
        >>> line = LineString([(0, 0), (1000, 0)])
        >>> Route(line, np.array([[0.0, 5000.0], [1000.0, 6000.0]])).distance_of(5300.0)
        300.0
        >>> Route(line, np.empty((0, 2))).distance_of(1200.0) is None
        True
        """
        distance = _interpolate(chainage_m, self.posts[:, 1], self.posts[:, 0])
        # Posts and lines are drawn to about a metre; a text's last metre must not fall off the end.
        slack = 1.0
        if distance < -slack or distance > self.length_m + slack:
            return None
        return float(min(max(distance, 0.0), self.length_m))

    def chainage_of(self, distance_m: float) -> float:
        """Return the chainage in metres at a distance along the line; inverse of `distance_of`."""
        return _interpolate(distance_m, self.posts[:, 0], self.posts[:, 1])

    @property
    def rising(self) -> bool:
        """Whether chainage grows in the line's own direction; so it is taken to without two posts."""
        return not self.calibrated or bool(self.posts[-1, 1] > self.posts[0, 1])

    @property
    def chainage_range_m(self) -> tuple[float, float]:
        """Smallest and largest chainage on the line, in metres."""
        ends = (self.chainage_of(0.0), self.chainage_of(self.length_m))
        return min(ends), max(ends)


def _interpolate(value: float, known: NDArray[np.float64], wanted: NDArray[np.float64]) -> float:
    if len(known) == 0:
        return float(value)
    if len(known) == 1:
        return float(wanted[0] + value - known[0])
    order = np.argsort(known)
    known, wanted = known[order], wanted[order]
    right = int(np.clip(np.searchsorted(known, value), 1, len(known) - 1))
    span = known[right] - known[right - 1]
    slope = (wanted[right] - wanted[right - 1]) / span if span else 0.0
    return float(wanted[right - 1] + (value - known[right - 1]) * slope)


def make_route(line: LineString, post_xy: NDArray[np.float64], chainage_m: NDArray[np.float64]) -> Route:
    """Return a route calibrated by posts given as points (n, 2) with their chainages (n,).

    Posts that would make the chainage turn back (out of order along the line) are left out, those
    that break the majority's direction first.
    """
    if len(post_xy) == 0:
        return Route(line, np.empty((0, 2)))
    distance = shapely.line_locate_point(line, shapely.points(post_xy))
    order = np.lexsort((chainage_m, distance))
    posts = np.column_stack([distance, chainage_m])[order]
    rising = np.sum(np.diff(posts[:, 1]) > 0) >= np.sum(np.diff(posts[:, 1]) < 0)
    keep = _longest_monotone(posts[:, 1] if rising else -posts[:, 1])
    posts = posts[keep]
    distinct = np.concatenate([[True], np.diff(posts[:, 0]) > 0.01])
    return Route(line, posts[distinct])


def _longest_monotone(values: NDArray[np.float64]) -> list[int]:
    best: list[int] = [1] * len(values)
    before: list[int] = [-1] * len(values)
    for i in range(len(values)):
        for j in range(i):
            if values[j] < values[i] and best[j] + 1 > best[i]:
                best[i], before[i] = best[j] + 1, j
    chain: list[int] = []
    at = int(np.argmax(best))
    while at >= 0:
        chain.append(at)
        at = before[at]
    return chain[::-1]
