"""The audit trail: append-only rows, each hashing the row before, in the acting transaction.

A row that was changed, removed or slipped in breaks the chain at that place; `verify` says where.
`detail` holds ids and counts, never personal data. Times are the machine's, also in the demo.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Entry:
    """What a row of the trail says of one act."""

    action: str
    object_type: str
    object_id: str
    detail: Mapping[str, object] = field(default_factory=dict)


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
    record_all(connection, [Entry(action, object_type, object_id, detail or {})], actor=actor)


def record_all(connection: Connection, entries: Sequence[Entry], *, actor: str) -> None:
    """Append several rows of one actor in their order; otherwise as `record`."""
    if not entries:
        return
    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    last = connection.execute(
        select(AuditEntry.id, AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)
    ).one_or_none()
    newest, previous = (last.id, bytes(last.hash)) if last else (0, GENESIS)
    rows = []
    for number, entry in enumerate(entries, start=newest + 1):
        # PostgreSQL keeps microseconds, as Python does; jsonb keeps numbers and text, not key order.
        at, facts = datetime.now(UTC), dict(entry.detail)
        fields = (actor, entry.action, entry.object_type, entry.object_id)
        digest = _digest(previous, number, at, fields, facts)
        rows.append(
            {
                "id": number, "at": at, "actor": actor, "action": entry.action, "object_type": entry.object_type,
                "object_id": entry.object_id, "detail": facts, "previous_hash": previous, "hash": digest,
            }
        )  # fmt: skip
        previous = digest
    connection.execute(insert(AuditEntry), rows)


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
