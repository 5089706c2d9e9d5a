"""The page `/kinds`: the office's own rules, a box to try texts, whose a kind is, reading anew."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from service.deps import ConnectionDep, ScopeDep, ServiceDep
from service.fields import Code, Line
from service.frame import page
from service.kinds.present import rules_of
from service.kinds.queries import list_command_rules
from service.kinds.rereading import read_anew
from service.views import looks_of, review_count

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


@router.get("/kinds")
def kinds_page(
    request: Request,
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    text: Annotated[Line, Query()] = "",
    kind: Annotated[Code, Query()] = "",
) -> HTMLResponse:
    """Return the rules; `text` and `kind` fill the form, for a rule made from the review queue."""
    scope.require("edit_kinds")
    table = service.kinds
    rules = rules_of(connection, service.kind_rules)
    undecided = read_anew(connection, service.kind_rules.on(connection))
    data = {
        "own": [rule.model_dump(mode="json") for rule in rules.own],
        "kinds": [{"code": k.code, "name": k.name, "command": k.command} for k in table.kinds],
        "commands": [{"code": c.code, "name": c.name, "short": c.short} for c in table.commands],
        "exceptions": [
            {"kind": row["kind"], "place_class": row["place_class"], "command": row["command"]}
            for row in list_command_rules(connection)
        ],
        "from": {"text": text, "kind": kind},
    }
    return page(
        request, "kinds.html", scope=scope, here="/kinds", waiting=review_count(connection, scope), data=data,
        rules=rules, looks=looks_of(service), undecided=undecided.undecided, changes=len(undecided.changes),
    )  # fmt: skip
