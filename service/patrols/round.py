"""From a grid's stops to a round: the order to walk, and the distance of each leg."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np


def walk(stops: Sequence[Any], *, start: tuple[float, float] | None) -> list[dict[str, Any]]:
    """Return the stops in walking order, each with `leg_m`, the straight distance from the one before.

    Parameters
    ----------
    stops
        Mappings with `x`, `y` in metres.
    start
        Where the person stands, metres; None begins at the round's first stop.
    """
    # Imported here: route planning loads compiled kernels that no other page needs.
    from geodata.patrol import plan_round

    if not stops:
        return []
    points = np.array([[stop["x"], stop["y"]] for stop in stops], dtype=float)
    order = plan_round(points, start=start)
    here = start
    found = []
    for index in order:
        x, y = points[index]
        leg = 0.0 if here is None else math.hypot(x - here[0], y - here[1])
        found.append({**stops[index], "leg_m": leg})
        here = (float(x), float(y))
    return found
