"""The office's zones from the store, prepared once per version and shared by all requests of a process.

Whoever assigns places *and writes* the answer asks with `hold=True` before anything else: then no
border changes until the transaction ends, and none is written by borders of yesterday.
"""

from __future__ import annotations

import threading
from datetime import date
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import OperationalError

from service.errors import Conflict
from service.setup.queries import held
from service.store.shapes import from_store
from service.store.tables import LinearOwner, Zone
from service.words import tr

if TYPE_CHECKING:
    from geodata.zones import ZoneTree

# Any constant: a change of borders takes this lock alone, those who assign places share it.
_LOCK = 0x626F7264
# Long enough for single reports, too short to be noticed by those who wait behind.
_WAIT_MS = 4000
_COLUMNS = ("code", "name", "parent", "leader", "valid_from", "valid_to")
_Version = tuple[int | None, int, int]


class BusyError(Conflict):
    """Borders cannot change at this moment; trying again helps."""


def hold_borders(connection: Connection) -> None:
    """Keep the borders as they are until the transaction ends; waits for a change in progress."""
    connection.execute(text("select pg_advisory_xact_lock_shared(:key)"), {"key": _LOCK})


def change_borders(connection: Connection) -> None:
    """Wait until nobody relies on the borders, and let nobody begin to until the transaction ends.

    Raises
    ------
    BusyError
        If somebody relies on them for longer than `_WAIT_MS`: a long import is running.
    """
    connection.execute(text(f"set local lock_timeout = '{_WAIT_MS}ms'"))
    try:
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    except OperationalError as error:
        if not isinstance(error.orig, LockNotAvailable):
            raise
        raise BusyError(
            tr("有人正在导入清单，请稍后再决定", "a list is being imported; try again in a moment")
        ) from error
    connection.execute(text("set local lock_timeout to default"))


def borders_version(connection: Connection) -> _Version:
    """Return a value that differs after every change of the zones."""
    row = connection.execute(select(func.max(Zone.id), func.count(Zone.valid_to), func.count(Zone.ended_at)))
    newest, ended, known = row.one()
    return newest, ended, known


def zone_tree(
    rows: list[dict[str, Any]], *, crs: int, owners: list[dict[str, Any]] | None = None
) -> ZoneTree:
    """Return a tree of rows, maybe of none, with the keys level, code, name, parent, leader, valid_from, valid_to, shape.

    `owners` are those of linear owners, with the columns of `geodata.zones.owning.layer` and shape.
    """
    from geodata.zones import LEVELS, ZoneTree

    layers: dict[str, Any] = {}
    for level in LEVELS:
        own = [row for row in rows if row["level"] == level]
        columns: dict[str, Any] = {name: np.empty(len(own), dtype=object) for name in _COLUMNS}
        for name in _COLUMNS:
            columns[name][:] = [row[name] for row in own]
        layers[level] = gpd.GeoDataFrame(columns, geometry=[row["shape"] for row in own], crs=crs)
    if not len(layers["community"]):
        return ZoneTree.empty(crs)
    present = {level: layer for level, layer in layers.items() if len(layer)}
    if owners:
        shapes = [row["shape"] for row in owners]
        columns = {name: [row[name] for row in owners] for name in owners[0] if name != "shape"}
        present["owners"] = gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)
    return ZoneTree(**present)


def load_versions(connection: Connection, *, crs: int) -> ZoneTree:
    """Return all zones with the days on which they hold."""
    query = select(
        Zone.level, Zone.code, Zone.name, func.coalesce(Zone.parent_code, "").label("parent"), Zone.leader,
        Zone.valid_from, Zone.valid_to, Zone.shape,
    ).where(held(Zone)).order_by(Zone.id)  # fmt: skip
    rows = [
        {**row, "shape": from_store(row["shape"])} for row in connection.execute(query).mappings()
    ]  # fmt: skip
    query = select(*(column for column in LinearOwner.__table__.columns if column.name != "id"))
    owners = [
        {**row, "shape": from_store(row["shape"])}
        for row in connection.execute(query.order_by(LinearOwner.id)).mappings()
    ]
    return zone_tree(rows, crs=crs, owners=owners)


def as_of(versions: ZoneTree, day: date) -> ZoneTree:
    """Return the zones that hold on a day as a tree without days.

    Before the first border of an office holds, those without an end count: what is reported on the
    eve must have an owner.
    """
    from geodata.zones import ZoneTree

    if not len(versions.community):
        return versions
    layers, owners = versions.on(day), versions.owners_on(day)
    if not len(layers["community"]):
        layers, owners = versions.on(None), versions.owners_on(None)
    present: dict[str, Any] = {
        str(level): layer.assign(valid_from=None, valid_to=None)
        for level, layer in layers.items()
        if len(layer)
    }
    return ZoneTree(owners=owners.assign(valid_from=None, valid_to=None), **present)


class OfficeZones:
    """The zones of a process; notices changes made by itself and by others."""

    def __init__(self, *, crs: int) -> None:
        self.crs = crs
        self._lock = threading.Lock()
        self._version: _Version | None = None
        self._versions: ZoneTree | None = None
        self._days: dict[date, ZoneTree] = {}

    def versions(self, connection: Connection) -> ZoneTree:
        """Return all zones with their days, as this transaction sees them."""
        version = borders_version(connection)
        with self._lock:
            if self._versions is None or self._version != version:
                self._versions = load_versions(connection, crs=self.crs)
                self._version, self._days = version, {}
            return self._versions

    def on(self, connection: Connection, day: date, *, hold: bool = False) -> ZoneTree:
        """Return the zones of a day.

        Parameters
        ----------
        hold
            True when the answer will be written: see the module's text.
        """
        if hold:
            hold_borders(connection)
        versions = self.versions(connection)
        with self._lock:
            known = self._days.get(day) if versions is self._versions else None
        if known is not None:
            return known
        tree = as_of(versions, day)
        with self._lock:
            if versions is self._versions:
                self._days = {**dict(list(self._days.items())[-3:]), day: tree}
        return tree
