"""What the case pages show: rows of the API in the shape that templates want."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, or_, select

from geodata.datums import from_wgs84
from maps.style import METHOD_WORDS, method_words
from service.atlas.looks import commands
from service.auth.scope import Scope
from service.cases.filters import OPEN_STATES, CaseFilter
from service.cases.present import case_detail, case_item
from service.cases.queries import (
    count_by,
    count_total,
    find_case,
    list_cases,
    list_events,
    list_shares,
    zone_names,
)
from service.choices import communities
from service.deps import Service
from service.errors import NotFound
from service.kinds.rereading import UNDECIDED
from service.store.tables import Case, User
from service.words import language, tr

_PLACED_BY = {
    "geocoder": ("系统定位", "by the geocoder"), "coordinates": ("表中坐标", "given coordinates"),
    "candidate": ("人工选定候选", "candidate chosen by hand"), "pin": ("人工标注", "pin set by hand"),
    "place": ("台账中场所的位置", "the place of the register"),
    "alias": ("人工确认过的同样文字", "same text confirmed before"),
}  # fmt: skip


def review_count(connection: Connection, scope: Scope) -> int:
    """Return how many cases wait for a person to say where they are; 0 for who may not."""
    if not scope.may("place"):
        return 0
    query = (
        select(func.count())
        .select_from(Case)
        .where(Case.placement != "located", Case.state.in_(OPEN_STATES), scope.case_filter(Case))
    )
    return int(connection.scalar(query) or 0)


def looks_of(service: Service) -> dict[str, dict[str, str]]:
    """Return command code -> name, colour, outline and character for lists."""
    return {row["code"]: row for row in commands(service.kinds)}


def look_of(looks: dict[str, dict[str, str]], code: str) -> dict[str, str]:
    """Return a command's looks; a code the office's table no longer has looks unclassified."""
    return looks.get(code) or {**looks[""], "name": code, "short": code}


def list_view(
    connection: Connection,
    service: Service,
    scope: Scope,
    filters: CaseFilter,
    *,
    limit: int,
    after: str | None,
) -> dict[str, Any]:
    """Return a page of filtered cases with totals; `next` is None on the last page."""
    srid, now = service.office.crs, service.clock.now()
    rows, cursor = list_cases(
        connection, scope=scope, filters=filters, srid=srid, now=now, limit=limit, after=after
    )
    names, looks = zone_names(connection), looks_of(service)
    items = []
    for row in rows:
        item = case_item(row, scope=scope, kinds=service.kinds, names=names).model_dump()
        item |= {"look": look_of(looks, item["command"]), "grid_name": names.get(item["grid"], ("", ""))[0]}
        items.append(item)
    total = None if after else count_total(connection, scope=scope, filters=filters, srid=srid, now=now)
    return {"items": items, "next": cursor, "total": total, "first": after is None}


def case_view(connection: Connection, service: Service, scope: Scope, case_id: UUID) -> dict[str, Any]:
    """Return everything about a case as its page shows it.

    Raises
    ------
    NotFound
        If there is none, or this person may not see it.
    """
    row = find_case(connection, case_id, scope=scope, now=service.clock.now())
    if row is None:
        raise NotFound(tr("没有这个案件，或您无权查看", "no such case, or you may not see it"))
    names, looks = zone_names(connection), looks_of(service)
    found = case_detail(
        row,
        shares=list_shares(connection, case_id),
        events=list_events(connection, case_id),
        scope=scope,
        kinds=service.kinds,
        names=names,
    ).model_dump(mode="python")
    officer = "" if scope.is_public else command_officer(connection, found["command"])
    grid_name, grid_leader = names.get(found["grid"], ("", ""))
    return found | {
        "look": look_of(looks, found["command"]),
        "command_officer": officer,
        "events": _named(connection, found["events"]),
        "grid_name": grid_name,
        "grid_leader": "" if scope.is_public else grid_leader,
        "method_words": how_placed(found["placed_by"], found["method"]),
        "line_shares": _line_shares(found),
        "siblings": _siblings(connection, service, scope, case_id),
        "undecided": row["kind_sure"] in UNDECIDED and row["state"] in OPEN_STATES,
        "positions": positions(found["lon"], found["lat"]),
    }


def _siblings(connection: Connection, service: Service, scope: Scope, case_id: UUID) -> list[dict[str, Any]]:
    """Return the visible other cases of the same row, where a text names several problems."""
    this = select(func.coalesce(Case.sibling_of, Case.id)).where(Case.id == case_id).scalar_subquery()
    query = (
        select(Case.id, Case.number, Case.kind)
        .where(or_(Case.id == this, Case.sibling_of == this), Case.id != case_id, scope.case_filter(Case))
        .order_by(Case.number)
    )
    return [
        {"id": row.id, "number": row.number, "kind_name": service.kinds.name(row.kind)}
        for row in connection.execute(query)
    ]


def command_officer(connection: Connection, command: str) -> str:
    """Return who answers for a command, "" when nobody is named."""
    query = (
        select(User.display_name)
        .where(User.role == "command_officer", User.command == command, User.active)
        .order_by(User.id)
        .limit(1)
    )
    return connection.scalar(query) or "" if command else ""


def _named(connection: Connection, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a history with people's names where it has their accounts."""
    names = people_names(connection, {event["actor"] for event in events})
    return [{**event, "actor": names.get(event["actor"], event["actor"])} for event in events]


def people_names(connection: Connection, accounts: set[str]) -> dict[str, str]:
    """Return account -> display name of those that have one."""
    query = select(User.name, User.display_name).where(User.name.in_(accounts - {""}))
    return {row.name: row.display_name for row in connection.execute(query)} if accounts - {""} else {}


def how_placed(placed_by: str, method: str) -> str:
    """Return in words how a position came about."""
    by = tr(*_PLACED_BY[placed_by]) if placed_by in _PLACED_BY else placed_by
    if placed_by == "geocoder" and method:
        return f"{by} · {method_words(method, language.get())}"
    if (
        placed_by in ("candidate", "alias")
        and method.partition(":")[0] in METHOD_WORDS
        and method != placed_by
    ):
        return f"{by} · {method_words(method, language.get())}"
    return by


def _line_shares(found: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the shares of a line by level, empty for a point."""
    shares = [share for share in found["shares"] if share["length_m"] > 0]
    return (
        {level: [s for s in shares if s["level"] == level] for level in ("community", "grid")}
        if shares
        else {}
    )


def positions(lon: float | None, lat: float | None) -> list[dict[str, str]]:
    """Return a position to copy, in the datum of a GPS and in that of Chinese map apps."""
    if lon is None or lat is None:
        return []
    x, y = from_wgs84([[lon, lat]], "gcj02")[0]
    return [
        {"id": "position-wgs84", "datum": "WGS-84", "text": f"{lon:.6f}, {lat:.6f}"},
        {"id": "position-gcj02", "datum": "GCJ-02", "text": f"{x:.6f}, {y:.6f}"},
    ]


def board_table(
    connection: Connection, service: Service, scope: Scope, filters: CaseFilter
) -> dict[str, Any]:
    """Return commands x communities with open, late, closed and total, and the sums of both."""
    counted = count_by(
        connection,
        by=("command", "community"),
        scope=scope,
        filters=filters,
        srid=service.office.crs,
        now=service.clock.now(),
    )
    columns = communities(connection, service)
    known = {zone["code"] for zone in columns}
    if any(row["community"] not in known for row in counted):
        columns = [*columns, {"code": "", "name": tr("未定社区", "no community"), "parent": "", "leader": ""}]
    looks = looks_of(service)
    cells: dict[tuple[str, str], dict[str, int]] = {}
    for row in counted:
        command = row["command"] if row["command"] in looks else ""
        community = row["community"] if row["community"] in known else ""
        for key in ((command, community), (command, "*"), ("*", community), ("*", "*")):
            cell = cells.setdefault(key, {"open": 0, "late": 0, "closed": 0, "total": 0})
            for name in cell:
                cell[name] += row[name]
    rows = [look for code, look in looks.items() if code or ("", "*") in cells]
    return {
        "columns": columns,
        "rows": rows,
        "cells": cells,
        "none": {"open": 0, "late": 0, "closed": 0, "total": 0},
    }
