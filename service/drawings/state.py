"""A sketch as bytes for the store, and the difference of two sketches as bytes that lead forth and back.

Shapes are kept as WKB, bit by bit: what undo brings back is identical, not merely equal.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import shapely

from geodata.zones.model import Level
from geodata.zones.sketching.model import Claim, Sketch, SketchZone

Part = dict[str, Any]
# A state of the largest sketch allowed is about a tenth of this.
MAX_PLAIN_BYTES = 256 * 2**20


@dataclass(frozen=True, slots=True)
class Difference:
    """Which zones (level, code) a step changed or made, and which it removed."""

    changed: tuple[tuple[Level, str], ...]
    removed: tuple[tuple[Level, str], ...]


def freeze(sketch: Sketch) -> bytes:
    """Return a sketch as bytes."""
    return _packed({"crs": sketch.crs, **_part(sketch, {zone.key for zone in sketch.zones})})


def thaw(state: bytes) -> Sketch:
    """Return the sketch that `freeze` wrote."""
    plain = _unpacked(state)
    return _with(Sketch(crs=int(plain["crs"])), plain)


def delta(before: Sketch, after: Sketch) -> bytes:
    """Return what leads from one sketch to another and back."""
    keys = _unlike(before, after)
    return _packed({"before": _part(before, keys), "after": _part(after, keys)})


def apply(sketch: Sketch, step: bytes, *, side: Literal["before", "after"]) -> Sketch:
    """Return the sketch on one side of a step, from the sketch on its other side."""
    return _with(sketch, _unpacked(step)[side])


def difference(before: Sketch, after: Sketch) -> Difference:
    """Return which zones differ; the order of the list does not count."""
    keys = _unlike(before, after)
    there = {zone.key for zone in after.zones}
    return Difference(
        changed=tuple(zone.key for zone in after.zones if zone.key in keys),
        removed=tuple(zone.key for zone in before.zones if zone.key in keys and zone.key not in there),
    )


def _unlike(before: Sketch, after: Sketch) -> set[tuple[Level, str]]:
    old = {zone.key: zone for zone in before.zones}
    new = {zone.key: zone for zone in after.zones}
    return {key for key in {*old, *new} if not _same(old.get(key), new.get(key))}


def _same(one: SketchZone | None, other: SketchZone | None) -> bool:
    if one is None or other is None:
        return one is other
    if one is other:
        return True
    facts = ("name", "parent", "leader", "colour")
    return all(getattr(one, fact) == getattr(other, fact) for fact in facts) and bool(
        shapely.equals_identical(one.shape, other.shape)
    )


def _part(sketch: Sketch, keys: set[tuple[Level, str]]) -> Part:
    return {
        "zones": [_zone_json(zone) for zone in sketch.zones if zone.key in keys],
        "order": [list(zone.key) for zone in sketch.zones],
        "cuts": [shapely.to_wkb(cut, hex=True) for cut in sketch.cuts],
        "claims": [[claim.level, list(claim.codes), shapely.to_wkb(claim.shape, hex=True)] for claim in sketch.claims],
    }  # fmt: skip


def _zone_json(zone: SketchZone) -> Part:
    return {
        "level": zone.level, "code": zone.code, "name": zone.name, "parent": zone.parent, "leader": zone.leader,
        "colour": zone.colour, "shape": shapely.to_wkb(zone.shape, hex=True),
    }  # fmt: skip


def _with(sketch: Sketch, part: Part) -> Sketch:
    known = {zone.key: zone for zone in sketch.zones}
    for plain in part["zones"]:
        zone = SketchZone(**{**plain, "shape": shapely.from_wkb(plain["shape"])})
        known[zone.key] = zone
    order: Sequence[tuple[Level, str]] = [cast("tuple[Level, str]", tuple(key)) for key in part["order"]]
    return Sketch(
        crs=sketch.crs,
        zones=tuple(known[key] for key in order),
        cuts=tuple(shapely.from_wkb(cut) for cut in part["cuts"]),
        claims=tuple(Claim(level, tuple(codes), shapely.from_wkb(shape)) for level, codes, shape in part["claims"]),
    )  # fmt: skip


def _packed(plain: Part) -> bytes:
    return zlib.compress(json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode(), 3)


def _unpacked(packed: bytes) -> Part:
    reader = zlib.decompressobj()
    text = reader.decompress(packed, MAX_PLAIN_BYTES)
    if reader.unconsumed_tail:
        raise ValueError("a stored drawing is larger than any that was written")
    plain: Part = json.loads(text)
    return plain
