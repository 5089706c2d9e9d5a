"""Cells side by side with one finding put together, and named after the cases in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from scipy.ndimage import binary_dilation, label

from geodata.patterns.trend import PATTERNS, Emerging
from geodata.patterns.verdicts import Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.patterns import CellFrame
    from geodata.patterns.hotspots import HotSpots

    Row = Mapping[str, Any]

_BESIDE = np.ones((3, 3), dtype=int)


@dataclass(frozen=True, slots=True)
class SpotPlace:
    """Cells side by side with one finding: `code` is a verdict or a pattern, `x`, `y` their middle (metres).

    `count` problems in the cells and their neighbourhoods, `expected` there if spread by area; `name` is
    the location text most of them share; `pattern` what became of it over the weeks, "" when not judged.
    """

    code: str
    x: float
    y: float
    cells: int
    count: int
    expected: float
    name: str
    zone: str
    pattern: str = ""


class PlaceFinder:
    """Puts cells with one finding together and names them after the cases in and around them.

    A cell is judged with its neighbourhood, so that is what is counted: a hot cell may itself hold nothing.
    """

    def __init__(
        self,
        frame: CellFrame,
        rows: Sequence[Row],
        *,
        studied: NDArray[np.bool_],
        reach_m: float,
        zones: Sequence[Row],
    ) -> None:
        self._frame, self._rows, self._studied, self._zones = frame, rows, studied, zones
        xy = np.array([(row["x"], row["y"]) for row in rows], dtype=np.float64).reshape(-1, 2)
        self._row, self._column = cells_of(xy, frame)
        steps = np.arange(-int(reach_m // frame.cell_m), int(reach_m // frame.cell_m) + 1) * frame.cell_m
        self._disc = np.hypot(*np.meshgrid(steps, steps)) <= reach_m

    def of_verdicts(self, found: HotSpots, course: Emerging | None) -> tuple[SpotPlace, ...]:
        """Return hot places, most problems first, then those that may be chance."""
        share = len(self._rows) / max(int(self._studied.sum()), 1)
        places: list[SpotPlace] = []
        for verdict, code in ((Verdict.HOT, "hot"), (Verdict.CHANCE, "chance")):
            own = [
                self._place(mask, code, share, _course_of(course, mask))
                for mask in _patches(found.verdict == verdict)
            ]
            places += sorted(own, key=lambda place: (-place.count, place.x, place.y))
        return tuple(places)

    def of_patterns(self, course: Emerging) -> tuple[SpotPlace, ...]:
        """Return places by pattern in the order of `PATTERNS`, largest first."""
        places: list[SpotPlace] = []
        for code in PATTERNS:
            if code in ("never", "not_judged"):
                continue
            own = [self._place(mask, code, 0.0, code) for mask in _patches(course.pattern == code)]
            places += sorted(own, key=lambda place: (-place.cells, -place.count, place.x, place.y))
        return tuple(places)

    def _place(self, mask: NDArray[np.bool_], code: str, share: float, pattern: str) -> SpotPlace:
        rows, columns = np.nonzero(mask)
        x = float(self._frame.centre_x()[columns].mean())
        y = float(self._frame.centre_y()[rows].mean())
        near = binary_dilation(mask, structure=self._disc) & self._studied
        members = [self._rows[int(at)] for at in np.flatnonzero(near[self._row, self._column])]
        texts = Counter(member["location_text"] for member in members if member["location_text"])
        zone = next((z["name"] for z in self._zones if shapely.intersects_xy(z["shape"], x, y)), "")
        return SpotPlace(
            code=code, x=x, y=y, cells=len(rows), count=len(members), expected=share * int(near.sum()),
            name=texts.most_common(1)[0][0] if texts else "", zone=zone, pattern=pattern,
        )  # fmt: skip


def _patches(mask: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """Return the connected parts of a mask; cells that share a corner are connected."""
    numbers, count = label(mask, structure=_BESIDE)
    return [numbers == number for number in range(1, count + 1)]


def _course_of(course: Emerging | None, mask: NDArray[np.bool_]) -> str:
    """Return the commonest pattern of some cells that were ever hot, the rarer word on a tie; "never" if none was."""
    if course is None:
        return ""
    seen = Counter(str(name) for name in course.pattern[mask] if name not in ("never", "not_judged"))
    return max(seen, key=lambda name: (seen[name], name)) if seen else "never"


def cells_of(xy: NDArray[np.float64], frame: CellFrame) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return row and column of points inside a frame; those on its last border are in the last cell."""
    column, row = ((xy - np.array(frame.bounds[:2])) // frame.cell_m).astype(np.intp).T
    return np.minimum(row, frame.shape[0] - 1), np.minimum(column, frame.shape[1] - 1)
