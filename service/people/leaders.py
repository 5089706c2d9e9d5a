"""Who leads a community or grid (分包社区领导), from today on, without a change of its border.

The same border under another leader is another version of the zone, as for borders that come from a
file: reports of the past keep the leader of their time.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Date, DateTime, RowMapping, Text, cast, insert, select, text, update

from service.audit.trail import record
from service.borders.current import hold_borders
from service.cases.advancing import require_version
from service.errors import NotFound
from service.setup.queries import in_force
from service.store.tables import BorderChange, ProposedZone, Zone
from service.words import tr

_NEXT_ID = text("nextval(pg_get_serial_sequence('zones', 'id'))")


def find_leader(
    connection: Connection, level: str, code: str, *, today: date, lock: bool = False
) -> RowMapping:
    """Return the version of a zone that holds on a day, without its shape.

    Raises
    ------
    NotFound
        If no such zone holds then.
    """
    query = select(
        Zone.id, Zone.level, Zone.code, Zone.name, Zone.leader, Zone.valid_from
    ).where(Zone.level == level, Zone.code == code, in_force(Zone, today))  # fmt: skip
    row = connection.execute(query.with_for_update() if lock else query).mappings().first()
    if row is None:
        raise NotFound(tr("没有这个社区或网格", "no such community or grid"))
    return row


def leader_spans(connection: Connection, level: str, code: str, *, today: date) -> list[dict[str, Any]]:
    """Return who led a zone until today, newest first; versions of the same leader are one span."""
    query = (
        select(Zone.leader, Zone.valid_from, Zone.valid_to)
        .where(Zone.level == level, Zone.code == code, Zone.valid_from <= today)
        .order_by(Zone.valid_from)
    )
    spans: list[dict[str, Any]] = []
    for row in connection.execute(query):
        until = None if row.valid_to is None or row.valid_to > today else row.valid_to
        if spans and spans[-1]["leader"] == row.leader and spans[-1]["until"] == row.valid_from:
            spans[-1]["until"] = until
        else:
            spans.append({"leader": row.leader, "since": row.valid_from, "until": until})
    return spans[::-1]


def set_leader(
    connection: Connection,
    level: str,
    code: str,
    leader: str,
    *,
    actor: str,
    now: datetime,
    today: date,
    version: int | None = None,
) -> bool:
    """Write who leads a zone from today on; return whether that is anybody new.

    Parameters
    ----------
    version
        The id of the zone's version that was read; None changes whatever is there.

    Raises
    ------
    NotFound, StaleVersion
        If no such zone holds today, or it has another version meanwhile.
    """
    # Nobody changes borders meanwhile; imports, which also hold them, are not in the way.
    hold_borders(connection)
    row = find_leader(connection, level, code, today=today, lock=True)
    require_version(row["id"], version)
    leader = " ".join(leader.split())
    if leader == row["leader"]:
        return False
    if row["valid_from"] == today:
        # Begun today: no report has used it yet. A new id tells caches of zones that it changed.
        connection.execute(update(Zone).where(Zone.id == row["id"]).values(id=_NEXT_ID, leader=leader))
    else:
        _begin_version(connection, row["id"], leader, now=now, today=today)
    _carry_into_proposals(connection, row, leader)
    record(
        connection, actor=actor, action="leader_changed", object_type="zone", object_id=f"{level}:{code}",
        detail={"since": today.isoformat(), "emptied": not leader},
    )  # fmt: skip
    return True


def _begin_version(connection: Connection, zone_id: int, leader: str, *, now: datetime, today: date) -> None:
    copied = [Zone.level, Zone.code, Zone.name, Zone.parent_code, Zone.valid_to, Zone.ended_at, Zone.shape]
    names = [column.key for column in copied]
    old: Any = Zone.__table__
    source = select(*(old.c[name] for name in names), *_new_values(leader, now, today)).where(
        old.c.id == zone_id
    )
    connection.execute(
        insert(Zone).from_select(
            [*names, "leader", "valid_from", "recorded_at"], source, include_defaults=False
        )
    )
    connection.execute(update(Zone).where(Zone.id == zone_id).values(valid_to=today, ended_at=now))


def _new_values(leader: str, now: datetime, today: date) -> list[Any]:
    return [
        cast(leader, Text), cast(today, Date), cast(now, DateTime(timezone=True))
    ]  # fmt: skip


def _carry_into_proposals(connection: Connection, row: RowMapping, leader: str) -> None:
    """Give border changes that still wait the new leader, unless they name one of their own."""
    waiting = select(BorderChange.id).where(BorderChange.state.in_(("proposed", "accepted")))
    connection.execute(
        update(ProposedZone)
        .where(
            ProposedZone.change_id.in_(waiting), ProposedZone.level == row["level"],
            ProposedZone.code == row["code"], ProposedZone.leader == row["leader"],
        )
        .values(leader=leader)
    )  # fmt: skip
