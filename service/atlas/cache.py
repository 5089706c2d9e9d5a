"""What is dear to make and does not change, kept in memory: tiles of borders and background, densities, hot spots.

Tiles of problems are never kept: they depend on the person and on the moment. A density and the hot spots
of a week are kept under all that they were made of, so that no change of a case can be missed.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

# A tile is some 10 KB, at most 100: at most 100 MB in the worst case, 10 MB as a rule.
MAX_TILES = 1_000


Kept = TypeVar("Kept")


class TileCache(Generic[Kept]):
    """The most recently used tiles (or what they are cut from) of one store."""

    def __init__(self, *, size: int = MAX_TILES) -> None:
        self._size = size
        self._tiles: OrderedDict[Hashable, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """Return the tile of a key, made when it is not there; two threads may make the same tile."""
        with self._lock:
            if key in self._tiles:
                self._tiles.move_to_end(key)
                return self._tiles[key]
        tile = make()
        with self._lock:
            self._tiles[key] = tile
            while len(self._tiles) > self._size:
                self._tiles.popitem(last=False)
        return tile


class StoreCaches(Generic[Kept]):
    """A cache for each store; it dies with its store."""

    def __init__(self, *, size: int = MAX_TILES) -> None:
        self._size = size
        self._caches: WeakKeyDictionary[Engine, TileCache[Kept]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def of(self, engine: Engine) -> TileCache[Kept]:
        """Return the cache that belongs to a store."""
        with self._lock:
            return self._caches.setdefault(engine, TileCache(size=self._size))


TILES: StoreCaches[bytes] = StoreCaches()
