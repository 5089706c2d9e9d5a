"""What a person says of a position: one of the kept candidates, a pin, or a line drawn on the map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, model_validator
from shapely.geometry import LineString, Point, shape

from geodata.crs import WGS84, reproject
from service.errors import Refused
from service.fields import Body, Lat, Lon, Position
from service.words import tr

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shapely.geometry.base import BaseGeometry

    from geodata.geocode.model import Side
    from geodata.zones import ZoneAnswer, ZoneTree

# A pin is as good as the map under it and the hand that put it there.
PIN_UNCERTAINTY_M = 10.0
LEAST_LINE_M = 1.0
# Longer than any street of a subdistrict: the map was zoomed out, or the line crosses the country.
MOST_LINE_M = 50_000.0


class PositionChoice(Body):
    """Exactly one of: `choose` (index into the candidates), `pin`, `line` ([lon, lat] pairs), EPSG:4326."""

    choose: Annotated[int, Field(ge=0, le=100)] | None = None
    pin: Position | None = None
    line: Annotated[list[tuple[Lon, Lat]], Field(min_length=2, max_length=2000)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _pairs(cls, data: Any) -> Any:
        # Strict mode wants tuples where JSON has only arrays.
        if isinstance(data, dict) and isinstance(data.get("line"), list):
            return {**data, "line": [tuple(p) if isinstance(p, list) else p for p in data["line"]]}
        return data

    @model_validator(mode="after")
    def _one(self) -> PositionChoice:
        if self.given() != 1:
            raise ValueError("exactly one of " + ", ".join(self.ways()))
        return self

    @classmethod
    def ways(cls) -> tuple[str, ...]:
        """Return the fields of which one must be given."""
        return ("choose", "pin", "line")

    def given(self) -> int:
        """Return how many of them are."""
        # Candidate 0 is given, and equals False.
        return sum((value := getattr(self, name)) is not None and value is not False for name in self.ways())


@dataclass(frozen=True, slots=True)
class Chosen:
    """A decided position: geometry in the office's CRS, who placed it, how sure, and the side it is on."""

    geometry: BaseGeometry
    placed_by: str
    uncertainty_m: float | None
    method: str
    side: Side | None = None
    line_name: str = ""

    @property
    def columns(self) -> dict[str, Any]:
        """Return what the record says of it, for `service.moving.records.move_record`."""
        return {
            "placement": "located", "placed_by": self.placed_by, "method": self.method,
            "uncertainty_m": self.uncertainty_m, "side": self.side or "", "line_name": self.line_name,
        }  # fmt: skip

    def zone(self, zones: ZoneTree) -> ZoneAnswer:
        """Return whose it is."""
        return zones.shares(
            self.geometry,
            uncertainty_m=self.uncertainty_m or PIN_UNCERTAINTY_M,
            side=self.side,
            line=self.line_name,
        )


def chosen_position(choice: PositionChoice, trace: Mapping[str, Any], crs: int) -> Chosen:
    """Return the decided position. A pin or a drawn line is where it is: no side but the drawn one counts.

    Raises
    ------
    Refused
        If the line is too short or too long, or there is no such candidate.
    """
    if choice.pin is not None:
        point = Point(choice.pin.lon, choice.pin.lat)
        return Chosen(_near(reproject(point, WGS84, crs), "pin"), "pin", PIN_UNCERTAINTY_M, "pin")
    if choice.line is not None:
        line = _near(reproject(LineString(choice.line), WGS84, crs), "line")
        if line.length < LEAST_LINE_M:
            raise Refused(tr("这条线太短", "the line is too short"), fields=[("body.line", "≥ 1 m")])
        if line.length > MOST_LINE_M:
            raise Refused(tr("这条线太长", "the line is too long"), fields=[("body.line", "≤ 50 km")])
        return Chosen(line, "pin", PIN_UNCERTAINTY_M, "line")
    candidates = trace.get("candidates") or []
    if choice.choose is None or choice.choose >= len(candidates):
        raise Refused(
            tr(f"没有这个候选，共 {len(candidates)} 个", f"no such candidate, there are {len(candidates)}"),
            fields=[("body.choose", f"0–{max(len(candidates) - 1, 0)}")],
        )
    candidate = candidates[choice.choose]
    geometry = reproject(shape(candidate["geometry"]), WGS84, crs)
    # Traces written before sides were kept have none.
    return Chosen(
        geometry,
        "candidate",
        float(candidate.get("uncertainty_m", 50.0)),
        str(candidate.get("method", "")),
        candidate.get("side"),
        str(candidate.get("line_name", "")),
    )


def _near(geometry: BaseGeometry, field: str) -> BaseGeometry:
    # A projection sends what is on the other side of the world to infinity.
    if not all(abs(value) < 1e9 for value in geometry.bounds):
        raise Refused(
            tr("这个位置离本地太远", "the position is too far away"), fields=[(f"body.{field}", "")]
        )
    return geometry
