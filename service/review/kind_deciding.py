"""A person chooses the kind of a case: its command and deadline follow, further kinds are further cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from pydantic import Field, StringConstraints
from sqlalchemy import Connection, RowMapping

from service.audit.trail import record
from service.auth.scope import Scope
from service.cases.advancing import require_version
from service.cases.filters import OPEN_STATES
from service.errors import Conflict, NotFound, Refused
from service.fields import Body, Code
from service.kinds.choosing import add_sibling, set_kind
from service.kinds.reading import KindChoice
from service.kinds.table import CurrentKinds
from service.review.kind_queue import list_same_description, lock_undecided
from service.words import tr

if TYPE_CHECKING:
    from service.deps import Service

MAX_KINDS = 6


class KindDecision(Body):
    """The kinds of a case, main one first; none at all: none of ours.

    `same_text` decides all other undecided visible cases with exactly the same description as well.
    """

    kinds: Annotated[list[Annotated[Code, StringConstraints(min_length=1)]], Field(max_length=MAX_KINDS)]
    same_text: bool = False


def decide_kind(
    connection: Connection,
    case_id: UUID,
    decision: KindDecision,
    *,
    scope: Scope,
    service: Service,
    version: int | None,
) -> tuple[list[UUID], list[UUID]]:
    """Give a case the kinds a person chose; return the cases decided, and those opened for further kinds.

    Raises
    ------
    NotFound
        If the case is absent or invisible.
    StaleVersion
        If it changed since the client read it.
    Conflict
        If it is closed or cancelled.
    Refused
        If a kind does not exist or is named twice.
    """
    scope.require("place")
    found = lock_undecided(connection, case_id, scope=scope)
    if found is None:
        raise NotFound(tr("没有这个案件", "no such case"))
    require_version(found["version"], version)
    if found["state"] not in OPEN_STATES:
        raise Conflict(tr("案件已了结，类别不能再改", "the case is finished, its kind stays"))
    kinds = service.kind_rules.on(connection)
    _require_known(decision.kinds, kinds)
    described = found["description"].strip()
    twins = (
        list_same_description(connection, description=found["description"], but=case_id, scope=scope)
        if decision.same_text and described
        else []
    )
    opened: list[UUID] = []
    for case in (found, *twins):
        opened += _decide_one(connection, case, decision.kinds, kinds=kinds, scope=scope, service=service)
    decided = [case_id, *(twin["id"] for twin in twins)]
    record(
        connection, actor=scope.actor, action="case_kind_chosen", object_type="case", object_id=str(case_id),
        detail={"before": found["kind"], "kinds": decision.kinds, "also": [str(i) for i in decided[1:]],
                "opened": [str(i) for i in opened]},
    )  # fmt: skip
    return decided, opened


def _require_known(codes: list[str], kinds: CurrentKinds) -> None:
    known = {kind.code for kind in kinds.table.kinds}
    if any(code not in known for code in codes) or len(set(codes)) != len(codes):
        raise Refused(
            tr("没有这个问题类别，或写了两次", "unknown kind, or named twice"),
            fields=[("body.kinds", tr("见 /api/kinds", "see /api/kinds"))],
        )


def _decide_one(
    connection: Connection,
    case: RowMapping,
    codes: list[str],
    *,
    kinds: CurrentKinds,
    scope: Scope,
    service: Service,
) -> list[UUID]:
    now, reason = service.clock.now(), tr("人工选定", "chosen by a person")
    choices = [
        KindChoice(code, reason, kinds.command_of(code, case["place_class"]), "person")
        for code in codes or [""]
    ]
    set_kind(
        connection, case, choices[0], options=(), kinds=kinds.table, actor=scope.actor, step="kind_chosen", now=now
    )  # fmt: skip
    made = (
        add_sibling(connection, case, choice, kinds=kinds.table, actor=scope.actor, now=now)
        for choice in choices[1:]
    )
    return [case_id for case_id in made if case_id]
