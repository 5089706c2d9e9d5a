"""What is dear to make and does not change (tiles of borders and background, classes of a density), kept in memory.

Tiles of problems are never kept: they depend on the person and on the moment. A density is kept under
all that it was made of.
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


_caches: WeakKeyDictionary[Engine, TileCache[bytes]] = WeakKeyDictionary()
_lock = threading.Lock()


def cache_of(engine: Engine) -> TileCache[bytes]:
    """Return the cache that belongs to a store and dies with it."""
    with _lock:
        return _caches.setdefault(engine, TileCache())
