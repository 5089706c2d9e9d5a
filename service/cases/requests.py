"""Writes named by the client: the same again gives the same answer, another content is a conflict.

The key comes in the header `Idempotency-Key`. A conflicting content is kept beside the first, so
that nothing a person wrote on the spot is lost.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.dialects.postgresql import insert

from service.errors import Conflict
from service.store.tables import ClientRequest
from service.words import tr


def content_hash(content: Mapping[str, Any]) -> bytes:
    """Return the hash of a JSON-able content, independent of key order."""
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).digest()


def find_answer(
    connection: Connection, *, actor: str, key: str, content: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return the answer already given to this content, None when the key is new; waits for a twin.

    Raises
    ------
    Conflict
        If the key was used for another content. `conflicts_kept` keeps that content.
    """
    # Two copies of one request at the same time: the second waits here and finds the first's answer.
    lock = int.from_bytes(hashlib.sha256(f"{actor}\0{key}".encode()).digest()[:8], "big", signed=True)
    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": lock})
    query = select(ClientRequest.content_hash, ClientRequest.answer).where(
        ClientRequest.actor == actor, ClientRequest.key == key, ClientRequest.status < 400
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    if bytes(row.content_hash) == content_hash(content):
        return dict(row.answer)
    raise Conflict(
        tr(
            "同一个编号已用于另一份内容；这一份也已留存",
            "the same id was used for another content; this one was kept as well",
        ),
        fields=[("header.Idempotency-Key", tr("请换一个新编号", "use a new id"))],
    )


def keep(
    connection: Connection,
    *,
    actor: str,
    key: str,
    content: Mapping[str, Any],
    answer: Mapping[str, Any],
    at: datetime,
    status: int = 200,
) -> None:
    """Remember the answer to a content; a repeated conflict is kept once."""
    values = {
        "actor": actor, "key": key, "content_hash": content_hash(content), "at": at, "status": status,
        "content": dict(content), "answer": dict(answer),
    }  # fmt: skip
    connection.execute(insert(ClientRequest).values(values).on_conflict_do_nothing())


@contextmanager
def conflicts_kept(
    engine: Engine, *, actor: str, key: str, content: Mapping[str, Any], at: datetime
) -> Iterator[None]:
    """Keep the content of a write that ends in a conflict, in a transaction of its own; the conflict goes on.

    Raises
    ------
    Conflict
        As raised inside.
    """
    try:
        yield
    except Conflict:
        with engine.begin() as connection:
            keep(connection, actor=actor, key=key, content=content, answer={}, at=at, status=409)
        raise


@dataclass(frozen=True, slots=True)
class NamedWrite:
    """A write in the request's own transaction that the client may name by a key; without one nothing is kept.

    `about` tells the writes of different routes apart, so that one key may stand for one of each.
    """

    connection: Connection
    engine: Engine
    actor: str
    about: str
    key: UUID | None
    content: Mapping[str, Any]
    at: datetime

    @property
    def _name(self) -> str:
        return f"{self.about}:{self.key}"

    def answer(self) -> dict[str, Any] | None:
        """Return what was answered to this content before, None for a new write.

        Raises
        ------
        Conflict
            If the key was used for another content; this one is kept as well.
        """
        if self.key is None:
            return None
        with conflicts_kept(self.engine, actor=self.actor, key=self._name, content=self.content, at=self.at):
            return find_answer(self.connection, actor=self.actor, key=self._name, content=self.content)

    def keep(self, answer: Mapping[str, Any]) -> None:
        """Remember the answer; one that is kept already stays."""
        if self.key is not None:
            keep(
                self.connection, actor=self.actor, key=self._name, content=self.content, answer=answer, at=self.at
            )  # fmt: skip
