"""A placed picture as map tiles: every pixel of a tile is looked up in the picture, metric-correct.

The way from a tile's pixel to the picture's goes web mercator → office CRS → control points. The first
step is computed exactly at 17 × 17 nodes of a tile and in between bilinearly, which at zoom 12 and
nearer errs less than a hundredth of a pixel; the second is exact everywhere.
"""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np

from geodata.crs import WEB_MERCATOR, reproject_xy
from geodata.georeference import Placing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from service.atlas.tiles import Tile

    Floats = NDArray[np.float64]
    Pixels = NDArray[np.uint8]

SIDE_PX = 256
_NODES = 17
_KEPT = 2


class PictureShelf:
    """The decoded pictures that were asked for last, each with copies of half the size."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[UUID, list[Pixels]] = OrderedDict()

    def levels(self, picture_id: UUID, content: Callable[[], bytes]) -> list[Pixels]:
        """Return a picture at full, half, quarter … size; `content` reads its JPEG where it is not known."""
        with self._lock:
            found = self._known.get(picture_id)
            if found is None:
                found = _halved(_decoded(content()))
                self._known[picture_id] = found
            self._known.move_to_end(picture_id)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
            return found


def _decoded(jpeg: bytes) -> Pixels:
    from PIL import Image

    # Our own encoding, its size checked when it was made.
    with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as picture:
        return np.asarray(picture.convert("RGB"))


def _halved(picture: Pixels) -> list[Pixels]:
    levels = [picture]
    while min(levels[-1].shape[:2]) > SIDE_PX:
        last = levels[-1]
        even = last[: last.shape[0] // 2 * 2, : last.shape[1] // 2 * 2].astype(np.uint16)
        mean = (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2] + 2) // 4
        levels.append(mean.astype(np.uint8))
    return levels


def tile_positions(tile: Tile, placing: Placing, *, crs: int) -> Floats:
    """Return the picture's column and row for each pixel centre of a tile, shape (256, 256, 2); NaN for none."""
    west, south, east, north = tile.bounds
    x, y = np.meshgrid(np.linspace(west, east, _NODES), np.linspace(north, south, _NODES))
    metres = reproject_xy(np.column_stack([x.ravel(), y.ravel()]), WEB_MERCATOR, crs)
    nodes = metres.reshape(_NODES, _NODES, 2)
    weights = _weights()
    between = np.stack([weights @ nodes[..., axis] @ weights.T for axis in (0, 1)], axis=-1)
    return placing.to_pixels(between.reshape(-1, 2)).reshape(SIDE_PX, SIDE_PX, 2)


def _weights() -> Floats:
    """Return how much each node counts for each pixel centre, shape (256, 17)."""
    at = (np.arange(SIDE_PX) + 0.5) / SIDE_PX * (_NODES - 1)
    low = np.minimum(at.astype(int), _NODES - 2)
    weights = np.zeros((SIDE_PX, _NODES))
    weights[np.arange(SIDE_PX), low] = 1 - (at - low)
    weights[np.arange(SIDE_PX), low + 1] = at - low
    return weights


def warped(tile: Tile, levels: list[Pixels], placing: Placing, *, crs: int) -> Pixels:
    """Return a tile of the picture as RGBA, transparent beside it."""
    positions = tile_positions(tile, placing, crs=crs)
    steps = np.hypot(*np.moveaxis(np.diff(positions, axis=1), -1, 0))
    step = float(np.nanmedian(steps)) if np.isfinite(steps).any() else 1.0
    level = int(np.clip(np.floor(np.log2(max(step, 1.0))), 0, len(levels) - 1))
    picture = levels[level]
    # Pixel centres stand at halves, in the picture as in the tile.
    column, row = (positions[..., axis] / 2**level - 0.5 for axis in (0, 1))
    height, width = picture.shape[:2]
    with np.errstate(invalid="ignore"):
        inside = (column >= -0.5) & (row >= -0.5) & (column <= width - 0.5) & (row <= height - 0.5)
    out = np.zeros((SIDE_PX, SIDE_PX, 4), dtype=np.uint8)
    if not inside.any():
        return out
    x, y = np.clip(column[inside], 0, width - 1), np.clip(row[inside], 0, height - 1)
    x0, y0 = np.minimum(x.astype(int), width - 2), np.minimum(y.astype(int), height - 2)
    dx, dy = (x - x0)[:, None], (y - y0)[:, None]
    colours = (
        picture[y0, x0] * (1 - dx) * (1 - dy) + picture[y0, x0 + 1] * dx * (1 - dy)
        + picture[y0 + 1, x0] * (1 - dx) * dy + picture[y0 + 1, x0 + 1] * dx * dy
    )  # fmt: skip
    out[inside, :3] = np.round(colours)
    out[inside, 3] = 255
    return out


def as_webp(pixels: Pixels) -> bytes:
    """Return RGBA pixels as WebP."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(pixels, "RGBA").save(out, "WEBP", quality=82, method=1)
    return out.getvalue()
