"""Tiles that do not change while the service runs (borders, background), kept in memory.

Problems are never kept: their tiles depend on the person and on the moment.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

# A tile is some 10 KB, at most 100: at most 100 MB in the worst case, 10 MB as a rule.
MAX_TILES = 1_000


class TileCache:
    """The most recently used tiles of one store."""

    def __init__(self, *, size: int = MAX_TILES) -> None:
        self._size = size
        self._tiles: OrderedDict[Hashable, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
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


_caches: WeakKeyDictionary[Engine, TileCache] = WeakKeyDictionary()
_lock = threading.Lock()


def cache_of(engine: Engine) -> TileCache:
    """Return the cache that belongs to a store and dies with it."""
    with _lock:
        return _caches.setdefault(engine, TileCache())
