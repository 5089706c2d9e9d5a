"""Keyword rules that guess the kind of a problem from its description.

The rules are data (`geodata/reference/kind_rules.toml`, or an office's own file): words to find in
the description, the sort of place they need, words that rule them out. The guess is made to be
checked: it names the word it rests on, and where the rules say nothing it stays unclassified.
Not for location texts (`geodata.geocode`) and not a statistical model.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from geodata.errors import Fault, FrameError, listed
from geodata.text.characters import PLAIN

RULES_FILE = Path(__file__).parent / "reference" / "kind_rules.toml"
UNCLASSIFIED = ""
_GAP = "…"  # in a rule: up to six characters of the same clause

# Texts are in plain form here, where every stop is , or ; and 、 stays inside a clause.
_CLAUSE = re.compile(r"[^,;]+")
# 黄河路 is no river and 市场街 no market: names of roads, offices and estates say nothing about the place.
_NAMED = re.compile(
    r"[^,;、…与和及至到的在()\-—]{1,2}[东南西北中]?(?:(?<!铁)路|街(?!道)|大道|辅道|巷|胡同)"
    r"|[^,;、…与和及至到的在()\-—]{1,4}(?:街道|办事处|社区|小区|花园|镇|村)"
)
# Without a description, only a long word in the location text counts: place names contain short ones.
_MIN_PLACE_WORD = 4
# Nobody describes a problem in more; the search for negations is quadratic in a hostile text.
MAX_CHARS = 2000


@dataclass(frozen=True, slots=True)
class KindGuess:
    """A guessed kind: its code or "" (unclassified), the Chinese reason, the word it rests on."""

    kind: str
    reason: str
    word: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `where` and `unless_places` name place-word groups; `absence`: lacking it is the problem."""

    kind: str
    words: tuple[str, ...]
    where: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    unless_places: tuple[str, ...] = ()
    absence: bool = False


@dataclass(frozen=True, slots=True)
class Negation:
    """Words that take back what a clause says: before it, right before the word, or after it."""

    clause_before: tuple[str, ...] = ()
    just_before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules in file order, the groups of place words, and the negations."""

    rules: tuple[Rule, ...]
    places: Mapping[str, tuple[str, ...]]
    negation: Negation


@dataclass(frozen=True, slots=True)
class _Match:
    order: tuple[int, int, int, int]
    rule: Rule
    word: str
    place: str


def plain(text: str) -> str:
    """Return a text in simplified half-width characters without spaces and quotation marks.

    Examples
    --------
    >>> plain("佔道 經營，ＫＴＶ")
    '占道经营,KTV'
    """
    return text.translate(PLAIN).replace(" ", "")


def _plain_word(word: str) -> str:
    return _GAP.join(map(plain, word.split(_GAP)))


def read_rules(path: Path = RULES_FILE) -> RuleSet:
    """Return the rules of a TOML file.

    Raises
    ------
    FrameError
        Naming every rule without kind or words and every unknown place group.
    """
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    places = {name: tuple(map(plain, words)) for name, words in table.get("places", {}).items()}
    negation = Negation(**{name: tuple(words) for name, words in table.get("negation", {}).items()})
    rules = tuple(_rule(entry) for entry in table.get("rule", []))
    problems = [
        Fault(
            f"rule {number} ({rule.kind or 'no kind'}): {en}",
            f"第 {number} 条（{rule.kind or '没有类别'}）：{zh}",
        )
        for number, rule in enumerate(rules, start=1)
        for en, zh in _faults(rule, places)
    ]
    if problems:
        en, zh = listed(problems)
        raise FrameError(
            f"{path.name} has rules that cannot be used: {en}", zh=f"{path.name} 里有不能用的规则：{zh}"
        )
    return RuleSet(rules=rules, places=places, negation=negation)


def _rule(entry: Mapping[str, object]) -> Rule:
    def texts(key: str) -> tuple[str, ...]:
        value = entry.get(key, [])
        return tuple(str(word) for word in value) if isinstance(value, list) else ()

    unless = texts("unless")
    return Rule(
        kind=str(entry.get("kind", "")),
        words=tuple(map(_plain_word, texts("words"))),
        where=texts("where"),
        unless=tuple(plain(word) for word in unless if not word.startswith("@")),
        unless_places=tuple(word[1:] for word in unless if word.startswith("@")),
        absence=entry.get("absence") is True,
    )


def _faults(rule: Rule, places: Mapping[str, object]) -> list[Fault]:
    unknown = [name for name in rule.where + rule.unless_places if name not in places]
    return [
        *([] if rule.kind else [Fault("kind is missing", "缺类别")]),
        *([] if rule.words else [Fault("words are missing", "缺词语")]),
        *(Fault(f"place group {name} is not defined", f"没有定义地点组 {name}") for name in unknown),
    ]


class Classifier:
    """Applies a rule set to descriptions; holds the compiled words, nothing else."""

    def __init__(self, rules: RuleSet, *, kinds: Collection[str] | None = None) -> None:
        unknown = sorted({rule.kind for rule in rules.rules} - set(kinds)) if kinds is not None else []
        if unknown:
            raise FrameError(
                f"rules name kinds that the table of kinds lacks: {', '.join(unknown)}",
                zh=f"规则里的类别不在类别表里：{'、'.join(unknown)}",
            )
        self._rules = rules
        self._patterns = [[(word, _pattern(word)) for word in rule.words] for rule in rules.rules]

    def guess(self, description: str, *, place: str = "") -> KindGuess:
        """Return the kind a description points to, with the word and place it rests on.

        Parameters
        ----------
        description
            What is wrong, as written; the first 2,000 characters are read. Several problems: the
            first one said wins.
        place
            Location text, unit or shop name: weaker evidence. It decides between kinds that share a
            word (黄土裸露 on a building site or elsewhere); alone it counts only with a word of four
            or more characters.
        """
        said, where = plain(description[:MAX_CHARS]), plain(place[:MAX_CHARS])
        if said:
            match = self._best(said, f"{said},{where}", min_length=1)
            if match:
                return KindGuess(match.rule.kind, _reason(match, "描述"), match.word)
        match = self._best(where, f"{where},{said}", min_length=_MIN_PLACE_WORD) if where else None
        if match:
            return KindGuess(match.rule.kind, _reason(match, "位置文字"), match.word)
        return KindGuess(UNCLASSIFIED, "没有认得的关键词" if said else "没有问题描述")

    def _best(self, text: str, everything: str, *, min_length: int) -> _Match | None:
        masked = _NAMED.sub(_GAP, everything)
        matches = [
            _Match((start, -len(place), -(end - start), number), rule, text[start:end], place)
            for number, (rule, patterns) in enumerate(zip(self._rules.rules, self._patterns, strict=True))
            for start, end in self._spans(text, patterns, absence=rule.absence)
            if end - start >= min_length and (place := self._place(rule, everything, masked)) is not None
        ]
        return min(matches, key=lambda match: match.order) if matches else None

    def _spans(
        self, text: str, patterns: Sequence[tuple[str, re.Pattern[str]]], *, absence: bool
    ) -> list[tuple[int, int]]:
        return [
            found.span()
            for word, pattern in patterns
            if _GAP in word or word in text  # the plain search spares most patterns
            for found in pattern.finditer(text)
            if not self._negated(text, *found.span(), absence=absence)
        ]

    def _place(self, rule: Rule, everything: str, masked: str) -> str | None:
        """Return the place word a rule rests on ("" if it needs none), None if the rule is out."""
        groups = self._rules.places
        if any(word in everything for word in rule.unless):
            return None
        if any(word in masked for name in rule.unless_places for word in groups[name]):
            return None
        if not rule.where:
            return ""
        return next((word for name in rule.where for word in groups[name] if word in masked), None)

    def _negated(self, text: str, start: int, end: int, *, absence: bool) -> bool:
        negation = self._rules.negation
        before, after = _around(text, start, end)
        return (
            any(word in before for word in negation.clause_before)
            or (not absence and before.endswith(negation.just_before))
            or any(word in after for word in negation.after)
        )


def _around(text: str, start: int, end: int) -> tuple[str, str]:
    """Return what stands before a span in its clause, and after it up to the next clause's end."""
    clauses = [found.span() for found in _CLAUSE.finditer(text)]
    here = max(index for index, (first, _) in enumerate(clauses) if first <= start)
    follows = clauses[min(here + 1, len(clauses) - 1)]
    # Only a clause that begins with 已 or 不属实 takes the former one back; a new subject does not.
    reach = follows[1] if text[follows[0] :].startswith(("已", "不属实", "整改完毕")) else clauses[here][1]
    return text[clauses[here][0] : start], text[end : max(reach, end)]


def _pattern(word: str) -> re.Pattern[str]:
    return re.compile(r"[^,;、]{0,6}".join(re.escape(part) for part in word.split(_GAP)))


def _reason(match: _Match, source: str) -> str:
    place = f"，地点是“{match.place}”" if match.place else ""
    return f"{source}里有“{match.word}”{place}"
