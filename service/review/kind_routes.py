"""The queue for kinds over HTTP: what waits for a kind, and the person's choice."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import RowMapping

from service.cases.advancing import parse_if_match
from service.cases.model import CaseDetail
from service.cases.queries import encode_cursor, zone_names
from service.cases.routes import read_case
from service.deps import ConnectionDep, ScopeDep, ServiceDep
from service.fields import Code, Line
from service.kinds.model import TriedKind
from service.kinds.present import tried_kind
from service.kinds.reading import KindChoice
from service.kinds.rereading import place_words
from service.kinds.table import CurrentKinds
from service.review.kind_deciding import KindDecision, decide_kind
from service.review.kind_queue import list_undecided
from service.words import tr

router = APIRouter(prefix="/api/review/kinds", tags=["review"])
_SIMILAR = 3


class Undecided(BaseModel):
    """A case that waits for a kind: what the rules suggest first, then what merely resembles it."""

    id: UUID
    number: int
    kind: str
    kind_sure: str
    reason: str
    description: str
    location_text: str
    place_name: str
    place_class: str
    unit: str
    community_name: str
    reported_at: datetime
    version: int
    same_text: int
    suggestions: list[TriedKind]


class UndecidedPage(BaseModel):
    """A page of the queue; `total` wait under this filter."""

    items: list[Undecided]
    next: str | None
    total: int


class KindDecided(BaseModel):
    """The case as it is now, every case decided with it, and the cases opened for further kinds."""

    case: CaseDetail
    decided: list[UUID]
    opened: list[UUID]


@router.get("")
def get_undecided(
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    sure: Annotated[Literal["none", "likely"] | None, Query(description="不写：两种都要")] = None,
    command: Annotated[Code, Query(description="提示的指挥部")] = "",
    words: Annotated[Line, Query()] = "",
    limit: Annotated[int, Field(ge=1, le=200)] = 50,
    after: Annotated[Line | None, Query(description="上一页的 next")] = None,
) -> UndecidedPage:
    """Return the cases that wait for somebody to say what kind of problem they are."""
    scope.require("place")
    rows, total = list_undecided(
        connection, scope=scope, limit=limit, after=after, sure=sure, command=command, words=words.strip()
    )
    kinds, names = service.kind_rules.on(connection), zone_names(connection)
    more, rows = len(rows) > limit, rows[:limit]
    items = [
        Undecided(
            **{key: row[key] for key in Undecided.model_fields if key in row},
            reason=row["kind_reason"],
            community_name=names.get(row["community_code"], ("", ""))[0],
            suggestions=_suggestions(row, kinds),
        )
        for row in rows
    ]
    following = encode_cursor(rows[-1]["reported_at"], rows[-1]["id"]) if more else None
    return UndecidedPage(items=items, next=following, total=total)


def _suggestions(row: RowMapping, kinds: CurrentKinds) -> list[TriedKind]:
    """Return what the rules suggested at the import, then kinds whose words resemble the text."""
    known = {kind.code for kind in kinds.table.kinds}
    found = [option for option in row["kind_options"] if option["kind"] in known]
    named = {option["kind"] for option in found}
    text = f"{row['description']} {place_words(row)}" if row["description"].strip() else ""
    alike = [code for code in kinds.table.similar(text, limit=_SIMILAR) if code not in named]
    resembles = tr("字面相近，仅供参考", "similar words, for reference only")
    return [
        *(_suggestion(o["kind"], o["reason"], o["sure"], row, kinds, word=o.get("word", "")) for o in found),
        *(_suggestion(code, resembles, "none", row, kinds) for code in alike),
    ]


def _suggestion(
    kind: str, reason: str, sure: str, row: RowMapping, kinds: CurrentKinds, *, word: str = ""
) -> TriedKind:
    command = kinds.command_of(kind, row["place_class"])
    return tried_kind(KindChoice(kind, reason, command, sure), kinds.table, word=word)


@router.post("/{case_id}")
def post_kind(
    case_id: UUID,
    decision: KindDecision,
    response: Response,
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    if_match: Annotated[str | None, Header(description="读到的版本（ETag）")] = None,
) -> KindDecided:
    """Give a case its kinds: command and deadline follow; further kinds open further cases."""
    decided, opened = decide_kind(
        connection, case_id, decision, scope=scope, service=service, version=parse_if_match(if_match)
    )
    # An own choice may move a case to another command; the answer still shows what was saved.
    detail = read_case(connection, case_id, service=service, scope=scope.as_office())
    response.headers["etag"] = f'"{detail.version}"'
    return KindDecided(case=detail, decided=decided, opened=opened)
