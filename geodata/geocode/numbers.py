"""House numbers: the number itself, between its neighbours on the same side, or a named fallback."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geodata.gazetteer.index import NumberTable
from geodata.geocode.context import Context
from geodata.geocode.crossings import line_mode
from geodata.geocode.evidence import Evidence, Mode, evidence, nothing
from geodata.geocode.model import Number

# Frontage of one number, metres: numbers two apart on one side are neighbours.
_FRONTAGE_M = 12.0
_PER_NUMBER_M = 4.0
# Between surveyed numbers: what a plot's width adds, and the share of the way to the nearest known one.
_SURVEYED_M, _PER_METRE = 12.0, 0.3
_SINGLE_RECORD = 0.9
_TRUST = {
    "number": 0.93,
    "number:interpolated": 0.85,
    # between numbers of both sides of a road that only addresses taught: the sides may run apart
    "number:across": 0.8,
    "number:nearest": 0.6,
    "number:road": 0.3,
}
_FOUND = ("number", "number:interpolated", "number:across")


def resolve_number(frame: Number, context: Context) -> Evidence:
    """Return where a house number is on the lines its road's name may mean."""
    lines = context.lines(frame.road)
    if not lines:
        return nothing(f"地名库里没有{frame.road.text}")
    modes = []
    for line, weight in lines:
        mode = _on_line(frame, line, weight, context)
        if mode is not None:
            modes.append(mode)
    if not any(mode.method in _FOUND for mode in modes):
        modes += _on_variants(frame, context)
    if modes:
        order = list(_TRUST)
        best = min(modes, key=lambda mode: order.index(mode.method))
        trust = _TRUST[best.method] * (1.0 if _well_known(frame, best, context) else _SINGLE_RECORD)
        return evidence(modes, context.trust(trust, best.lines))
    modes = [line_mode(line, weight, context, "number:road") for line, weight in lines]
    return evidence(modes, _TRUST["number:road"], f"{frame.road.text}没有已知门牌，只能落到全路")


def _well_known(frame: Number, mode: Mode, context: Context) -> bool:
    """Return whether a number is surveyed, or taught by more than one address."""
    if context.gazetteer.line(mode.lines[0]).source != "mined":
        return True
    numbers = context.gazetteer.numbers_of(mode.lines[0]).numbers
    return mode.method != "number" or int((numbers == frame.number).sum()) > 1


def _on_variants(frame: Number, context: Context) -> list[Mode]:
    found = []
    for line, weight in context.variants(frame.road):
        mode = _on_line(frame, line, weight, context)
        if mode is not None and mode.method in _FOUND:
            found.append(mode)
    return found


def _on_line(frame: Number, line: int, weight: float, context: Context) -> Mode | None:
    table = context.gazetteer.numbers_of(line)
    if len(table.numbers) == 0:
        return None
    exact = table.numbers == frame.number
    if exact.any():
        xy, sigma = _middle(table.xy[exact], table.sigma_m[exact])
        words = f"{context.gazetteer.line_name(line)}{frame.number}号（{int(exact.sum())} 处记录）"
        # One record may be a slip of the pen; several agree.
        weight *= 3.0 if exact.sum() > 1 else 2.0
        return _mode(xy, sigma, weight, "number", words, line)
    between = _between(frame.number, line, table, context)
    if between is not None:
        return between._replace(weight=weight * 2.0)
    return _nearest(frame.number, line, weight, table, context)


def _between(number: int, line: int, table: NumberTable, context: Context) -> Mode | None:
    """Return the place between the known numbers around one: of its own side, else of both."""
    numbering = context.numbering(line)
    parity = number % 2
    if numbering is None:
        return _straight(number, line, table, context)
    around, other = numbering.sides[parity].around(number), False
    if around is None:
        around, other = numbering.both.around(number), True
    mined = context.gazetteer.line(line).source == "mined"
    if around is None:
        # Mined records in disorder still say more than the nearest number alone (measured: +5 % at 100 m).
        return _straight(number, line, table, context) if mined else None
    position, low, high, gap = around
    nearest = min(number - low, high - number)
    if mined:
        # Records in disorder are pooled to one position, which makes no neighbours of them.
        gap = max(gap, _apart(table, low, high))
        # Numbers are no ruler: the error grows with the numbers to the nearest known one and with the gap.
        sigma = 20.0 + 0.15 * gap + min(_PER_NUMBER_M * nearest, 0.35 * gap)
    else:
        sigma = _SURVEYED_M + _PER_METRE * gap * nearest / max(high - low, 1)
    words = f"{context.gazetteer.line_name(line)}{number}号，在 {low} 号与 {high} 号之间沿路内插"
    words += "（不分单双号）" if other else ""
    method = "number:across" if other and mined else "number:interpolated"
    return _mode(numbering.place(position, parity), sigma, 1.0, method, words, line)


def _apart(table: NumberTable, low: int, high: int) -> float:
    """Return the metres between the records of two numbers."""
    start, end = (np.median(table.xy[table.numbers == number], axis=0) for number in (low, high))
    return float(np.hypot(*(end - start)))


def _straight(number: int, line: int, table: NumberTable, context: Context) -> Mode | None:
    """Return the place on the straight line between the neighbours, for a road whose course is unknown."""
    same = table.numbers % 2 == number % 2
    for chosen, note in ((same, ""), (np.ones_like(same), "（不分单双号）")):
        numbers, xy = table.numbers[chosen], table.xy[chosen]
        right = int(np.searchsorted(numbers, number))
        if right in (0, len(numbers)):
            continue
        low, high = int(numbers[right - 1]), int(numbers[right])
        start, end = (np.median(xy[numbers == own], axis=0) for own in (low, high))
        gap = _apart(table, low, high)
        sigma = 20.0 + 0.15 * gap + min(_PER_NUMBER_M * min(number - low, high - number), 0.35 * gap)
        words = f"{context.gazetteer.line_name(line)}{number}号，在 {low} 号与 {high} 号之间内插{note}"
        point = start + (end - start) * (number - low) / (high - low)
        return _mode(point, sigma, 1.0, "number:across" if note else "number:interpolated", words, line)
    return None


def _nearest(number: int, line: int, weight: float, table: NumberTable, context: Context) -> Mode:
    gaps = np.abs(table.numbers - number) + np.where(table.numbers % 2 == number % 2, 0, 2)
    nearest = int(np.argmin(gaps))
    gap = int(abs(table.numbers[nearest] - number))
    sigma = 40.0 + _FRONTAGE_M / 2 * gap
    road = context.gazetteer.line_name(line)
    words = f"{road}没有 {number} 号两侧的门牌，取最近的 {int(table.numbers[nearest])} 号"
    return _mode(table.xy[nearest], min(sigma, 1500.0), weight, "number:nearest", words, line)


def _middle(xy: NDArray[np.float64], sigma: NDArray[np.float32]) -> tuple[NDArray[np.float64], float]:
    centre = np.median(xy, axis=0)
    spread = float(np.median(np.hypot(*(xy - centre).T)))
    return centre, max(float(sigma.min()), spread, 15.0)


def _mode(xy: NDArray[np.float64], sigma: float, weight: float, method: str, words: str, line: int) -> Mode:
    x, y = float(xy[0]), float(xy[1])
    return Mode(None, x, y, sigma, weight, method, words, (line,))
