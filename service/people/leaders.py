"""Who leads a community or grid (分包社区领导), from today on, without a change of its border.

No new version of the border: that would forbid another border on the same day. The zone names the
leader of today, `leader_changes` those before, so that reports of the past keep theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, text, update

from service.audit.trail import record
from service.borders.current import hold_borders
from service.cases.advancing import require_version
from service.errors import NotFound
from service.setup.queries import in_force
from service.store.tables import BorderChange, LeaderChange, ProposedZone, Zone
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
    query = select(Zone.id, Zone.level, Zone.code, Zone.name, Zone.leader, Zone.valid_from).where(
        Zone.level == level, Zone.code == code, in_force(Zone, today)
    )
    row = connection.execute(query.with_for_update() if lock else query).mappings().first()
    if row is None:
        raise NotFound(tr("没有这个社区或网格", "no such community or grid"))
    return row


def leader_spans(connection: Connection, level: str, code: str, *, today: date) -> list[dict[str, Any]]:
    """Return who led a zone until today, newest first.

    Versions of the border under one leader are one span; who was written and replaced on one day led none.
    """
    begins = [one for one in _begins(connection, level, code) if one[0] <= today]
    spans: list[dict[str, Any]] = []
    for at, (since, leader, end) in enumerate(begins):
        following = begins[at + 1][0] if at + 1 < len(begins) else None
        until = min((day for day in (end, following) if day is not None and day <= today), default=None)
        if until == since:
            continue
        if spans and spans[-1]["leader"] == leader and spans[-1]["until"] == since:
            spans[-1]["until"] = until
        else:
            spans.append({"leader": leader, "since": since, "until": until})
    return spans[::-1]


def _begins(connection: Connection, level: str, code: str) -> Iterator[tuple[date, str, date | None]]:
    """Yield since when whom a zone named, in order, and when that version of its border ends."""
    versions = select(Zone.leader, Zone.valid_from, Zone.valid_to).where(
        Zone.level == level, Zone.code == code
    )
    changes = select(LeaderChange).where(LeaderChange.level == level, LeaderChange.code == code)
    changed = connection.execute(
        changes.with_only_columns(*LeaderChange.__table__.c).order_by(LeaderChange.id)
    ).all()
    for version in connection.execute(versions.order_by(Zone.valid_from)):
        own = [change for change in changed if change.valid_from == version.valid_from]
        yield version.valid_from, own[0].before if own else version.leader, version.valid_to
        for change in own:
            yield max(change.since, version.valid_from), change.after, version.valid_to


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
        The zone's id that was read; None changes whatever is there.

    Raises
    ------
    NotFound, StaleVersion
        If no such zone holds today, or it was changed meanwhile.
    """
    # Nobody changes borders meanwhile; imports, which also hold them, are not in the way.
    hold_borders(connection)
    row = find_leader(connection, level, code, today=today, lock=True)
    require_version(row["id"], version)
    leader = " ".join(leader.split())
    if leader == row["leader"]:
        return False
    # A new id tells caches of zones, and whoever edits, that it changed.
    connection.execute(update(Zone).where(Zone.id == row["id"]).values(id=_NEXT_ID, leader=leader))
    connection.execute(
        insert(LeaderChange).values(
            level=level, code=code, valid_from=row["valid_from"], before=row["leader"], after=leader, since=today,
            recorded_at=now, recorded_by=actor,
        )
    )  # fmt: skip
    _carry_into_proposals(connection, row, leader)
    record(
        connection, actor=actor, action="leader_changed", object_type="zone", object_id=f"{level}:{code}",
        detail={"since": today.isoformat(), "emptied": not leader},
    )  # fmt: skip
    return True


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
