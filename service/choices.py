"""What the filter forms offer, and what a request has chosen."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from service.atlas.looks import commands
from service.cases.filters import OPEN_STATES, CaseFilter
from service.cases.transitions import state_words
from service.clock import office_day
from service.deps import Service
from service.setup.queries import in_force, leader_at
from service.store.tables import CASE_STATES, Zone
from service.words import language
from service.words_table import translator

# One choice for all states that are not finished; the filter takes values joined by commas.
_OPEN = ",".join(OPEN_STATES)


def communities(
    connection: Connection, service: Service, *, until: datetime | None = None
) -> list[dict[str, str]]:
    """Return code, name and leader of the communities in force today, or just before a moment."""
    return zones_of_level(connection, service, "community", until=until)


def zones_of_level(
    connection: Connection, service: Service, level: str, *, until: datetime | None = None
) -> list[dict[str, str]]:
    """Return code, name, parent and leader of a level's zones, by code.

    Parameters
    ----------
    until
        None: the zones in force today. Else those in force just before this moment, as they were known
        then: the columns of a report with this cut-off.
    """
    leader: Any = Zone.leader
    if until is None:
        held = in_force(Zone, office_day(service.clock.now()))
    else:
        held = in_force(Zone, office_day(until - timedelta(microseconds=1)), known_at=until)
        leader = leader_at(until)
    query = (
        select(Zone.code, Zone.name, Zone.parent_code, leader)
        .where(Zone.level == level, held)
        .order_by(Zone.code)
    )
    return [
        {"code": row.code, "name": row.name, "parent": row.parent_code or "", "leader": row.leader}
        for row in connection.execute(query)
    ]


def filter_choices(connection: Connection, service: Service) -> dict[str, Any]:
    """Return commands, communities, kinds by command, states and time presets."""
    t = translator(language.get())
    today = office_day(service.clock.now())
    monday = today - timedelta(days=today.weekday())
    presets = [
        (t("本周"), monday, today),
        (t("上周"), monday - timedelta(days=7), monday - timedelta(days=1)),
        (t("近四周"), today - timedelta(days=27), today),
    ]
    table = service.kinds
    return {
        "commands": [
            {**command, "value": command["code"] or "none", "short": t(command["short"])}
            for command in commands(table)
        ],
        "communities": communities(connection, service),
        "states": [
            {"code": _OPEN, "name": t("未结案（全部）")},
            *({"code": state, "name": state_words(state)} for state in CASE_STATES),
        ],
        "kinds": [
            {
                "name": command.name,
                "kinds": [{"code": k.code, "name": k.name} for k in table.kinds if k.command == command.code],
            }
            for command in table.commands
        ],
        "presets": [
            {"name": name, "since": since.isoformat(), "until": until.isoformat()}
            for name, since, until in presets
        ],
    }


def chosen_values(filters: CaseFilter) -> dict[str, Any]:
    """Return a filter as the form shows it."""
    return {
        "command": filters.commands,
        "community": filters.communities,
        "state": (_OPEN,) if filters.states == OPEN_STATES else filters.states,
        "kind": filters.kinds,
        "text": filters.words,
        "since": filters.first_day.isoformat() if filters.first_day else "",
        "until": filters.last_day.isoformat() if filters.last_day else "",
        "late": filters.late is True,
    }
