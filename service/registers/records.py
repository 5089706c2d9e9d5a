"""Writing places of registers: new ones, changed ones, each with its history; in the caller's transaction."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, bindparam, func, insert, or_, select, text, update

from service.cases.records import located_columns
from service.moving.listed import listed_value
from service.registers.entries import base_key
from service.registers.revision import FIELDS, Change, KnownPlace
from service.store.tables import Place, PlaceVersion

if TYPE_CHECKING:
    from service.intake.model import Placed
    from service.registers.entries import RegisterRow

_BATCH = 1000
# The whole row as it is now goes into the history, before it is changed.
_SNAPSHOT = text(
    """
    insert into place_versions
        (place_id, version, event, at, actor, import_id, note, changes, before, before_shape)
    select p.id, p.version + 1, e.event, :at, :actor, :import_id, e.note, e.changes, to_jsonb(p) - 'shape', p.shape
    from jsonb_to_recordset(cast(:events as jsonb)) as e(id uuid, event text, note text, changes jsonb)
    join places p on p.id = e.id
    """
)


@dataclass(frozen=True, slots=True)
class Act:
    """Who changes places, when, and by which import."""

    actor: str
    at: datetime
    import_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class PlaceEvent:
    """Something that is about to happen to a place."""

    id: UUID
    event: str
    changes: Mapping[str, Any]
    note: str = ""


def remember(connection: Connection, events: Sequence[PlaceEvent], act: Act) -> None:
    """Put places as they are now into their history; call before changing them."""
    for start in range(0, len(events), _BATCH):
        rows = [
            {"id": str(e.id), "event": e.event, "note": e.note, "changes": dict(e.changes)}
            for e in events[start : start + _BATCH]
        ]
        values = {"events": json.dumps(rows), "at": act.at, "actor": act.actor, "import_id": act.import_id}
        connection.execute(_SNAPSHOT, values)


def insert_places(
    connection: Connection,
    rows: Sequence[tuple[RegisterRow, Placed]],
    *,
    register_id: UUID,
    act: Act,
    srid: int,
    questions: Mapping[int, Sequence[UUID]] | None = None,
    ids: Sequence[UUID] | None = None,
) -> list[UUID]:
    """Write new places with the first line of their history and return their ids in order.

    Parameters
    ----------
    questions
        Index in `rows` -> places that this one may be.
    ids
        Ids to give; made here when None.
    """
    taken = _taken_keys(connection, register_id, [base_key(row) for row, _ in rows])
    made = list(ids) if ids is not None else [uuid4() for _ in rows]
    values: list[dict[str, Any]] = []
    for at, (row, placed) in enumerate(rows):
        base = base_key(row)
        taken[base] += 1
        values.append(
            {
                "id": made[at], "source_key": base if taken[base] == 1 else f"{base}#{taken[base]}",
                "import_id": act.import_id, "register_id": register_id, "name": row.name, "number": row.number,
                "place_class": row.place_class, "trade": row.trade, "unit": row.unit, "person": row.person,
                "phone": row.phone, "attributes": dict(row.attributes), "status": "active",
                "question": [str(one) for one in (questions or {}).get(at, ())],
                "created_at": act.at, "updated_at": act.at, **located_columns(placed, srid=srid),
            }
        )  # fmt: skip
    for start in range(0, len(values), _BATCH):
        batch = values[start : start + _BATCH]
        connection.execute(insert(Place), batch)
        connection.execute(
            insert(PlaceVersion),
            [
                {"place_id": one["id"], "version": 1, "event": "created", "at": act.at, "actor": act.actor,
                 "import_id": act.import_id}
                for one in batch
            ],
        )  # fmt: skip
    return made


def _taken_keys(connection: Connection, register_id: UUID, bases: Sequence[str]) -> Counter[str]:
    """Return how often each key, with or without a number behind it, is taken in a register."""
    found: Counter[str] = Counter()
    wanted = sorted(set(bases))
    for start in range(0, len(wanted), _BATCH):
        part = wanted[start : start + _BATCH]
        base = func.regexp_replace(Place.source_key, "#[0-9]+$", "")
        # The unique index on (register_id, source_key) finds the first; repeats are rare.
        query = (
            select(base.label("base"), func.count().label("n"))
            .where(Place.register_id == register_id, or_(Place.source_key.in_(part), base.in_(part)))
            .group_by(base)
        )
        found.update({row.base: row.n for row in connection.execute(query)})
    return found


def change_places(
    connection: Connection,
    changes: Sequence[tuple[Change, Placed | None]],
    *,
    act: Act,
    srid: int,
) -> None:
    """Write what a list changes; `Placed` comes with those that it puts elsewhere.

    A place that a person moved stays; where the list puts it is kept as a question.
    """
    if not changes:
        return
    remember(
        connection,
        [PlaceEvent(c.place.id, "returned" if c.returned else "changed", c.changes) for c, _ in changes],
        act,
    )
    columns = [*FIELDS, "attributes", "status", "status_reason", "updated_at"]
    statement = (
        update(Place)
        .where(Place.id == bindparam("of_id"))
        .values(version=Place.version + 1, **{name: bindparam(f"to_{name}") for name in columns})
    )
    connection.execute(
        statement,
        [
            {
                "of_id": change.place.id,
                **{f"to_{k}": v for k, v in _changed_values(change, act.at).items()},
            }
            for change, _ in changes
        ],
    )
    for change, placed in changes:
        if placed is not None and change.asks:
            value = listed_value(placed, at=act.at, import_id=act.import_id, srid=srid)
            connection.execute(update(Place).where(Place.id == change.place.id).values(listed=value))
        elif placed is not None:
            connection.execute(
                update(Place).where(Place.id == change.place.id).values(located_columns(placed, srid=srid))
            )


def _changed_values(change: Change, at: datetime) -> dict[str, Any]:
    values = {name: change.place.values[name] for name in FIELDS}
    attributes = dict(change.place.values["attributes"])
    for name, (_, after) in change.changes.items():
        if name in values:
            values[name] = after
        elif name.startswith("+"):
            attributes[name[1:]] = after
    kept = {header: text for header, text in attributes.items() if text}
    return {**values, "attributes": kept, "status": "active", "status_reason": "", "updated_at": at}


def mark_vanished(connection: Connection, places: Sequence[KnownPlace], *, act: Act, note: str) -> None:
    """Mark places that a revised list lacks as `closed?`, for somebody to look at."""
    if not places:
        return
    remember(
        connection,
        [PlaceEvent(p.id, "vanished", {"status": [p.status, "closed?"]}, note) for p in places],
        act,
    )
    for start in range(0, len(places), _BATCH):
        ids = [place.id for place in places[start : start + _BATCH]]
        connection.execute(
            update(Place)
            .where(Place.id.in_(ids))
            .values(status="closed?", status_reason=note, updated_at=act.at, version=Place.version + 1)
        )
