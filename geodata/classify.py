"""Keyword rules that read the kinds of problems from a description.

The rules are data (`geodata.kind_rules`): words to find in the description, the sort of place they
need, words that rule them out. Every kind found names the word it rests on and how sure it is:
`certain` may open a case by itself, `likely` is a suggestion for a person, nothing found is `none`.
Not for location texts (`geodata.geocode`) and not a statistical model.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias

from geodata.errors import FrameError
from geodata.kind_clauses import Parts, cut, is_taken_back
from geodata.kind_rules import RULES_FILE, Rule, RuleSet, read_rules, word_pattern

__all__ = ["RULES_FILE", "UNCLASSIFIED", "Classifier", "KindGuess", "KindReading", "Sure", "read_rules"]

UNCLASSIFIED = ""
Sure: TypeAlias = Literal["certain", "likely", "none"]

# 黄河路 is no river and 市场街 no market: names of roads, offices and estates say nothing about the place.
_NAMED = re.compile(
    r"[^,;、…与和及至到的在()\-—]{1,2}[东南西北中]?(?:(?<!铁)路|街(?!道)|大道|辅道|巷|胡同)"
    r"|[^,;、…与和及至到的在()\-—]{1,4}(?:街道|办事处|社区|小区|花园|镇|村)"
)
# Nor do estates and squares called after a lake (如意湖壹号院), nor stations after their railway.
_CALLED = re.compile(
    r"[河湖渠沟堤][^,;、…]{0,3}(?=国际|壹号|一号院|号院|公馆|花园|公寓|大厦|家园|苑|府|名城|新城|半岛|庄园|华庭|广场"
    r"|宾馆|酒店|医院|学校|小学|中学|幼儿园|商场|超市|公园[门内里])"
    r"|(?:高铁|铁路|火车)[东西南北]?(?=站|小区|家属院|新村|医院|学校|小学|中学)"
)
_MASK = "…"
# 垃圾站旁小游园 is not in the station; for groups where that matters.
_BESIDE = re.compile(r"旁|边上|附近|对面|周边|以[东南西北]|外(?![卖带])|后面")
# Without a description, only a long word in the location text counts: place names contain short ones.
_MIN_PLACE_WORD = 4
# Nobody describes a problem in more; the search for negations is quadratic in a hostile text.
MAX_CHARS = 2000
# Two problems in one breath: 道路破损并有积水 names two, 店外乱堆杂物 one.
_JOINT = re.compile(r"和|及|并|且|还有|同时|又|以及|也")


@dataclass(frozen=True, slots=True)
class KindGuess:
    """A guessed kind: its code or "" (unclassified), the Chinese reason, the word it rests on, how sure.

    `own`: by a rule of the office.
    """

    kind: str
    reason: str
    word: str = ""
    sure: Sure = "none"
    own: bool = False


@dataclass(frozen=True, slots=True)
class KindReading:
    """What a text says: the kinds found, main one first, certain before likely, each kind once.

    `reason` says why nothing was found, "" when something was. `settled`: an office's own rule says that
    it is none of ours, so nobody needs to look.
    """

    found: tuple[KindGuess, ...]
    reason: str = ""
    settled: bool = False

    @property
    def main(self) -> KindGuess:
        """Return the main kind, an unclassified guess with the reason when there is none."""
        return self.found[0] if self.found else KindGuess(UNCLASSIFIED, self.reason)

    @property
    def sure(self) -> Sure:
        """Return how sure the main kind is, `none` without one."""
        return self.main.sure

    @property
    def certain(self) -> tuple[KindGuess, ...]:
        """Return the certain kinds, main one first."""
        return tuple(guess for guess in self.found if guess.sure == "certain")

    @property
    def likely(self) -> tuple[KindGuess, ...]:
        """Return the kinds to suggest, in text order."""
        return tuple(guess for guess in self.found if guess.sure == "likely")


@dataclass(frozen=True, slots=True)
class _Match:
    start: int
    end: int
    rule: Rule
    number: int
    word: str
    place: str
    sure: Sure

    @property
    def rank(self) -> tuple[bool, bool, int, int, int, int]:
        # Own rules first, special before general, with a place before without, long before short.
        return (not self.rule.own, self.rule.general, -len(self.place), -(self.end - self.start), self.start, self.number)  # fmt: skip


class Classifier:
    """Applies a rule set to descriptions; holds the compiled words, nothing else."""

    def __init__(self, rules: RuleSet, *, kinds: Collection[str] | None = None) -> None:
        named = {rule.kind for rule in rules.rules if rule.kind}
        unknown = sorted(named - set(kinds)) if kinds is not None else []
        if unknown:
            raise FrameError(
                f"rules name kinds that the table of kinds lacks: {', '.join(unknown)}",
                zh=f"规则里的类别不在类别表里：{'、'.join(unknown)}",
            )
        self.rules = rules
        self._patterns = [
            [(_literal(word), word_pattern(word)) for word in rule.words] for rule in rules.rules
        ]
        aliases = sorted(rules.aliases, key=len, reverse=True)
        self._aliases = re.compile("|".join(map(re.escape, aliases))) if aliases else None

    def guess(self, description: str, *, place: str = "") -> KindGuess:
        """Return the main kind of `read`."""
        return self.read(description, place=place).main

    def read(self, description: str, *, place: str = "") -> KindReading:
        """Return the kinds a description names, each with the word and place it rests on.

        Parameters
        ----------
        description
            What is wrong, as written; the first 2,000 characters are read.
        place
            Location text, unit or shop name: weaker evidence. It decides between kinds that share a
            word (黄土裸露 on a building site or elsewhere); alone it is never certain, and counts only
            with a word of four or more characters.
        """
        negation = self.rules.negation
        said = cut(description[:MAX_CHARS], negation, rename=self._rename)
        where = cut(place[:MAX_CHARS], negation, rename=self._rename)
        if any(word in said.text for word in negation.whole):
            return KindReading((), "说的是已经解决或不属实")
        if said.text:
            found, foreign = self._found(said, f"{said.text},{where.text}", min_length=1)
            if found:
                return KindReading(tuple(_guess(match, "描述") for match in found))
            if foreign:
                return KindReading((), f"描述里有“{foreign.word}”，不归我们管", settled=foreign.rule.own)
        if where.text:
            found, _ = self._found(where, f"{where.text},{said.text}", min_length=_MIN_PLACE_WORD)
            if found:
                return KindReading(tuple(_guess(match, "位置文字", sure="likely") for match in found))
        return KindReading((), "没有认得的关键词" if said.text.strip(",;") else "没有问题描述")

    def _rename(self, text: str) -> str:
        if self._aliases is None:
            return text
        return self._aliases.sub(lambda found: self.rules.aliases[found.group()], text)

    def _found(self, parts: Parts, everything: str, *, min_length: int) -> tuple[list[_Match], _Match | None]:
        """Return one match per kind, certain ones first, then in text order; and what is none of ours."""
        matches = self._matches(parts, everything, min_length=min_length)
        chosen = _one_voice(
            [match for item in _by_item(parts, matches) for match in _of_item(parts, item)], parts
        )
        best: dict[str, _Match] = {}
        for match in chosen:
            known = best.get(match.rule.kind)
            if known is None or (known.sure, match.sure) == ("likely", "certain"):
                best[match.rule.kind] = match
        kept = [match for match in best.values() if match.rule.kind]
        return sorted(kept, key=lambda match: (match.sure != "certain", match.start)), best.get(UNCLASSIFIED)

    def _matches(self, parts: Parts, everything: str, *, min_length: int) -> list[_Match]:
        masked = _CALLED.sub(_MASK, _NAMED.sub(_MASK, everything))
        found = []
        for number, (rule, patterns) in enumerate(zip(self.rules.rules, self._patterns, strict=True)):
            spans = _spans(parts.text, patterns, min_length)
            if not spans or (place := self._place(rule, everything, masked)) is None:
                continue
            found += [match for span in spans if (match := self._match(parts, rule, number, span, place))]
        return found

    def _match(
        self, parts: Parts, rule: Rule, number: int, span: tuple[int, int], place: str
    ) -> _Match | None:
        start, end = span
        negation = self.rules.negation
        item = parts.items[parts.item_at(start)]
        if is_taken_back(parts, item, start, end, negation, absence=rule.absence):
            return None
        clause = parts.text[item.clause_start : item.clause_end]
        doubted = rule.maybe or any(word in clause for word in negation.hedge)
        if rule.absence and not any(word in clause for word in negation.lacking):
            doubted = True
        return _Match(
            start, end, rule, number, parts.text[start:end], place, "likely" if doubted else "certain"
        )

    def _place(self, rule: Rule, everything: str, masked: str) -> str | None:
        """Return the place word a rule rests on ("" if it needs none), None if the rule is out."""
        if any(word in everything for word in rule.unless):
            return None
        if any(
            self._stands(word, name, masked)
            for name in rule.unless_places
            for word in self.rules.places[name]
        ):
            return None
        if not rule.where and not rule.where_words:
            return ""
        own = next((word for word in rule.where_words if word in everything), None)
        groups = ((word, name) for name in rule.where for word in self.rules.places[name])
        return own or next((word for word, name in groups if self._stands(word, name, masked)), None)

    def _stands(self, word: str, group: str, masked: str) -> bool:
        """Return whether a place word of a group stands in a text, and not only as a landmark beside."""
        if word not in masked:
            return False
        if group not in self.rules.near_is_outside:
            return True
        return any(not _BESIDE.match(masked, found.end()) for found in re.finditer(re.escape(word), masked))


def _literal(word: str) -> str:
    """Return a text that every match of a word contains, "" if it has none: a plain search spares patterns."""
    parts = [part for piece in word.split("…") for part in re.split(r"\{[^{}]*\}", piece)]
    return max(parts, key=len)


def _spans(
    text: str, patterns: Sequence[tuple[str, re.Pattern[str]]], min_length: int
) -> list[tuple[int, int]]:
    return [
        found.span()
        for literal, pattern in patterns
        if literal in text
        for found in pattern.finditer(text)
        if found.end() - found.start() >= min_length
    ]


def _by_item(parts: Parts, matches: Sequence[_Match]) -> list[list[_Match]]:
    """Return the matches of every item that has some, in text order."""
    found: dict[int, list[_Match]] = {}
    for match in matches:
        found.setdefault(parts.item_at(match.start), []).append(match)
    return [found[index] for index in sorted(found)]


def _of_item(parts: Parts, matches: Sequence[_Match]) -> list[_Match]:
    """Return what one item says: its best match, and others only where a word joins them."""
    kept: list[_Match] = []
    for match in sorted(matches, key=lambda m: (m.sure != "certain", *m.rank)):
        if any(match.start < other.end and other.start < match.end for other in kept):
            continue
        if not kept:
            kept.append(match)
        elif not match.rule.general and not any(match.rule.kind == other.rule.kind for other in kept):
            joint = any(_JOINT.search(parts.text, *_between(match, other)) for other in kept)
            kept.append(match if joint else _doubted(match))
    return sorted(kept, key=lambda match: match.start)


def _between(one: _Match, other: _Match) -> tuple[int, int]:
    return min(one.end, other.end), max(one.start, other.start)


def _one_voice(matches: list[_Match], parts: Parts) -> list[_Match]:
    """Return the matches where neighbours of one sentence speak of one thing.

    卫生死角，杂物堆了半年: the second clause goes on about the first. A general match is doubted beside
    any other, and what only suggests is dropped beside what is certain. A list (、;) names new problems.
    """
    result: list[_Match | None] = list(matches)
    for index, (one, other) in enumerate(pairwise(matches)):
        at, then = parts.item_at(one.start), parts.item_at(other.start)
        if then > at + 1 or (then == at + 1 and parts.items[then].sign != ","):
            continue
        if other.rule.maybe and one.sure == "certain":
            result[index + 1] = None
        elif one.rule.maybe and other.sure == "certain":
            result[index] = None
        elif then == at:
            continue
        elif other.rule.general:
            result[index + 1] = _doubted(other)
        elif one.rule.general:
            result[index] = _doubted(one)
    return [match for match in result if match is not None]


def _doubted(match: _Match) -> _Match:
    return _Match(match.start, match.end, match.rule, match.number, match.word, match.place, "likely")


def _guess(match: _Match, source: str, *, sure: Sure | None = None) -> KindGuess:
    place = f"，地点是“{match.place}”" if match.place else ""
    reason = f"{source}里有“{match.word}”{place}"
    return KindGuess(match.rule.kind, reason, match.word, sure or match.sure, match.rule.own)
