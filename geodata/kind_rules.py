"""Keyword rules as data: what a rule says, how a file of rules is read, what is wrong with one.

The shipped file is `geodata/reference/kind_rules.toml`; an office's own rules come as `Rule` values and
stand before it (`RuleSet.with_own`). Applying rules to a text is `geodata.classify`'s.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Literal, TypeAlias

from geodata.errors import Fault, FrameError, listed
from geodata.text.characters import PLAIN

RULES_FILE = Path(__file__).parent / "reference" / "kind_rules.toml"
GAP = "…"  # in a word: up to six characters of the same part of a sentence
WORD_SIGNS = re.compile(r"[…{}|]")
_CHOICE = re.compile(r"\{([^{}]*)\}")  # in a word: {乱停|乱放} is either


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: words that point to a kind, and what must or must not stand beside them.

    Attributes
    ----------
    kind
        Code of the kind, or "" for a text that is none of ours (路灯不亮): it takes the words away from
        the rules behind it.
    words
        In plain form; `…` is a gap, `{a|b}` a choice.
    where, where_words
        Groups of place words, or words of its own, of which one must stand in the description or place.
    unless, unless_places
        Words, or groups, that rule it out.
    absence
        Lacking the thing is the problem (健康证): a negative word beside it makes it certain.
    maybe
        The words are never enough to be certain.
    general
        What any mess looks like (杂物堆放): yields to a more special kind beside it.
    own
        An office's own rule: stands before every shipped one.
    """

    kind: str
    words: tuple[str, ...]
    where: tuple[str, ...] = ()
    where_words: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    unless_places: tuple[str, ...] = ()
    absence: bool = False
    maybe: bool = False
    general: bool = False
    own: bool = False


@dataclass(frozen=True, slots=True)
class Negation:
    """Words that take back, doubt or repeat what a clause says.

    `clause_before`, `just_before`, `after`: before it in the clause, right before the word, after it.
    `whole`: anywhere, they take back the whole text. `still`: after all it was not solved. `hedge`: a
    guess of the writer, never certain. `affirmed`: right before a thing whose absence would be the
    problem. `lacking`: what makes an absence certain. `slogan`: in or beside a quotation, it is a slogan.
    """

    clause_before: tuple[str, ...] = ()
    just_before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    still: tuple[str, ...] = ()
    hedge: tuple[str, ...] = ()
    affirmed: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    slogan: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules in order of precedence, groups of place words, negations, aliases.

    `near_is_outside` names the groups for which 旁、对面 means not there (垃圾站旁小游园); `place_names`
    are the groups' Chinese names; `aliases` is local word -> word of the rules.
    """

    rules: tuple[Rule, ...]
    places: Mapping[str, tuple[str, ...]]
    negation: Negation
    near_is_outside: frozenset[str] = frozenset()
    place_names: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)

    def with_own(self, rules: Sequence[Rule], aliases: Mapping[str, str]) -> RuleSet:
        """Return the set with an office's own rules before its rules, and its aliases beside its own."""
        own = tuple(replace(rule, own=True) for rule in rules)
        more = {plain(word): plain(means) for word, means in aliases.items()}
        return replace(self, rules=own + self.rules, aliases={**self.aliases, **more})

    def group_of(self, name: str) -> str | None:
        """Return the code of the group of place words called so, None when there is none."""
        return next((code for code, shown in self.place_names.items() if name in (code, shown)), None)


def plain(text: str) -> str:
    """Return a text in simplified half-width characters without spaces and quotation marks.

    Examples
    --------
    >>> plain("佔道 經營，ＫＴＶ")
    '占道经营,KTV'
    """
    return text.translate(PLAIN).replace(" ", "")


def plain_word(word: str) -> str:
    """Return a rule's word in plain form, its gaps and choices kept."""

    def choice(found: re.Match[str]) -> str:
        return "{" + "|".join(map(plain, found.group(1).split("|"))) + "}"

    parts = []
    for part in word.split(GAP):
        ends, last = [], 0
        for found in _CHOICE.finditer(part):
            ends += [plain(part[last : found.start()]), choice(found)]
            last = found.end()
        parts.append("".join([*ends, plain(part[last:])]))
    return GAP.join(parts)


def word_pattern(word: str) -> re.Pattern[str]:
    """Return the pattern of a rule's word in plain form."""
    parts = []
    for part in word.split(GAP):
        ends, last = [], 0
        for found in _CHOICE.finditer(part):
            either = "|".join(map(re.escape, sorted(found.group(1).split("|"), key=len, reverse=True)))
            ends += [re.escape(part[last : found.start()]), f"(?:{either})"]
            last = found.end()
        parts.append("".join([*ends, re.escape(part[last:])]))
    return re.compile(r"[^,;、]{0,6}".join(parts))


WordFault: TypeAlias = Literal["braces", "short", "gap"]


def word_fault(word: str) -> WordFault | None:
    """Return what is wrong with a word as a person wrote it, None when it can be used.

    `braces` do not match; `short`: could match fewer than two characters, half of all texts hold one; `gap`
    at its beginning or end. An empty choice makes the others optional: 搭{了|}棚.

    Examples
    --------
    >>> word_fault("{电动车|自行车}…乱停"), word_fault("堆"), word_fault("{乱停")
    (None, 'short', 'braces')
    """
    bare = _CHOICE.sub(lambda found: min(map(plain, found.group(1).split("|")), key=len), word)
    if "{" in bare or "}" in bare:
        return "braces"
    if len(plain(bare.replace(GAP, ""))) < 2:
        return "short"
    if not all(plain(part) for part in word.split(GAP)):
        return "gap"
    return None


def read_rules(path: Path = RULES_FILE) -> RuleSet:
    """Return the rules of a TOML file.

    Raises
    ------
    FrameError
        Naming every rule without kind or words and every unknown group of places or words.
    """
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    places = {name: tuple(map(plain, words)) for name, words in table.get("places", {}).items()}
    known = {entry.name for entry in fields(Negation)}
    negation = Negation(
        **{
            name: tuple(map(plain, words))
            for name, words in table.get("negation", {}).items()
            if name in known
        }
    )
    groups = {name: list(words) for name, words in table.get("words", {}).items()}
    rules = tuple(_rule(entry, groups) for entry in table.get("rule", []))
    problems = [
        Fault(
            f"rule {number} ({rule.kind or 'no kind'}): {fault.en}",
            f"第 {number} 条（{rule.kind or '没有类别'}）：{fault.zh}",
        )
        for number, (rule, entry) in enumerate(zip(rules, table.get("rule", []), strict=True), start=1)
        for fault in _faults(rule, entry, places, groups)
    ]
    if problems:
        wrong = listed(problems)
        raise FrameError(
            f"{path.name} has rules that cannot be used: {wrong.en}",
            zh=f"{path.name} 里有不能用的规则：{wrong.zh}",
        )
    return RuleSet(
        rules=rules,
        places=places,
        negation=negation,
        near_is_outside=frozenset(table.get("near_is_outside", ())),
        place_names=dict(table.get("place_names", {})),
        aliases={plain(word): plain(means) for word, means in table.get("aliases", {}).items()},
    )


def _texts(entry: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = entry.get(key, [])
    return tuple(str(word) for word in value) if isinstance(value, list) else ()


def _rule(entry: Mapping[str, object], groups: Mapping[str, Sequence[str]]) -> Rule:
    words = [
        part
        for word in _texts(entry, "words")
        for part in (groups.get(word[1:], ()) if word.startswith("@") else (word,))
    ]
    unless = _texts(entry, "unless")
    return Rule(
        kind=str(entry.get("kind", "")),
        words=tuple(map(plain_word, words)),
        where=_texts(entry, "where"),
        where_words=tuple(map(plain, _texts(entry, "where_words"))),
        unless=tuple(plain(word) for word in unless if not word.startswith("@")),
        unless_places=tuple(word[1:] for word in unless if word.startswith("@")),
        absence=entry.get("absence") is True,
        maybe=entry.get("maybe") is True,
        general=entry.get("general") is True,
    )


def _faults(
    rule: Rule, entry: Mapping[str, object], places: Mapping[str, object], groups: Mapping[str, object]
) -> list[Fault]:
    unknown = [name for name in rule.where + rule.unless_places if name not in places]
    missing = [w for w in _texts(entry, "words") if w.startswith("@") and w[1:] not in groups]
    return [
        *([] if "kind" in entry else [Fault("kind is missing", "缺类别")]),
        *([] if rule.words or missing else [Fault("words are missing", "缺词语")]),
        *(Fault(f"place group {name} is not defined", f"没有定义地点组 {name}") for name in unknown),
        *(Fault(f"word group {word} is not defined", f"没有定义词组 {word}") for word in missing),
    ]
