"""A check: the drafts are compiled to a candidate file and every record is located with it.

Begun in a request, run in a process of its own (`service.roads.worker`), one at a time. A run holds a
lock of its database session: one that died without a word leaves none, and the next check takes over.
"""

from __future__ import annotations

import json
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy import Connection, Engine, insert, select, update

from geodata.errors import QingtuError
from geodata.gazetteer import Gazetteer
from geodata.gazetteer.building import compile_collected
from geodata.gazetteer.collecting import collect
from geodata.geocode import Geocoder
from service.audit.trail import record
from service.borders.current import OfficeZones
from service.clock import office_day
from service.errors import Conflict, NotReady, Refused
from service.office import Office
from service.review.aliases import load_aliases
from service.roads.comparing import Change, changes_of
from service.roads.queries import (
    any_drafts,
    content_now,
    end_run,
    insert_items,
    is_running,
    list_locatable,
    try_run,
    update_check,
)  # fmt: skip
from service.roads.sources import sources_of
from service.roads.versions import FOLDER, counts_of, current, has_records, lock_gazetteer
from service.store.shapes import to_store
from service.store.tables import GazetteerCheck, GazetteerVersion
from service.words import said, tr

if TYPE_CHECKING:
    from geodata.zones import ZoneTree

log = structlog.get_logger("qingtu.roads")
_STEP = 200


@dataclass(frozen=True, slots=True)
class Workshop:
    """What checks and decisions need of the office; a server's service or a command makes one."""

    engine: Engine
    data_dir: Path
    office: Office
    zones: OfficeZones

    @property
    def now(self) -> datetime:
        """Return the office's time."""
        return self.office.clock.now()

    def zones_today(self, connection: Connection, *, hold: bool = False) -> ZoneTree:
        """Return the zones of the office's day."""
        return self.zones.on(connection, office_day(self.now), hold=hold)


def start_check(connection: Connection, *, actor: str, data_dir: Path) -> UUID:
    """Write a check to be run and return its id; one that waits for a decision is put aside.

    Raises
    ------
    Refused
        If nothing was changed.
    Conflict
        If another check is running.
    """
    lock_gazetteer(connection)
    query = select(
        GazetteerCheck.id, GazetteerCheck.state, GazetteerCheck.number, GazetteerCheck.started_at
    ).where(GazetteerCheck.state.in_(("running", "waiting")))
    for row in connection.execute(query).all():
        if row.state == "running" and is_running(connection, row.number, row.started_at):
            raise Conflict(tr("正在检查，请等它做完", "a check is running; wait for its end"))
        state = "failed" if row.state == "running" else "discarded"
        words = tr("中断", "interrupted") if row.state == "running" else tr("重新检查", "checked again")
        update_check(connection, row.id, state=state, problem=words, finished_at=datetime.now(UTC))
    if not any_drafts(connection):
        raise Refused(tr("没有改动，不用检查", "nothing was changed"))
    check_id = uuid4()
    connection.execute(
        insert(GazetteerCheck).values(
            id=check_id, state="running", base_version=current(connection, data_dir).number,
            content=content_now(connection), progress={"step": "waiting", "done": 0, "total": 0}, started_by=actor,
            started_at=datetime.now(UTC),
        )
    )  # fmt: skip
    record(
        connection, actor=actor, action="gazetteer_check_started", object_type="gazetteer_check",
        object_id=str(check_id), detail={},
    )  # fmt: skip
    return check_id


def run_check(shop: Workshop, check_id: UUID) -> None:
    """Do the work of a check: its state is `waiting` afterwards, `accepted` in an office without records, or `failed`."""
    with shop.engine.connect() as guard:
        row = guard.execute(
            select(GazetteerCheck.number, GazetteerCheck.state).where(GazetteerCheck.id == check_id)
        ).one()
        if row.state != "running" or not try_run(guard, row.number):
            return
        guard.commit()
        try:
            _Run(shop, check_id, row.number).work()
        except QingtuError as error:
            _fail(shop, check_id, said(error))
        except Exception as error:
            log.error("gazetteer_check_failed", kind=type(error).__name__, exc_info=error)
            _fail(shop, check_id, tr("程序出错，已记录", "an internal error, it was recorded"))
        finally:
            end_run(guard, row.number)


def _fail(shop: Workshop, check_id: UUID, words: str) -> None:
    with shop.engine.begin() as connection:
        update_check(
            connection, check_id, state="failed", problem=words[:2000], finished_at=datetime.now(UTC)
        )


class _Run:
    def __init__(self, shop: Workshop, check_id: UUID, number: int) -> None:
        self.shop, self.id, self.number = shop, check_id, number
        self.seconds: dict[str, float] = {}

    def work(self) -> None:
        path = self._compile()
        with self.shop.engine.connect() as connection:
            rows = list_locatable(connection)
            found = self._compare(connection, path, rows)
        self._finish(path, rows, found)

    def _compile(self) -> Path:
        shop, began = self.shop, time.perf_counter()
        self.tell("compile", 0, 0)
        path = shop.data_dir / FOLDER / f"gazetteer-{self.number}.qgz"
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with shop.engine.connect() as connection, zones_file(shop, connection) as zones:
            drop_leftovers(connection, shop.data_dir)
            content = connection.scalar(select(GazetteerCheck.content).where(GazetteerCheck.id == self.id))
            sources = sources_of(connection, shop.data_dir, content or {}, zones=zones)
            compile_collected(collect(sources, crs=shop.office.crs), path)
        self.seconds["compile"] = round(time.perf_counter() - began, 2)
        return path

    def _compare(self, connection: Connection, path: Path, rows: Sequence[Any]) -> list[Change]:
        began = time.perf_counter()
        candidate, present = geocoders(self.shop, connection, path)
        zones = self.shop.zones_today(connection)
        found: list[Change] = []
        for start in range(0, len(rows), _STEP):
            self.tell("compare", start, len(rows))
            part = rows[start : start + _STEP]
            found += changes_of(part, candidate=candidate, present=present, zones=zones)
        self.seconds["compare"] = round(time.perf_counter() - began, 2)
        return found

    def _finish(self, path: Path, rows: Sequence[Any], found: Sequence[Change]) -> None:
        snapshot = [[row["kind"], str(row["id"]), row["version"]] for row in rows]
        with self.shop.engine.begin() as connection:
            state = connection.scalar(
                select(GazetteerCheck.state).where(GazetteerCheck.id == self.id).with_for_update()
            )
            if state != "running":
                return
            insert_items(
                connection, [item_row(self.id, change, srid=self.shop.office.crs) for change in found]
            )
            report = {
                "counts": counts_of(Gazetteer.open(path)),
                "seconds": self.seconds,
                "records": len(rows),
            }
            update_check(
                connection, self.id, state="waiting", file=str(path.relative_to(self.shop.data_dir)), report=report,
                snapshot=zlib.compress(json.dumps(snapshot).encode()), finished_at=datetime.now(UTC),
                progress={"step": "done", "done": len(rows), "total": len(rows)},
            )  # fmt: skip
            if not has_records(connection):
                # Nothing can move, so there is nobody to ask; in this transaction, so that nobody sees it wait.
                self._accept(connection)

    def _accept(self, connection: Connection) -> None:
        from service.roads.deciding import Verdict, accept

        actor = connection.scalar(select(GazetteerCheck.started_by).where(GazetteerCheck.id == self.id))
        accept(connection, self.id, Verdict(), actor=str(actor), shop=self.shop, version=None)

    def tell(self, step: str, done: int, total: int) -> None:
        with self.shop.engine.begin() as connection:
            connection.execute(
                update(GazetteerCheck)
                .where(GazetteerCheck.id == self.id)
                .values(progress={"step": step, "done": done, "total": total})
            )


def drop_leftovers(connection: Connection, data_dir: Path) -> None:
    """Remove candidates that no version and no check that waits refers to: nobody can ask for them again."""
    waiting = select(GazetteerCheck.file).where(GazetteerCheck.state == "waiting")
    kept = {*connection.scalars(select(GazetteerVersion.file)), *connection.scalars(waiting)}
    for path in (data_dir / FOLDER).glob("gazetteer-*.qgz"):
        if str(path.relative_to(data_dir)) not in kept:
            path.unlink(missing_ok=True)


@contextmanager
def zones_file(shop: Workshop, connection: Connection) -> Iterator[Path | None]:
    """Yield the office's zones of today as a file, for their names; None for an office without."""
    try:
        tree = shop.zones_today(connection)
    except NotReady:
        yield None
        return
    if not len(tree.community):
        yield None
        return
    with TemporaryDirectory(prefix="qingtu-zones-") as folder:
        path = Path(folder) / "zones.gpkg"
        tree.write(path)
        yield path


def geocoders(shop: Workshop, connection: Connection, path: Path) -> tuple[Geocoder, Geocoder | None]:
    """Return the geocoder of a candidate file and the one in force, both with the office's aliases."""
    aliases = load_aliases(connection)
    found = current(connection, shop.data_dir).path
    present = Geocoder(Gazetteer.open(found), aliases=aliases) if found.is_file() else None
    return Geocoder(Gazetteer.open(path), aliases=aliases), present


def item_row(check_id: UUID, change: Change, *, srid: int) -> dict[str, Any]:
    """Return a record of a check's list as it is stored."""
    return {
        "check_id": check_id, "record_kind": change.row["kind"], "record_id": change.row["id"],
        "record_version": change.row["version"], "change": change.kind,
        "distance_m": None if change.distance_m is None else round(change.distance_m, 2),
        "before": _said(change.before), "after": _said(change.after),
        "before_shape": to_store(change.before.shape, srid=srid),
        "after_shape": to_store(change.after.shape, srid=srid),
    }  # fmt: skip


def _said(answer: Any) -> dict[str, str]:
    return {"placement": answer.placement, "community": answer.community, "grid": answer.grid}


def launch(command: Callable[[], Any]) -> None:
    """Run something that waits for a process beside the requests."""
    threading.Thread(target=command, daemon=True, name="gazetteer-check").start()
