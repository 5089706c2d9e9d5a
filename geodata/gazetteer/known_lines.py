"""The lines of an opened gazetteer: axes, crossings, house numbers, chainage posts."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.gazetteer.container import Container
from geodata.gazetteer.known_names import KnownNames
from geodata.gazetteer.model import LINE_CLASSES, SOURCES, CrossingRow, LineRow
from geodata.gazetteer.stems import stem_of
from geodata.linear.route import Route, make_route


@dataclass(frozen=True, slots=True)
class NumberTable:
    """House numbers of one line, sorted: numbers (n,), positions (n, 2), 1-sigma radii (n,)."""

    numbers: NDArray[np.int32]
    xy: NDArray[np.float64]
    sigma_m: NDArray[np.float32]


class KnownLines:
    """Lines by index, by name, and by what they meet."""

    def __init__(self, file: Container, names: KnownNames) -> None:
        self._file = file
        self._names = names
        arrays = file.arrays
        self._name_of = arrays["line.name"]
        self._by_name = _Grouped(self._name_of)
        self._number_lines = arrays["number.line"].data
        self._post_lines = arrays["post.line"].data
        pair = arrays["crossing.pair"]
        self._crossings_by_first = _Grouped(pair[:, 0])
        self._crossings_by_second = _Grouped(pair[:, 1])
        self._stems = file.column("stem")
        self._rows: dict[int, LineRow] = {}
        self._routes: dict[int, Route] = {}

    def __len__(self) -> int:
        return len(self._name_of)

    def of(self, name: str) -> list[int]:
        """Return the indices of all lines of a name or alias (one per neighbourhood)."""
        found = [line for own in self._names.meant_by(name) for line in self._by_name.of(own)]
        return list(dict.fromkeys(found))

    def variants_of(self, name: str) -> list[int]:
        """Return lines whose name differs only by a direction: 建设西路 and 建设中路 for 建设路."""
        stem = stem_of(name)
        at = bisect_left(self._stems, stem)
        if at == len(self._stems) or self._stems[at] != stem:
            return []
        exact = set(self.of(name))
        return [line for line in self._by_stem.of(at) if line not in exact]

    @cached_property
    def _by_stem(self) -> _Grouped:
        return _Grouped(self._file.arrays["line.stem"])

    def name(self, line: int) -> str:
        """Return a line's name."""
        return str(self._names[int(self._name_of[line])])

    def row(self, line: int) -> LineRow:
        """Return a line; the axis is empty where too little is known of it."""
        row = self._rows.get(line)
        if row is None:
            arrays = self._file.arrays
            axis: Any = shapely.from_wkb(self._file.blob("line.axis", line))
            row = LineRow(
                self.name(line),
                LINE_CLASSES[int(arrays["line.class"][line])],
                axis,
                shapely.from_wkb(self._file.blob("line.shape", line)),
                float(arrays["line.half_width"][line]),
                float(arrays["line.sigma"][line]),
                SOURCES[int(arrays["line.source"][line])],
            )
            shapely.prepare(row.shape)
            self._rows[line] = row
        return row

    def route(self, line: int) -> Route:
        """Return a line's axis calibrated by its posts."""
        route = self._routes.get(line)
        if route is None:
            arrays = self._file.arrays
            own = slice_of(self._post_lines, line)
            route = make_route(self.row(line).axis, arrays["post.xy"][own], arrays["post.chainage"][own])
            self._routes[line] = route
        return route

    @cached_property
    def posted(self) -> list[int]:
        """Lines with chainage posts."""
        return [int(line) for line in np.unique(self._file.arrays["post.line"])]

    def crossings_of(self, first: int, second: int) -> list[CrossingRow]:
        """Return the places where two lines meet, best supported first."""
        low, high = min(first, second), max(first, second)
        pair = self._file.arrays["crossing.pair"]
        return [self._crossing(row) for row in self._crossings_by_first.of(low) if pair[row, 1] == high]

    def crossings_on(self, line: int) -> list[CrossingRow]:
        """Return all crossings of a line, in the file's order."""
        rows = self._crossings_by_first.of(line) + self._crossings_by_second.of(line)
        return [self._crossing(row) for row in sorted(rows)]

    def crossings(self) -> list[CrossingRow]:
        """Return all crossings in the file's order."""
        return [self._crossing(row) for row in range(len(self._file.arrays["crossing.pair"]))]

    def _crossing(self, row: int) -> CrossingRow:
        arrays = self._file.arrays
        first, second = arrays["crossing.pair"][row].tolist()
        x, y = arrays["crossing.xy"][row].tolist()
        nodes: Any = shapely.from_wkb(self._file.blob("crossing.nodes", row))
        source = SOURCES[int(arrays["crossing.source"][row])]
        sigma, support = float(arrays["crossing.sigma"][row]), int(arrays["crossing.support"][row])
        return CrossingRow(first, second, x, y, sigma, support, nodes, source)

    def numbers_of(self, line: int) -> NumberTable:
        """Return the known house numbers of a line, sorted."""
        arrays = self._file.arrays
        own = slice_of(self._number_lines, line)
        return NumberTable(
            arrays["number.number"][own], arrays["number.xy"][own], arrays["number.sigma"][own]
        )


class _Grouped:
    """Rows of a column by value, in their order."""

    def __init__(self, values: NDArray[np.int32]) -> None:
        order = np.argsort(values, kind="stable").astype(np.int32)
        self._rows = order
        self._values = values[order].data

    def of(self, value: int) -> list[int]:
        rows: list[int] = self._rows[slice_of(self._values, value)].tolist()
        return rows


def slice_of(ordered: Sequence[int] | memoryview, wanted: int) -> slice:
    """Return where a value stands in a sorted column.

    Bisecting a memory view touches some twenty numbers; `np.searchsorted` would first copy a column
    whose type is not that of the value.
    """
    low = bisect_left(ordered, wanted)
    return slice(low, bisect_right(ordered, wanted, low))
