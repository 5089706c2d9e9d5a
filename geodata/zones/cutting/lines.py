"""Lines broken where they meet zone borders.

Lines are cut at measures (distances along the line), not by polygon overlay: overlay merges what a
line runs over twice, forgets its direction, and rounds crossings twice. Here the pieces sum to the
whole by construction.

A line is cut wherever it may pass from zone to zone; the middle of each piece then says whose it is,
by the same exact look-up as for points. Pieces that follow on in one zone are one stretch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from geodata.zones.borders.grid import TOUCH_M
from geodata.zones.cutting.tracks import Tracks, tracks_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geodata.zones.assign import ZoneIndex
    from geodata.zones.borders.segments import Borders

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]
    Shapes = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Stretches:
    """Stretches of tracks, in their order, each part of each line covered from end to end.

    Attributes
    ----------
    part
        Number of the part of a line in `tracks`, rising, shape (k,).
    first, last
        The steps on which each stretch begins and ends, shape (k,).
    start_m, end_m
        Distances along the line where it begins and ends, shape (k,).
    """

    tracks: Tracks
    part: Indices
    first: Indices
    last: Indices
    start_m: Floats
    end_m: Floats

    @property
    def line(self) -> Indices:
        """Return the number of the line that each stretch belongs to."""
        line: Indices = self.tracks.line[self.part]
        return line

    def middles(self) -> Floats:
        """Return the position half-way along each stretch, shape (k, 2)."""
        middle = (self.start_m + self.end_m) / 2
        return self.tracks.at(self.tracks.step_at(self.first, self.last, middle), middle)

    def samples(self, counts: Indices) -> Floats:
        """Return evenly spread positions, `counts` of them on each stretch in turn, shape (sum, 2)."""
        own = np.repeat(np.arange(len(counts)), counts)
        within = np.arange(len(own)) - np.repeat(np.cumsum(counts) - counts, counts)
        share = (within + 0.5) / counts[own]
        along = self.start_m[own] + (self.end_m - self.start_m)[own] * share
        return self.tracks.at(self.tracks.step_at(self.first[own], self.last[own], along), along)

    def geometries(self, *, compiled: bool | None = None) -> Shapes:
        """Return each stretch as a LineString in the line's direction; `compiled` as in `cut_lines`."""
        return self.tracks.lines(self.first, self.start_m, self.last, self.end_m, compiled=compiled)

    def joined(self, labels: Indices) -> tuple[Stretches, Indices]:
        """Return stretches with those made one that follow on with the same label, and their labels.

        Parameters
        ----------
        labels
            Shape (k,), or (k, n) where all n must agree.
        """
        table = labels if labels.ndim == 2 else labels[:, None]
        new = np.ones(len(labels), dtype=bool)
        new[1:] = (self.part[1:] != self.part[:-1]) | (table[1:] != table[:-1]).any(axis=1)
        begin = np.flatnonzero(new)
        end = np.append(begin[1:], len(labels))[: len(begin)] - 1
        whole = Stretches(
            self.tracks,
            self.part[begin],
            self.first[begin],
            self.last[end],
            self.start_m[begin],
            self.end_m[end],
        )
        return whole, labels[begin]


class LineParts(NamedTuple):
    """One row per line and zone, sorted by line, zones in code order, outside (-1) last."""

    line: Indices
    zone: Indices
    length_m: Floats
    geometry: Shapes


@dataclass(frozen=True, slots=True)
class LineCuts:
    """Lines cut at the borders of one layer: one row per stretch, in the order of the lines.

    Attributes
    ----------
    line
        Number of the line, rising, shape (k,). A line without length has no row.
    zone
        Number of the zone in code order, -1 outside, shape (k,).
    start_m, end_m
        Distances along the line, metres, shape (k,). On a line of several parts they go on from part
        to part; no stretch belongs to two parts.
    """

    line: Indices
    zone: Indices
    stretches: Stretches

    @property
    def start_m(self) -> Floats:
        """Return the distance along the line at which each stretch begins."""
        return self.stretches.start_m

    @property
    def end_m(self) -> Floats:
        """Return the distance along the line at which each stretch ends."""
        return self.stretches.end_m

    @property
    def length_m(self) -> Floats:
        """Return the length of each stretch in metres."""
        length: Floats = self.end_m - self.start_m
        return length

    def geometries(self, *, compiled: bool | None = None) -> Shapes:
        """Return each stretch as a LineString in the line's direction; `compiled` as in `cut_lines`."""
        return self.stretches.geometries(compiled=compiled)

    def by_zone(self) -> LineParts:
        """Return one row per line and zone.

        Several stretches of a line in one zone are one MultiLineString, in the line's order.
        """
        place = np.where(self.zone < 0, np.iinfo(np.intp).max, self.zone)
        order = np.lexsort([place, self.line])
        line, zone = self.line[order], self.zone[order]
        new = np.ones(len(order), dtype=bool)
        new[1:] = (line[1:] != line[:-1]) | (zone[1:] != zone[:-1])
        group = np.cumsum(new) - 1
        length = np.bincount(group, weights=self.length_m[order], minlength=int(new.sum()))
        shapes = _gathered(self.geometries()[order], group)
        return LineParts(line[new], zone[new], length.astype(np.float64), shapes)


def cut_lines(
    lines: Sequence[BaseGeometry] | Shapes, zones: ZoneIndex, *, compiled: bool | None = None
) -> LineCuts:
    """Return the stretches of lines by the zone in which they lie.

    Parameters
    ----------
    lines
        LineStrings and MultiLineStrings in the zones' CRS (metres); a z is dropped. Parts without
        length count for nothing. No lines give no rows.
    zones
        The layer that cuts them.
    compiled
        Use compiled code; None: if the job is large. The answer is the same.

    Raises
    ------
    ValueError
        If a geometry is missing or no line, or has NaN or infinite coordinates.

    Notes
    -----
    A stretch belongs to the zone that covers its middle; where zones overlap, and where it runs along
    a border (within 1 µm), to the lowest code. A stretch has at least 1 µm; a line that only touches a
    zone has none there. Lengths of a line's stretches sum to its length by construction.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from geodata.zones import ZoneIndex
    >>> zones = ZoneIndex(gpd.GeoDataFrame(
    ...     {"code": ["B", "A"]}, geometry=[shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)], crs=4547
    ... ))
    >>> cuts = cut_lines([shapely.LineString([(4, 5), (25, 5)])], zones)
    >>> list(zip(cuts.zone.tolist(), cuts.start_m.tolist(), cuts.end_m.tolist()))
    [(1, 0.0, 6.0), (0, 6.0, 16.0), (-1, 16.0, 21.0)]
    """
    shapes = np.empty(len(lines), dtype=object)
    shapes[:] = lines
    pieces = broken(tracks_of(shapes, compiled=compiled), [zones.borders], compiled=compiled)
    middles = pieces.middles()
    label = zones.positions(middles[:, 0], middles[:, 1])
    touched = zones.borders.grid.touched(middles, compiled=compiled)
    lower = (touched >= 0) & ((label < 0) | (touched < label))
    stretches, zone = pieces.joined(first_of_code(zones.codes)[np.where(lower, touched, label)])
    return LineCuts(stretches.line, zone, stretches)


def first_of_code(codes: NDArray[np.object_]) -> Indices:
    """Return for each zone number the first one with the same code, and -1 at the end for -1.

    Rows of a layer that share a code are one zone.
    """
    new = np.append(True, codes[1:] != codes[:-1])[: len(codes)]
    first = np.maximum.accumulate(np.where(new, np.arange(len(codes)), 0))
    return np.append(first, -1)


def broken(tracks: Tracks, layers: Sequence[Borders], *, compiled: bool | None = None) -> Stretches:
    """Return the pieces of tracks between all places where they may pass from zone to zone.

    Every crossing of a border is there, and every end of a border segment that a line runs over. Cuts
    that turn out to separate nothing do no harm; none is missing. Of cuts less than 1 µm apart one is
    kept.
    """
    met = [border.grid.meetings(tracks, compiled=compiled) for border in layers]
    step, share = (np.concatenate(column) for column in zip(*met, strict=True))
    if len(met) > 1:
        order = np.lexsort([share, step])
        step, share = step[order], share[order]
    ahead = tracks.measure[step + 1]
    cut = np.minimum(tracks.measure[step] + share * (ahead - tracks.measure[step]), ahead)
    part = tracks.part_of(step)
    kept = (cut - tracks.start_m[part] > TOUCH_M) & (tracks.end_m[part] - cut > TOUCH_M)
    kept[1:] &= (part[1:] != part[:-1]) | (cut[1:] - cut[:-1] > TOUCH_M)
    return _between(tracks, step[kept], cut[kept], part[kept])


def _between(tracks: Tracks, step: Indices, cut: Floats, part: Indices) -> Stretches:
    """Return the pieces between sorted cuts: before the n-th cut n pieces and as many as there are parts."""
    count = len(step) + len(tracks)
    after = np.arange(len(step)) + part + 1
    heads = np.arange(len(tracks)) + np.searchsorted(part, np.arange(len(tracks)))
    tails = np.append(heads[1:], count)[: len(heads)] - 1
    owner, first, last = (np.empty(count, dtype=np.intp) for _ in range(3))
    start, end = np.empty(count), np.empty(count)
    owner[heads], owner[after] = np.arange(len(tracks)), part
    start[heads], start[after] = tracks.start_m, cut
    end[tails], end[after - 1] = tracks.end_m, cut
    # A cut at a vertex begins the next step, and ends the one before.
    first[heads], first[after] = tracks.first[:-1], step + (tracks.measure[step + 1] <= cut)
    last[tails], last[after - 1] = tracks.first[1:] - 2, step - (tracks.measure[step] >= cut)
    return Stretches(tracks, owner, first, last, start, end)


def _gathered(shapes: Shapes, group: Indices) -> Shapes:
    """Return one geometry per group of lines: the line itself, or a MultiLineString of several."""
    counts = np.bincount(group)
    first = np.cumsum(counts) - counts
    result: Shapes = shapes[first]
    several = counts > 1
    if several.any():
        chosen = several[group]
        own = (np.cumsum(several) - 1)[group[chosen]]
        result[several] = shapely.multilinestrings(shapes[chosen], indices=own)
    return result
