"""Fictional shops of the six trades (六小门店), each at a house number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from shapely import Point

from geodata.demo.authored import Spot
from geodata.demo.numbering import House


def open_shops(
    houses: Sequence[House], table: Mapping[str, Any], rng: np.random.Generator
) -> list[tuple[Spot, House]]:
    """Return shops with the house they stand in.

    Parameters
    ----------
    houses
        House numbers of the district.
    table
        The table `shops` of `names.toml`: trades with their sign words, surnames, roads, count.

    Notes
    -----
    Every name begins with 示范, so that no real shop is meant. Names are unique; a house holds one shop.
    """
    on = [house for house in houses if house.road in set(table["roads"])]
    chosen = rng.choice(len(on), size=table["count"], replace=False)
    found: list[tuple[Spot, House]] = []
    used: set[str] = set()
    trades = table["trade"]
    for number, place in enumerate(chosen.tolist()):
        trade = trades[number % len(trades)]
        options = [f"示范{surname}记{sign}" for surname in table["surnames"] for sign in trade["signs"]]
        free = [name for name in options if name not in used]
        name = free[int(rng.integers(len(free)))]
        used.add(name)
        house = on[place]
        # Two metres behind the number plate, so that a shop is never exactly its number.
        found.append(
            (Spot(name, trade["class"], Point(house.geometry.x + 1.5, house.geometry.y + 1.5)), house)
        )
    return found
