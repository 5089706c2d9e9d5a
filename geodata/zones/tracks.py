"""Many lines as flat arrays: vertices and the distance along the line at each of them.

Ten thousand streets have a million vertices; a Python object per line or per piece would cost more
than cutting them. Everything here is done for all lines at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]
    Shapes = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Tracks:
    """The parts of lines that have a length; no vertex is repeated in a row.

    A *step* is the straight way from a vertex to the next of the same part, and has the number of the
    vertex where it begins.

    Attributes
    ----------
    xy
        Vertices, metres, shape (n, 2).
    measure
        Distance along the line at each vertex, metres, shape (n,). It goes on from one part of a line
        to the next without counting the way between them.
    first
        Where the vertices of each part begin, and their number, shape (parts + 1,).
    line
        The number of the line each part belongs to, rising, shape (parts,).
    """

    xy: Floats
    measure: Floats
    first: Indices
    line: Indices

    def __len__(self) -> int:
        return len(self.line)

    @property
    def start_m(self) -> Floats:
        """Return the distance along the line at which each part begins."""
        start: Floats = self.measure[self.first[:-1]]
        return start

    @property
    def end_m(self) -> Floats:
        """Return the distance along the line at which each part ends."""
        end: Floats = self.measure[self.first[1:] - 1]
        return end

    def steps(self) -> Indices:
        """Return the numbers of all steps, rising."""
        is_step = np.ones(len(self.xy), dtype=bool)
        is_step[self.first[1:] - 1] = False
        found: Indices = np.flatnonzero(is_step)
        return found

    def part_of(self, step: Indices) -> Indices:
        """Return the number of the part each step belongs to."""
        part: Indices = np.searchsorted(self.first, step, side="right") - 1
        return part

    def at(self, step: Indices, along_m: Floats) -> Floats:
        """Return the positions on steps at distances along the line, shape (k, 2)."""
        length = self.measure[step + 1] - self.measure[step]
        share = (along_m - self.measure[step]) / length
        # Both ends come out as they are: a piece that ends at a vertex ends exactly there.
        start, end = self.xy[step], self.xy[step + 1]
        found: Floats = np.where(
            (share < 0.5)[:, None],
            start + share[:, None] * (end - start),
            end - (1.0 - share[:, None]) * (end - start),
        )
        return found

    def step_at(self, low: Indices, high: Indices, along_m: Floats) -> Indices:
        """Return the step on which each distance along the line lies, known to be within low..high."""
        low, high = low.copy(), high.copy()
        for _ in range(int((high - low).max(initial=0)).bit_length()):
            middle = (low + high + 1) // 2
            beyond = self.measure[middle] > along_m
            high = np.where(beyond, np.maximum(middle - 1, low), high)
            low = np.where(beyond, low, middle)
        return low

    def lines(self, first: Indices, start_m: Floats, last: Indices, end_m: Floats) -> Shapes:
        """Return the stretches between two distances along the line as LineStrings.

        Parameters
        ----------
        first, start_m
            Step and distance where each stretch begins; the step's end lies beyond.
        last, end_m
            Step and distance where it ends; the step's start lies before.
        """
        inner = last - first
        count = inner + 2
        ends = np.cumsum(count)
        xy = np.empty((int(ends[-1]) if len(ends) else 0, 2))
        within = np.arange(int(inner.sum())) - np.repeat(np.cumsum(inner) - inner, inner)
        xy[np.repeat(ends - count + 1, inner) + within] = self.xy[np.repeat(first + 1, inner) + within]
        xy[ends - count] = self.at(first, start_m)
        xy[ends - 1] = self.at(last, end_m)
        owner = np.repeat(np.arange(len(first)), count)
        drawn: Shapes = np.asarray(shapely.linestrings(xy, indices=owner), dtype=object)
        return drawn


def tracks_of(lines: Shapes) -> Tracks:
    """Return the parts of LineStrings and MultiLineStrings that have a length.

    Raises
    ------
    ValueError
        If a geometry is missing or no line, or has NaN or infinite coordinates (the first three rows
        are named).
    """
    types = shapely.get_type_id(lines)
    _refuse(~np.isin(types, (1, 2, 5)), "are missing or no lines")
    parts, line = shapely.get_parts(lines, return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    if not np.isfinite(xy).all():
        bad = np.zeros(len(lines), dtype=bool)
        bad[line[part[~np.isfinite(xy).all(axis=1)]]] = True
        _refuse(bad, "have NaN or infinite coordinates")
    length = _step_lengths(xy)
    follows = part[1:] == part[:-1]
    kept = np.ones(len(xy), dtype=bool)
    kept[1:] = ~follows | (length > 0)
    counts = np.bincount(part[kept], minlength=len(parts))
    # A part of a single vertex has no length.
    kept &= (counts > 1)[part]
    if not kept.all():
        xy, part, counts = xy[kept], part[kept], np.where(counts > 1, counts, 0)
        length, follows = _step_lengths(xy), part[1:] == part[:-1]
    length[~follows] = 0.0
    real = np.flatnonzero(counts)
    first = np.concatenate([[0], np.cumsum(counts[real])]).astype(np.intp)
    return Tracks(
        xy=np.ascontiguousarray(xy),
        measure=_measures(length, len(xy), first, line[real]),
        first=first,
        line=line[real].astype(np.intp),
    )


def _step_lengths(xy: Floats) -> Floats:
    steps = np.diff(xy, axis=0)
    length: Floats = np.sqrt(steps[:, 0] * steps[:, 0] + steps[:, 1] * steps[:, 1])
    return length


def _measures(length: Floats, count: int, first: Indices, line: Indices) -> Floats:
    """Return the running sum of the steps, begun anew with each line.

    One running sum over all lines would reach 10^8 m, where the last digit of a float is a hundredth of a
    micrometre; so each line has its own.
    """
    measure = np.zeros(count)
    begins = first[:-1][np.append(True, line[1:] != line[:-1])[: len(line)]]
    ends = np.append(begins[1:], count)[: len(begins)]
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        np.add.accumulate(length[begin : end - 1], out=measure[begin + 1 : end])
    return measure


def _refuse(bad: NDArray[np.bool_], words: str) -> None:
    if bad.any():
        rows = ", ".join(map(str, np.flatnonzero(bad)[:3].tolist()))
        raise ValueError(f"{int(bad.sum())} lines {words} (rows {rows} …)")
