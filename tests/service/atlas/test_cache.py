"""The cache keeps the newest tiles, each made once."""

from __future__ import annotations

from service.atlas.cache import TileCache


def test_a_tile_is_made_once_and_the_oldest_goes():
    made = []

    def make(key):
        made.append(key)
        return key.encode()

    cache = TileCache(size=2)
    for key in ("a", "b", "a", "c", "a", "b"):
        assert cache.get(key, lambda key=key: make(key)) == key.encode()
    # "b" was the least recently used when "c" came, and had to be made again.
    assert made == ["a", "b", "c", "b"]
