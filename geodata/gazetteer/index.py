"""The compiled gazetteer, opened: one door to names, lines, places, addresses and the basemap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.errors import GazetteerError
from geodata.gazetteer.container import Container, read_container
from geodata.gazetteer.fuzzy import FuzzyArrays, FuzzyIndex
from geodata.gazetteer.known_addresses import KnownAddresses
from geodata.gazetteer.known_lines import KnownLines
from geodata.gazetteer.known_lines import NumberTable as NumberTable
from geodata.gazetteer.known_names import KnownNames
from geodata.gazetteer.known_places import KnownPlaces
from geodata.gazetteer.model import (
    FORMAT,
    LINE_CLASSES,
    PLACE_KINDS,
    SOURCES,
    CrossingRow,
    LineRow,
    NumberRow,
    PlaceRow,
    PostRow,
    ZoneRow,
)
from geodata.gazetteer.slips import SlipKind
from geodata.gazetteer.structures import count_structures
from geodata.geocode.model import NameClass, NameHit
from geodata.linear.route import Route

if TYPE_CHECKING:
    import geopandas as gpd

_MOST_SLIPS = 32


@dataclass(frozen=True, slots=True)
class Known:
    """Rows of a compiled gazetteer; `document_areas` are the districts of its documents, in their order."""

    places: list[PlaceRow]
    zones: list[ZoneRow]
    crossings: list[CrossingRow]
    numbers: list[NumberRow]
    posts: list[PostRow]
    document_areas: list[str]
    aliases: Mapping[str, Sequence[str]]


class Gazetteer:
    """A compiled gazetteer file, read-only and safe to share between threads.

    Coordinates are in `crs` (EPSG code of a projected CRS, metres). Line indices are positions in the
    file's line table.
    """

    def __init__(self, container: Container, path: Path) -> None:
        self._file = container
        self._path = path
        self.crs: int = int(container.meta["crs"])
        min_x, min_y, max_x, max_y = container.meta["bounds"]
        self._bounds = (float(min_x), float(min_y), float(max_x), float(max_y))
        self._names = KnownNames(container)
        self._lines = KnownLines(container, self._names)
        self._places = KnownPlaces(container, self._names)
        self._addresses = KnownAddresses(container)

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
            raise GazetteerError(
                f"{path} has format {found}, this version reads {FORMAT}; build it again",
                zh=f"{path} 的格式是 {found}，本版本读 {FORMAT}；请重新编",
            )
        try:
            return cls(container, path)
        except (KeyError, IndexError, ValueError, TypeError, UnicodeDecodeError) as error:
            raise GazetteerError(
                f"{path} is damaged: {error!r}; build it again", zh=f"{path} 已损坏：{error!r}；请重新编"
            ) from error

    @property
    def confidence(self) -> str | None:
        """The office's own confidence table (CSV text), None where the shipped one is in force."""
        table = self._file.meta.get("confidence")
        return None if table is None else str(table)

    # --- names -----------------------------------------------------------------------------------

    def classes_of(self, name: str) -> tuple[NameClass, ...]:
        """Return what a name can be, aliases followed; empty for an unknown name."""
        return self._names.classes_of(name)

    def scan(self, text: str) -> list[NameHit]:
        """Return every known name in a normalised text, overlapping hits too, by start then length."""
        return self._names.scan(text)

    # --- lines -----------------------------------------------------------------------------------

    def lines_of(self, name: str) -> list[int]:
        """Return the indices of all lines of a name or alias (one per neighbourhood)."""
        return self._lines.of(name)

    def variants_of(self, name: str) -> list[int]:
        """Return lines whose name differs only by a direction: 建设西路 and 建设中路 for 建设路."""
        return self._lines.variants_of(name)

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
        return self._lines.name(line)

    @property
    def line_count(self) -> int:
        """How many lines there are."""
        return len(self._file.arrays["line.class"])

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
        return self._lines.row(line)

    def route(self, line: int) -> Route:
        """Return a line's axis calibrated by its posts."""
        return self._lines.route(line)

    @property
    def posted_lines(self) -> list[int]:
        """Lines with chainage posts."""
        return self._lines.posted

    def crossings_of(self, first: int, second: int) -> list[CrossingRow]:
        """Return the places where two lines meet, best supported first."""
        return self._lines.crossings_of(first, second)

    def crossings_on(self, line: int) -> list[CrossingRow]:
        """Return all crossings of a line."""
        return self._lines.crossings_on(line)

    def numbers_of(self, line: int) -> NumberTable:
        """Return the known house numbers of a line, sorted."""
        return self._lines.numbers_of(line)

    # --- places and zones ------------------------------------------------------------------------

    def places_of(self, name: str) -> list[PlaceRow]:
        """Return all places of a name or alias."""
        return self._places.of(name)

    def zones_of(self, name: str) -> list[ZoneRow]:
        """Return the zones of a name or alias; a shape of points means only these are known of it."""
        return self._places.zones_of(name)

    # --- located addresses -----------------------------------------------------------------------

    @property
    def documents(self) -> Sequence[str]:
        """The located addresses, normalised; each is read when it is asked for."""
        return self._addresses.texts

    @property
    def document_xy(self) -> NDArray[np.float64]:
        """Positions of the located addresses, shape (n, 2)."""
        return self._addresses.xy

    def filed_under(self, area: str) -> NDArray[np.float64]:
        """Return the positions of the located addresses filed under a district, shape (n, 2)."""
        return self._addresses.filed_under(area)

    def similar(self, texts: Sequence[str]) -> list[tuple[list[int], list[float]]]:
        """Return per normalised text the located addresses most like it with their likeness, best first."""
        return self._addresses.grams.nearest(texts)

    # --- whole -----------------------------------------------------------------------------------

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Box around everything known, metres; a unit box at the origin when nothing is."""
        return self._bounds

    def sample_points(self) -> NDArray[np.float64]:
        """Return one known point per square of 2 km, shape (n, 2): where this gazetteer knows anything."""
        points: NDArray[np.float64] = self._file.arrays["sample.xy"]
        return points

    def _crossing_kinds(self) -> dict[str, int]:
        classes = self._file.arrays["line.class"][self._file.arrays["crossing.pair"]]
        # Classes are numbered road, rail, water, so that a pair reads road×rail, road×water.
        pairs = Counter("×".join(LINE_CLASSES[at] for at in sorted(pair)) for pair in classes.tolist())
        return dict(sorted(pairs.items()))

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
            "crossing_kinds": self._crossing_kinds(),
            "posts": len(arrays["post.chainage"]),
            "posted_lines": len(self.posted_lines),
            "structures": count_structures(self._places.categories),
            "zones": len(arrays["zone.name"]),
            "documents": len(arrays["document.xy"]),
            "aliases": len(self._names.aliases),
            "report": self._file.meta.get("report", {}),
        }

    def everything(self) -> Known:
        """Return all rows but lines and documents, to compile them again with others."""
        arrays = self._file.arrays
        numbers = zip(
            arrays["number.line"].tolist(), arrays["number.number"].tolist(), arrays["number.xy"].tolist(),
            arrays["number.sigma"].tolist(), strict=True,
        )  # fmt: skip
        posts = zip(
            arrays["post.line"].tolist(), arrays["post.chainage"].tolist(), arrays["post.xy"].tolist(),
            strict=True,
        )  # fmt: skip
        return Known(
            places=self._places.rows(),
            zones=self._places.zone_rows(),
            crossings=self._lines.crossings(),
            numbers=[NumberRow(line, number, x, y, sigma) for line, number, (x, y), sigma in numbers],
            posts=[PostRow(line, chainage_m, x, y) for line, chainage_m, (x, y) in posts],
            document_areas=self._addresses.areas,
            aliases=self._names.aliases,
        )

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
