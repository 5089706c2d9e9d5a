"""Adding, changing and disabling the office's own rules: checked whole, with who and when."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import Connection, RowMapping

from geodata.kind_rules import plain, word_fault
from geodata.kinds import KindTable
from service.audit.trail import record
from service.cases.advancing import require_version
from service.errors import Conflict, NotFound, Refused
from service.kinds.model import CommandRows, RuleBody
from service.kinds.queries import (
    find_rule,
    insert_rule,
    list_rules,
    lock_rules,
    replace_command_rules,
    update_rule,
)
from service.words import tr

# A rule is compiled for every text: more are no help to anyone.
MAX_RULES = 2_000
_MEANING = ("kind", "words", "unless", "beside", "means", "sure")


def faults_of(body: RuleBody, table: KindTable) -> list[tuple[str, str]]:
    """Return what is wrong with a rule, field by field, [] when it can be used."""
    faults = []
    if body.kind and all(kind.code != body.kind for kind in table.kinds):
        faults.append(("body.kind", tr("没有这个类别", "no such kind")))
    for word in body.words:
        fault = word_fault(word)
        if fault:
            faults.append(("body.words", _fault_words(word, fault)))
    empty = [field for field in ("unless", "beside") if not all(map(plain, getattr(body, field)))]
    faults += [(f"body.{field}", tr("有空的词", "an empty word")) for field in empty]
    return faults + (_alias_faults(body) if body.means else [])


def _alias_faults(body: RuleBody) -> list[tuple[str, str]]:
    faults = []
    if body.kind or body.unless or body.beside:
        faults.append(
            ("body.means", tr("别名只写词和它指的词", "an alias has only words and what they mean"))
        )
    if any("…" in word or "{" in word for word in body.words):
        faults.append(("body.words", tr("别名里不用 … 和 {}", "an alias takes no … and {}")))
    if not plain(body.means) or plain(body.means) in map(plain, body.words):
        faults.append(("body.means", tr("别名不能指它自己", "an alias cannot mean itself")))
    return faults


def _fault_words(word: str, fault: str) -> str:
    return {
        "braces": tr(f"“{word}”的花括号不成对", f"the braces of {word} do not match"),
        "short": tr(f"“{word}”太短，至少两个字", f"{word} is too short, two characters at least"),
        "gap": tr(f"“{word}”不能以 … 开头或结尾", f"{word} begins or ends with …"),
    }[fault]


def require_good(body: RuleBody, table: KindTable) -> None:
    """Raise `Refused` with every fault of a rule."""
    faults = faults_of(body, table)
    if faults:
        raise Refused("；".join(words for _, words in faults), fields=faults)


def same_meaning(row: RowMapping, body: RuleBody) -> bool:
    """Return whether a stored rule says the same as a body; example and activity aside."""
    given = body.model_dump()
    return all(
        sorted(row[key]) == sorted(given[key]) if isinstance(given[key], list) else row[key] == given[key]
        for key in _MEANING
    )


def add_rule(connection: Connection, rule_id: UUID, body: RuleBody, *, table: KindTable, actor: str) -> None:
    """Write a new rule with its audit row, in the caller's transaction.

    Raises
    ------
    Refused
        If the rule cannot be used, or there are too many.
    Conflict
        If an active rule says the same.
    """
    require_good(body, table)
    lock_rules(connection)
    rules = list_rules(connection)
    if len(rules) >= MAX_RULES:
        raise Refused(tr(f"规则已有 {MAX_RULES} 条", f"there are {MAX_RULES} rules already"))
    if any(row["active"] and same_meaning(row, body) for row in rules):
        raise Conflict(tr("已有同样的规则", "there is such a rule already"))
    write_rule(connection, rule_id, body, actor=actor)


def write_rule(connection: Connection, rule_id: UUID, body: RuleBody, *, actor: str) -> None:
    """Write a rule that was checked, with its audit row."""
    # The machine's time, also in the demo: its newest value tells other processes of a change.
    now = datetime.now(UTC)
    insert_rule(
        connection, id=rule_id, created_by=actor, created_at=now, changed_by=actor, changed_at=now, **body.model_dump()
    )  # fmt: skip
    record(
        connection, actor=actor, action="kind_rule_added", object_type="kind_rule", object_id=str(rule_id),
        detail={key: body.model_dump()[key] for key in (*_MEANING, "active")},
    )  # fmt: skip


def change_rule(
    connection: Connection,
    rule_id: UUID,
    body: RuleBody,
    *,
    table: KindTable,
    actor: str,
    version: int | None,
) -> None:
    """Change or disable a rule with its audit row, in the caller's transaction.

    Raises
    ------
    NotFound, StaleVersion, Refused
        If it is absent, was changed since it was read, or cannot be used so.
    """
    lock_rules(connection)
    found = find_rule(connection, rule_id)
    if found is None:
        raise NotFound(tr("没有这条规则", "no such rule"))
    require_version(found["version"], version)
    require_good(body, table)
    values = body.model_dump()
    before = {key: found[key] for key in (*_MEANING, "active") if found[key] != values[key]}
    update_rule(connection, rule_id, {**values, "changed_by": actor, "changed_at": datetime.now(UTC)})
    record(
        connection, actor=actor, action="kind_rule_changed", object_type="kind_rule", object_id=str(rule_id),
        detail={"before": before, "after": {key: values[key] for key in before}},
    )  # fmt: skip


def save_commands(connection: Connection, body: CommandRows, *, table: KindTable, actor: str) -> None:
    """Write the table of exceptions anew with its audit row, in the caller's transaction.

    Raises
    ------
    Refused
        Naming every row with an unknown kind or command, without kind and class, or given twice.
    """
    kinds = {"", *(kind.code for kind in table.kinds)}
    commands = {command.code for command in table.commands}
    faults, seen = [], set()
    for number, row in enumerate(body.items, start=1):
        if row.kind not in kinds or row.command not in commands:
            faults.append((f"body.items.{number}", tr("没有这个类别或指挥部", "no such kind or command")))
        if not row.kind and not row.place_class.strip():
            faults.append((f"body.items.{number}", tr("类别和场所类别至少写一个", "give a kind or a class")))
        key = (row.kind, plain(row.place_class))
        if key in seen:
            faults.append((f"body.items.{number}", tr("重复", "given twice")))
        seen.add(key)
    if faults:
        raise Refused(tr("有几行不能用", "some rows cannot be used"), fields=faults)
    lock_rules(connection)
    now = datetime.now(UTC)
    rows = [
        {"id": uuid4(), "rank": rank, "kind": row.kind, "place_class": row.place_class.strip(),
         "command": row.command, "changed_by": actor, "changed_at": now}
        for rank, row in enumerate(body.items, start=1)
    ]  # fmt: skip
    replace_command_rules(connection, rows)
    record(
        connection, actor=actor, action="command_rules_saved", object_type="command_rules", object_id="",
        detail={"rows": [row.model_dump() for row in body.items]},
    )  # fmt: skip
