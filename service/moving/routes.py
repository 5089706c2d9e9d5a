"""Moving cases and places over HTTP: try out, move, history, take back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Header, Response
from sqlalchemy import Connection

from service.auth.scope import Scope
from service.cases.advancing import parse_if_match
from service.cases.reporting import client_id
from service.cases.requests import conflicts_kept, find_answer, keep
from service.deps import ConnectionDep, ScopeDep, Service, ServiceDep
from service.moving.acting import Done, move, try_out, undo_last
from service.moving.keeping import keep_position
from service.moving.model import Moved, MoveOrder, MovePreview, Moves, Previewed, UndoOrder
from service.moving.present import history, moved, previewed
from service.moving.records import RecordKind

router = APIRouter(prefix="/api", tags=["moving"])
IfMatch = Annotated[str | None, Header(description="读到的版本（ETag）")]
Key = Annotated[str | None, Header(description="操作者一方生成的 UUID，重发时不变")]


def _written(
    service: Service, scope: Scope, key: UUID | None, content: dict[str, Any], kind: RecordKind,
    work: Callable[[Connection], Done],
) -> Moved:  # fmt: skip
    """Do something once: the same key with the same content gives the same answer, nothing is done again."""
    name, at = f"move:{key or uuid4()}", service.clock.now()
    # Its own transaction, committed before the answer: see `service.deps.get_connection`.
    with (
        conflicts_kept(service.engine, actor=scope.actor, key=name, content=content, at=at),
        service.engine.begin() as connection,
    ):
        found = find_answer(connection, actor=scope.actor, key=name, content=content)
        if found is not None:
            return Moved.model_validate(found)
        answer = moved(connection, kind, work(connection), scope=scope, service=service)
        said = answer.model_dump(mode="json")
        keep(connection, actor=scope.actor, key=name, content=content, answer=said, at=at)
        return answer


def _add(kind: RecordKind, path: str) -> None:
    """Add the routes of cases or of places: the same for both."""

    @router.post(
        f"{path}/position",
        description="移动位置：候选、图钉或线，须写理由；按新位置重新归属，留下经过，地名库记住。",
    )
    def post_position(
        record_id: UUID, order: MoveOrder, response: Response, service: ServiceDep, scope: ScopeDep,
        if_match: IfMatch = None, idempotency_key: Key = None,
    ) -> Moved:  # fmt: skip
        version = parse_if_match(if_match)
        content = {"record": f"{kind}:{record_id}", **order.model_dump(mode="json")}
        answer = _written(
            service, scope, client_id(idempotency_key), content, kind,
            lambda c: move(c, kind, record_id, order, scope=scope, service=service, version=version),
        )  # fmt: skip
        response.headers["etag"] = f'"{answer.version}"'
        return answer

    @router.post(
        f"{path}/position/preview", description="试看移动的结果：距离、归属变化、一并移动的记录；什么也不改。"
    )
    def post_preview(
        record_id: UUID, choice: MovePreview, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
    ) -> Previewed:
        done = try_out(connection, kind, record_id, choice, scope=scope, service=service)
        return previewed(connection, kind, done, scope=scope, service=service)

    @router.get(f"{path}/moves", description="位置的移动经过，最近的在前。")
    def get_moves(record_id: UUID, connection: ConnectionDep, scope: ScopeDep) -> Moves:
        return Moves(items=history(connection, kind, record_id, scope=scope))

    @router.post(
        f"{path}/moves/undo", description="撤销最近一次移动：回到原来的位置，学到的地名一并收回；经过保留。"
    )
    def post_undo(
        record_id: UUID, order: UndoOrder, response: Response, service: ServiceDep, scope: ScopeDep,
        if_match: IfMatch = None, idempotency_key: Key = None,
    ) -> Moved:  # fmt: skip
        version = parse_if_match(if_match)
        content = {"undo": f"{kind}:{record_id}", **order.model_dump(mode="json")}
        answer = _written(
            service, scope, client_id(idempotency_key), content, kind,
            lambda c: undo_last(c, kind, record_id, order, scope=scope, service=service, version=version),
        )  # fmt: skip
        response.headers["etag"] = f'"{answer.version}"'
        return answer


_add("case", "/cases/{record_id}")
_add("place", "/places/{record_id}")


@router.post("/places/{record_id}/listed/keep")
def post_keep(
    record_id: UUID, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep, if_match: IfMatch = None
) -> Moves:
    """Keep a place where a person put it, although the last list puts it elsewhere."""
    keep_position(
        connection, record_id, scope=scope, at=service.clock.now(), version=parse_if_match(if_match)
    )
    return Moves(items=history(connection, "place", record_id, scope=scope))
