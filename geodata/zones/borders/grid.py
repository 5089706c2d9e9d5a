"""Border segments in a uniform grid: which of them a line meets, and which a place touches.

Most steps of a line lie in squares without any border: one look into an array settles them. The
rest are compared with the few segments of their squares. There is a compiled way (numba) and one in
numpy, with the same arithmetic in the same order: the answers are the same to the last bit. The
compiled one takes a second to load, which a few lines are not worth.

Nothing here decides whose a place is: a meeting only says where a line *may* pass from zone to zone.
So a meeting too many does no harm, and a test with floats is safe: where it could go wrong, an end of
a segment is nearer than `TOUCH_M`, and then that is a meeting too.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.zones.cutting.tracks import Tracks

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]

# Two places closer than this are one: border work is never surveyed to the micrometre.
TOUCH_M = 1e-6
# Squares reach this far into each other, so that no rounding of a square's edge loses a segment.
_MARGIN_M = 1e-5
_SQUARES_PER_SEGMENT = 8
# From this many steps on loading the compiled way (1 s from its cache) is won back: it saves a quarter of
# a second per million steps.
_WORTH_COMPILING = 4_000_000
# Pairs of steps and squares that numpy compares at a time.
_BLOCK = 200_000


class Meetings(NamedTuple):
    """Where steps meet border segments: step numbers and the share 0..1 of the step, sorted by both."""

    step: Indices
    share: Floats


@dataclass(frozen=True, slots=True)
class BorderGrid:
    """Segments by the squares they pass through.

    Attributes
    ----------
    start, end
        Segment ends in metres, shape (m, 2).
    left, right
        Number of the zone on either side of each segment, -1 for none, shape (m,).
    corner, square_m, shape
        South-west corner and side of the squares in metres, and (rows, columns).
    first, items
        Segments of square k are ``items[first[k]:first[k + 1]]``; squares run by row, then column.
    """

    start: Floats
    end: Floats
    left: Indices
    right: Indices
    corner: tuple[float, float]
    square_m: float
    shape: tuple[int, int]
    first: NDArray[np.int32]
    items: NDArray[np.int32]

    @classmethod
    def of(cls, start: Floats, end: Floats, left: Indices, right: Indices) -> BorderGrid:
        """Return the grid of border segments, about eight squares for each."""
        if not len(start):
            empty = np.zeros(2, dtype=np.int32)
            return cls(start, end, left, right, (0.0, 0.0), 1.0, (1, 1), empty, empty[:0])
        both = np.concatenate([start, end])
        low, high = both.min(axis=0) - 2 * _MARGIN_M, both.max(axis=0) + 2 * _MARGIN_M
        width, height = (high - low).tolist()
        square = max(
            np.sqrt(width * height / (_SQUARES_PER_SEGMENT * len(start))),
            # A long thin strip of zones must not have more squares than it has room for.
            max(width, height) / (_SQUARES_PER_SEGMENT * len(start)),
            10 * _MARGIN_M,
        )
        shape = (int(height // square) + 1, int(width // square) + 1)
        corner = (float(low[0]), float(low[1]))
        segment, cell = _squares_of(start, end, corner, float(square), shape)
        order = np.argsort(cell, kind="stable")
        counts = np.bincount(cell, minlength=shape[0] * shape[1])
        first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        return cls(
            start, end, left, right, corner, float(square), shape, first, segment[order].astype(np.int32)
        )

    def meetings(self, tracks: Tracks, *, compiled: bool | None = None) -> Meetings:
        """Return where the steps of lines cross border segments, or their ends and a segment touch.

        Parameters
        ----------
        compiled
            Use the compiled way; None: if the job is large, or it is loaded already. The answer is the
            same.
        """
        if is_compiled(len(tracks.xy), compiled):
            from geodata.zones.borders import grid_kernel

            step, share = grid_kernel.meetings(*self._arrays(), tracks.xy, tracks.first)
            return Meetings(step, share)
        steps = tracks.steps()
        step, segment = self._near(tracks.xy, steps)
        pair, share = _meet(tracks.xy[step], tracks.xy[step + 1], self.start[segment], self.end[segment])
        order = np.lexsort([share, step[pair]])
        return Meetings(step[pair][order], share[order])

    def touched(self, xy: Floats, *, compiled: bool | None = None) -> Indices:
        """Return for each place the lowest zone with a border not farther than `TOUCH_M`, -1 for none."""
        if is_compiled(len(xy), compiled):
            from geodata.zones.borders import grid_kernel

            lowest: Indices = grid_kernel.touched(*self._arrays(), self.left, self.right, xy)
            return lowest
        column, row = self._column(xy[:, 0]), self._row(xy[:, 1])
        inside = (row >= 0) & (row < self.shape[0]) & (column >= 0) & (column < self.shape[1])
        place = np.flatnonzero(inside)
        at, segment = self._segments_in(row[place] * self.shape[1] + column[place])
        place = place[at]
        near = _touches(xy[place], self.start[segment], self.end[segment])
        place, segment = np.tile(place[near], 2), segment[near]
        zone = np.concatenate([self.left[segment], self.right[segment]])
        none = np.iinfo(np.intp).max
        found = np.full(len(xy), none, dtype=np.intp)
        np.minimum.at(found, place[zone >= 0], zone[zone >= 0])
        return np.where(found == none, -1, found)

    def _arrays(
        self,
    ) -> tuple[Floats, Floats, float, float, float, int, int, NDArray[np.int32], NDArray[np.int32]]:
        return (
            self.start, self.end, *self.corner, self.square_m, *self.shape, self.first, self.items,
        )  # fmt: skip

    def _column(self, x: Floats) -> Indices:
        return np.floor((x - self.corner[0]) / self.square_m).astype(np.intp)

    def _row(self, y: Floats) -> Indices:
        return np.floor((y - self.corner[1]) / self.square_m).astype(np.intp)

    def _segments_in(self, cell: Indices) -> tuple[Indices, Indices]:
        """Return pairs (index into `cell`, segment in that square)."""
        counts = (self.first[cell + 1] - self.first[cell]).astype(np.intp)
        at = np.repeat(np.arange(len(cell)), counts)
        within = np.arange(len(at)) - np.repeat(np.cumsum(counts) - counts, counts)
        return at, self.items[self.first[cell][at] + within].astype(np.intp)

    def _near(self, xy: Floats, steps: Indices) -> tuple[Indices, Indices]:
        """Return pairs (step, segment) that share a square, each once."""
        found = [(np.zeros(0, np.intp), np.zeros(0, np.intp))]
        for begin in range(0, len(steps), _BLOCK):
            some = self._among_segments(xy, steps[begin : begin + _BLOCK])
            at, cell = _squares_of(xy[some], xy[some + 1], self.corner, self.square_m, self.shape)
            pair, segment = self._segments_in(cell)
            key = np.unique(at[pair] * max(len(self.start), 1) + segment)
            found.append((some[key // max(len(self.start), 1)], key % max(len(self.start), 1)))
        return np.concatenate([step for step, _ in found]), np.concatenate([near for _, near in found])

    def _among_segments(self, xy: Floats, steps: Indices) -> Indices:
        """Return the steps with any segment in the squares around them: usually a few in a hundred.

        With running sums over rows and columns, four looks count the segments in a block of squares.
        """
        sums = np.zeros((self.shape[0] + 1, self.shape[1] + 1), dtype=np.int32)
        counts = np.diff(self.first).reshape(self.shape)
        np.cumsum(np.cumsum(counts, axis=0), axis=1, out=sums[1:, 1:])
        bounds = []
        for axis, squares in ((0, self.shape[1]), (1, self.shape[0])):
            at = (xy[:, axis] - self.corner[axis]) / self.square_m
            here, there = at[steps], at[steps + 1]
            margin = _MARGIN_M / self.square_m
            low, high = np.minimum(here, there) - margin, np.maximum(here, there) + margin
            bounds += [
                np.clip(low, 0, squares).astype(np.int32),
                np.clip(high + 1, 0, squares).astype(np.int32),
            ]
        west, east, south, north = bounds
        count = sums[north, east] - sums[south, east] - sums[north, west] + sums[south, west]
        return steps[count > 0]


def is_compiled(size: int, compiled: bool | None) -> bool:
    """Return whether to use the compiled way: as asked, else for a large job, or if it is loaded already."""
    if compiled is not None:
        return compiled
    return size >= _WORTH_COMPILING or "geodata.zones.borders.grid_kernel" in sys.modules


def _squares_of(
    start: Floats, end: Floats, corner: tuple[float, float], square_m: float, shape: tuple[int, int]
) -> tuple[Indices, Indices]:
    """Return pairs (segment, square) for all squares that a segment comes within the margin of.

    Row by row: the part of the segment in a row, and the columns which that part spans.
    """
    low_y, high_y = np.minimum(start[:, 1], end[:, 1]), np.maximum(start[:, 1], end[:, 1])
    top, side = shape[0] - 1, shape[1] - 1
    low_row = np.floor((low_y - _MARGIN_M - corner[1]) / square_m)
    high_row = np.floor((high_y + _MARGIN_M - corner[1]) / square_m)
    outside = (high_row < 0) | (low_row > top)
    low_row, high_row = np.clip(low_row, 0, top).astype(np.intp), np.clip(high_row, 0, top).astype(np.intp)
    rows = np.where(outside, 0, high_row - low_row + 1)
    segment = np.repeat(np.arange(len(start)), rows)
    row = low_row[segment] + np.arange(len(segment)) - np.repeat(np.cumsum(rows) - rows, rows)
    low_x, high_x = _span_in_row(start, end, segment, corner[1] + row * square_m, square_m)
    low_column = np.floor((low_x - _MARGIN_M - corner[0]) / square_m)
    high_column = np.floor((high_x + _MARGIN_M - corner[0]) / square_m)
    outside = (high_column < 0) | (low_column > side)
    low_column, high_column = np.clip(low_column, 0, side), np.clip(high_column, 0, side)
    columns = np.where(outside, 0, high_column - low_column + 1).astype(np.intp)
    at = np.repeat(np.arange(len(row)), columns)
    column = (
        low_column[at].astype(np.intp) + np.arange(len(at)) - np.repeat(np.cumsum(columns) - columns, columns)
    )
    return segment[at], row[at] * shape[1] + column


def _span_in_row(
    start: Floats, end: Floats, segment: Indices, south: Floats, square_m: float
) -> tuple[Floats, Floats]:
    """Return the least and greatest x of each segment within its row of squares, margin included."""
    x, y = start[segment, 0], start[segment, 1]
    dx, dy = end[segment, 0] - x, end[segment, 1] - y
    level = dy == 0
    slope = np.where(level, 1.0, dy)
    one = (south - _MARGIN_M - y) / slope
    other = (south + square_m + _MARGIN_M - y) / slope
    low = np.where(level, 0.0, np.clip(np.minimum(one, other), 0.0, 1.0))
    high = np.where(level, 1.0, np.clip(np.maximum(one, other), 0.0, 1.0))
    enter, leave = x + low * dx, x + high * dx
    return np.minimum(enter, leave), np.maximum(enter, leave)


def _meet(p: Floats, q: Floats, a: Floats, b: Floats) -> tuple[Indices, Floats]:
    """Return where steps p-q meet segments a-b, pairwise: pair numbers and shares of the step.

    With × the cross product, a and b lie on either side of the step where (q-p)×(a-p) and (q-p)×(b-p)
    differ in sign, p and q on either side of the segment likewise. An end of one that touches the
    other is a meeting too, at its foot on the step.
    """
    dx, dy = q[:, 0] - p[:, 0], q[:, 1] - p[:, 1]
    ex, ey = b[:, 0] - a[:, 0], b[:, 1] - a[:, 1]
    ax, ay = a[:, 0] - p[:, 0], a[:, 1] - p[:, 1]
    bx, by = b[:, 0] - p[:, 0], b[:, 1] - p[:, 1]
    qx, qy = q[:, 0] - a[:, 0], q[:, 1] - a[:, 1]
    side_a, side_b = dx * ay - dy * ax, dx * by - dy * bx
    side_p, side_q = ey * ax - ex * ay, ex * qy - ey * qx
    square, border_square = dx * dx + dy * dy, ex * ex + ey * ey
    touch = TOUCH_M * np.sqrt(square)
    border_touch = TOUCH_M * np.sqrt(border_square)
    crossing = (side_a * side_b < 0) & (side_p * side_q < 0)
    along_a, along_b = ax * dx + ay * dy, bx * dx + by * dy
    meets_a = (np.abs(side_a) <= touch) & (along_a >= -touch) & (along_a <= square + touch)
    meets_b = (np.abs(side_b) <= touch) & (along_b >= -touch) & (along_b <= square + touch)
    along_p, along_q = -(ax * ex + ay * ey), qx * ex + qy * ey
    low, high = -border_touch, border_square + border_touch
    meets_p = (np.abs(side_p) <= border_touch) & (along_p >= low) & (along_p <= high)
    meets_q = (np.abs(side_q) <= border_touch) & (along_q >= low) & (along_q <= high)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = np.stack(
            [
                side_p / (side_p - side_q),
                np.minimum(np.maximum(along_a / square, 0.0), 1.0),
                np.minimum(np.maximum(along_b / square, 0.0), 1.0),
                np.zeros(len(p)),
                np.ones(len(p)),
            ]
        )
    # Wholly on one side of the step: no end of either is near the other.
    apart = ((side_a > touch) & (side_b > touch)) | ((side_a < -touch) & (side_b < -touch))
    kind, pair = np.nonzero(np.stack([crossing, meets_a, meets_b, meets_p, meets_q]) & ~apart)
    return pair, shares[kind, pair]


def _touches(xy: Floats, a: Floats, b: Floats) -> NDArray[np.bool_]:
    """Return whether places lie within `TOUCH_M` of segments, pairwise."""
    ex, ey = b[:, 0] - a[:, 0], b[:, 1] - a[:, 1]
    x, y = xy[:, 0] - a[:, 0], xy[:, 1] - a[:, 1]
    share = np.minimum(np.maximum((x * ex + y * ey) / (ex * ex + ey * ey), 0.0), 1.0)
    dx, dy = x - share * ex, y - share * ey
    near: NDArray[np.bool_] = dx * dx + dy * dy <= TOUCH_M * TOUCH_M
    return near
