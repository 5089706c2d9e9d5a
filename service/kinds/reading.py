"""What the rules make of one record: its kind, how sure, whose it is, and what else it may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from geodata.kinds import KindGuess
from service.kinds.table import CurrentKinds
from service.words import tr


@dataclass(frozen=True, slots=True)
class KindChoice:
    """A kind for a case: code or "", why, whose, and how sure (stated, certain, likely, none)."""

    kind: str
    reason: str
    command: str
    sure: str


@dataclass(frozen=True, slots=True)
class RecordKinds:
    """The kinds of a record: `main` for its case, `more` for a case each, `options` to suggest."""

    main: KindChoice
    more: tuple[KindChoice, ...] = ()
    options: tuple[dict[str, str], ...] = ()


# What has no problem at all, such as a place of a register.
NO_KIND = RecordKinds(KindChoice("", "", "", "stated"))


def stated_kind(code: str, reason: str, kinds: CurrentKinds, place_class: str = "") -> RecordKinds:
    """Return the kinds of a record whose kind was said outright."""
    return RecordKinds(KindChoice(code, reason, kinds.command_of(code, place_class), "stated"))


def read_kinds(description: str, *, place: str, place_class: str, kinds: CurrentKinds) -> RecordKinds:
    """Return what a description says.

    Every certain kind is a problem of its own; what is only likely is a suggestion. Where nothing is
    certain the best suggestion stands in, marked likely, and waits for a person. What an own rule calls
    none of ours is certain to have no kind.
    """
    reading = kinds.table.classify_all(description, place=place)
    certain = [_choice(guess, kinds, place_class) for guess in reading.certain]
    if certain:
        return RecordKinds(certain[0], tuple(certain[1:]), options_of(reading.likely))
    if reading.likely:
        return RecordKinds(_choice(reading.main, kinds, place_class), (), options_of(reading.likely))
    return RecordKinds(KindChoice("", reading.reason, "", "certain" if reading.settled else "none"))


def options_of(guesses: Sequence[KindGuess]) -> tuple[dict[str, str], ...]:
    """Return suggestions as they are stored with a case."""
    return tuple(
        {"kind": guess.kind, "sure": guess.sure, "reason": guess.reason, "word": guess.word}
        for guess in guesses
    )


def _choice(guess: KindGuess, kinds: CurrentKinds, place_class: str) -> KindChoice:
    command = kinds.command_of(guess.kind, place_class)
    return KindChoice(guess.kind, guess.reason, command, guess.sure)


def sure_words(sure: str) -> str:
    """Return how sure a kind is in the user's language."""
    return {
        "stated": tr("写明的", "stated"),
        "certain": tr("确定", "certain"),
        "likely": tr("可能", "likely"),
        "none": tr("未定", "undecided"),
        "person": tr("人工选定", "chosen by a person"),
    }.get(sure, sure)


def json_options(options: Sequence[dict[str, str]]) -> list[Any]:
    """Return suggestions as the store takes them."""
    return [dict(option) for option in options]
