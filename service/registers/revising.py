"""A list of places meets its register: which register, what changes, and writing it, in one transaction.

::

    drafts ─ register_rows ─ choose register ─ plan_revision ─┬─ new, asked ──► places + history
                                                              ├─ changed ─────► places + history
                                                              ├─ unchanged     (nothing is written)
                                                              └─ vanished ────► `closed?` + history
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import Connection, func, insert, select

from geodata.crs import WGS84, reproject
from geodata.places.folding import fold
from service.cases.present import anchor_of
from service.cases.queries import anchor_point
from service.errors import Refused
from service.moving.listed import listed_positions
from service.registers.entries import RegisterRow, register_rows
from service.registers.records import Act, change_places, insert_places, mark_vanished
from service.registers.revision import (
    FIELDS,
    NEW,
    Answers,
    KnownPlace,
    Revision,
    doubt,
    field_words,
    plan_revision,
)
from service.store.tables import Place, Register
from service.words import tr

if TYPE_CHECKING:
    from geodata.places import PlaceClasses
    from service.intake.columns import ColumnMap
    from service.intake.model import Draft, Placed

Extent = Literal["whole", "part"]
EXTENTS: tuple[Extent, ...] = ("whole", "part")
# A list is a revision of the register that knows this share of its names.
_KNOWN_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class RegisterOrder:
    """What the user said of a list of places; empty values mean "as recognised".

    `register` is a register's id or `new`. `extent`: the list is the whole register, or a part of it.
    `answers` is a draft's key -> id of the place that an asked row is, or `new`.
    """

    register: str = ""
    extent: Extent | None = None
    place_class: str = ""
    answers: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The register that a list belongs to; `id` is None for a new one."""

    id: UUID | None
    name: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """What an import of a list of places would do."""

    rows: tuple[RegisterRow, ...]
    register: Chosen
    revision: Revision
    places: Mapping[UUID, KnownPlace]
    doubt: str

    @property
    def to_place(self) -> list[Draft]:
        """Return the drafts that need a position: new places, and known ones whose location changed."""
        moved = [self.rows[c.row].draft for c in self.revision.known if c.moves or c.asks]
        return [*(self.rows[at].draft for at in (*self.revision.new, *self.revision.asked)), *moved]

    def remark(self, row: int) -> str:
        """Return in words what became of a row."""
        asked = self.revision.asked.get(row)
        if asked:
            names = "、".join(self.places[one].values["name"] for one in asked[:3])
            return tr(
                f"可能就是台账中的“{names}”，已先作新增，请核对",
                f"may be {names} of the register; taken as new, please check",
            )
        change = next((change for change in self.revision.known if change.row == row), None)
        if change is None:
            return ""
        if not change.changes:
            return tr("与台账一致", "as in the register")
        fields = "、".join(field_words(name) for name in change.changes)
        said = tr(f"已更新：{fields}", f"updated: {fields}")
        if change.asks:
            said += tr(
                "；人工移动过，位置未改，请核对", "; a person moved it, its position stays, please check"
            )
        return said


def plan_register(
    connection: Connection,
    drafts: Sequence[Draft],
    columns: ColumnMap,
    *,
    classes: PlaceClasses,
    file_name: str,
    order: RegisterOrder,
    srid: int,
) -> Plan:
    """Return what a list of places changes; writes nothing.

    Raises
    ------
    Refused
        If the stated register, class or an answer does not exist.
    """
    if order.place_class and classes.get(order.place_class) is None:
        raise Refused(tr("没有这个场所类别", "no such place class"), fields=[("place_class", "")])
    rows = register_rows(drafts, columns, classes, place_class=order.place_class)
    rows = [replace(row, at=_position(row.draft, srid)) for row in rows]
    chosen = choose_register(connection, rows, file_name=file_name, stated=order.register)
    places = read_places(connection, chosen.id) if chosen.id else []
    answers = _answers(order.answers or {}, rows, {place.id for place in places})
    revision = plan_revision(rows, places, whole=order.extent != "part", answers=answers)
    words = "" if order.extent else doubt(revision, rows, places)
    return Plan(tuple(rows), chosen, revision, {place.id: place for place in places}, words)


def _position(draft: Draft, srid: int) -> tuple[float, float] | None:
    if draft.geometry is None:
        return None
    point = anchor_of(reproject(draft.geometry, WGS84, srid))
    return (point.x, point.y)


def _answers(said: Mapping[str, str], rows: Sequence[RegisterRow], known: set[UUID]) -> Answers:
    at = {row.draft.key: index for index, row in enumerate(rows)}
    found: dict[int, UUID | str] = {}
    for where, answer in said.items():
        try:
            value: UUID | str = NEW if answer == NEW else UUID(answer)
        except ValueError:
            value = ""
        if where not in at or (value != NEW and value not in known):
            raise Refused(
                tr("对“是哪一处”的回答不对", "an answer names no place"), fields=[("answers", where[:80])]
            )
        found[at[where]] = value
    if len({value for value in found.values() if value != NEW}) < sum(
        value != NEW for value in found.values()
    ):
        raise Refused(tr("两行不能是同一处", "two rows cannot be one place"), fields=[("answers", "")])
    return Answers(found)


def choose_register(
    connection: Connection, rows: Sequence[RegisterRow], *, file_name: str, stated: str
) -> Chosen:
    """Return the register that a list belongs to: the stated one, the one that knows its names, or a new one."""
    registers = {
        row.id: row for row in connection.execute(select(Register.__table__).order_by(Register.created_at))
    }
    stem = PurePath(file_name).stem[:100] or tr("台账", "register")
    if stated == NEW or (not registers and not stated):
        return Chosen(
            None, _free_name(stem, {row.name for row in registers.values()}), tr("新建台账", "a new register")
        )
    if stated:
        found = next((row for row in registers.values() if stated in (str(row.id), row.name)), None)
        if found is None:
            raise Refused(tr("没有这个台账", "no such register"), fields=[("register", "")])
        return Chosen(found.id, found.name, tr("由使用者指定", "as stated"))
    names = {fold(row.name) for row in rows} - {""}
    query = select(Place.register_id, Place.name).where(Place.register_id.is_not(None))
    known: dict[UUID, set[str]] = {}
    for place in connection.execute(query):
        known.setdefault(place.register_id, set()).add(fold(place.name))
    shares = {one: len(names & there) / len(names) for one, there in known.items()} if names else {}
    best = max(shares, key=lambda one: shares[one], default=None)
    if best is not None and shares[best] >= _KNOWN_SHARE:
        percent = f"{shares[best] * 100:.0f} %"
        return Chosen(
            best, registers[best].name,
            tr(f"清单中 {percent} 的名称在这个台账里", f"{percent} of the list's names are in this register"),
        )  # fmt: skip
    return Chosen(
        None, _free_name(stem, {row.name for row in registers.values()}),
        tr("没有台账认识这些名称，新建一个", "no register knows these names: a new one"),
    )  # fmt: skip


def _free_name(stem: str, taken: set[str]) -> str:
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem} ({number})"
    return name


def read_places(connection: Connection, register_id: UUID) -> list[KnownPlace]:
    """Return all places of a register in the order of their creation, as they are compared."""
    anchor, listed = anchor_point(Place.shape), listed_positions(connection, register_id)
    columns = [getattr(Place, name) for name in FIELDS]
    query = (
        select(
            Place.id, Place.status, *columns, Place.attributes, Place.merged_into,
            func.ST_X(anchor).label("x"), func.ST_Y(anchor).label("y"),
        )
        .where(Place.register_id == register_id)
        .order_by(Place.created_at, Place.id)
    )  # fmt: skip
    return [
        KnownPlace(
            id=row["id"], status=row["status"],
            values={name: row[name] for name in (*FIELDS, "attributes", "merged_into")},
            at=(row["x"], row["y"]) if row["x"] is not None else None,
            held=row["id"] in listed, listed_at=listed.get(row["id"]),
        )
        for row in connection.execute(query).mappings()
    ]  # fmt: skip


def require_certain(plan: Plan) -> None:
    """Raise unless it is clear whether the list is the whole register.

    Raises
    ------
    Refused
        Naming what is missing and both answers.
    """
    if plan.doubt:
        raise Refused(
            tr(
                f"{plan.doubt}。请说明这份清单是整份台账（缺的转“疑似关停”）还是其中一部分（只新增和更新）",
                f"{plan.doubt}. Say whether the list is the whole register (what it lacks becomes closed?) or a part of it",
            ),
            fields=[("extent", "whole | part")],
        )


def write_register(
    connection: Connection, plan: Plan, *, act: Act, file_name: str, srid: int, placed: Mapping[str, Placed]
) -> tuple[UUID, dict[int, UUID]]:
    """Write a plan and return the register's id and row -> place id; `placed` by the drafts' keys."""
    register_id = plan.register.id or insert_register(connection, plan.register, file_name, act)
    fresh = [*plan.revision.new, *plan.revision.asked]
    questions = {at: plan.revision.asked[row] for at, row in enumerate(fresh) if row in plan.revision.asked}
    made = insert_places(
        connection, [(plan.rows[row], placed[plan.rows[row].draft.key]) for row in fresh],
        register_id=register_id, act=act, srid=srid, questions=questions,
    )  # fmt: skip
    changed = [
        (change, placed[plan.rows[change.row].draft.key] if change.moves or change.asks else None)
        for change in plan.revision.changed
    ]
    change_places(connection, changed, act=act, srid=srid)
    note = tr(f"“{file_name}”中没有", f"not in {file_name}")
    mark_vanished(connection, plan.revision.vanished, act=act, note=note)
    ids = dict(zip(fresh, made, strict=True)) | {
        change.row: change.place.id for change in plan.revision.known
    }
    return register_id, ids


def insert_register(connection: Connection, register: Chosen, source: str, act: Act) -> UUID:
    """Write a new register and return its id."""
    register_id = uuid4()
    connection.execute(
        insert(Register).values(
            id=register_id, name=register.name, source=source, created_by=act.actor, created_at=act.at
        )
    )
    return register_id


def register_counts(plan: Plan) -> dict[str, Any]:
    """Return the plan's counts with the register's name, JSON-able."""
    return {**plan.revision.counts(), "register": plan.register.name, "register_reason": plan.register.reason}
