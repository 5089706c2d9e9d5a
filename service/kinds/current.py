"""The rules in the store, compiled: the shipped table of kinds with the office's own rules.

Compiled once per change: every process notices a change by the rules' number, versions and newest time.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from geodata.kind_rules import Rule, RuleSet, plain, plain_word
from geodata.kinds import KindTable
from service.kinds.queries import list_command_rules, list_rules, rules_version
from service.kinds.table import CommandException, CurrentKinds


def own_rule(row: Mapping[str, Any], rules: RuleSet) -> Rule:
    """Return a stored rule as the classifier wants it.

    A place is a group of the shipped words when it is called like one (工地), else a word of its own.
    """
    groups = [group for name in row["beside"] if (group := rules.group_of(name))]
    return Rule(
        kind=row["kind"],
        words=tuple(map(plain_word, row["words"])),
        where=tuple(groups),
        where_words=tuple(plain(name) for name in row["beside"] if not rules.group_of(name)),
        unless=tuple(map(plain, row["unless"])),
        maybe=row["sure"] == "likely",
        own=True,
    )


def with_own_rules(table: KindTable, rows: Sequence[Mapping[str, Any]]) -> KindTable:
    """Return the table with stored rules and aliases in force; what names a kind of old is left out."""
    known = {"", *(kind.code for kind in table.kinds)}
    active = [row for row in rows if row["active"] and row["kind"] in known]
    rules = [own_rule(row, table.rules) for row in active if not row["means"]]
    aliases = {word: row["means"] for row in active if row["means"] for word in row["words"]}
    return table.with_rules(rules, aliases) if rules or aliases else table


class OfficeKinds:
    """The office's kinds, shared by all requests of a process."""

    def __init__(self, shipped: KindTable) -> None:
        self.shipped = shipped
        self._lock = threading.Lock()
        self._current: CurrentKinds | None = None
        self._version: tuple[Any, ...] = ()

    def on(self, connection: Connection) -> CurrentKinds:
        """Return the kinds with all rules visible to this transaction."""
        version = rules_version(connection)
        with self._lock:
            if self._current is None or version != self._version:
                exceptions = [
                    CommandException(row["kind"], plain(row["place_class"]), row["command"])
                    for row in list_command_rules(connection)
                ]
                table = with_own_rules(self.shipped, [dict(row) for row in list_rules(connection)])
                self._current, self._version = CurrentKinds(table, tuple(exceptions)), version
            return self._current
