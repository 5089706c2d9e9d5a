"""The compiled gazetteer, opened: look-ups by name, scanning, similar addresses, basemap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPoint

from geodata.errors import GazetteerError
from geodata.gazetteer.compile import FORMAT, SOURCES
from geodata.gazetteer.container import Container, read_container
from geodata.gazetteer.fuzzy import FuzzyArrays, FuzzyIndex
from geodata.gazetteer.model import LINE_CLASSES, PLACE_KINDS, CrossingRow, LineRow, PlaceRow, ZoneRow
from geodata.gazetteer.names import NameScanner
from geodata.gazetteer.similar import GramIndex
from geodata.gazetteer.slips import SlipKind
from geodata.gazetteer.stems import stem_of
from geodata.geocode.model import NameClass, NameHit
from geodata.linear.route import Route, make_route

if TYPE_CHECKING:
    import geopandas as gpd

_MOST_SLIPS = 32
_SCAN_ORDER: tuple[NameClass, ...] = ("road", "rail", "water", "place", "zone")


@dataclass(frozen=True, slots=True)
class NumberTable:
    """House numbers of one line, sorted: numbers (n,), positions (n, 2), 1-sigma radii (n,)."""

    numbers: NDArray[np.int32]
    xy: NDArray[np.float64]
    sigma_m: NDArray[np.float32]


class Gazetteer:
    """A compiled gazetteer file, read-only and safe to share between threads.

    Coordinates are in `crs` (EPSG code of a projected CRS, metres). Line indices are positions in the
    file's line table.
    """

    def __init__(self, container: Container, path: Path) -> None:
        self._file = container
        self._path = path
        self.crs: int = int(container.meta["crs"])
        self._names = container.texts("name")
        self._ids = {name: index for index, name in enumerate(self._names)}
        self._aliases: dict[str, list[str]] = {
            str(alias): [str(name) for name in names] for alias, names in container.meta["aliases"].items()
        }
        self._areas = container.texts("area")
        self._line_cache: dict[int, LineRow] = {}
        self._route_cache: dict[int, Route] = {}
        self._index_lines()
        self._scanner = NameScanner({name: self.classes_of(name) for name in self._names})

    @classmethod
    def open(cls, path: str | Path) -> Gazetteer:
        """Open a file made by `build`.

        Raises
        ------
        GazetteerError
            If the file is missing, damaged, or made by another version of the format.
        """
        path = Path(path)
        container = read_container(path)
        found = container.meta.get("format")
        if found != FORMAT:
            raise GazetteerError(f"{path} has format {found}, this version reads {FORMAT}; build it again")
        try:
            return cls(container, path)
        except (KeyError, IndexError, ValueError, TypeError, UnicodeDecodeError) as error:
            raise GazetteerError(f"{path} is damaged: {error!r}; build it again") from error

    # --- names -----------------------------------------------------------------------------------

    def _index_lines(self) -> None:
        arrays = self._file.arrays
        self._line_names: list[int] = arrays["line.name"].tolist()
        self._lines_by_name: dict[int, list[int]] = defaultdict(list)
        self._lines_by_stem: dict[str, list[int]] = defaultdict(list)
        for index, name in enumerate(self._line_names):
            self._lines_by_name[name].append(index)
            self._lines_by_stem[stem_of(self._names[name])].append(index)
        self._zones_by_name: dict[int, list[int]] = defaultdict(list)
        for index, name in enumerate(arrays["zone.name"].tolist()):
            self._zones_by_name[name].append(index)
        self._crossings: dict[tuple[int, int], list[int]] = defaultdict(list)
        self._crossings_on: dict[int, list[int]] = defaultdict(list)
        for index, (first, second) in enumerate(arrays["crossing.pair"].tolist()):
            self._crossings[first, second].append(index)
            self._crossings_on[first].append(index)
            self._crossings_on[second].append(index)

    def _resolve(self, name: str) -> list[str]:
        """Return the name and what it is an alias of."""
        return [name, *self._aliases.get(name, ())]

    def classes_of(self, name: str) -> tuple[NameClass, ...]:
        """Return what a name can be, aliases followed; empty for an unknown name."""
        found: set[NameClass] = set()
        for own in self._resolve(name):
            found |= {self.line_class(line) for line in self._lines_by_name.get(self._ids.get(own, -1), ())}
            if self._place_slice(own):
                found.add("place")
            if self._zones_by_name.get(self._ids.get(own, -1)):
                found.add("zone")
        return tuple(kind for kind in _SCAN_ORDER if kind in found)

    def scan(self, text: str) -> list[NameHit]:
        """Return every known name in a normalised text, overlapping hits too, by start then length."""
        return self._scanner.scan(text)

    # --- lines -----------------------------------------------------------------------------------

    def lines_of(self, name: str) -> list[int]:
        """Return the indices of all lines of a name or alias (one per neighbourhood)."""
        found = [
            line
            for own in self._resolve(name)
            for line in self._lines_by_name.get(self._ids.get(own, -1), ())
        ]
        return list(dict.fromkeys(found))

    def variants_of(self, name: str) -> list[int]:
        """Return lines whose name differs only by a direction: 建设西路 and 建设中路 for 建设路."""
        exact = set(self.lines_of(name))
        return [line for line in self._lines_by_stem.get(stem_of(name), ()) if line not in exact]

    def slips_of(self, name: str) -> tuple[tuple[str, SlipKind, int], ...]:
        """Return the names that a name nobody knows may be a slip for: name, kind, edited characters.

        The likeliest first; those of equal kind and edits are tied. See `FuzzyIndex`.
        """
        return self._slips(name)

    @cached_property
    def _slips(self) -> Callable[[str], tuple[tuple[str, SlipKind, int], ...]]:
        arrays = self._file.arrays
        kept = FuzzyArrays(arrays["fuzzy.starts"], arrays["fuzzy.keys"], arrays["fuzzy.ids"])
        index = FuzzyIndex(kept, self._names.__getitem__)

        # The resolvers of one text ask for a name several times.
        @lru_cache(maxsize=1024)
        def found(name: str) -> tuple[tuple[str, SlipKind, int], ...]:
            hits = index.candidates(name, limit=_MOST_SLIPS)
            return tuple((self._names[hit.name_id], hit.kind, hit.distance) for hit in hits)

        return found

    def line_name(self, line: int) -> str:
        """Return a line's name."""
        return self._names[self._line_names[line]]

    def line_class(self, line: int) -> NameClass:
        """Return road, rail or water."""
        return LINE_CLASSES[int(self._file.arrays["line.class"][line])]

    def is_drawn(self, line: int) -> bool:
        """Return whether a line is drawn on a map rather than mined from addresses."""
        return self._drawn[line]

    @cached_property
    def _drawn(self) -> list[bool]:
        drawn: list[bool] = (self._file.arrays["line.source"] != SOURCES.index("mined")).tolist()
        return drawn

    def line(self, line: int) -> LineRow:
        """Return a line; the axis is empty where too little is known of it."""
        row = self._line_cache.get(line)
        if row is None:
            arrays = self._file.arrays
            row = LineRow(
                self.line_name(line),
                LINE_CLASSES[int(arrays["line.class"][line])],
                shapely.from_wkb(self._file.blob("line.axis", line)),  # type: ignore[arg-type]
                shapely.from_wkb(self._file.blob("line.shape", line)),
                float(arrays["line.half_width"][line]),
                float(arrays["line.sigma"][line]),
                SOURCES[int(arrays["line.source"][line])],  # type: ignore[arg-type]
            )
            shapely.prepare(row.shape)
            self._line_cache[line] = row
        return row

    def route(self, line: int) -> Route:
        """Return a line's axis calibrated by its posts."""
        route = self._route_cache.get(line)
        if route is None:
            arrays = self._file.arrays
            low, high = _slice(arrays["post.line"], line)
            route = make_route(
                self.line(line).axis, arrays["post.xy"][low:high], arrays["post.chainage"][low:high]
            )
            self._route_cache[line] = route
        return route

    @cached_property
    def posted_lines(self) -> list[int]:
        """Lines with chainage posts."""
        return sorted(set(self._file.arrays["post.line"].tolist()))

    def crossings_of(self, first: int, second: int) -> list[CrossingRow]:
        """Return the places where two lines meet, best supported first."""
        pair = (min(first, second), max(first, second))
        return [self._crossing(index) for index in self._crossings.get(pair, ())]

    def crossings_on(self, line: int) -> list[CrossingRow]:
        """Return all crossings of a line."""
        return [self._crossing(index) for index in self._crossings_on.get(line, ())]

    def _crossing(self, index: int) -> CrossingRow:
        arrays = self._file.arrays
        first, second = arrays["crossing.pair"][index].tolist()
        x, y = arrays["crossing.xy"][index].tolist()
        nodes = shapely.from_wkb(self._file.blob("crossing.nodes", index))
        source = SOURCES[int(arrays["crossing.source"][index])]
        sigma, support = float(arrays["crossing.sigma"][index]), int(arrays["crossing.support"][index])
        return CrossingRow(first, second, x, y, sigma, support, nodes, source)  # type: ignore[arg-type]

    def numbers_of(self, line: int) -> NumberTable:
        """Return the known house numbers of a line, sorted."""
        arrays = self._file.arrays
        low, high = _slice(arrays["number.line"], line)
        return NumberTable(
            arrays["number.number"][low:high], arrays["number.xy"][low:high], arrays["number.sigma"][low:high]
        )

    # --- places, zones, areas --------------------------------------------------------------------

    def _place_slice(self, name: str) -> range:
        low, high = _slice(self._file.arrays["place.name"], self._ids.get(name, -1))
        return range(low, high)

    def places_of(self, name: str) -> list[PlaceRow]:
        """Return all places of a name or alias."""
        arrays = self._file.arrays
        rows = []
        for own in self._resolve(name):
            for index in self._place_slice(own):
                x, y = arrays["place.xy"][index].tolist()
                rows.append(
                    PlaceRow(
                        own,
                        self._categories[int(arrays["place.category"][index])],
                        x,
                        y,
                        float(arrays["place.sigma"][index]),
                        int(arrays["place.support"][index]),
                        PLACE_KINDS[int(arrays["place.kind"][index])],
                        self._areas[int(arrays["place.area"][index])],
                    )
                )
        return rows

    @cached_property
    def _categories(self) -> list[str]:
        return self._file.texts("place.category_names")

    @cached_property
    def _zone_levels(self) -> list[str]:
        return self._file.texts("zone.level")

    def zones_of(self, name: str) -> list[ZoneRow]:
        """Return the zones of a name or alias; a shape of points means only these are known of it."""
        return [
            ZoneRow(own, self._zone_levels[index], shapely.from_wkb(self._file.blob("zone.shape", index)))
            for own in self._resolve(name)
            for index in self._zones_by_name.get(self._ids.get(own, -1), ())
        ]

    # --- located addresses -----------------------------------------------------------------------

    @cached_property
    def _grams(self) -> GramIndex:
        arrays = self._file.arrays
        codes, idf, starts = arrays["gram.codes"], arrays["gram.idf"], arrays["gram.starts"]
        documents, weights = arrays["gram.documents"], arrays["gram.weights"]
        return GramIndex(codes, idf, starts, documents, weights, len(arrays["document.xy"]))

    def document(self, row: int) -> str:
        """Return a located address, normalised."""
        return self._file.blob("document.text", row).decode("utf-8")

    @property
    def document_xy(self) -> NDArray[np.float64]:
        """Positions of the located addresses, shape (n, 2)."""
        xy: NDArray[np.float64] = self._file.arrays["document.xy"]
        return xy

    @cached_property
    def document_areas(self) -> NDArray[np.object_]:
        """District each located address is filed under."""
        areas: NDArray[np.object_] = np.array(self._areas, dtype=object)
        filed: NDArray[np.object_] = areas[self._file.arrays["document.area"]]
        return filed

    def similar(self, texts: Sequence[str]) -> list[tuple[list[int], list[float]]]:
        """Return per normalised text the located addresses most like it with their likeness, best first."""
        return self._grams.nearest(texts)

    # --- whole -----------------------------------------------------------------------------------

    @cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """Box around everything known, metres; a unit box at the origin when nothing is."""
        arrays = self._file.arrays
        shapes = [shapely.from_wkb(self._file.blob("line.shape", i)) for i in range(len(self._line_names))]
        points = [arrays[f"{kind}.xy"] for kind in ("place", "document", "crossing")]
        boxes = [np.asarray(shapely.bounds(shapes)).reshape(-1, 2), *points]
        every = np.vstack(boxes)
        every = every[np.isfinite(every).all(axis=1)]
        if len(every) == 0:
            return 0.0, 0.0, 1.0, 1.0
        low, high = every.min(axis=0), every.max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    def sample_points(self, *, cell_m: float = 2000.0) -> NDArray[np.float64]:
        """Return one known point per square cell, shape (n, 2): where this gazetteer knows anything."""
        arrays = self._file.arrays
        points = [np.asarray(arrays[f"{kind}.xy"]) for kind in ("place", "document", "crossing", "number")]
        axes = [shapely.get_coordinates(self.line(line).shape) for line in range(len(self._line_names))]
        every = np.vstack([*points, *axes]) if axes else np.vstack(points)
        if len(every) == 0:
            return every
        _, first = np.unique(np.floor(every / cell_m), axis=0, return_index=True)
        return every[np.sort(first)]

    def stats(self) -> dict[str, Any]:
        """Return counts of everything, the CRS and the build report, JSON-able."""
        arrays = self._file.arrays
        kinds = arrays["place.kind"]
        sources = arrays["line.source"]
        return {
            "crs": f"EPSG:{self.crs}",
            "names": len(self._names),
            "places": {kind: int(np.sum(kinds == i)) for i, kind in enumerate(PLACE_KINDS)},
            "lines": {kind: int(np.sum(arrays["line.class"] == i)) for i, kind in enumerate(LINE_CLASSES)},
            "line_sources": {source: int(np.sum(sources == i)) for i, source in enumerate(SOURCES)},
            "crossings": len(arrays["crossing.xy"]),
            "numbers": len(arrays["number.number"]),
            "posts": len(arrays["post.chainage"]),
            "zones": len(arrays["zone.name"]),
            "documents": len(arrays["document.xy"]),
            "aliases": len(self._aliases),
            "report": self._file.meta.get("report", {}),
        }

    def basemap(self) -> gpd.GeoDataFrame:
        """Return what can be drawn under a map: layer, name, class, geometry, in the gazetteer's CRS.

        Layers are road, rail, water, building, green; empty for a gazetteer mined from addresses.
        """
        import geopandas as gpd

        layers, names = self._file.texts("basemap.layer"), self._file.texts("basemap.name")
        classes = self._file.texts("basemap.category")
        shapes = [shapely.from_wkb(self._file.blob("basemap.shape", i)) for i in range(len(layers))]
        columns = {"layer": layers, "name": names, "class": classes}
        return gpd.GeoDataFrame(columns, geometry=shapes, crs=f"EPSG:{self.crs}")

    def crossing_points(self) -> MultiPoint:
        """Return all crossings as points."""
        return MultiPoint(self._file.arrays["crossing.xy"])


def _slice(sorted_ids: NDArray[Any], wanted: int) -> tuple[int, int]:
    if wanted < 0:
        return 0, 0
    low, high = np.searchsorted(sorted_ids, [wanted, wanted + 1])
    return int(low), int(high)
