"""Lines broken where they meet zone borders.

Lines are cut at measures (distances along the line), not by polygon overlay: overlay merges what a
line runs over twice, forgets its direction, and rounds crossings twice. Here the pieces sum to the
whole by construction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import shapely
from shapely.geometry import LineString, MultiLineString

from geodata.zones.borders import Borders, as_segments

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Floats = NDArray[np.float64]

T = TypeVar("T")

# Two points closer than this are one place: border work is never surveyed to the micrometre.
TOUCH_M = 1e-6


@dataclass(frozen=True, slots=True)
class Track:
    """A line string with the distance along it at each vertex; no repeated vertices."""

    xy: Floats
    measures: Floats

    @property
    def length_m(self) -> float:
        """Return the length of the whole line in metres."""
        return float(self.measures[-1])

    def at(self, measures: Floats) -> Floats:
        """Return the positions at distances along the line, shape (n, 2)."""
        return np.column_stack([np.interp(measures, self.measures, self.xy[:, axis]) for axis in (0, 1)])

    def piece(self, start_m: float, end_m: float) -> LineString:
        """Return the part between two distances along the line, in the line's direction."""
        inner = (self.measures > start_m) & (self.measures < end_m)
        ends = self.at(np.array([start_m, end_m]))
        return LineString(np.vstack([ends[:1], self.xy[inner], ends[1:]]))


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of a track between two distances along it, metres."""

    track: Track
    start_m: float
    end_m: float

    def line(self) -> LineString:
        """Return the stretch as a line."""
        return self.track.piece(self.start_m, self.end_m)


def merged(runs: Iterable[Run]) -> list[Run]:
    """Return the runs with those joined that follow on without a gap."""
    result: list[Run] = []
    for run in runs:
        last = result[-1] if result else None
        if last and last.track is run.track and last.end_m == run.start_m:
            result[-1] = Run(run.track, last.start_m, run.end_m)
        else:
            result.append(run)
    return result


def tracks_of(line: BaseGeometry) -> list[Track]:
    """Return the parts of a LineString or MultiLineString that have a length."""
    return [track for part in shapely.get_parts(line) if (track := _track(part)).length_m > 0]


def _track(line: BaseGeometry) -> Track:
    xy: Floats = np.asarray(shapely.get_coordinates(line))
    steps = np.hypot(*np.diff(xy, axis=0).T)
    kept = np.concatenate([[True], steps > 0])
    return Track(xy=xy[kept], measures=np.concatenate([[0.0], np.cumsum(steps[steps > 0])]))


def cut_measures(tracks: Sequence[Track], borders: Sequence[Borders]) -> list[Floats]:
    """Return for each line the distances along it at which it may pass from zone to zone.

    Both ends are included. Every crossing of a border is there, and every border vertex the line
    runs over. Cuts that turn out to separate nothing do no harm; none is missing.
    """
    starts = np.concatenate([track.xy[:-1] for track in tracks])
    ends = np.concatenate([track.xy[1:] for track in tracks])
    measures = np.concatenate([track.measures[:-1] for track in tracks])
    owner = np.repeat(np.arange(len(tracks)), [len(track.xy) - 1 for track in tracks])
    owners, cuts = [], []
    steps = as_segments(starts, ends)
    for border in borders:
        step, segment = border.near(steps, TOUCH_M)
        met, along_m = _meetings(
            starts[step], ends[step] - starts[step], border.start[segment], border.end[segment]
        )
        step = step[met]
        owners.append(owner[step])
        cuts.append(measures[step] + along_m)
    at, line = np.concatenate(cuts), np.concatenate(owners)
    order = np.argsort(line, kind="stable")
    groups = np.split(at[order], np.searchsorted(line[order], np.arange(1, len(tracks))))
    return [_tidy(track, found) for track, found in zip(tracks, groups, strict=True)]


def _tidy(track: Track, cuts: Floats) -> Floats:
    """Return sorted cuts with both ends; cuts within rounding of each other are one."""
    ends = np.array([0.0, track.length_m])
    measures = np.unique(np.clip(np.concatenate([ends, cuts]), 0.0, track.length_m))
    result: Floats = measures[np.concatenate([[True], np.diff(measures) > 1e-9])]
    result[-1] = track.length_m
    return result


def _meetings(origin: Floats, along: Floats, start: Floats, end: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Return where steps of a line meet border segments, pairwise: pair numbers, metres from the origin.

    A pair meets where it crosses, and where the line runs over an end of the border segment.
    """
    length = np.hypot(along[:, 0], along[:, 1])
    border = end - start
    slope = along[:, 0] * border[:, 1] - along[:, 1] * border[:, 0]
    to_start = start - origin
    crossing = np.full(len(origin), np.nan)
    np.divide(
        to_start[:, 0] * border[:, 1] - to_start[:, 1] * border[:, 0], slope, out=crossing, where=slope != 0
    )
    ends = [
        np.where(_off_line(point - origin, along, length) <= TOUCH_M, _share(point - origin, along), np.nan)
        for point in (start, end)
    ]
    shares = np.stack([crossing, *ends])
    kind, pair = np.nonzero((shares >= 0) & (shares <= 1))
    return pair, shares[kind, pair] * length[pair]


def _off_line(offset: Floats, along: Floats, length: Floats) -> Floats:
    across: Floats = np.abs(along[:, 0] * offset[:, 1] - along[:, 1] * offset[:, 0]) / length
    return across


def _share(offset: Floats, along: Floats) -> Floats:
    share: Floats = np.einsum("ij,ij->i", offset, along) / np.einsum("ij,ij->i", along, along)
    return share


def joined(cuts: Floats, labels: Iterable[T]) -> list[tuple[T, float, float]]:
    """Return (label, start, end) of maximal stretches of pieces with one label, in order."""
    runs: list[tuple[T, float, float]] = []
    for label, start, end in zip(labels, cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
        if runs and runs[-1][0] == label:
            runs[-1] = (label, runs[-1][1], end)
        else:
            runs.append((label, start, end))
    return runs


def as_lines(pieces: Sequence[LineString]) -> BaseGeometry:
    """Return one LineString, or a MultiLineString of several."""
    return pieces[0] if len(pieces) == 1 else MultiLineString(list(pieces))
