"""Giving a case its kind: command and deadline follow; further kinds of a text become further cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, RowMapping, insert, literal, null, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from geodata.kinds import KindTable
from service.cases.deadline import due_at
from service.kinds.reading import KindChoice
from service.store.tables import Case, CaseEvent, ZoneShare

# What a further case has of its own; all else is the main case's: place, text, unit, day.
_OWN = ("id", "number", "source_key", "kind", "kind_reason", "kind_sure", "kind_options", "command", "state",
        "due_at", "closed_at", "created_at", "updated_at", "version", "sibling_of", "check_item",
        "relapse_of")  # fmt: skip


def set_kind(
    connection: Connection,
    case: RowMapping,
    choice: KindChoice,
    *,
    options: Sequence[Mapping[str, str]],
    kinds: KindTable,
    actor: str,
    step: str,
    now: datetime,
) -> None:
    """Give a case a kind, with command, deadline and a step in its history, in the caller's transaction.

    Parameters
    ----------
    case
        With `id` and `reported_at`.
    step
        `kind_chosen` (by a person) or `kind_reread` (by the rules).
    """
    connection.execute(
        update(Case)
        .where(Case.id == case["id"])
        .values(
            kind=choice.kind, kind_reason=choice.reason, kind_sure=choice.sure, command=choice.command,
            kind_options=[dict(option) for option in options], due_at=due_at(kinds, choice.kind, case["reported_at"]),
            updated_at=now, version=Case.version + 1,
        )
    )  # fmt: skip
    note = kinds.name(choice.kind)
    connection.execute(
        insert(CaseEvent).values(case_id=case["id"], state=step, at=now, actor=actor, note=note)
    )


def add_sibling(
    connection: Connection,
    case: RowMapping,
    choice: KindChoice,
    *,
    kinds: KindTable,
    actor: str,
    now: datetime,
) -> UUID | None:
    """Open a further case for another kind that the text of a case names; None when there is one.

    Parameters
    ----------
    case
        With `id`, `source_key`, `sibling_of` and `reported_at`.
    """
    main, made = case["sibling_of"] or case["id"], uuid4()
    if _has_kind(connection, main, choice.kind):
        return None
    own: dict[str, Any] = {
        "id": made, "source_key": _source_key(connection, main, choice.kind), "kind": choice.kind,
        "kind_reason": choice.reason, "kind_sure": choice.sure, "kind_options": [], "command": choice.command,
        "state": "reported", "due_at": due_at(kinds, choice.kind, case["reported_at"]), "closed_at": None,
        "created_at": now, "updated_at": now, "version": 1, "sibling_of": main,
        # A check-sheet's item goes on as one problem only: the first.
        "check_item": "", "relapse_of": None,
    }  # fmt: skip
    columns = Case.__table__.columns
    copied = [column for column in columns if column.name not in _OWN]
    values = [
        literal(value, columns[name].type) if value is not None else null() for name, value in own.items()
    ]
    source = select(*copied, *values).where(Case.id == case["id"])
    names = [*(column.name for column in copied), *own]
    statement = upsert(Case).from_select(names, source).on_conflict_do_nothing().returning(Case.id)
    if connection.scalar(statement) is None:
        return None
    parts = [column for column in ZoneShare.__table__.columns if column.name not in ("id", "case_id")]
    shares = select(literal(made, ZoneShare.case_id.type), *parts).where(ZoneShare.case_id == case["id"])
    connection.execute(insert(ZoneShare).from_select(["case_id", *(part.name for part in parts)], shares))
    connection.execute(
        insert(CaseEvent).values(case_id=made, state="reported", at=case["reported_at"], actor=actor, note="")
    )
    return made


def _has_kind(connection: Connection, main: UUID, kind: str) -> bool:
    query = select(Case.id).where((Case.id == main) | (Case.sibling_of == main), Case.kind == kind).limit(1)
    return connection.scalar(query) is not None


def _source_key(connection: Connection, main: UUID, kind: str) -> str | None:
    key = connection.scalar(select(Case.source_key).where(Case.id == main))
    return f"{key}/{kind}" if key else None
