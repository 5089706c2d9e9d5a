"""Numbers and posts put on the line they belong to, by its name or by being the only one near."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property

import numpy as np
import shapely

from geodata.gazetteer.model import Contents, LineClass, NumberRow, PostRow

# A house number farther from its street than this is on another street of that name.
_NUMBER_REACH_M = 300.0
# Without a street's name a house stands at the nearest street, if no other is nearly as near.
_NAMELESS_REACH_M, _CLEARLY, _CLEAR_M = 40.0, 2.0, 20.0
# A milestone stands beside the track or on the verge.
_POST_REACH_M = 40.0


class LineFinder:
    """The lines collected so far, by name and by place."""

    def __init__(self, contents: Contents) -> None:
        self._lines = contents.lines
        self._by_name: dict[str, list[int]] = defaultdict(list)
        for index, line in enumerate(contents.lines):
            self._by_name[line.name].append(index)
        # What a source says of a road by its former name is meant for the road as it is called now.
        for former, names in contents.renamed.items():
            self._by_name[former] += [at for name in names for at in self._by_name.get(name, ())]

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree([line.shape for line in self._lines])

    def named(self, name: str, x: float, y: float, reach_m: float) -> int | None:
        """Return the nearest line of a name within a reach, None if there is none."""
        point = shapely.points(x, y)
        near = ((float(self._lines[at].shape.distance(point)), at) for at in self._by_name.get(name, ()))
        best = min(near, default=(np.inf, -1))
        return best[1] if best[0] <= reach_m else None

    def around(self, x: float, y: float, reach_m: float, line_class: LineClass) -> list[tuple[float, int]]:
        """Return the lines of a class within a reach, with their distances, nearest first."""
        point = shapely.points(x, y)
        near = self._tree.query(point, predicate="dwithin", distance=reach_m).tolist()
        return sorted(
            (float(self._lines[at].shape.distance(point)), at)
            for at in near
            if self._lines[at].line_class == line_class
        )

    def only_street(self, x: float, y: float) -> int | None:
        """Return the street a house with no street's name stands at, None where that is not safe to say."""
        near = self.around(x, y, _CLEARLY * _NAMELESS_REACH_M + _CLEAR_M, "road")
        if not near or near[0][0] > _NAMELESS_REACH_M:
            return None
        name = self._lines[near[0][1]].name
        rival = next((far for far, at in near if self._lines[at].name != name), np.inf)
        return near[0][1] if rival > _CLEARLY * near[0][0] + _CLEAR_M else None


def add_numbers(contents: Contents, rows: Sequence[tuple[str, int, float, float]], sigma_m: float) -> None:
    """Add house numbers (street or "", number, x, y); those without a street go to the only one near."""
    finder = LineFinder(contents)
    for name, number, x, y in rows:
        line = finder.named(name, x, y, _NUMBER_REACH_M) if name else finder.only_street(x, y)
        if line is not None:
            contents.numbers.append(NumberRow(line, number, x, y, sigma_m if name else 1.5 * sigma_m))
        else:
            contents.drop("门牌附近没有这条路" if name else "门牌没有道路名，附近也定不出是哪条路")


def add_named_posts(contents: Contents, rows: Sequence[tuple[str, float, float, float]]) -> None:
    """Add chainage posts (line, metres, x, y) to the line of their name."""
    finder = LineFinder(contents)
    for name, chainage_m, x, y in rows:
        line = finder.named(name, x, y, _NUMBER_REACH_M)
        if line is None:
            contents.drop("里程桩附近没有这条线")
        else:
            contents.posts.append(PostRow(line, chainage_m, x, y))


def add_posts(contents: Contents, rows: Sequence[tuple[LineClass, float, float, float]]) -> None:
    """Add chainage posts without a line's name (class, metres, x, y) to the line they stand at."""
    finder = LineFinder(contents)
    for line_class, chainage_m, x, y in rows:
        near = finder.around(x, y, _POST_REACH_M, line_class)
        if not near:
            contents.drop("里程桩附近没有有名称的线")
            continue
        contents.posts.append(PostRow(near[0][1], chainage_m, x, y))
