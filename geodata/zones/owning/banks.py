"""The two sides of a centre line: where a place lies along and beside it, and whose each bank is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import numpy as np
import shapely

from geodata.zones.borders.segments import as_points, as_segments
from geodata.zones.cutting.lines import cut_lines
from geodata.zones.cutting.tracks import tracks_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry import LineString

    from geodata.zones.assign import ZoneIndex

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]

Hand: TypeAlias = Literal["left", "right"]
SIGN: dict[Hand, float] = {"left": 1.0, "right": -1.0}
# A side within about 20 degrees of the line's own direction cannot be a side of it.
_ACROSS = 0.35
# Moved off the inside of a bend, a place may come to lie nearer to the line than it was moved.
_CLEAR = 0.99
# A stretch shorter than this is a place.
_POINT_M = 1e-6


@dataclass(frozen=True, slots=True)
class Bank:
    """Whose the ground beside a line is: zone `zone[i]` (-1 none) from `start_m[i]` to `end_m[i]` along it."""

    start_m: Floats
    end_m: Floats
    zone: Indices

    def at(self, along_m: Floats) -> Indices:
        """Return the zone beside each distance along the line."""
        place = np.searchsorted(self.end_m, along_m, side="left")
        zone: Indices = self.zone[np.minimum(place, len(self.zone) - 1)]
        return zone

    def between(self, low_m: float, high_m: float) -> list[tuple[int, float, float]]:
        """Return (zone, from, to) of all that lies between two distances; a place gives one of no length."""
        if high_m - low_m <= _POINT_M:
            return [(int(self.at(np.array([low_m]))[0]), low_m, high_m)]
        start, end = np.maximum(self.start_m, low_m), np.minimum(self.end_m, high_m)
        met = np.flatnonzero(end > start)
        return list(zip(self.zone[met].tolist(), start[met].tolist(), end[met].tolist(), strict=True))


class CentreLine:
    """A centre line, seen along and across; left is left of the direction in which it is drawn.

    Parameters
    ----------
    line
        LineString with a length, metres.

    Raises
    ------
    ValueError
        If it is something else.
    """

    def __init__(self, line: LineString) -> None:
        if shapely.get_type_id(line) != 1 or not line.length > 0:
            raise ValueError(f"a centre line must be a LineString with a length, not {line!r}")
        self.line = line
        self.track = tracks_of(np.array([line], dtype=object), compiled=False)
        steps = np.diff(self.track.xy, axis=0)
        self._along: Floats = steps / np.hypot(steps[:, 0], steps[:, 1])[:, None]
        shapely.prepare(line)

    @property
    def length_m(self) -> float:
        """Return the length in metres."""
        return float(self.track.measure[-1])

    def project(self, xy: Floats) -> tuple[Floats, Floats]:
        """Return for each place the distance along the line of its nearest position, and how far left it lies.

        To the right is negative. Beyond the line's ends the distance to the end counts.

        Notes
        -----
        Nearest to a vertex, a place is left where it is left of the sum of both directions there; one
        direction alone errs in sharp bends.
        """
        along = np.clip(shapely.line_locate_point(self.line, as_points(xy)), 0.0, self.length_m)
        step = self._step(along)
        measure = self.track.measure
        direction = self._along[step].copy()
        here = np.abs(along - measure[step]) < 1e-9
        before = here & (step > 0)
        direction[before] += self._along[step[before] - 1]
        after = (np.abs(along - measure[step + 1]) < 1e-9) & (step + 1 < len(self._along))
        direction[after] += self._along[step[after] + 1]
        offset = xy - self.track.at(step, along)
        side = direction[:, 0] * offset[:, 1] - direction[:, 1] * offset[:, 0]
        away: Floats = np.hypot(offset[:, 0], offset[:, 1])
        return along, np.where(side < 0, -away, away)

    def beside(self, along_m: Floats, left_m: Floats) -> Floats:
        """Return the places beside distances along the line, shape (n, 2); to the right is negative."""
        step = self._step(along_m)
        along = self._along[step]
        left = np.column_stack([-along[:, 1], along[:, 0]])
        places: Floats = self.track.at(step, along_m) + left * np.asarray(left_m)[:, None]
        return places

    def hand(self, bearing_deg: float, low_m: float, high_m: float) -> Hand | None:
        """Return which hand a compass side is of the stretch between two distances; None if neither.

        The way from one end of the stretch to the other counts, so that a meander keeps its bank.
        """
        ends = np.array([max(low_m - 25.0, 0.0), min(high_m + 25.0, self.length_m)])
        (ax, ay), (bx, by) = self.track.at(self._step(ends), ends).tolist()
        length = float(np.hypot(bx - ax, by - ay))
        if length == 0.0:
            return None
        east, north = np.sin(np.radians(bearing_deg)), np.cos(np.radians(bearing_deg))
        across = ((bx - ax) * north - (by - ay) * east) / length
        if abs(across) <= _ACROSS:
            return None
        return "left" if across > 0 else "right"

    def bank(self, hand: Hand, offset_m: float, zones: ZoneIndex) -> Bank:
        """Return whose the ground is at a distance to one side, all along the line.

        Notes
        -----
        Every step is moved sideways, cut at the zones' borders, and moved back: distances along the
        line stay what they are, and together they are the line. On the inside of a bend moved places
        come back to the line or cross it; these take the zone of the nearest place that has not.
        """
        shift = SIGN[hand] * offset_m
        left = np.column_stack([-self._along[:, 1], self._along[:, 0]]) * shift
        cuts = cut_lines(as_segments(self.track.xy[:-1] + left, self.track.xy[1:] + left), zones)
        begin = self.track.measure[:-1][cuts.line]
        ahead = self.track.measure[1:][cuts.line]
        is_last = np.append(cuts.line[1:] != cuts.line[:-1], True)
        start, end = begin + cuts.start_m, np.where(is_last, ahead, begin + cuts.end_m)
        middle = (start + end) / 2
        places = self.beside(middle, np.full(len(middle), shift))
        away = shapely.distance(self.line, as_points(places))
        return Bank(start, end, _filled(cuts.zone, middle, away >= _CLEAR * offset_m))

    def _step(self, along_m: Floats) -> Indices:
        step = np.searchsorted(self.track.measure, along_m, side="right") - 1
        within: Indices = np.clip(step, 0, len(self._along) - 1)
        return within


class BankPiece(NamedTuple):
    """What of a problem one stretch of one bank has.

    Attributes
    ----------
    number, hand
        The line and the side of it.
    zone
        The zone beside it, -1 for none.
    low_m, high_m
        From where to where along the centre line; a place has no length.
    share
        Of the whole problem; all pieces of a problem sum to 1.
    part, from_m, to_m
        Which part of the problem's own line, and from where to where along it, in the direction in
        which `low_m` goes to `high_m`; 0 for a point or an area.
    """

    number: int
    hand: Hand
    zone: int
    low_m: float
    high_m: float
    share: float
    part: int
    from_m: float
    to_m: float

    @property
    def middle_m(self) -> float:
        """Return the distance along the line half-way."""
        return (self.low_m + self.high_m) / 2

    def between(self, start_m: float, end_m: float, zone: int) -> BankPiece:
        """Return the part of this piece between two distances along the line, in another zone."""
        whole = self.high_m - self.low_m
        first, last = (
            ((start_m - self.low_m) / whole, (end_m - self.low_m) / whole) if whole > 0 else (0.0, 1.0)
        )
        reach = self.to_m - self.from_m
        return self._replace(
            zone=zone, low_m=start_m, high_m=end_m, share=self.share * (last - first),
            from_m=self.from_m + first * reach, to_m=self.from_m + last * reach,
        )  # fmt: skip


def _filled(zone: Indices, at_m: Floats, is_clear: NDArray[np.bool_]) -> Indices:
    """Return the zones with the unclear ones taken from the nearest clear place along the line."""
    clear = np.flatnonzero(is_clear)
    if not len(clear):
        return zone
    after = np.clip(np.searchsorted(at_m[clear], at_m), 0, len(clear) - 1)
    before = np.maximum(after - 1, 0)
    is_before = np.abs(at_m[clear[before]] - at_m) <= np.abs(at_m[clear[after]] - at_m)
    return zone[np.where(is_clear, np.arange(len(zone)), clear[np.where(is_before, before, after)])]
