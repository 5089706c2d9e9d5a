"""A profile's registers: places with their positions, inspections over the weeks, rounds and hand-overs.

Files: `registers.jsonl` (places), `inspections.jsonl` (results), `rounds.json`. The problems of failed
items live on as the inspections tell: a later pass closes them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from shapely.geometry import shape
from sqlalchemy import Connection, insert, select, update

from geodata.crs import WGS84, reproject
from geodata.kinds import KindTable
from geodata.zones import ZoneTree
from service.auth.scope import Scope
from service.inspections.ladder import take_step
from service.inspections.model import ItemResult, NewInspection, PlaceFacts
from service.inspections.saving import Inspecting, keep_sheet, save_inspections
from service.intake.model import Draft, Placed
from service.kinds.reading import NO_KIND
from service.kinds.table import CurrentKinds
from service.registers.entries import RegisterRow
from service.registers.records import Act, insert_places
from service.registers.revising import Chosen, insert_register
from service.registers.vocabulary import Vocabulary
from service.rounds.queries import find_round, freeze, insert_round
from service.store.tables import Case, CaseEvent, Ladder, Place

FILES = ("registers.jsonl", "inspections.jsonl", "rounds.json")
# Ids follow from the profile's keys, so that two set-ups of one profile are alike.
_NAMESPACE = UUID("7b1f5a52-4d1f-4a3e-8c55-0f6f5d0f2b17")
_WEEK = timedelta(days=7)
# How long after a recheck its problem went through the office: all the same day.
_STEPS = (
    ("accepted", 4, "coordinator1"),
    ("dispatched", 3, "coordinator1"),
    ("rectified", 2, ""),
    ("closed", 0, "verifier1"),
)


def insert_registers(
    connection: Connection,
    directory: Path,
    *,
    zones: ZoneTree,
    kinds: KindTable,
    vocabulary: Vocabulary,
    srid: int,
    now: datetime,
) -> int:
    """Write a profile's registers and return the number of places; a profile without them gives 0.

    Parameters
    ----------
    now
        The office's clock.
    """
    if not (directory / FILES[0]).is_file():
        return 0
    told = _lines(directory / FILES[0])
    results = _lines(directory / FILES[1])
    first = datetime.fromisoformat(results[0]["at"]) if results else now
    places = _insert_places(connection, told, zones=zones, srid=srid, at=min(first, now) - timedelta(days=1))
    tools = Inspecting(kinds=CurrentKinds(kinds), classes=vocabulary.classes, zones=zones, srid=srid)
    _insert_inspections(connection, results, places, vocabulary, tools)
    if (directory / FILES[2]).is_file():
        plan = json.loads((directory / FILES[2]).read_text(encoding="utf-8"))
        _insert_rounds(connection, plan.get("rounds", []), now)
        _hand_over(connection, plan.get("handovers", []), vocabulary, now)
    return len(places)


def _lines(path: Path) -> list[dict[str, Any]]:
    return (
        [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []
    )


def _insert_places(
    connection: Connection, told: Sequence[dict[str, Any]], *, zones: ZoneTree, srid: int, at: datetime
) -> dict[str, PlaceFacts]:
    shapes = list(reproject([shape(row["geometry"]) for row in told], WGS84, srid))
    answers = zones.shares_many(shapes, uncertainties_m=[5.0] * len(shapes))
    act = Act("init", at.astimezone(UTC))
    by_register: dict[str, list[tuple[RegisterRow, Placed]]] = defaultdict(list)
    found: dict[str, PlaceFacts] = {}
    for row, where, zone in zip(told, shapes, answers, strict=True):
        draft = Draft(
            sheet="", line=0, key=row["key"], location_text=row["location_text"], area="", description="", name=row["name"],
            place_class=row["trade"], kinds=NO_KIND, unit="", reported_at=None, geometry=None, cells={},
        )  # fmt: skip
        placed = Placed(
            draft=draft, status="located", location=None, geometry=None, geometry_m=where, crs=srid, zone=zone,
            placed_by="coordinates",
        )  # fmt: skip
        entry = RegisterRow(
            draft=draft, name=row["name"], number="", place_class=row["class"], trade=row["trade"], unit="",
            person=row.get("person", ""), phone="", attributes={}, stated=frozenset(),
        )  # fmt: skip
        by_register[row["register"]].append((entry, placed))
        found[row["key"]] = PlaceFacts(
            id=uuid5(_NAMESPACE, row["key"]), name=row["name"], place_class=row["class"], unit="",
            location_text=row["location_text"], area_text="", placement="located", uncertainty_m=None, shape=where,
        )  # fmt: skip
    for name, rows in by_register.items():
        register_id = insert_register(connection, Chosen(None, name, ""), "", act)
        ids = [found[entry.draft.key].id for entry, _ in rows]
        insert_places(connection, rows, register_id=register_id, act=act, srid=srid, ids=ids)
    return found


def _insert_inspections(
    connection: Connection, results: Sequence[dict[str, Any]], places: dict[str, PlaceFacts], vocabulary: Vocabulary,
    tools: Inspecting,
) -> None:  # fmt: skip
    weeks: dict[int, list[NewInspection]] = defaultdict(list)
    first = datetime.fromisoformat(results[0]["at"]) if results else None
    for number, row in enumerate(results):
        place = places[row["place"]]
        sheet = vocabulary.sheet_for(place.place_class)
        if sheet is None or first is None:
            continue
        at = datetime.fromisoformat(row["at"])
        items = [
            ItemResult(i.code, i.words, "fail" if i.code in row["failed"] else "pass", i.kind, i.critical)
            for i in sheet.items
        ]
        if at == first:
            for one in vocabulary.sheets.sheets:
                keep_sheet(connection, one, at)
        weeks[(at - first) // (_WEEK / 2)].append(
            NewInspection(
                id=uuid5(_NAMESPACE, f"inspection {number}"), place=place, sheet=sheet.code, sheet_version=sheet.version,
                sheet_name=sheet.name, at=at, inspector=row["inspector"], items=items,
            )
        )  # fmt: skip
    for week in sorted(weeks):
        saved = save_inspections(connection, weeks[week], tools)
        passed = {one.id: one for one in weeks[week]}
        _close(connection, {offer.case_id: passed[offer.inspection].at for offer in saved.offers})


def _close(connection: Connection, cases: dict[UUID, datetime]) -> None:
    """Bring the problems of items that passed again to their end."""
    events = [
        {"case_id": case_id, "state": state, "at": at - timedelta(hours=hours), "actor": actor, "note": ""}
        for case_id, at in cases.items() for state, hours, actor in _STEPS
    ]  # fmt: skip
    for case_id, at in cases.items():
        connection.execute(
            update(Case)
            .where(Case.id == case_id)
            .values(state="closed", closed_at=at, updated_at=at, version=Case.version + 4)
        )
    if events:
        connection.execute(insert(CaseEvent), events)


def _insert_rounds(connection: Connection, rounds: Sequence[dict[str, Any]], now: datetime) -> None:
    for number, row in enumerate(rounds):
        round_id = uuid5(_NAMESPACE, f"round {number}")
        insert_round(
            connection, id=round_id, name=row["name"], zones=row.get("zones", []), classes=row["classes"],
            first_day=date.fromisoformat(row["first_day"]), last_day=date.fromisoformat(row["last_day"]),
            created_by="coordinator1", created_at=now,
        )  # fmt: skip
        one = find_round(connection, round_id)
        if row.get("closed") and one is not None:
            freeze(connection, one, actor="coordinator1", at=now)


def _hand_over(
    connection: Connection, outcomes: Sequence[str], vocabulary: Vocabulary, now: datetime
) -> None:
    query = (
        select(Ladder.id, Place.place_class)
        .join(Place, Place.id == Ladder.place_id)
        .where(Ladder.state == "failed_again")
        .order_by(Ladder.opened_at, Place.name)
        .limit(len(outcomes))
    )
    for row, outcome in zip(connection.execute(query).all(), outcomes, strict=False):
        entry = vocabulary.classes.get(row.place_class)
        units = entry.units if entry else ()
        if not units:
            continue
        office, unit = (
            Scope(role="coordinator", name="coordinator1"),
            Scope(role="unit", name=units[0], unit=units[0]),
        )
        note = "两次复查仍不合格"
        take_step(connection, row.id, target="handed_over", unit=units[0], note=note, scope=office, at=now - timedelta(hours=40), units=units, version=None)  # fmt: skip
        if outcome:
            take_step(connection, row.id, target=outcome, unit="", note="现场核查后决定", scope=unit, at=now - timedelta(hours=16), units=units, version=None)  # type: ignore[arg-type]  # fmt: skip
