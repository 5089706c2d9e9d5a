"""Grids over HTTP: draw them, look at them. They take effect by signing their drawing off."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Response

from service.cases.reporting import client_id
from service.cases.requests import NamedWrite
from service.deps import ConnectionDep, ScopeDep, ServiceDep
from service.errors import NotFound
from service.grids.drafting import answer_of, draft, find_grids
from service.grids.model import GridsAnswer, WantedGrids
from service.words import tr

router = APIRouter(prefix="/api/grids", tags=["grids"])
Key = Annotated[str | None, Header(description="UUID：重发不会多做一步")]


@router.get("")
def get_grids(response: Response, connection: ConnectionDep, scope: ScopeDep) -> GridsAnswer:
    """Return the newest drawn grids; the ETag is their drawing's version."""
    row = find_grids(connection) if scope.may("propose_borders") else None
    if row is None:
        raise NotFound(tr("还没有划过网格", "no grids were drawn yet"))
    response.headers["etag"] = f'"{row["version"]}"'
    response.headers["cache-control"] = "no-store"
    return answer_of(row)


@router.post("")
def post_grids(
    wanted: WantedGrids,
    response: Response,
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    idempotency_key: Key = None,
) -> GridsAnswer:
    """Draw grids for the communities in force; the next try replaces them as one step of the same drawing."""
    scope.require("propose_borders")
    write = NamedWrite(
        connection, service.engine, scope.actor, "grids", client_id(idempotency_key), wanted.model_dump(mode="json"),
        service.clock.now(),
    )  # fmt: skip
    row = find_grids(connection) if write.answer() is not None else None
    if row is None:
        row = draft(connection, wanted, service=service, actor=scope.actor)
        write.keep({"id": str(row["id"])})
    response.headers["etag"] = f'"{row["version"]}"'
    return answer_of(row)
