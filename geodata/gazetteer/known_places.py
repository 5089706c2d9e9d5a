"""The places and zones of an opened gazetteer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import shapely

from geodata.gazetteer.container import Container
from geodata.gazetteer.known_lines import slice_of
from geodata.gazetteer.known_names import KnownNames
from geodata.gazetteer.model import PLACE_KINDS, PlaceRow, ZoneRow


class KnownPlaces:
    """Places and zones by name."""

    def __init__(self, file: Container, names: KnownNames) -> None:
        self._file = file
        self._names = names
        self._place_names = file.arrays["place.name"].data
        self._areas = file.texts("area")
        self._categories = file.texts("place.category_names")

    def of(self, name: str) -> list[PlaceRow]:
        """Return all places of a name or alias."""
        rows = []
        for own in self._names.meant_by(name):
            found = slice_of(self._place_names, own)
            rows += [self._row(index) for index in range(found.start, found.stop)]
        return rows

    def rows(self) -> list[PlaceRow]:
        """Return all places in the file's order."""
        return [self._row(index) for index in range(len(self._place_names))]

    def zone_rows(self) -> list[ZoneRow]:
        """Return all zones in the file's order."""
        return [
            ZoneRow(
                str(self._names[own]),
                self._zone_levels[index],
                shapely.from_wkb(self._file.blob("zone.shape", index)),
            )
            for index, own in enumerate(self._file.arrays["zone.name"].tolist())
        ]

    @property
    def categories(self) -> Iterator[str]:
        """The category of every place."""
        return (self._categories[at] for at in self._file.arrays["place.category"].tolist())

    def _row(self, index: int) -> PlaceRow:
        arrays = self._file.arrays
        x, y = arrays["place.xy"][index].tolist()
        return PlaceRow(
            str(self._names[self._place_names[index]]),
            self._categories[int(arrays["place.category"][index])],
            x,
            y,
            float(arrays["place.sigma"][index]),
            int(arrays["place.support"][index]),
            PLACE_KINDS[int(arrays["place.kind"][index])],
            self._areas[int(arrays["place.area"][index])],
        )

    @cached_property
    def _zones(self) -> Mapping[int, list[int]]:
        found: dict[int, list[int]] = {}
        for index, name in enumerate(self._file.arrays["zone.name"].tolist()):
            found.setdefault(name, []).append(index)
        return found

    @cached_property
    def _zone_levels(self) -> list[str]:
        return self._file.texts("zone.level")

    def zones_of(self, name: str) -> list[ZoneRow]:
        """Return the zones of a name or alias; a shape of points means only these are known of it."""
        return [
            ZoneRow(
                str(self._names[own]),
                self._zone_levels[index],
                shapely.from_wkb(self._file.blob("zone.shape", index)),
            )
            for own in self._names.meant_by(name)
            for index in self._zones.get(own, ())
        ]
