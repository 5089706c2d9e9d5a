"""The blocks of streets that can be clicked: computed once per ground, kept for all requests of a process."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from sqlalchemy import Connection

from geodata.zones.sketching.model import Sketch
from service.drawings.queries import MAX_LINES, Box, basemap_version, street_lines
from service.errors import Refused
from service.words import tr

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Shapes = NDArray[np.object_]

_KEPT = 12


class StreetBlocks:
    """Blocks by ground, borders of the office, basemap and cuts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[Any, ...], Shapes] = OrderedDict()

    def of(self, connection: Connection, sketch: Sketch, frame: Box) -> Shapes:
        """Return the blocks of a drawing's ground, office CRS, largest first.

        Raises
        ------
        Refused
            If the ground has more lines than can be divided in reasonable time.
        """
        outline = _outline(sketch)
        base = (*frame, basemap_version(connection), shapely.to_wkb(outline))
        whole = (*base, tuple(shapely.to_wkb(cut) for cut in sketch.cuts))
        with self._lock:
            found = self._get(whole)
            if found is not None:
                return found
            # Under the lock: two requests of one page would otherwise compute the same twice.
            blocks = self._get(base)
            if blocks is None:
                blocks = self._put(base, _computed(connection, frame, outline, srid=sketch.crs))
            if not sketch.cuts:
                return blocks
            from geodata.zones.sketching.blocks import cut_by

            return self._put(whole, cut_by(blocks, sketch.cuts))

    def _get(self, key: tuple[Any, ...]) -> Shapes | None:
        found = self._known.get(key)
        if found is not None:
            self._known.move_to_end(key)
        return found

    def _put(self, key: tuple[Any, ...], blocks: Shapes) -> Shapes:
        self._known[key] = blocks
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return blocks


def fingerprint(sketch: Sketch, frame: Box) -> str:
    """Return a text that differs whenever a drawing's blocks do, the basemap being the same."""
    digest = hashlib.sha256(repr(frame).encode())
    digest.update(shapely.to_wkb(_outline(sketch)))
    for cut in sketch.cuts:
        digest.update(shapely.to_wkb(cut))
    return digest.hexdigest()[:16]


def _outline(sketch: Sketch) -> BaseGeometry:
    tops = [zone.shape for zone in sketch.of("subdistrict")]
    return tops[0] if len(tops) == 1 else shapely.union_all(np.array([*tops, None], dtype=object))


def _computed(connection: Connection, frame: Box, outline: BaseGeometry, *, srid: int) -> Shapes:
    from geodata.zones.sketching.blocks import street_blocks

    found = street_lines(connection, frame, srid=srid)
    if len(found) > MAX_LINES:
        raise Refused(
            tr(
                f"这一带的道路超过 {MAX_LINES} 条，请把工作范围缩小",
                f"more than {MAX_LINES} roads lie here; choose a smaller ground to work on",
            )
        )
    lines = [shapely.boundary(shape) if shape.area else shape for _, shape in found]
    barriers = [layer != "road" for layer, _ in found]
    return street_blocks(shapely.box(*frame), lines, barriers=barriers, outline=outline)
