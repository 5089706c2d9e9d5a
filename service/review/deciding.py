"""A person decides where a text is: one of the candidates, a pin, or a line drawn on the map.

The decision places the case and assigns its zones, becomes an alias for the same text from then on,
and also places the other waiting cases with the same text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import Connection

from service.audit.trail import record
from service.auth.scope import Scope
from service.cases.advancing import require_version
from service.cases.queries import lock_case
from service.errors import Conflict, NotFound
from service.moving.choosing import PositionChoice, chosen_position
from service.moving.learning import learn
from service.moving.records import move_record
from service.review.aliases import alias_key
from service.review.queries import list_same_text
from service.words import tr

if TYPE_CHECKING:
    from service.deps import Service


class Decision(PositionChoice):
    """Where a waiting text is.

    `remember` makes an alias of the text; switch it off when the text means another place elsewhere.
    """

    remember: bool = True


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
    chosen = chosen_position(decision, found["trace"], crs)
    text = found["location_text"].strip()
    learns = decision.remember and bool(alias_key(text))
    twins = list_same_text(connection, text=found["location_text"], scope=scope) if learns else []
    others = [row["id"] for row in twins if row["id"] != case_id]
    move: dict[str, Any] = {
        "geometry_m": chosen.geometry, "zone": chosen.zone(zones), "cause": "person", "actor": scope.actor,
        "srid": crs, "now": now, "batch": uuid4() if others else None,
    }  # fmt: skip
    reason = tr("人工确定位置", "placed by a person")
    move_id = move_record(connection, "case", case_id, columns=chosen.columns, reason=reason, **move)
    if learns:
        learn(
            connection,
            move_id,
            text,
            geometry_m=chosen.geometry,
            srid=crs,
            case_id=case_id,
            actor=scope.actor,
        )
    same = tr("位置描述相同，一并确定", "the same location text")
    for other in others:
        alias = {**chosen.columns, "placed_by": "alias", "method": "alias"}
        move_record(connection, "case", other, columns=alias, reason=same, **move)
    record(
        connection, actor=scope.actor, action="case_placed", object_type="case", object_id=str(case_id),
        detail={"by": chosen.placed_by, "alias": learns, "also": [str(other) for other in others]},
    )  # fmt: skip
    return [case_id, *others]
