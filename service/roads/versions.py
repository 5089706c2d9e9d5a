"""Which compiled gazetteer is in force: the number is in the store, the file beside it.

The file of a new version is complete on disk before the number is committed, and no file is ever
written twice: whoever reads the number finds the file, also after a crash in between.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, text

from service.confined.reading import sha256_of
from service.office import GAZETTEER_FILE
from service.store.tables import Case, GazetteerVersion, Place

if TYPE_CHECKING:
    from geodata.gazetteer import Gazetteer

# Any constant: versions, drafts and checks are written one after the other.
_LOCK = 0x67617A65
FOLDER = "gazetteers"


@dataclass(frozen=True, slots=True)
class Current:
    """The gazetteer in force: its number (0 before any was counted) and file."""

    number: int
    path: Path


def lock_gazetteer(connection: Connection) -> None:
    """Let nobody else change sources, edits, checks or versions until the transaction ends."""
    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def current(connection: Connection, data_dir: Path) -> Current:
    """Return the gazetteer that this transaction sees in force."""
    query = select(GazetteerVersion.number, GazetteerVersion.file).order_by(GazetteerVersion.number.desc())
    row = connection.execute(query.limit(1)).one_or_none()
    return Current(0, data_dir / GAZETTEER_FILE) if row is None else Current(row.number, data_dir / row.file)


def gazetteer_number(connection: Connection) -> int:
    """Return the number of the gazetteer in force, 0 before any was counted."""
    return int(connection.scalar(select(func.coalesce(func.max(GazetteerVersion.number), 0))) or 0)


def counts_of(gazetteer: Gazetteer) -> dict[str, Any]:
    """Return how much a gazetteer knows, for keeping."""
    stats = gazetteer.stats()
    lines: Mapping[str, int] = stats["lines"]
    return {
        "roads": lines["road"], "rails": lines["rail"], "waters": lines["water"],
        "places": sum(stats["places"].values()), "crossings": stats["crossings"], "numbers": stats["numbers"],
        "posts": stats["posts"], "aliases": stats["aliases"], "zones": stats["zones"],
        "documents": stats["documents"], "dropped": dict(stats["report"].get("dropped", {})),
    }  # fmt: skip


def add_version(
    connection: Connection,
    *,
    number: int,
    path: Path,
    data_dir: Path,
    counts: Mapping[str, Any],
    check_id: UUID | None,
    undoes: int | None = None,
    actor: str,
    now: datetime,
) -> None:
    """Put a complete file in force; it counts from the commit on."""
    connection.execute(
        insert(GazetteerVersion).values(
            number=number, file=str(path.relative_to(data_dir)), sha256=sha256_of(path), counts=dict(counts),
            check_id=check_id, undoes=undoes, made_by=actor, made_at=now,
        )
    )  # fmt: skip


def has_records(connection: Connection) -> bool:
    """Return whether the office has any case or place."""
    return bool(
        connection.scalar(select(func.count()).select_from(select(Case.id).limit(1).subquery()))
    ) or bool(connection.scalar(select(func.count()).select_from(select(Place.id).limit(1).subquery())))
