"""The pages `/people` (who there is, who answers for what, who is missing) and `/people/import`."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from service.auth.scope import Scope, role_words
from service.deps import ConnectionDep, ScopeDep, Service, ServiceDep
from service.frame import page
from service.people.queries import zones_in_force
from service.people.routes import get_duties, get_people
from service.people.rules import COMMAND_ROLES, ZONE_LEVEL
from service.store.tables import ROLES
from service.views import review_count

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


def _choices(connection: Connection, service: Service, scope: Scope) -> dict[str, Any]:
    return {
        "roles": [
            {"code": role, "name": role_words(role), "level": ZONE_LEVEL.get(role, ""), "command": role in COMMAND_ROLES}
            for role in ROLES
        ],
        "zones": [
            {"level": row["level"], "code": row["code"], "name": row["name"], "parent": row["parent_code"] or ""}
            for row in zones_in_force(connection, today=service.today())
        ],
        "commands": [{"code": one.code, "name": one.name} for one in service.kinds.commands],
        "may_edit": scope.may("users"),
        "me": scope.name,
        "office": service.office.name,
    }  # fmt: skip


@router.get("/people")
def people_page(
    request: Request, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
) -> HTMLResponse:
    """Return the list of people and the table of duties."""
    scope.require("see_people")
    people = get_people(connection, service, scope)
    data = {
        **_choices(connection, service, scope),
        "people": [item.model_dump(mode="json") for item in people.items],
        "next": people.next,
        "duties": get_duties(connection, service, scope).model_dump(mode="json"),
    }
    answer = page(
        request, "people.html", scope=scope, here="/people", waiting=review_count(connection, scope), data=data,
        may_edit=scope.may("users"), roles=[{"code": role, "name": role_words(role)} for role in ROLES],
    )  # fmt: skip
    answer.headers["cache-control"] = "no-store"
    return answer


@router.get("/people/import")
def import_page(
    request: Request, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
) -> HTMLResponse:
    """Return the form to import a list of people; its script asks for the preview."""
    scope.require("users")
    answer = page(
        request, "people-import.html", scope=scope, here="/people", waiting=review_count(connection, scope),
        data=_choices(connection, service, scope),
    )  # fmt: skip
    answer.headers["cache-control"] = "no-store"
    return answer
