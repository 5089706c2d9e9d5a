"""Why bounds do not close, in words for the person who has to mend the table or the drawing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import shapely
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from geodata.errors import Fault
from geodata.zones.bounds.attempts import Attempt, Closed, reach_of
from geodata.zones.bounds.enclosure import Enclosure, enclosures, is_too_wild, open_lines
from geodata.zones.bounds.model import ENGLISH_SIDES, SIDE_NAMES, SIDES, Bound, Compass, Finding, either
from geodata.zones.bounds.network import BRIDGE_M, bridges, prolongations

_WORTH_SAYING_M = 1.0
_ROUND_TRIP: tuple[Compass, ...] = ("N", "E", "S", "W", "N")


def explain_missing(bounds: Sequence[Bound], missing: Sequence[str]) -> Closed:
    """Return what is known of a row that lacks a side, or names a line that nobody knows."""
    problems = [_unsaid(side) for side in SIDES if side in missing]
    problems += [_of_side(bound, bound.problem) for bound in bounds if bound.problem and not bound.choices]
    return Closed(None, tuple(_plain(bounds)), _known(bounds), tuple(problems))


def _unsaid(compass: Compass) -> Fault:
    side, side_zh = ENGLISH_SIDES[compass], SIDE_NAMES[compass]
    return Fault(
        f"nothing is said of the {side}: name the road or the water there",
        f"没有写{side_zh}至：补上{side_zh}边是哪条路、哪条河",
    )


def _of_side(bound: Bound, words: Fault) -> Fault:
    en, zh = f"{ENGLISH_SIDES[bound.side]}: {words.en}", f"{SIDE_NAMES[bound.side]}边：{words.zh}"
    return Fault(en, zh)


def _plain(bounds: Sequence[Bound], unused: Sequence[int] = ()) -> Iterator[Finding]:
    """Yield what is known of each bound where nothing closed."""
    for number, bound in enumerate(bounds):
        if not bound.choices:
            yield Finding(bound.side, bound.text, "not_found", bound.problem or Fault("", ""))
        elif number in unused:
            (en, zh) = bound.choices[0].words
            words = Fault(
                f"{en}: does not touch the land that the others enclose", f"{zh}：不挨着其余各边围出的地"
            )
            yield Finding(bound.side, bound.text, "unused", words)
        elif len(bound.choices) > 1:
            (en, zh), count = either([choice.words for choice in bound.choices]), len(bound.choices)
            words = Fault(f"{count} lines: {en}", f"{count} 条：{zh}")
            yield Finding(bound.side, bound.text, "ambiguous", words)
        else:
            choice = bound.choices[0]
            yield Finding(bound.side, bound.text, "found" if choice.exact else "reading", choice.words)


def _known(bounds: Sequence[Bound]) -> tuple[LineString, ...]:
    lines = {
        shapely.to_wkb(line): line for bound in bounds for choice in bound.choices for line in choice.lines
    }
    return tuple(lines.values())


def explain_several(answers: Sequence[tuple[Attempt, Enclosure]], bounds: Sequence[Bound]) -> Closed:
    """Return the lines of several pieces of land that all fit, and how to say which is meant."""
    sizes, count = [enclosure.shape.area / 1e4 for _, enclosure in answers[:4]], len(answers)
    areas, areas_zh = ", ".join(f"{ha:.1f} ha" for ha in sizes), "、".join(f"{ha:.1f} 公顷" for ha in sizes)
    words = Fault(
        f"{count} pieces of land fit these bounds ({areas}): say which part of a road is meant, as A (B to C), or name one"
        " more line where the border turns",
        f"有 {count} 块地都符合四至（{areas_zh}）：把容易混淆的一边写成一段（A路（B路至C路）），或在拐弯的一边多写一条线",
    )
    differing = [
        number
        for number, _ in enumerate(bounds)
        if len({id(attempt.choices[number]) for attempt, _ in answers}) > 1
    ]
    findings = list(_plain(bounds))
    for number in differing:
        candidates = either([attempt.choices[number].words for attempt, _ in answers])
        findings[number] = Finding(bounds[number].side, bounds[number].text, "ambiguous", candidates)
    lines = {shapely.to_wkb(named.line): named.line for attempt, _ in answers for named in attempt.lines}
    return Closed(None, tuple(findings), tuple(lines.values()), (words,))


def explain_open(attempts: Sequence[Attempt], bounds: Sequence[Bound]) -> Closed:
    """Return what was found and the first thing that a person should look at."""
    if not attempts:
        return Closed(None, tuple(_plain(bounds)), _known(bounds), (_stray_words(_strays(bounds)),))
    attempt = min(attempts, key=lambda item: sum(gap for *_, gap in _gaps(item)))
    lines = tuple(named.line for named in attempt.lines)
    gaps = [(first, second, gap) for first, second, gap in _gaps(attempt) if gap > _WORTH_SAYING_M]
    if gaps:
        problems = tuple(_gap_words(bounds, *gap) for gap in gaps)
        return Closed(None, tuple(_plain(bounds)), lines, problems)
    if loose := _loose_words(attempt, bounds):
        return Closed(None, tuple(_plain(bounds)), lines, loose)
    if is_too_wild(lines, attempt.added(prolonged=True)):
        words = Fault(
            "these lines cross each other too often to tell which land is meant: name a part of the long ones, as A (B to C)",
            "这些线互相穿过太多次，说不清是哪一块：把长的线写成一段，例如“A路（B路至C路）”",
        )
        return Closed(None, tuple(_plain(bounds)), lines, (words,))
    unused = [number for number in range(len(bounds)) if _closes_without(attempt, bounds, number)]
    if unused:
        return Closed(
            None, tuple(_plain(bounds, unused)), lines, (_unused_words([bounds[n] for n in unused]),)
        )
    words = Fault(
        "the lines meet, but enclose no land that lies on the right side of each: look for a side written the wrong way"
        " round, or a line missing at a corner",
        "线都相交，但围不出一块四面都朝对方向的地：查一查有没有哪一边写反，或拐角处少写了一条线",
    )
    return Closed(None, tuple(_plain(bounds)), lines, (words,))


def _stray_words(strays: Sequence[Bound]) -> Fault:
    told = [_too_far(own.text, ENGLISH_SIDES[own.side], SIDE_NAMES[own.side]) for own in strays]
    en, zh = either(told or [Fault("the lines are not in one place", "各边的线不在一处")])
    return Fault(
        f"{en}: is it a road of the same name elsewhere, or a slip?",
        f"{zh}：查一查是不是别处同名的路，或者写错",
    )


def _too_far(text: str, side: str, side_zh: str) -> Fault:
    return Fault(f"“{text}” in the {side} is too far from the others", f"{side_zh}边“{text}”离其余各边太远")


def _unused_words(unused: Sequence[Bound]) -> Fault:
    names = ", ".join(f"“{own.text}” in the {ENGLISH_SIDES[own.side]}" for own in unused)
    names_zh = "、".join(f"{SIDE_NAMES[own.side]}边“{own.text}”" for own in unused)
    return Fault(
        f"without {names} the other lines close: it is not on the border, or stands on the wrong side; remove or move it",
        f"不算{names_zh}，其余的线就能围合：它不在边界上，或方向写反了；删掉它，或改到对的一边",
    )


def _strays(bounds: Sequence[Bound]) -> list[Bound]:
    """Return the bounds none of whose lines comes near any line of another bound."""
    whole = [
        shapely.multilinestrings([line for choice in bound.choices for line in choice.lines])
        for bound in bounds
    ]
    return [
        bound
        for number, bound in enumerate(bounds)
        if not any(
            shapely.dwithin(whole[number], other, reach_of(bound))
            for place, other in enumerate(whole)
            if place != number
        )
    ]


def _gaps(attempt: Attempt) -> list[tuple[Compass, Compass, float]]:
    """Return how far the lines of each two neighbouring sides are apart after everything was added."""
    shapes: dict[Compass, list[BaseGeometry]] = {}
    added = attempt.added(prolonged=True)
    for number, named in enumerate(attempt.lines):
        for side in named.sides:
            shapes.setdefault(side, []).append(named.line)
            shapes[side] += [connector.shape for connector in added if connector.line == number]
    whole = {side: shapely.union_all(parts) for side, parts in shapes.items()}
    return [
        (first, second, float(whole[first].distance(whole[second])))
        for first, second in pairwise(_ROUND_TRIP)
    ]


def _gap_words(bounds: Sequence[Bound], first: Compass, second: Compass, gap_m: float) -> Fault:
    def named(side: Compass) -> str:
        return "、".join(bound.text for bound in bounds if bound.side == side)

    one, other = (f"the {ENGLISH_SIDES[side]} ({named(side)})" for side in (first, second))
    one_zh, other_zh = (f"{SIDE_NAMES[side]}边（{named(side)}）" for side in (first, second))
    return Fault(
        f"{one} and {other} do not meet, {gap_m:.0f} m are missing (gaps up to {BRIDGE_M:.0f} m are bridged): name the road"
        " between them, say that a line goes on straight, or draw the lines until they meet",
        f"{one_zh}与{other_zh}接不上，最近还差 {gap_m:.0f} 米（{BRIDGE_M:.0f} 米以内的缺口会自动接上）："
        f"补写两线之间的那条路，或写“…及其延长线”，或先把线画到相交",
    )


def _loose_words(attempt: Attempt, bounds: Sequence[Bound]) -> tuple[Fault, ...]:
    """Return a sentence per name whose lines bound no face: one end of it hangs in the air."""
    dangling = open_lines(attempt.lines, attempt.added(prolonged=True))
    words = []
    for number, bound in enumerate(bounds):
        own = [place for place, named in enumerate(attempt.lines) if number in named.names]
        if not set(own) <= dangling:
            continue
        gap, other = max(_end_gaps(attempt, own[0]), default=(0.0, -1))
        if other >= 0:
            nearest = "、".join(bounds[name].text for name in sorted(attempt.lines[other].names))
            words.append(_loose_end(bound, nearest, gap))
    return tuple(words)


def _loose_end(bound: Bound, nearest: str, gap_m: float) -> Fault:
    text, side, side_zh = bound.text, ENGLISH_SIDES[bound.side], SIDE_NAMES[bound.side]
    return Fault(
        f"one end of “{text}” in the {side} hangs loose, {gap_m:.0f} m from the nearest line, “{nearest}”: name the road between them",
        f"{side_zh}边“{text}”有一头悬空，离最近的“{nearest}”还差 {gap_m:.0f} 米：补写它们之间的那条路",
    )


def _end_gaps(attempt: Attempt, number: int) -> Iterator[tuple[float, int]]:
    """Yield how far each end of a line is from the nearest other line, and which that is."""
    line = attempt.lines[number].line
    others = [(other.line, place) for place, other in enumerate(attempt.lines) if place != number]
    for at in () if line.is_ring else (0, -1):
        yield min((float(shape.distance(shapely.Point(line.coords[at]))), place) for shape, place in others)


def _closes_without(attempt: Attempt, bounds: Sequence[Bound], left_out: int) -> bool:
    rest = [number for number in range(len(bounds)) if number != left_out]
    test_of = [
        {test for test, _ in attempt.wanted if test % len(bounds) == number} for number in range(len(bounds))
    ]
    if len({bounds[number].side for number in rest}) < len(SIDES):
        # A whole side less: its line may still stand there, facing whatever it faces.
        lines = [
            replace(named, sides=frozenset(SIDES)) if left_out in named.names else named
            for named in attempt.lines
        ]
    else:
        lines = [
            replace(named, names=named.names - {left_out}, tests=named.tests - test_of[left_out])
            for named in attempt.lines
            if named.names != frozenset({left_out})
        ]
    longer = {id(named.line): stated for named, stated in zip(attempt.lines, attempt.longer, strict=True)}
    shapes = [named.line for named in lines]
    kin = [named.kin for named in lines]
    connectors = [*bridges(shapes, kin), *prolongations(shapes, kin, [longer[id(shape)] for shape in shapes])]
    wanted = [(test, side) for test, side in attempt.wanted if test not in test_of[left_out]]
    return len(enclosures(lines, wanted, connectors)) == 1
