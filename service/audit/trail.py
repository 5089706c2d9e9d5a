"""The audit trail: append-only rows, each hashing the row before, in the acting transaction.

A row that was changed, removed or slipped in breaks the chain at that place; `verify` says where.
`detail` holds ids and counts, never personal data. Times are the machine's, also in the demo.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select, text

from service.store.tables import AuditEntry

# Any constant: writers of the trail wait for each other until commit, so that the chain has no fork.
_LOCK = 0x71696E67
GENESIS = bytes(32)


def _digest(
    previous: bytes, number: int, at: datetime, fields: tuple[str, ...], detail: Mapping[str, object]
) -> bytes:
    content = [number, at.astimezone(UTC).isoformat(), *fields, detail]
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(previous + canonical.encode()).digest()


def record(
    connection: Connection,
    *,
    actor: str,
    action: str,
    object_type: str,
    object_id: str,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Append a row to the trail, in the caller's transaction.

    Call it last: the lock it takes is held until the transaction ends.
    """
    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    last = connection.execute(
        select(AuditEntry.id, AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)
    ).one_or_none()
    number, previous = (last.id + 1, bytes(last.hash)) if last else (1, GENESIS)
    # PostgreSQL keeps microseconds, as Python does; jsonb keeps numbers and text, not key order.
    at, facts = datetime.now(UTC), dict(detail or {})
    connection.execute(
        insert(AuditEntry).values(
            id=number, at=at, actor=actor, action=action, object_type=object_type, object_id=object_id,
            detail=facts, previous_hash=previous,
            hash=_digest(previous, number, at, (actor, action, object_type, object_id), facts),
        )
    )  # fmt: skip


def verify(connection: Connection) -> tuple[int, int | None]:
    """Return the number of rows and the id of the first row that breaks the chain, None if it is whole."""
    previous, count = GENESIS, 0
    query = select(AuditEntry.__table__).order_by(AuditEntry.id).execution_options(yield_per=1000)
    with connection.execute(query) as rows:
        for row in rows:
            count += 1
            fields = (row.actor, row.action, row.object_type, row.object_id)
            expected = _digest(previous, count, row.at, fields, row.detail)
            if row.id != count or bytes(row.previous_hash) != previous or bytes(row.hash) != expected:
                return count, int(row.id)
            previous = expected
    return count, None
