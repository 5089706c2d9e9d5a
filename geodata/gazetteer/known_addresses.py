"""The located addresses of an opened gazetteer: their texts, positions, districts, and likeness."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from geodata.gazetteer.container import Container
from geodata.gazetteer.similar import GramIndex


class KnownAddresses:
    """Located addresses by row."""

    def __init__(self, file: Container) -> None:
        arrays = file.arrays
        self.xy: NDArray[np.float64] = arrays["document.xy"]
        self.texts: Sequence[str] = file.column("document.text")
        self.grams = GramIndex(
            arrays["gram.codes"],
            arrays["gram.idf"],
            arrays["gram.starts"],
            arrays["gram.documents"],
            arrays["gram.weights"],
            len(self.xy),
        )
        self._area_of = arrays["document.area"]
        self._areas = file.texts("area")

    @property
    def areas(self) -> list[str]:
        """The district that each address is filed under, "" for none."""
        return [self._areas[at] for at in self._area_of.tolist()]

    @cached_property
    def _area_ids(self) -> dict[str, int]:
        used = np.flatnonzero(np.bincount(self._area_of, minlength=len(self._areas)))
        return {self._areas[index]: int(index) for index in used if self._areas[index]}

    def filed_under(self, area: str) -> NDArray[np.float64]:
        """Return the positions of the addresses filed under a district, shape (n, 2); n = 0 for none."""
        found: NDArray[np.float64] = self.xy[self._area_of == self._area_ids.get(area, -1)]
        return found
