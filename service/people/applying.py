"""Writing what a list of people was shown to change, whole or not at all."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from service.audit.trail import record
from service.errors import Conflict, Refused
from service.people.editing import Added, Secret, add_person, change_person, facts_of, make_secret
from service.people.leaders import set_leader
from service.people.plan_model import Answers, ListPlan
from service.people.planning import plan_people
from service.people.queries import list_people, lock_people, zones_in_force
from service.people.reading import PeopleList
from service.people.rules import Ground
from service.people.zone_words import zone_book
from service.words import tr

MAX_PEOPLE = 2000
# Hashing keeps a core busy and lets other threads run.
_THREADS = 4


@dataclass(frozen=True, slots=True)
class Office:
    """What a list is planned against: the zones and commands of the office's day."""

    ground: Ground
    today: date
    now: datetime


@dataclass(frozen=True, slots=True)
class Applied:
    """What was written; `added` carries the first passwords, known only here."""

    added: tuple[Added, ...]
    changed: int
    same: int
    left: int
    disabled: int
    leaders: int


def plan_list(
    connection: Connection, found: PeopleList, *, office: Office, answers: Answers, actor: str
) -> ListPlan:
    """Return what a list would change of the people as they are now.

    Raises
    ------
    Refused
        If the list names more people than one list may, or an answer names nobody.
    """
    if len(found.rows) > MAX_PEOPLE:
        raise Refused(
            tr(f"一份名单最多 {MAX_PEOPLE} 人", f"a list holds at most {MAX_PEOPLE} people"),
            fields=[("body.file", str(len(found.rows)))],
        )
    zones = zones_in_force(connection, today=office.today)
    leaders = {row["code"]: row["leader"] for row in zones if row["level"] == "community"}
    return plan_people(
        found, list_people(connection), book=zone_book(zones, office.ground), ground=office.ground, leaders=leaders,
        answers=answers, actor=actor,
    )  # fmt: skip


def make_secrets(count: int) -> list[Secret]:
    """Return first passwords for new people; before the transaction that holds the lock of all people."""
    if count == 0:
        return []
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(lambda _: make_secret(), range(count)))


def apply_list(
    connection: Connection,
    found: PeopleList,
    *,
    office: Office,
    answers: Answers,
    actor: str,
    disable: Collection[int] = (),
    with_leaders: bool = True,
    seen: str | None = None,
    secrets: list[Secret] | None = None,
) -> Applied:
    """Write a list: new people, changes, the ticked ones disabled, leaders of communities.

    Parameters
    ----------
    disable
        Ids of vanished people that were ticked.
    seen
        Digest of the plan that was shown; None writes what the list says now.

    Raises
    ------
    Conflict
        If people or zones changed since the plan was shown.
    Refused
        If somebody to disable is still on the list.
    """
    lock_people(connection)
    plan = plan_list(connection, found, office=office, answers=answers, actor=actor)
    if seen is not None and seen != plan.digest:
        raise Conflict(
            tr(
                "预览之后人员或边界有变动，请再看一遍",
                "people or zones changed since the preview; look again",
            )
        )
    waiting = list(secrets or [])
    added = [
        add_person(
            connection, one.facts, ground=office.ground, actor=actor, secret=waiting.pop() if waiting else None
        )
        for one in plan.people
        if one.action == "add" and one.facts is not None
    ]  # fmt: skip
    changed = _change(connection, plan, office=office, actor=actor)
    disabled = _disable(connection, plan, disable, office=office, actor=actor)
    leaders = 0
    for leader in plan.leaders if with_leaders else ():
        leaders += set_leader(
            connection,
            "community",
            leader.code,
            leader.after,
            actor=actor,
            now=office.now,
            today=office.today,
        )
    left = plan.count("ask") + plan.count("skip") + plan.count("refused")
    done = Applied(tuple(added), changed, plan.count("same"), left, disabled, leaders)
    if done.added or done.changed or done.disabled or done.leaders:
        counts = {
            "added": len(added), "changed": changed, "same": done.same, "left": left, "disabled": disabled,
            "leaders": leaders, "lines": plan.lines,
        }  # fmt: skip
        record(
            connection, actor=actor, action="people_imported", object_type="user", object_id="list", detail=counts
        )  # fmt: skip
    return done


def _change(connection: Connection, plan: ListPlan, *, office: Office, actor: str) -> int:
    count = 0
    for one in plan.people:
        if one.action == "change" and one.facts is not None and one.person_id is not None:
            count += change_person(
                connection, one.person_id, one.facts, ground=office.ground, actor=actor,
                active=True if one.enable else None, version=one.version,
            )  # fmt: skip
    return count


def _disable(
    connection: Connection, plan: ListPlan, ids: Collection[int], *, office: Office, actor: str
) -> int:
    vanished = {option.id for option in plan.vanished}
    wrong = [str(one) for one in ids if one not in vanished]
    if wrong:
        words = tr("只能停用名单上已没有的人", "only people missing from the list can be disabled here")
        raise Refused(words, fields=[("body.answers.disable", "、".join(wrong[:5]))])
    by_id = {row["id"]: row for row in list_people(connection)} if ids else {}
    return sum(
        change_person(
            connection, one, facts_of(by_id[one]), ground=office.ground, actor=actor, active=False
        )
        for one in sorted(set(ids))
    )  # fmt: skip
