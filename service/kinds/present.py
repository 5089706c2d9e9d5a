"""Rules and readings as the API and the page say them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, RowMapping

from geodata.kind_rules import Rule
from geodata.kinds import KindTable
from service.kinds.current import OfficeKinds, with_own_rules
from service.kinds.model import RereadItem, RuleBody, RuleItem, Rules, Tried, TriedKind, TryBody
from service.kinds.queries import list_rules
from service.kinds.reading import KindChoice, RecordKinds, read_kinds, sure_words
from service.kinds.rereading import Change, place_words
from service.kinds.table import CurrentKinds
from service.words import tr


def kind_words(table: KindTable, code: str) -> str:
    """Return a kind's name; of "" that a rule takes words away."""
    return table.name(code) if code else tr("不归我们管", "none of ours")


def command_words(table: KindTable, code: str) -> str:
    """Return a command's short name, "" for none."""
    return next((command.short for command in table.commands if command.code == code), code)


def rules_of(connection: Connection, kinds: OfficeKinds) -> Rules:
    """Return the own rules as stored and the shipped ones."""
    table = kinds.shipped
    return Rules(
        own=[own_item(row, table) for row in list_rules(connection)],
        shipped=[_shipped_item(rule, table) for rule in table.rules.rules],
        groups=list(table.rules.place_names.values()),
    )


def own_item(row: RowMapping, table: KindTable) -> RuleItem:
    """Return a stored rule as listed."""
    known = any(kind.code == row["kind"] for kind in table.kinds)
    return RuleItem(
        **{key: row[key] for key in RuleItem.model_fields if key in row},
        kind_name="" if row["means"] else kind_words(table, row["kind"]) if known or not row["kind"] else row["kind"],
        command=table.kind(row["kind"]).command if known else "",
    )  # fmt: skip


def _shipped_item(rule: Rule, table: KindTable) -> RuleItem:
    names = table.rules.place_names
    return RuleItem(
        id=None, kind=rule.kind, kind_name=kind_words(table, rule.kind),
        command=table.kind(rule.kind).command if rule.kind else "", words=list(rule.words),
        unless=[*rule.unless, *(names.get(name, name) for name in rule.unless_places)],
        beside=[*(names.get(name, name) for name in rule.where), *rule.where_words], means="", example="",
        sure="likely" if rule.maybe else "certain", active=True, version=0, created_by="", created_at=None,
        changed_by="", changed_at=None,
    )  # fmt: skip


def try_text(connection: Connection, body: TryBody, kinds: OfficeKinds) -> Tried:
    """Return what a text gives with the rules in force, and with a rule that is being written."""
    current = kinds.on(connection)
    now = _tried(body, current)
    if body.rule is None:
        return now
    rows = [row for row in list_rules(connection) if row["id"] != body.replaces]
    with_new = with_own_rules(kinds.shipped, [_as_row(body.rule), *map(dict, rows)])
    tried = _tried(body, CurrentKinds(with_new, current.exceptions))
    return tried.model_copy(update={"before": now.found})


def _as_row(rule: RuleBody) -> dict[str, Any]:
    return {**rule.model_dump(), "active": True}


def _tried(body: TryBody, kinds: CurrentKinds) -> Tried:
    place = " ".join(filter(None, (body.place, body.place_class)))
    reading = kinds.table.classify_all(body.text, place=place)
    own = {guess.kind for guess in reading.found if guess.own}
    words = {guess.kind: guess.word for guess in reading.found}
    record = read_kinds(body.text, place=place, place_class=body.place_class, kinds=kinds)
    found = [
        tried_kind(
            KindChoice(g.kind, g.reason, kinds.command_of(g.kind, body.place_class), g.sure), kinds.table,
            word=words[g.kind], own=g.kind in own,
        )
        for g in reading.found
    ]  # fmt: skip
    return Tried(found=found, before=None, reason=reading.reason, cases=1 + len(record.more))


def tried_kind(choice: KindChoice, table: KindTable, *, word: str = "", own: bool = False) -> TriedKind:
    """Return a kind with its words."""
    return TriedKind(
        kind=choice.kind, kind_name=table.name(choice.kind), command=choice.command,
        command_name=command_words(table, choice.command), sure=choice.sure, sure_words=sure_words(choice.sure),
        reason=choice.reason, word=word, own=own,
    )  # fmt: skip


def reread_items(changes: Iterable[Change], table: KindTable) -> list[RereadItem]:
    """Return changed readings of undecided cases as listed."""
    return [
        RereadItem(
            id=change.case["id"], number=change.case["number"], text=change.case["description"],
            place=place_words(change.case), before=table.name(change.case["kind"]),
            before_sure=sure_words(change.case["kind_sure"]),
            after=[tried_kind(choice, table) for choice in _choices(change.kinds)],
        )
        for change in changes
    ]  # fmt: skip


def _choices(kinds: RecordKinds) -> tuple[KindChoice, ...]:
    return (kinds.main, *kinds.more)
