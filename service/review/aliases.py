"""What people decided: location texts they placed, given to the geocoder so that it never asks twice.

The geocoder of a process notices new aliases, its own and other processes', by their number and
newest time, and a new gazetteer by its number in the store; a gazetteer is opened once.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from geodata.text.normalize import normalise
from service.errors import NotReady
from service.roads.versions import current
from service.store.shapes import from_store, to_store
from service.store.tables import Alias
from service.words import tr

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from geodata.gazetteer import Gazetteer
    from geodata.geocode import Geocoder


def alias_key(text: str) -> str:
    """Return the form under which a location text is remembered."""
    return normalise(text).text.strip()


def save_alias(
    connection: Connection,
    text: str,
    *,
    geometry_m: BaseGeometry,
    srid: int,
    case_id: UUID | None,
    actor: str,
    move_id: UUID | None = None,
) -> bool:
    """Remember where a text is; the newest decision wins. Return False when there is no text.

    `move_id` is the move that taught it: see `service.moving.learning`, which can take it back.
    """
    key = alias_key(text)
    if not key:
        return False
    # The machine's time, also in the demo: its newest value tells other processes of a change.
    values = {
        "shape": to_store(geometry_m, srid=srid), "case_id": case_id, "created_by": actor, "created_at": datetime.now(UTC),
        "move_id": move_id,
    }  # fmt: skip
    connection.execute(
        insert(Alias)
        .values(text=key, **values)
        .on_conflict_do_update(index_elements=[Alias.text], set_=values)
    )
    return True


def load_aliases(connection: Connection) -> dict[str, BaseGeometry]:
    """Return text -> geometry in metres, office CRS."""
    return {row.text: from_store(row.shape) for row in connection.execute(select(Alias.text, Alias.shape))}


class OfficeGeocoder:
    """The office's geocoder with its aliases, shared by all requests of a process."""

    def __init__(self, path: Path, *, crs: int) -> None:
        self.path = path
        self._crs = crs
        self._lock = threading.Lock()
        self._gazetteer: tuple[Path, Gazetteer] | None = None
        self._geocoder: Geocoder | None = None
        self._version: tuple[Path, int, datetime | None] | None = None

    def current(self, connection: Connection) -> Geocoder:
        """Return a geocoder that knows all aliases visible to this transaction.

        Raises
        ------
        NotReady
            If the office has no gazetteer, or one in another CRS than the office's.
        """
        count, newest = connection.execute(
            select(func.count(), func.max(Alias.created_at)).select_from(Alias)
        ).one()
        path = current(connection, self.path.parent).path
        with self._lock:
            if self._geocoder is None or self._version != (path, count, newest):
                from geodata.geocode import Geocoder

                self._geocoder = Geocoder(self._open(path), aliases=load_aliases(connection))
                self._version = (path, count, newest)
            return self._geocoder

    def _open(self, path: Path) -> Gazetteer:
        from geodata.gazetteer import Gazetteer

        if self._gazetteer is None or self._gazetteer[0] != path:
            if not path.is_file():
                raise NotReady(tr("还没有地名库，请先建地名库再初始化", "there is no gazetteer yet"))
            gazetteer = Gazetteer.open(path)
            if gazetteer.crs != self._crs:
                raise NotReady(
                    tr(
                        f"地名库的坐标系 EPSG:{gazetteer.crs} 与单位的 EPSG:{self._crs} 不一致",
                        f"the gazetteer is in EPSG:{gazetteer.crs}, the office in EPSG:{self._crs}",
                    )
                )
            self._gazetteer = (path, gazetteer)
        return self._gazetteer[1]
