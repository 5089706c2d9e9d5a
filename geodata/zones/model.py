"""What an assignment answers: whose a place is, how sure, and the pieces of a line or an area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from shapely.geometry.base import BaseGeometry

if TYPE_CHECKING:
    from geodata.zones.owning.ownership import Owned

Level: TypeAlias = Literal["subdistrict", "community", "grid"]
LEVELS: tuple[Level, ...] = ("subdistrict", "community", "grid")


@dataclass(frozen=True, slots=True)
class ZonePart:
    """The piece of a geometry that lies in one zone; code "" is the piece outside all zones.

    `geometry` is in the tree's CRS. `share` is the piece's part of the whole (by length, by area, 1
    for a point). `probability` is the chance that the piece truly lies in this zone, given the
    location's uncertainty.
    """

    level: Level
    code: str
    name: str
    geometry: BaseGeometry
    length_m: float
    share: float
    probability: float
    area_m2: float = 0.0


@dataclass(frozen=True, slots=True)
class ZoneOdds:
    """Another community that may own a point, with its probability."""

    code: str
    name: str
    probability: float


@dataclass(frozen=True, slots=True)
class ZoneAnswer:
    """Whose a geometry is.

    Where the text said a side of a linear owner's line, the zones along that bank have the geometry,
    wherever it is drawn: everything below but `border_m` follows from them, `near_border` from
    `p_community` alone. On both sides each bank has half, so that a part's geometry may be longer than
    its `length_m`.

    `community` and `grid` are the codes of the zones with the largest share (ties: lowest code), ""
    if none. `p_community` is the probability that this community is right; for a line or an area
    the expected share that lies in the community named for it, 0 where there is none. `border_m` is the
    distance to the nearest community border. `near_border` says that the border lies within the uncertainty, or that
    `p_community` is below 0.95: both neighbours should see the case. `others` are further
    communities with a probability of at least 0.05, most probable first (points only). `outside`
    says that no community has any of it. `owned` shares it among linear owners and communities; None where
    the zones have no linear owners.
    """

    subdistrict: str
    community: str
    community_name: str
    grid: str
    grid_name: str
    p_community: float
    border_m: float
    near_border: bool
    outside: bool
    parts: tuple[ZonePart, ...]
    others: tuple[ZoneOdds, ...] = ()
    owned: Owned | None = None

    def parts_of(self, level: Level) -> tuple[ZonePart, ...]:
        """Return the pieces of one level, in the order of their codes, outside last."""
        return tuple(part for part in self.parts if part.level == level)
