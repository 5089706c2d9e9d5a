"""Zones compared by what they hold: more reports than their area explains, more relapses than closings explain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.patterns.rates import rate_table
from geodata.patterns.relapse import find_relapses, relapse_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Row = Mapping[str, Any]

RELAPSE_RADIUS_M, RELAPSE_DAYS = 50.0, 30.0
# Below this a share of relapses is a few cases.
LEAST_CLOSINGS = 20


@dataclass(frozen=True, slots=True)
class ZoneSpot:
    """A zone whose number is hot or may be chance: `observed` of `expected`; `of` what it was counted among."""

    name: str
    verdict: str
    observed: int
    expected: float
    of: int = 0


@dataclass(frozen=True, slots=True)
class RelapseSpots:
    """Closings whose window is over, relapses among them, and zones with too many; `zones` None: too few to judge."""

    followed: int
    relapsed: int
    zones: tuple[ZoneSpot, ...] | None


def positions(rows: Sequence[Row]) -> NDArray[np.float64]:
    """Return `x`, `y` of rows in metres, shape (n, 2)."""
    return np.array([(row["x"], row["y"]) for row in rows], dtype=np.float64).reshape(-1, 2)


def moments(times: Iterable[datetime]) -> NDArray[np.datetime64]:
    """Return times as UTC without a zone, to the second."""
    return np.array([time.astimezone(UTC).replace(tzinfo=None) for time in times], dtype="datetime64[s]")


def zone_numbers(xy: NDArray[np.float64], zones: Sequence[Row]) -> NDArray[np.int64]:
    """Return each point's zone, the first of several on a border; -1 for none."""
    number = np.full(len(xy), -1, dtype=np.int64)
    for at in range(len(zones) - 1, -1, -1):
        number[shapely.intersects_xy(zones[at]["shape"], *xy.T)] = at
    return number


def dense_zones(rows: Sequence[Row], zones: Sequence[Row], *, rate: float) -> tuple[ZoneSpot, ...]:
    """Return the zones with more cases than their area explains, then those where that may be chance."""
    if len(zones) < 2:
        return ()
    number = zone_numbers(positions(rows), zones)
    counts = np.bincount(number[number >= 0], minlength=len(zones))
    table = rate_table(counts, [zone["shape"].area / 1e6 for zone in zones], rate=rate)
    found = [
        ZoneSpot(str(zone["name"]), row["verdict"], int(row["observed"]), float(row["expected"]))
        for zone, row in zip(zones, table.to_dict("records"), strict=True)
        if row["verdict"] in ("hot", "chance")
    ]
    return tuple(sorted(found, key=lambda zone: (zone.verdict != "hot", -zone.observed / zone.expected)))


def relapse_zones(
    rows: Sequence[Row], zones: Sequence[Row], *, since: datetime, until: datetime, rate: float
) -> RelapseSpots:
    """Return what became of the cases closed since a moment, and the zones where too many came back.

    Parameters
    ----------
    rows
        From `list_history`: with every report since that moment.
    until
        The cut-off: closings whose window is not over then are not followed to its end.
    """
    closed = [row for row in rows if row["closed_at"] is not None and row["closed_at"] >= since]
    if not closed or not zones:
        return RelapseSpots(0, 0, None)
    there = positions(closed)
    found = find_relapses(
        there, moments(row["closed_at"] for row in closed),
        positions(rows), moments(row["reported_at"] for row in rows),
        radius_m=RELAPSE_RADIUS_M, window_days=RELAPSE_DAYS, until=moments([until])[0],
        closed_kind=[row["kind"] for row in closed], reported_kind=[row["kind"] for row in rows],
    )  # fmt: skip
    followed, relapsed = int(found.followed.sum()), int((found.followed & found.relapsed).sum())
    if followed < LEAST_CLOSINGS:
        return RelapseSpots(followed, relapsed, None)
    table = relapse_table(found, zone_numbers(there, zones), zones=len(zones), rate=rate)
    spots = [
        ZoneSpot(
            str(zone["name"]),
            row["verdict"],
            int(row["observed"]),
            float(row["expected"]),
            int(row["exposure"]),
        )
        for zone, row in zip(zones, table.to_dict("records"), strict=True)
        if row["verdict"] in ("hot", "chance")
    ]
    return RelapseSpots(
        followed, relapsed, tuple(sorted(spots, key=lambda zone: (zone.verdict != "hot", -zone.observed)))
    )
