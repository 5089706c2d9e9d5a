"""Kinds of built things among the places: bridges, gates, exits, by the category a source gave them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

_VALUES = {
    "man_made=bridge": "bridge",
    "highway=motorway_junction": "interchange",
    "railway=station": "station",
    "railway=halt": "station",
    "public_transport=station": "station",
    "railway=subway_entrance": "exit",
    "railway=level_crossing": "level_crossing",
    "barrier=gate": "gate",
    "barrier=entrance": "gate",
    "barrier=lift_gate": "gate",
    "barrier=swing_gate": "gate",
}
_KEYS = {"bridge": "bridge", "tunnel": "tunnel", "junction": "interchange", "entrance": "gate"}
KINDS = ("bridge", "tunnel", "interchange", "gate", "station", "exit", "level_crossing")


def structure_of(category: str) -> str:
    """Return the kind of built thing a category (`key=value`) is, or an empty text.

    Examples
    --------
    >>> structure_of("bridge=viaduct"), structure_of("barrier=gate"), structure_of("shop=bakery")
    ('bridge', 'gate', '')
    """
    return _VALUES.get(category) or _KEYS.get(category.partition("=")[0], "")


def count_structures(categories: Iterable[str]) -> dict[str, int]:
    """Return how many built things of each kind there are, kinds without any included."""
    counts = Counter(structure_of(category) for category in categories)
    return {kind: counts[kind] for kind in KINDS}
