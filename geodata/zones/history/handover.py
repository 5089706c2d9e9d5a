"""Two versions of the borders: which zones a point or a line had, and which it gets.

Nothing is decided here: a case near a moved border may stay with its old owner, but that is a ruling.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal, TypeAlias

from geodata.errors import CrsError
from geodata.zones.model import ZoneAnswer

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from geodata.zones.owning.ownership import Side
    from geodata.zones.tree import ZoneTree

PlaceChangeKind: TypeAlias = Literal["same", "odds", "parts", "owner"]


@dataclass(frozen=True, slots=True)
class PlaceChange:
    """Whose a place was and becomes.

    `kind` is `owner` when its community or grid changes, `parts` when a line or an area is only divided
    otherwise, `odds` when only the probabilities change, else `same`.
    """

    before: ZoneAnswer
    after: ZoneAnswer
    kind: PlaceChangeKind


def place_changes(
    before: ZoneTree,
    after: ZoneTree,
    geometries: Sequence[BaseGeometry],
    *,
    on: date | None = None,
    uncertainties_m: Iterable[float] | float = 0.0,
    p_within: Sequence[Mapping[int, float] | None] | None = None,
    sides: Sequence[Side | None] | None = None,
    lines: Sequence[str] | None = None,
) -> list[PlaceChange]:
    """Return for each geometry which zones it had and gets, in the order of the geometries.

    Parameters
    ----------
    before, after
        The two versions, in the CRS of the geometries. With `on`, both are asked for that day.
    geometries, uncertainties_m, p_within, sides, lines
        As `ZoneTree.shares_many`.

    Raises
    ------
    CrsError
        If the versions are in different CRS.
    ValueError
        As `ZoneTree.shares_many`.
    """
    if before.crs != after.crs:
        raise CrsError(
            f"the two versions are in EPSG:{before.crs} and EPSG:{after.crs}",
            zh=f"两份边界的坐标系不同：EPSG:{before.crs} 和 EPSG:{after.crs}；请先统一",
        )
    given = uncertainties_m if isinstance(uncertainties_m, int | float) else list(uncertainties_m)
    old, new = (
        tree.shares_many(
            geometries, uncertainties_m=given, p_within=p_within, on=on, sides=sides, lines=lines
        )
        for tree in (before, after)
    )
    return [
        PlaceChange(was, becomes, _change_of(was, becomes)) for was, becomes in zip(old, new, strict=True)
    ]


def _change_of(was: ZoneAnswer, becomes: ZoneAnswer) -> PlaceChangeKind:
    if (was.community, was.grid) != (becomes.community, becomes.grid):
        return "owner"
    if _sizes(was) != _sizes(becomes):
        return "parts"
    return "odds" if _odds(was) != _odds(becomes) else "same"


def _sizes(answer: ZoneAnswer) -> dict[tuple[str, str], float]:
    """Return the metres (m² of an area) of each part, to the millimetre: parts of rounding are none."""
    sizes = {
        (part.level, part.code): round(part.length_m or part.area_m2 or part.share, 3) for part in answer.parts
    }  # fmt: skip
    return {key: size for key, size in sizes.items() if size > 0}


def _odds(answer: ZoneAnswer) -> tuple[object, ...]:
    return (
        round(answer.p_community, 4),
        answer.near_border,
        tuple(sorted((other.code, round(other.probability, 4)) for other in answer.others)),
    )
