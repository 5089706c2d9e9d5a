"""Writing register entries: placed drafts of a list of places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, insert

from service.cases.records import located_columns
from service.store.tables import Place

if TYPE_CHECKING:
    from service.intake.model import Placed

_BATCH = 1000


@dataclass(frozen=True, slots=True)
class NewPlace:
    """A register entry about to be written."""

    id: UUID
    placed: Placed
    source_key: str
    import_id: UUID
    created_at: datetime


def insert_places(connection: Connection, places: Sequence[NewPlace], *, srid: int) -> None:
    """Write register entries in the caller's transaction."""
    for start in range(0, len(places), _BATCH):
        rows: list[dict[str, Any]] = []
        for new in places[start : start + _BATCH]:
            draft = new.placed.draft
            rows.append(
                {
                    "id": new.id, "source_key": new.source_key, "import_id": new.import_id,
                    "name": draft.name or draft.description or draft.location_text,
                    "place_class": draft.place_class, "unit": draft.unit,
                    "created_at": new.created_at, "updated_at": new.created_at,
                    **located_columns(new.placed, srid=srid),
                }
            )  # fmt: skip
        connection.execute(insert(Place), rows)
