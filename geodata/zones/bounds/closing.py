"""One row's bounds closed, or why not: which meaning of each name, which gaps, what a person can do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry

from geodata.errors import Fault
from geodata.zones.bounds.attempts import Attempt, Closed, attempts_of
from geodata.zones.bounds.enclosure import Enclosure, differ, enclosures
from geodata.zones.bounds.explaining import explain_missing, explain_open, explain_several
from geodata.zones.bounds.model import (
    ENGLISH_SIDES,
    SIDE_NAMES,
    SIDES,
    Bound,
    Choice,
    Connector,
    Finding,
    Status,
    either,
)
from geodata.zones.bounds.network import TORN_M

# Connectors shorter than this are the rounding of a drawing, not worth a word.
_WORTH_SAYING_M = 1.0


@dataclass(frozen=True, slots=True)
class _Answer:
    attempt: Attempt
    enclosure: Enclosure
    connectors: tuple[Connector, ...]


def close(bounds: Sequence[Bound]) -> Closed:
    """Return the polygon of a row, or its lines and what to do.

    Parameters
    ----------
    bounds
        Of one row, of all sides, in any order.

    Notes
    -----
    Meanings that are just as written come before those that are a slip or an abbreviation; what closes
    with bridges alone comes before what needs prolonging. Two different pieces of land of the same
    standing are no answer: refusing beats guessing.
    """
    missing = [side for side in SIDES if not any(bound.side == side for bound in bounds)]
    unknown = [bound for bound in bounds if not bound.choices]
    if missing or unknown:
        return explain_missing(bounds, missing)
    attempts = list(attempts_of(bounds))
    for exact in (True, False):
        own = [attempt for attempt in attempts if all(choice.exact for choice in attempt.choices) == exact]
        for prolonged in (False, True):
            answers = _distinct(
                answer for attempt in own for answer in _answers(attempt, prolonged=prolonged)
            )
            if len(answers) == 1:
                return (
                    _closed(answers[0], bounds)
                    if not _holes(answers[0], bounds)
                    else _torn(answers[0], bounds)
                )
            if answers:
                return explain_several([(a.attempt, a.enclosure) for a in answers], bounds)
    return explain_open(attempts, bounds)


def _answers(attempt: Attempt, *, prolonged: bool) -> Iterator[_Answer]:
    connectors = attempt.added(prolonged=prolonged)
    if prolonged and not any(connector.kind == "prolonged" for connector in connectors):
        return
    for enclosure in enclosures(attempt.lines, attempt.wanted, connectors):
        yield _Answer(attempt, enclosure, tuple(connectors))


def _distinct(answers: Iterator[_Answer]) -> list[_Answer]:
    kept: list[_Answer] = []
    for answer in answers:
        if all(differ(answer.enclosure.shape, other.enclosure.shape) for other in kept):
            kept.append(answer)
    return kept


def _closed(answer: _Answer, bounds: Sequence[Bound]) -> Closed:
    attempt, enclosure = answer.attempt, answer.enclosure
    worth = tuple(added for added in enclosure.connectors if added.length_m > _WORTH_SAYING_M)
    findings = []
    border = enclosure.shape.boundary
    for number, (bound, choice) in enumerate(zip(bounds, attempt.choices, strict=True)):
        own = [added for added in worth if number in attempt.lines[added.line].names]
        bridged = tuple(round(added.length_m, 1) for added in own if added.kind == "bridge")
        prolonged = tuple(round(added.length_m, 1) for added in own if added.kind == "prolonged")
        undrawn_m = _undrawn_m(border, choice)
        bridged += (round(undrawn_m, 1),) if undrawn_m > _WORTH_SAYING_M else ()
        words = either([choice.words, *_added_words(bridged, prolonged)], by=(", ", "，"))
        status: Status = "found" if choice.exact else "reading"
        findings.append(Finding(bound.side, bound.text, status, words, bridged, prolonged))
    lines = tuple(named.line for named in attempt.lines)
    network = lines + tuple(connector.shape for connector in answer.connectors)
    return Closed(enclosure.shape, tuple(findings), lines, (), network, worth)


def _added_words(bridged: Sequence[float], prolonged: Sequence[float]) -> Iterator[Fault]:
    for length in bridged:
        yield Fault(f"a gap of {length:.0f} m bridged", f"接上 {length:.0f} 米的缺口")
    for length in prolonged:
        yield Fault(f"prolonged straight on by {length:.0f} m", f"直线延长 {length:.0f} 米")


def _undrawn_m(border: BaseGeometry, choice: Choice) -> float:
    """Return how much of a border runs where a line's pieces are not drawn."""
    return sum(float(shapely.intersection(shapely.buffer(gap, 1.0), border).length) for gap in choice.gaps)


def _holes(answer: _Answer, bounds: Sequence[Bound]) -> tuple[Fault, ...]:
    """Return a sentence per name whose line is torn farther than anybody should guess across."""
    border = answer.enclosure.shape.boundary
    lengths = [_undrawn_m(border, choice) for choice in answer.attempt.choices]
    return tuple(
        _torn_words(bound, length) for bound, length in zip(bounds, lengths, strict=True) if length > TORN_M
    )


def _torn_words(bound: Bound, length: float) -> Fault:
    text, side, side_zh = bound.text, ENGLISH_SIDES[bound.side], SIDE_NAMES[bound.side]
    return Fault(
        f"{length:.0f} m in the middle of “{text}” in the {side} are not drawn: draw them first, or say which road goes around",
        f"{side_zh}边“{text}”中间有 {length:.0f} 米没有画：先把这一段补画出来，或写明从哪条路绕过去",
    )


def _torn(answer: _Answer, bounds: Sequence[Bound]) -> Closed:
    closed = _closed(answer, bounds)
    return Closed(None, closed.findings, closed.found, _holes(answer, bounds))
