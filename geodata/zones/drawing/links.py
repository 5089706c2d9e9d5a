"""Which blocks touch which, and along how many metres: `links[a][b]` is the border of a and b."""

from __future__ import annotations

Links = list[dict[int, float]]


def add_border(links: Links, a: int, b: int, length_m: float) -> None:
    """Make the border of two blocks longer."""
    links[a][b] = links[a].get(b, 0.0) + length_m
    links[b][a] = links[b].get(a, 0.0) + length_m


def merge(links: Links, gone: int, into: int) -> None:
    """Give the borders of one block to another that touches it; `gone` touches nothing afterwards."""
    for other, length_m in links[gone].items():
        del links[other][gone]
        if other != into:
            add_border(links, other, into, length_m)
    links[gone] = {}
