"""What a list of places changes in its register: new, changed, unchanged, vanished, asked. No database.

Every row has exactly one outcome; every open place of the register is matched or vanished.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from geodata.places import Entry, pair_entries
from service.words import tr

# More than this share of the register gone, or a whole class or area of this size: ask before.
MOST_VANISHED, WHOLE_GROUP = 0.5, 10

if TYPE_CHECKING:
    from service.registers.entries import RegisterRow

FIELDS = ("name", "number", "place_class", "trade", "unit", "person", "phone", "location_text", "area_text")
NEW = "new"


def field_words(name: str) -> str:
    """Return a field's name in the user's language; `+…` is a column of the list's own."""
    return {
        "name": tr("名称", "name"),
        "number": tr("编号", "number"),
        "place_class": tr("类别", "class"),
        "trade": tr("行业", "trade"),
        "unit": tr("责任单位", "responsible unit"),
        "person": tr("负责人", "person"),
        "phone": tr("电话", "telephone"),
        "location_text": tr("地址", "address"),
        "area_text": tr("区域", "area"),
        "position": tr("坐标", "position"),
        "listed": tr("清单坐标（待核对）", "position in the list (to be checked)"),
        "status": tr("状态", "status"),
    }.get(name, name.removeprefix("+"))


@dataclass(frozen=True, slots=True)
class KnownPlace:
    """A place of the register as it is compared; positions in metres, office CRS.

    `held`: a person put it where it is, no list moves it. `listed_at` is where lists last had it, None if
    none said.
    """

    id: UUID
    status: str
    values: Mapping[str, Any]
    at: tuple[float, float] | None
    held: bool = False
    listed_at: tuple[float, float] | None = None

    def entry(self) -> Entry:
        """Return the place as it is compared."""
        v = self.values
        return Entry(v["name"], v["location_text"], v["place_class"], v["number"], self.at)


@dataclass(frozen=True, slots=True)
class Change:
    """A row that is a known place: `changes` field -> [before, after]; empty: unchanged.

    `moves`: it needs a new position. `asks`: the list puts it elsewhere than the person who moved it.
    """

    row: int
    place: KnownPlace
    changes: Mapping[str, list[Any]]
    moves: bool
    how: str
    asks: bool = False

    @property
    def returned(self) -> bool:
        """Return whether the place had been thought closed."""
        return self.place.status != "active"


@dataclass(frozen=True)
class Revision:
    """The plan: indices are of the list's rows. `asked`: row -> ids of the places that it may be."""

    new: tuple[int, ...]
    known: tuple[Change, ...]
    vanished: tuple[KnownPlace, ...]
    asked: Mapping[int, tuple[UUID, ...]]
    whole: bool
    places: int

    @property
    def changed(self) -> tuple[Change, ...]:
        """Return the known places that the list changes or brings back."""
        return tuple(change for change in self.known if change.changes)

    def counts(self) -> dict[str, Any]:
        """Return how many rows and places there are of each sort, and which fields changed how often."""
        fields = Counter(name for change in self.changed for name in change.changes)
        return {
            "new": len(self.new) + len(self.asked), "changed": len(self.changed),
            "unchanged": len(self.known) - len(self.changed), "vanished": len(self.vanished),
            "asked": len(self.asked), "positions": sum(change.asks for change in self.known), "fields": dict(fields.most_common()), "whole": self.whole,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answers:
    """What the user said of asked rows: row index -> place id, or `NEW`."""

    rows: Mapping[int, UUID | str] = field(default_factory=dict)


def plan_revision(
    rows: Sequence[RegisterRow],
    places: Sequence[KnownPlace],
    *,
    whole: bool,
    answers: Answers | None = None,
) -> Revision:
    """Return what a list changes in its register.

    Parameters
    ----------
    rows
        The list.
    places
        All places of the register, also those thought closed: these are only matched exactly.
    whole
        The list is the whole register: what it lacks has vanished. Otherwise it only adds and updates.
    """
    said = answers.rows if answers else {}
    by_id = {place.id: place for place in places}
    decided = {row: by_id[where] for row, where in said.items() if isinstance(where, UUID) and where in by_id}
    taken = {place.id for place in decided.values()}
    free = [at for at in range(len(rows)) if at not in decided]
    # Thought closed but not yet looked at: as good as open.
    open_places = [p for p in places if p.status != "closed" and p.id not in taken]
    found = pair_entries([rows[at].entry() for at in free], [p.entry() for p in open_places])
    known = [_change(row, rows[row], place, "asked") for row, place in decided.items()]
    known += [_change(free[i], rows[free[i]], open_places[j], found.how[i]) for i, j in found.pairs.items()]
    asked = {
        free[one.row]: tuple(open_places[j].id for j in one.places)
        for one in found.asked if said.get(free[one.row]) != NEW
    }  # fmt: skip
    new = [at for at in free if at not in asked and at not in {change.row for change in known}]
    known += _reopened(rows, new, places)
    back = {change.row for change in known}
    vanished = [open_places[j] for j in found.vanished if open_places[j].status == "active"] if whole else []
    return Revision(
        new=tuple(at for at in new if at not in back), known=tuple(sorted(known, key=lambda c: c.row)),
        vanished=tuple(vanished), asked=asked, whole=whole, places=sum(p.status == "active" for p in places),
    )  # fmt: skip


def _reopened(rows: Sequence[RegisterRow], new: Sequence[int], places: Sequence[KnownPlace]) -> list[Change]:
    """Match what is left exactly with places that were closed: the list says that they are there again."""
    closed = [
        place for place in places if place.status == "closed" and place.values.get("merged_into") is None
    ]
    if not closed or not new:
        return []
    found = pair_entries([rows[at].entry() for at in new], [place.entry() for place in closed])
    return [
        _change(new[i], rows[new[i]], closed[j], found.how[i])
        for i, j in found.pairs.items()
        if found.how[i] in ("number", "same")
    ]


def _change(at: int, row: RegisterRow, place: KnownPlace, how: str) -> Change:
    said = {
        "name": row.name, "number": row.number, "place_class": row.place_class or place.values["place_class"],
        "trade": row.trade, "unit": row.unit, "person": row.person, "phone": row.phone,
        "location_text": row.draft.location_text, "area_text": row.draft.area,
    }  # fmt: skip
    # A counting column is no number: it says nothing of the number a place has.
    silent = {"number"} if not row.number else set()
    changes: dict[str, list[Any]] = {
        name: [place.values[name], said[name]]
        for name in FIELDS
        if name in row.stated and name not in silent and place.values[name] != said[name]
    }
    for header in {*row.attributes, *(h for h in place.values["attributes"] if h in row.draft.cells)}:
        before, after = place.values["attributes"].get(header, ""), row.attributes.get(header, "")
        if before != after:
            changes[f"+{header}"] = [before, after]
    listed = place.listed_at if place.held else place.at
    moved = row.at is not None and (listed is None or _far(row.at, listed))
    if moved:
        changes["listed" if place.held else "position"] = ["", ""]
    if place.status != "active":
        changes["status"] = [place.status, "active"]
    elsewhere = moved or "location_text" in changes or "area_text" in changes
    return Change(
        at, place, changes, moves=elsewhere and not place.held, how=how, asks=elsewhere and place.held
    )


def _far(one: tuple[float, float], two: tuple[float, float]) -> bool:
    # A centimetre: what is lost by turning degrees into metres and back.
    return (one[0] - two[0]) ** 2 + (one[1] - two[1]) ** 2 > 1e-4


def doubt(revision: Revision, rows: Sequence[RegisterRow], places: Sequence[KnownPlace]) -> str:
    """Return why a list may be a part of its register, in words; "" where it looks whole."""
    if not revision.whole or not revision.places:
        return ""
    if len(revision.vanished) > MOST_VANISHED * revision.places:
        return tr(
            f"台账有 {revision.places} 处，清单里缺 {len(revision.vanished)} 处",
            f"the register has {revision.places} places, the list lacks {len(revision.vanished)}",
        )
    for name, listed in (
        ("place_class", {row.place_class for row in rows}),
        ("area_text", {row.draft.area for row in rows}),
    ):
        sizes = Counter(str(place.values[name]) for place in places if place.status == "active")
        gone = [
            group for group, size in sizes.items() if group and size >= WHOLE_GROUP and group not in listed
        ]
        if gone:
            return tr(
                f"清单里完全没有这些{field_words(name)}：{'、'.join(gone[:5])}",
                f"the list has nothing at all of these ({field_words(name)}): {', '.join(gone[:5])}",
            )
    return ""
