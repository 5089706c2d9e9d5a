"""Whether somebody of a list is known already: by name and telephone, else asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import RowMapping

from service.auth.names import fold_name
from service.people.editing import facts_of
from service.people.rules import Facts


class KnownPeople:
    """The people there are, by folded name and by telephone."""

    def __init__(self, stored: Sequence[RowMapping], *, names: Sequence[str]) -> None:
        people = [row for row in stored if row["role"] != "public"]
        self.by_id = {row["id"]: row for row in people}
        self._named: dict[str, list[RowMapping]] = {}
        self._phoned: dict[str, list[RowMapping]] = {}
        for row in people:
            self._named.setdefault(fold_name(row["display_name"]), []).append(row)
            if row["phone"]:
                self._phoned.setdefault(row["phone"], []).append(row)
        self._twice = {name for name, count in Counter(names).items() if count > 1}

    def find(self, name: str, phone: str, facts: Facts) -> tuple[RowMapping | None, tuple[RowMapping, ...]]:
        """Return who is meant, or those who may be; neither for somebody new."""
        same = self._named.get(fold_name(name), [])
        exact = [row for row in same if phone and row["phone"] == phone]
        if exact:
            return (exact[0], ()) if len(exact) == 1 else (None, tuple(exact))
        blank = [row for row in same if not row["phone"]] if phone else same
        if len(blank) == 1 and name not in self._twice:
            return blank[0], ()
        alike = [row for row in same if _same_duty(facts_of(row), facts)]
        if len(alike) == 1 and (name not in self._twice or not phone):
            return alike[0], ()
        others = [row for row in self._phoned.get(phone, []) if row not in same] if phone else []
        return None, (*same, *others)


def _same_duty(one: Facts, other: Facts) -> bool:
    """Return whether two people of one name hold the same duty: a new telephone, not another person."""
    if one.role != other.role:
        return False
    if one.zones or other.zones:
        return bool(set(one.zones) & set(other.zones))
    return one.command == other.command and one.unit == other.unit
