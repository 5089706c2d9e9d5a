"""The table of kinds as one office reads it: with its own rules, and whose each kind is. No database."""

from __future__ import annotations

from dataclasses import dataclass

from geodata.kind_rules import plain
from geodata.kinds import KindTable


@dataclass(frozen=True, slots=True)
class CommandException:
    """Kinds of a sort, or at a class of place, that another command answers for; "" is any."""

    kind: str
    place_class: str
    command: str


@dataclass(frozen=True, slots=True)
class CurrentKinds:
    """The table of kinds with the office's rules, and its exceptions by rank."""

    table: KindTable
    exceptions: tuple[CommandException, ...] = ()

    def command_of(self, kind: str, place_class: str = "") -> str:
        """Return the command that answers for a kind at a class of place, "" for no kind.

        The first exception that fits wins; else the kind's own command.
        """
        if not kind:
            return ""
        folded = plain(place_class)
        for rule in self.exceptions:
            if rule.kind in ("", kind) and rule.place_class in ("", folded):
                return rule.command
        return self.table.kind(kind).command
