"""A person decides where a text is: one of the candidates, a pin, or a line drawn on the map.

The decision places the case and assigns its zones, becomes an alias for the same text from then on,
and also places the other waiting cases with the same text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple
from uuid import UUID, uuid4

from pydantic import Field, model_validator
from shapely.geometry import LineString, Point, shape
from sqlalchemy import Connection

from geodata.crs import WGS84, reproject
from service.audit.trail import record
from service.auth.scope import Scope
from service.cases.advancing import require_version
from service.cases.queries import lock_case
from service.errors import Conflict, NotFound, Refused
from service.fields import Body, Lat, Lon, Position
from service.moving.records import move_record
from service.review.aliases import save_alias
from service.review.queries import list_same_text
from service.words import tr

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from geodata.geocode.model import Side
    from service.deps import Service

# A pin is as good as the map under it and the hand that put it there.
PIN_UNCERTAINTY_M = 10.0


class Decision(Body):
    """Exactly one of: `choose` (index into the candidates), `pin`, `line` ([lon, lat] pairs).

    `remember` makes an alias of the text; switch it off when the text means another place elsewhere.
    """

    choose: Annotated[int, Field(ge=0, le=100)] | None = None
    pin: Position | None = None
    line: Annotated[list[tuple[Lon, Lat]], Field(min_length=2, max_length=2000)] | None = None
    remember: bool = True

    @model_validator(mode="before")
    @classmethod
    def _pairs(cls, data: Any) -> Any:
        # Strict mode wants tuples where JSON has only arrays.
        if isinstance(data, dict) and isinstance(data.get("line"), list):
            return {**data, "line": [tuple(p) if isinstance(p, list) else p for p in data["line"]]}
        return data

    @model_validator(mode="after")
    def _one(self) -> Decision:
        if sum(given is not None for given in (self.choose, self.pin, self.line)) != 1:
            raise ValueError("exactly one of choose, pin, line")
        return self


class _Chosen(NamedTuple):
    """A decided place: geometry in the office's CRS, who placed it, how sure, and the side it is on."""

    geometry: BaseGeometry
    placed_by: str
    uncertainty_m: float
    method: str
    side: Side | None = None
    line_name: str = ""


def _chosen(decision: Decision, trace: dict[str, Any], crs: int) -> _Chosen:
    """Return the decided place. A pin or a drawn line is where it is: no side but the drawn one counts."""
    if decision.pin is not None:
        point = Point(decision.pin.lon, decision.pin.lat)
        return _Chosen(reproject(point, WGS84, crs), "pin", PIN_UNCERTAINTY_M, "pin")
    if decision.line is not None:
        line = reproject(LineString(decision.line), WGS84, crs)
        if line.length < 1.0:
            raise Refused(tr("这条线太短", "the line is too short"), fields=[("body.line", "≥ 1 m")])
        return _Chosen(line, "pin", PIN_UNCERTAINTY_M, "line")
    candidates = trace.get("candidates") or []
    if decision.choose is None or decision.choose >= len(candidates):
        raise Refused(
            tr(f"没有这个候选，共 {len(candidates)} 个", f"no such candidate, there are {len(candidates)}"),
            fields=[("body.choose", f"0–{max(len(candidates) - 1, 0)}")],
        )
    candidate = candidates[decision.choose]
    geometry = reproject(shape(candidate["geometry"]), WGS84, crs)
    # Traces written before sides were kept have none.
    return _Chosen(
        geometry,
        "candidate",
        float(candidate.get("uncertainty_m", 50.0)),
        str(candidate.get("method", "")),
        candidate.get("side"),
        str(candidate.get("line_name", "")),
    )


def decide(
    connection: Connection,
    case_id: UUID,
    decision: Decision,
    *,
    scope: Scope,
    service: Service,
    version: int | None,
) -> list[UUID]:
    """Place a case as a person decided; return the ids of all cases placed by this decision.

    Raises
    ------
    NotFound
        If the case is absent or invisible.
    StaleVersion
        If it changed since the client read it.
    Conflict
        If it is closed or cancelled.
    Refused
        If the candidate does not exist.
    """
    scope.require("place")
    # Before the case's own lock: a change of borders takes them in this order too.
    zones = service.zones.on(connection, service.today(), hold=True)
    found = lock_case(connection, case_id, scope=scope)
    if found is None:
        raise NotFound(tr("没有这个案件", "no such case"))
    require_version(found["version"], version)
    if found["state"] in ("closed", "cancelled"):
        raise Conflict(tr("案件已了结，位置不能再改", "the case is finished, its place stays"))
    crs, now = service.office.crs, service.clock.now()
    chosen = _chosen(decision, found["trace"], crs)
    geometry, placed_by = chosen.geometry, chosen.placed_by
    zone = zones.shares(geometry, uncertainty_m=chosen.uncertainty_m, side=chosen.side, line=chosen.line_name)
    columns = {
        "placement": "located", "placed_by": placed_by, "method": chosen.method,
        "uncertainty_m": chosen.uncertainty_m, "side": chosen.side or "", "line_name": chosen.line_name,
    }  # fmt: skip
    text = found["location_text"].strip()
    learned = decision.remember and save_alias(
        connection, text, geometry_m=geometry, srid=crs, case_id=case_id, actor=scope.actor
    )
    twins = list_same_text(connection, text=found["location_text"], scope=scope) if learned else []
    others = [row["id"] for row in twins if row["id"] != case_id]
    move: dict[str, Any] = {
        "geometry_m": geometry, "zone": zone, "cause": "person", "actor": scope.actor, "srid": crs, "now": now,
        "batch": uuid4() if others else None,
    }  # fmt: skip
    reason = tr("人工确定位置", "placed by a person")
    move_record(connection, "case", case_id, columns=columns, reason=reason, **move)
    same = tr("位置描述相同，一并确定", "the same location text")
    for other in others:
        alias = {**columns, "placed_by": "alias", "method": "alias"}
        move_record(connection, "case", other, columns=alias, reason=same, **move)
    record(
        connection, actor=scope.actor, action="case_placed", object_type="case", object_id=str(case_id),
        detail={"by": placed_by, "alias": bool(learned), "also": [str(other) for other in others]},
    )  # fmt: skip
    return [case_id, *others]
