"""Many lines as flat arrays: vertices and the distance along the line at each of them.

Ten thousand streets have a million vertices; a Python object per line or per piece would cost more
than cutting them. Everything here is done for all lines at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.errors import Fault, InputError
from geodata.zones.borders.grid import is_compiled

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

    def lines(
        self, first: Indices, start_m: Floats, last: Indices, end_m: Floats, *, compiled: bool | None = None
    ) -> Shapes:
        """Return the stretches between two distances along the line as LineStrings.

        Parameters
        ----------
        first, start_m
            Step and distance where each stretch begins; the step's end lies beyond.
        last, end_m
            Step and distance where it ends; the step's start lies before.
        compiled
            As in `geodata.zones.borders.grid.is_compiled`.
        """
        offsets = np.append(0, np.cumsum(last - first + 2))
        xy = np.empty((int(offsets[-1]), 2))
        if is_compiled(len(xy), compiled):
            from geodata.zones.borders import grid_kernel

            grid_kernel.copy_inner(self.xy, first, last, offsets, xy)
        else:
            inner = last - first
            # All vertices of a stretch follow each other, and so do the places where they are put.
            taken = np.arange(int(inner.sum())) + np.repeat(first + 1 - (np.cumsum(inner) - inner), inner)
            xy[taken + np.repeat(offsets[:-1] - first, inner)] = self.xy[taken]
        xy[offsets[:-1]] = self.at(first, start_m)
        xy[offsets[1:] - 1] = self.at(last, end_m)
        drawn: Shapes = np.asarray(
            shapely.from_ragged_array(shapely.GeometryType.LINESTRING, xy, (offsets,)), dtype=object
        )
        return drawn


def tracks_of(lines: Shapes, *, compiled: bool | None = None) -> Tracks:
    """Return the parts of LineStrings and MultiLineStrings that have a length.

    Parameters
    ----------
    compiled
        As in `geodata.zones.borders.grid.is_compiled`.

    Raises
    ------
    ValueError
        If a geometry is missing or no line, or has NaN or infinite coordinates (the first three rows
        are named).
    """
    types = shapely.get_type_id(lines)
    _refuse(~np.isin(types, (1, 2, 5)), Fault("are missing or no lines", "是空的或不是线"))
    several = bool((types == 5).any())
    parts, line = shapely.get_parts(lines, return_index=True) if several else (lines, np.arange(len(lines)))
    xy, part = shapely.get_coordinates(parts, return_index=True)
    if not np.isfinite(xy).all():
        bad = np.zeros(len(lines), dtype=bool)
        bad[line[part[~np.isfinite(xy).all(axis=1)]]] = True
        _refuse(bad, Fault("have NaN or infinite coordinates", "的坐标不是有限的数"))
    counts = np.bincount(part, minlength=len(parts))
    length, repeated = _step_lengths(xy, counts)
    if repeated.any() or (counts == 1).any():
        kept = np.append(True, ~repeated)[: len(xy)]
        counts = np.bincount(part[kept], minlength=len(parts))
        # A part of a single vertex has no length.
        kept &= (counts > 1)[part]
        xy, counts = xy[kept], np.where(counts > 1, counts, 0)
        length, _ = _step_lengths(xy, counts)
    real = np.flatnonzero(counts)
    first, owner = np.append(0, np.cumsum(counts[real])).astype(np.intp), line[real].astype(np.intp)
    return Tracks(xy=xy, measure=_measures(length, first, owner, compiled), first=first, line=owner)


def _step_lengths(xy: Floats, counts: Indices) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the way from each vertex to the next, and where that is the same place again.

    From one part to the next the way is 0, and no repetition.
    """
    x, y = np.diff(xy[:, 0]), np.diff(xy[:, 1])
    length: Floats = np.sqrt(x * x + y * y)
    breaks = np.cumsum(counts[counts > 0])[:-1] - 1
    length[breaks] = np.inf
    repeated = length == 0
    length[breaks] = 0.0
    return length, repeated


def _measures(length: Floats, first: Indices, line: Indices, compiled: bool | None) -> Floats:
    """Return the running sum of the steps, begun anew with each line.

    One running sum over all lines would be quicker, but what else is in the list would then change the
    last digits of a line.
    """
    if not len(line):
        return np.zeros(0)
    if is_compiled(len(length), compiled):
        from geodata.zones.borders import grid_kernel

        compiled_sum: Floats = grid_kernel.measures(length, first, line)
        return compiled_sum
    measure = np.zeros(len(length) + 1)
    begins = first[:-1][np.append(True, line[1:] != line[:-1])]
    for begin, end in zip(begins.tolist(), [*begins[1:].tolist(), len(measure)], strict=True):
        np.add.accumulate(length[begin : end - 1], out=measure[begin + 1 : end])
    return measure


def _refuse(bad: NDArray[np.bool_], fault: Fault) -> None:
    if bad.any():
        rows = ", ".join(map(str, np.flatnonzero(bad)[:3].tolist()))
        many = int(bad.sum())
        raise InputError(
            f"{many} lines {fault.en} (rows {rows} …)", zh=f"{many} 条线{fault.zh}（第 {rows} … 行，从 0 起）"
        )
