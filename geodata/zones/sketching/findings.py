"""What is still open in a sketch: gaps, disputed ground, islands, ground outside, zones without any.

Two zones of a sketch never overlap (see `network`); ground that zones of the *source* both claimed
belongs to nobody and is found here as `overlap` until a person gives it to one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely

from geodata.zones.contract import PARENT_LEVEL
from geodata.zones.model import LEVELS, Level
from geodata.zones.sketching.model import Sketch, SketchZone

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

FindingKind = Literal["gap", "overlap", "island", "outside", "empty"]
# Rounding, not land.
DUST_M2 = 0.01


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at: its ground (empty for a zone without any) and the zones concerned.

    `gap` ground of the level above, or enclosed, that nobody has; `overlap` the same where zones of the
    source both claimed it; `island` a part of a zone apart from its largest; `outside` ground beyond the
    zone above; `empty` a zone without ground.
    """

    kind: FindingKind
    level: Level
    codes: tuple[str, ...]
    area_m2: float
    shape: BaseGeometry


def findings_of(sketch: Sketch) -> list[Finding]:
    """Return everything that is open, by kind, then by level, the largest first."""
    found = [*(finding for level in LEVELS for finding in _of_level(sketch, level))]
    order = ("gap", "overlap", "outside", "island", "empty")
    return sorted(found, key=lambda f: (order.index(f.kind), LEVELS.index(f.level), -f.area_m2, f.codes))


def gaps_of(sketch: Sketch, level: Level) -> list[BaseGeometry]:
    """Return nobody's ground of a level, largest first: disputed, enclosed, or of a zone above with children."""
    gaps = [gap for _, gap in _open_ground(sketch, level)]
    return sorted(gaps, key=lambda gap: -gap.area)


def _open_ground(sketch: Sketch, level: Level) -> list[tuple[tuple[str, ...] | None, BaseGeometry]]:
    """Return pieces of nobody's ground, each with the zones of the source that claim it (None: no claim)."""
    own = [zone for zone in sketch.of(level) if not zone.shape.is_empty]
    claims = [claim for claim in sketch.claims if claim.level == level]
    if not own and not claims:
        return []
    taken = _union(own)
    found: list[tuple[tuple[str, ...] | None, BaseGeometry]] = [
        (claim.codes, part) for claim in claims for part in _parts(shapely.difference(claim.shape, taken))
    ]
    disputed = _union_of([claim.shape for claim in claims])
    for bare in _bare(sketch, level, own, taken):
        free = shapely.difference(bare, disputed) if claims else bare
        found += [(None, part) for part in _parts(free)]
    return [(codes, gap) for codes, gap in found if gap.area > DUST_M2]


def _bare(sketch: Sketch, level: Level, own: list[SketchZone], taken: BaseGeometry) -> Iterator[BaseGeometry]:
    """Yield ground of the zones above that nobody has, and enclosed ground beyond them."""
    above = PARENT_LEVEL.get(level)
    parents = [zone for zone in sketch.zones if zone.level == above and not zone.shape.is_empty]
    with_children = [zone for zone in parents if any(child.parent == zone.code for child in own)]
    if level == "community" and own and not with_children:
        with_children = parents
    for parent in with_children:
        yield shapely.difference(parent.shape, taken)
    covered = _union(with_children)
    for polygon in shapely.get_parts(taken):
        for ring in shapely.get_rings(polygon)[1:]:
            yield shapely.difference(shapely.difference(shapely.Polygon(ring), taken), covered)


def _of_level(sketch: Sketch, level: Level) -> Iterator[Finding]:
    own = sketch.of(level)
    for zone in own:
        parts = sorted(shapely.get_parts(zone.shape), key=lambda part: -part.area)
        if not parts:
            yield Finding("empty", level, (zone.code,), 0.0, zone.shape)
        for island in parts[1:]:
            yield Finding("island", level, (zone.code,), island.area, island)
        yield from _outside(sketch, zone)
    for codes, gap in _open_ground(sketch, level):
        if codes is None:
            yield Finding("gap", level, _around(own, gap), gap.area, gap)
        else:
            yield Finding("overlap", level, codes, gap.area, gap)


def _outside(sketch: Sketch, zone: SketchZone) -> Iterator[Finding]:
    parent = sketch.parent_of(zone)
    if parent is None or parent.shape.is_empty:
        return
    for part in _parts(shapely.difference(zone.shape, parent.shape)):
        if part.area > DUST_M2:
            yield Finding("outside", zone.level, (zone.code, parent.code), part.area, part)


def _around(zones: list[SketchZone], gap: BaseGeometry) -> tuple[str, ...]:
    near = shapely.dwithin(np.array([zone.shape for zone in zones], dtype=object), gap, 0.01)
    return tuple(zone.code for zone, touches in zip(zones, near, strict=True) if touches)


def _union(zones: list[SketchZone]) -> BaseGeometry:
    return _union_of([zone.shape for zone in zones])


def _union_of(shapes: list[BaseGeometry]) -> BaseGeometry:
    return shapely.union_all(np.array([*shapes, None], dtype=object))


def _parts(shape: BaseGeometry) -> list[BaseGeometry]:
    return [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and not part.is_empty]
