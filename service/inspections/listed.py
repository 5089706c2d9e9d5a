"""A list of inspection results (店名, 检查项目, 结果 …) as inspections: passes included, every row accounted for.

Rows of one place, day and inspector are one inspection. A row's place is found by number, else by name
and location as in a revised register; one that nobody knows is added to a register; one that may be
several is refused with the reason.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Connection, func, select

from geodata.places import CheckSheet, Entry, pair_entries
from geodata.places.folding import fold
from service.auth.scope import Scope
from service.cases.queries import anchor_point
from service.clock import day_start
from service.inspections.model import ItemResult, NewInspection, PlaceFacts, Result
from service.inspections.queries import find_facts
from service.inspections.saving import Inspecting, keep_sheet, save_inspections
from service.registers.entries import RegisterRow, register_rows
from service.registers.records import Act, insert_places
from service.registers.revising import Chosen, choose_register, insert_register
from service.store.tables import Inspection, Place
from service.words import tr

if TYPE_CHECKING:
    from geodata.places import PlaceClasses
    from service.intake.columns import ColumnMap
    from service.intake.model import Draft, Placed
    from service.registers.vocabulary import Vocabulary

_OFFICE = Scope(role="admin", name="import")
# Words for results, folded; a longer one is looked for first.
_RESULTS: tuple[tuple[str, Result], ...] = (
    ("不合格", "fail"), ("不达标", "fail"), ("不符合", "fail"), ("未达标", "fail"), ("不通过", "fail"), ("不适用", "na"),
    ("无此项", "na"), ("合格", "pass"), ("达标", "pass"), ("符合", "pass"), ("通过", "pass"), ("否", "fail"), ("是", "pass"),
    ("差", "fail"), ("fail", "fail"), ("pass", "pass"), ("na", "na"), ("no", "fail"), ("yes", "pass"),
)  # fmt: skip
_SIGNS: Mapping[str, Result] = {
    "√": "pass",
    "✓": "pass",
    "✔": "pass",
    "×": "fail",
    "✗": "fail",
    "✘": "fail",
    "x": "fail",
    "/": "na",
    "—": "na",
}
# Columns that say what was wrong.
_REMARKS = frozenset(
    ("说明", "情况说明", "备注", "不合格原因", "不合格说明", "原因", "情况", "remark", "note")
)
# A namespace of our own: the same rows give the same inspection, so that a second import finds it.
_NAMESPACE = UUID("5f0d5c1e-3a0b-4b6c-9a52-1d7f0f9d6a11")


def read_result(text: str) -> Result | None:
    """Return what a list's word for a result means, None where it says nothing clear.

    Examples
    --------
    >>> [read_result(word) for word in ("合格", "不合格", "基本合格", "√", "不适用", "待定")]
    ['pass', 'fail', None, 'pass', 'na', None]
    """
    stripped = text.strip().casefold()
    if stripped in _SIGNS:
        return _SIGNS[stripped]
    folded = fold(text)
    return next((result for word, result in _RESULTS if folded in (word, f"检查{word}", f"{word}项")), None)


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A row as understood: `refusal` says why it goes no further, in words."""

    row: RegisterRow
    item: str
    result: Result | None
    inspector: str
    note: str
    at: datetime
    refusal: str = ""


@dataclass(frozen=True)
class ListedResult:
    """Row -> outcome (`imported`, `merged`, `refused`), remark and inspection id, and the counts."""

    outcomes: dict[int, tuple[str, str, UUID | None]]
    counts: dict[str, int]
    register_id: UUID | None = None


def read_list(
    drafts: Sequence[Draft], columns: ColumnMap, classes: PlaceClasses, *, now: datetime
) -> list[ListedRow]:
    """Return the rows of a list of inspection results as understood."""
    found = []
    for row in register_rows(drafts, columns, classes):
        cells = row.draft.cells
        written = columns.text(cells, "result")
        result = read_result(written)
        refusal = (
            ""
            if result
            else tr(f"结果看不明白：{written[:30] or '空'}", f"unclear result: {written[:30] or 'empty'}")
        )
        reported = row.draft.reported_at
        found.append(
            ListedRow(
                row=row, item=columns.text(cells, "check_item"), result=result,
                inspector=columns.text(cells, "inspector")[:200], note=(row.draft.description or _remark(cells, columns))[:2000],
                at=day_start(reported) if reported else now, refusal=refusal,
            )
        )  # fmt: skip
    return found


def _remark(cells: Mapping[str, str], columns: ColumnMap) -> str:
    return next(
        (cells[h].strip() for h in columns.unused if fold(h) in _REMARKS and cells.get(h, "").strip()), ""
    )


def import_results(
    connection: Connection, rows: Sequence[ListedRow], *, act: Act, file_name: str, vocabulary: Vocabulary,
    tools: Inspecting, place: Callable[[Sequence[Draft]], Sequence[Placed]],
) -> ListedResult:  # fmt: skip
    """Write a list of results in the caller's transaction.

    Parameters
    ----------
    place
        Gives new places their positions.
    """
    outcomes: dict[int, tuple[str, str, UUID | None]] = {
        at: ("refused", row.refusal, None) for at, row in enumerate(rows) if row.refusal
    }
    places, new, register_id = _places(
        connection, rows, outcomes, act=act, file_name=file_name, srid=tools.srid, place=place
    )
    facts = find_facts(connection, sorted(set(places.values())), scope=_OFFICE)
    groups: dict[tuple[UUID, datetime, str], list[int]] = defaultdict(list)
    for index, place_id in places.items():
        groups[place_id, rows[index].at, rows[index].inspector].append(index)
    made: list[NewInspection] = []
    sheets: dict[str, CheckSheet] = {}
    for (place_id, at, inspector), members in groups.items():
        sheet = vocabulary.sheet_for(facts[place_id].place_class)
        if sheet:
            sheets[sheet.code] = sheet
        inspection = _inspection(
            facts[place_id], sheet, at, inspector or act.actor, [(m, rows[m]) for m in members], outcomes
        )
        if inspection.items:
            made.append(replace(inspection, import_id=act.import_id))
    existing = _existing(connection, [one.id for one in made])
    for (place_id, at, inspector), members in groups.items():
        key = _inspection_id(
            place_id, at, inspector or act.actor, [(m, rows[m]) for m in members if m not in outcomes]
        )
        for member in members:
            if member not in outcomes:
                merged = key in existing
                words = tr("同一次检查已导入过", "the same inspection is there already") if merged else ""
                outcomes[member] = ("merged" if merged else "imported", words, key)
    for sheet in sheets.values():
        keep_sheet(connection, sheet, act.at)
    fresh = [one for one in made if one.id not in existing]
    saved = save_inspections(connection, fresh, tools)
    return ListedResult(
        outcomes,
        {"inspections": len(fresh), "items": sum(len(one.items) for one in fresh), "places": new,
         "failed": len(saved.opened), "problems": sum(one.new for one in saved.opened)},
        register_id,
    )  # fmt: skip


def _places(
    connection: Connection, rows: Sequence[ListedRow], outcomes: dict[int, tuple[str, str, UUID | None]], *, act: Act,
    file_name: str, srid: int, place: Callable[[Sequence[Draft]], Sequence[Placed]],
) -> tuple[dict[int, UUID], int, UUID | None]:  # fmt: skip
    """Return row -> place id, and how many places were added and to which register; doubtful rows go into `outcomes`."""
    first: dict[tuple[str, str, str], int] = {}
    same: dict[int, list[int]] = defaultdict(list)
    for at, one in enumerate(rows):
        if at in outcomes:
            continue
        key = (one.row.number, fold(one.row.name), fold(one.row.draft.location_text))
        same[first.setdefault(key, at)].append(at)
    heads = list(same)
    known = _known(connection)
    ids = list(known)
    found = pair_entries([rows[at].row.entry() for at in heads], [known[one] for one in ids])
    places = {
        heads[i]: ids[j]
        for i, j in found.pairs.items()
        if found.how[i] in ("number", "same", "class", "moved", "renamed", "similar")
    }
    doubtful = {one.row: one.places for one in found.asked}
    missing: list[int] = []
    register_id = None
    for i, head in enumerate(heads):
        if head in places:
            continue
        named = [one for one in ids if fold(known[one].name) == fold(rows[head].row.name)]
        if not rows[head].row.draft.location_text and len(named) == 1:
            places[head] = named[0]
        elif i in doubtful or (named and not rows[head].row.draft.location_text):
            words = tr(
                "台账中有几处同名场所，请写明地址或编号",
                "several places have this name: give the address or number",
            )
            outcomes.update(dict.fromkeys(same[head], ("refused", words, None)))
        else:
            missing.append(head)
    if missing:
        chosen = choose_register(connection, [rows[at].row for at in missing], file_name=file_name, stated="")
        register_id = chosen.id or insert_register(connection, Chosen(None, chosen.name, ""), file_name, act)
        placed = place([rows[at].row.draft for at in missing])
        pairs = [(rows[at].row, one) for at, one in zip(missing, placed, strict=True)]
        made = insert_places(connection, pairs, register_id=register_id, act=act, srid=srid)
        places.update(zip(missing, made, strict=True))
    of_rows = {at: places[head] for head, members in same.items() if head in places for at in members}
    return of_rows, len(missing), register_id


def _known(connection: Connection) -> dict[UUID, Entry]:
    anchor = anchor_point(Place.shape)
    query = (
        select(
            Place.id, Place.name, Place.location_text, Place.place_class, Place.number,
            func.ST_X(anchor).label("x"), func.ST_Y(anchor).label("y"),
        )
        .where(Place.status != "closed")
        .order_by(Place.created_at, Place.id)
    )  # fmt: skip
    return {
        row.id: Entry(
            row.name,
            row.location_text,
            row.place_class,
            row.number,
            (row.x, row.y) if row.x is not None else None,
        )
        for row in connection.execute(query)
    }


def _inspection(
    place: PlaceFacts, sheet: CheckSheet | None, at: datetime, inspector: str,
    members: Sequence[tuple[int, ListedRow]], outcomes: dict[int, tuple[str, str, UUID | None]],
) -> NewInspection:  # fmt: skip
    items: dict[str, ItemResult] = {}
    kept = []
    for index, one in members:
        item = _item(sheet, one)
        if item.item in items:
            words = tr(f"同一次检查里“{item.words}”写了两次", f"{item.words} stands twice in one inspection")
            outcomes[index] = ("refused", words, None)
            continue
        items[item.item] = item
        kept.append((index, one))
    return NewInspection(
        id=_inspection_id(place.id, at, inspector, kept), place=place, sheet=sheet.code if sheet else "",
        sheet_version=sheet.version if sheet else "", sheet_name=sheet.name if sheet else tr("检查清单", "list"), at=at,
        inspector=inspector, items=list(items.values()),
    )  # fmt: skip


def _item(sheet: CheckSheet | None, one: ListedRow) -> ItemResult:
    known = sheet.find(one.item) if sheet else None
    result = one.result or "na"
    if known:
        return ItemResult(known.code, known.words, result, known.kind, known.critical, one.note)
    # An item that no sheet has keeps its own words; its kind is read from them.
    words = one.item or tr("整体", "as a whole")
    code = "own:" + hashlib.sha256(fold(words).encode()).hexdigest()[:12]
    return ItemResult(code, words[:200], result, "", False, one.note)


def _inspection_id(
    place: UUID, at: datetime, inspector: str, members: Sequence[tuple[int, ListedRow]]
) -> UUID:
    said = sorted(f"{fold(one.item)}={one.result}={one.note}" for _, one in members)
    return uuid.uuid5(_NAMESPACE, "\n".join([str(place), at.isoformat(), inspector, *said]))


def _existing(connection: Connection, ids: Sequence[UUID]) -> set[UUID]:
    found: set[UUID] = set()
    for start in range(0, len(ids), 2000):
        found.update(
            connection.scalars(select(Inspection.id).where(Inspection.id.in_(ids[start : start + 2000])))
        )
    return found
