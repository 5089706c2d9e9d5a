"""What a list of people would change: nothing is written here.

::

    PersonRow* ─ same person on several lines ─ role of each ─ zones, command ─ known already? ─► ListPlan

One line says one person; lines of the same name and telephone are one. Whatever is unclear is asked,
never guessed, and left out until it is answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import RowMapping

from service.auth.names import fold_name
from service.auth.scope import role_words
from service.errors import Refused
from service.people.editing import facts_of
from service.people.matching import KnownPeople
from service.people.plan_model import Answers, DutyQuestion, LeaderChange, ListPlan, Option, Planned
from service.people.reading import PeopleList, PersonRow
from service.people.role_words import RoleGuess, fold_duty, read_role
from service.people.rules import COMMAND_ROLES, ZONE_LEVEL, Facts, Ground, checked
from service.people.zone_words import ZoneBook
from service.words import tr

# Several lines of one name without a telephone are one person where that is how such lists are written:
# a leader's communities, one a line. Two grid managers of a name are two people.
_ONE_PERSON = frozenset({"community_leader", "leader", "command_officer"})


@dataclass(frozen=True, slots=True)
class _Person:
    """Lines of one person, with the roles they are read as."""

    rows: tuple[PersonRow, ...]
    guesses: tuple[tuple[str, RoleGuess], ...]

    @property
    def name(self) -> str:
        return self.rows[0].name

    @property
    def phone(self) -> str:
        return next((row.phone for row in self.rows if row.phone), "")


def plan_people(
    found: PeopleList,
    stored: Sequence[RowMapping],
    *,
    book: ZoneBook,
    ground: Ground,
    leaders: Mapping[str, str],
    answers: Answers,
    actor: str,
) -> ListPlan:
    """Return what a list would change.

    Parameters
    ----------
    stored
        All people, rows of `list_people`.
    leaders
        Community code -> the leader its border names today.
    actor
        Login name of who imports: never counted as vanished.
    """
    people = _people(found.rows, book, answers)
    known = KnownPeople(stored, names=[one.name for one in people])
    planned = [_plan(one, known, book=book, ground=ground, answers=answers) for one in people]
    planned = _each_once(planned)
    return ListPlan(
        people=tuple(planned),
        duties=_duty_questions(people, planned),
        vanished=_vanished(planned, stored, actor=actor),
        leaders=_leader_changes(planned, ground, leaders),
        refused=found.refused,
        lines=found.lines,
    )


def _people(rows: Sequence[PersonRow], book: ZoneBook, answers: Answers) -> list[_Person]:
    """Return the rows grouped to people, in order of their first line."""
    phones: dict[str, set[str]] = {}
    for row in rows:
        phones.setdefault(row.name, set()).update({row.phone} - {""})
    groups: dict[tuple[str, ...], list[tuple[PersonRow, tuple[str, RoleGuess]]]] = {}
    for row in rows:
        guess = _guess(row, book, answers)
        own = phones[row.name]
        phone = row.phone or (next(iter(own)) if len(own) == 1 else "")
        apart = "" if phone or guess[1].role in _ONE_PERSON else row.area
        groups.setdefault((row.name, phone, apart), []).append((row, guess))
    return [
        _Person(tuple(row for row, _ in group), tuple(guess for _, guess in group))
        for group in groups.values()
    ]


def _guess(row: PersonRow, book: ZoneBook, answers: Answers) -> tuple[str, RoleGuess]:
    """Return the key of a row's duty and the role it means, answers first."""
    cells = {"grid": row.grid, "community": row.area, "command": row.command, "unit": row.unit}
    named = {what for what, text in cells.items() if text}
    if book.find_command(row.duty):
        named.add("command")
    guess = read_role(row.duty, named)
    # The same word may mean something else where other things are named beside it.
    key = f"{fold_duty(row.duty)}|{','.join(sorted(named - {'unit'} if row.duty else named))}"
    if key in answers.duties:
        chosen = answers.duties[key]
        return key, RoleGuess(chosen, True, tr("导入时选定", "chosen at the import"))
    return key, guess


def _plan(one: _Person, known: KnownPeople, *, book: ZoneBook, ground: Ground, answers: Answers) -> Planned:
    lines = tuple((row.sheet, row.line) for row in one.rows)
    base = Planned(
        _key(one), lines, one.name, "skip", reason=one.guesses[0][1].reason, duty=one.guesses[0][0]
    )
    for duty, guess in one.guesses:
        if not guess.sure:
            return replace(base, action="ask", ask="duty", duty=duty, reason=guess.reason)
    roles = tuple(dict.fromkeys(guess.role for _, guess in one.guesses if guess.role))
    if not roles:
        return replace(base, reason=tr("这个职务选了不导入", "this duty was left out"))
    role = _one_role(roles) or answers.roles.get(base.key, "")
    if role not in roles and not _one_role(roles):
        return replace(base, action="ask", ask="role", roles=roles, reason=_several(roles))
    facts, unmatched, notes = _facts(one, role, book)
    base = replace(base, facts=facts, unmatched=unmatched, notes=notes, reason=one.guesses[0][1].reason)
    return _matched(base, known, ground=ground, answer=answers.people.get(base.key, ""))


def _key(one: _Person) -> str:
    return f"{one.rows[0].key}:{one.name}"


def _one_role(roles: Sequence[str]) -> str:
    """Return the one role of a person: who leads communities and the office's work is a leader."""
    if len(roles) == 1:
        return roles[0]
    return "leader" if set(roles) == {"leader", "community_leader"} else ""


def _several(roles: Sequence[str]) -> str:
    words = tr("、", ", ").join(role_words(role) for role in roles)
    return tr(f"同一个人写了几种职务：{words}", f"one person with several duties: {words}")


def _facts(one: _Person, role: str, book: ZoneBook) -> tuple[Facts, tuple[str, ...], tuple[str, ...]]:
    zones: dict[str, None] = {}
    unmatched: dict[str, None] = {}
    notes: dict[str, None] = {}
    command = ""
    for row in one.rows:
        areas = book.find_communities(row.area)
        if ZONE_LEVEL.get(role) == "community":
            zones.update(dict.fromkeys(areas.codes))
        unmatched.update(dict.fromkeys(areas.unmatched))
        if role == "grid_manager":
            grids = book.find_grids(row.grid, areas.codes)
            zones.update(dict.fromkeys(grids.codes))
            unmatched.update(dict.fromkeys(grids.unmatched))
        if role in COMMAND_ROLES and not command:
            command = book.find_command(row.command) or book.find_command(row.duty)
        if row.command and not book.find_command(row.command):
            unmatched[row.command[:60]] = None
        if row.bad_phone:
            words = tr(
                f"“{row.bad_phone}”不是电话号码，没有采用", f"{row.bad_phone} is no telephone, not used"
            )
            notes[words] = None
    if len(one.rows) > 1:
        words = tr(f"{len(one.rows)} 行合成一个人", f"{len(one.rows)} lines are one person")
        notes[words] = None
    unit = next((row.unit for row in one.rows if row.unit), "")
    facts = Facts(one.name, role, tuple(zones), command, unit[:100], one.phone)
    return facts, tuple(unmatched), tuple(notes)


def _matched(base: Planned, known: KnownPeople, *, ground: Ground, answer: str) -> Planned:
    assert base.facts is not None
    if answer == "skip":
        return replace(base, action="skip", reason=tr("选了不导入", "left out"))
    options: tuple[RowMapping, ...]
    row, options = known.find(base.name, base.facts.phone, base.facts)
    enable = False
    if answer.startswith("is:"):
        row = known.by_id.get(int(answer[3:])) if answer[3:].isdecimal() else None
        if row is None:
            raise Refused(
                tr("选的这个人已不在", "the chosen person is not there"),
                fields=[("body.answers", answer[:20])],
            )
        enable = not row["active"]
    elif answer == "new":
        row = None
    elif row is not None and not row["active"]:
        options, row = (row,), None
        base = replace(base, reason=tr("这个人已停用：是否启用？", "this person is disabled: enable?"))
    if row is None and options and answer != "new":
        return replace(base, action="ask", ask="person", options=tuple(_option(one) for one in options))
    try:
        return _added(base, ground) if row is None else _changed(base, row, ground=ground, enable=enable)
    except Refused as refused:
        return replace(base, action="refused", reason=str(refused))


def _added(base: Planned, ground: Ground) -> Planned:
    assert base.facts is not None
    facts = checked(base.facts, ground)
    return replace(base, action="add", facts=facts, notes=(*base.notes, *_lacking(facts)))


def _changed(base: Planned, row: RowMapping, *, ground: Ground, enable: bool) -> Planned:
    """Return a known person's change: a blank cell says nothing, so it changes nothing."""
    assert base.facts is not None
    before, stated = facts_of(row), base.facts
    notes = list(base.notes)
    role = stated.role
    if before.role == "admin" and role != "admin":
        role = "admin"
        notes.append(tr("是系统管理员，角色不由名单改", "an administrator: a list does not change that"))
    level = ZONE_LEVEL.get(role)
    same_level = ZONE_LEVEL.get(before.role) == level
    zones = stated.zones if level and ZONE_LEVEL.get(stated.role) == level else ()
    if level and same_level and (not zones or set(zones) == set(before.zones)):
        zones = before.zones
    command = (stated.command or before.command) if role in COMMAND_ROLES else ""
    renamed = fold_name(before.display_name) != fold_name(stated.display_name)
    facts = Facts(
        stated.display_name if renamed else before.display_name, role, zones, command, stated.unit or before.unit, stated.phone or before.phone
    )  # fmt: skip
    good = checked(facts, ground, before=before)
    changes = {
        name: (getattr(before, name), getattr(good, name))
        for name in Facts.__dataclass_fields__
        if getattr(before, name) != getattr(good, name)
    }
    return replace(
        base, action="change" if changes or enable else "same", facts=good, person_id=row["id"], version=row["version"],
        changes=changes, enable=enable, notes=(*notes, *_lacking(good)),
    )  # fmt: skip


def _lacking(facts: Facts) -> list[str]:
    if facts.role in ("grid_manager", "community_officer", "community_leader") and not facts.zones:
        level = tr("网格", "grid") if facts.role == "grid_manager" else tr("社区", "community")
        return [tr(f"没有{level}，登录后看不到案件", f"without a {level} nothing is seen after logging in")]
    if facts.role == "command_officer" and not facts.command:
        return [tr("没有指挥部，登录后看不到案件", "without a command nothing is seen after logging in")]
    if facts.role == "unit" and not facts.unit:
        return [tr("没有单位，登录后看不到案件", "without a unit nothing is seen after logging in")]
    return []


def _each_once(planned: Sequence[Planned]) -> list[Planned]:
    """Ask about people for whose account somebody earlier in the list was taken."""
    taken: set[int] = set()
    words = tr("名单里另有一人已认作同一账号", "another person of the list was taken for the same account")
    result = []
    for one in planned:
        if one.person_id is not None and one.person_id in taken:
            one = replace(one, action="ask", ask="person", person_id=None, changes={}, reason=words)
        elif one.person_id is not None:
            taken.add(one.person_id)
        result.append(one)
    return result


def _option(row: RowMapping) -> Option:
    return Option(row["id"], row["name"], row["display_name"], row["role"], row["active"])


def _duty_questions(people: Sequence[_Person], planned: Sequence[Planned]) -> tuple[DutyQuestion, ...]:
    asked = {one.duty for one in planned if one.ask == "duty"}
    found: dict[str, tuple[str, RoleGuess, list[str]]] = {}
    for one in people:
        for row, (key, guess) in zip(one.rows, one.guesses, strict=True):
            if key in asked:
                found.setdefault(key, (row.duty, guess, []))[2].append(row.name)
    return tuple(
        DutyQuestion(key, text, guess.role, guess.reason, len(names), tuple(names[:5]))
        for key, (text, guess, names) in found.items()
    )


def _vanished(planned: Sequence[Planned], stored: Sequence[RowMapping], *, actor: str) -> tuple[Option, ...]:
    """Return active people of the list's own roles whom it lacks; a list of grid managers misses no verifier."""
    roles = {one.facts.role for one in planned if one.facts is not None} - {"admin", "public"}
    there = {one.person_id for one in planned} | {option.id for one in planned for option in one.options}
    return tuple(
        _option(row)
        for row in stored
        if row["active"] and row["role"] in roles and row["id"] not in there and row["name"] != actor
    )


def _leader_changes(
    planned: Iterable[Planned], ground: Ground, leaders: Mapping[str, str]
) -> tuple[LeaderChange, ...]:
    wanted: dict[str, list[str]] = {}
    for one in planned:
        if one.facts is None or one.action not in ("add", "change", "same"):
            continue
        if one.facts.role in ("community_leader", "leader"):
            for code in one.facts.zones:
                wanted.setdefault(code, []).append(one.facts.display_name)
    changes = []
    for code, names in sorted(wanted.items()):
        after = "、".join(dict.fromkeys(names))
        if fold_name(leaders.get(code, "")) != fold_name(after):
            changes.append(LeaderChange(code, ground.zone_name(code), leaders.get(code, ""), after))
    return tuple(changes)
