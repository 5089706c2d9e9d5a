"""House numbers: the number itself, between its neighbours on the same side, or a named fallback."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geodata.gazetteer.index import NumberTable
from geodata.geocode.crossings import line_mode
from geodata.geocode.evidence import Context, Evidence, Mode, evidence, nothing
from geodata.geocode.model import Number

# Frontage of one number, metres: numbers two apart on one side are neighbours.
_FRONTAGE_M = 12.0
_PER_NUMBER_M = 4.0
_SINGLE_RECORD = 0.9
_TRUST = {"number": 0.93, "number:interpolated": 0.85, "number:nearest": 0.6, "number:road": 0.3}


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
    if not any(mode.method in ("number", "number:interpolated") for mode in modes):
        modes += _on_variants(frame, context)
    if modes:
        order = list(_TRUST)
        best = min(modes, key=lambda mode: order.index(mode.method))
        trust = _TRUST[best.method] * (1.0 if _well_known(frame, best, context) else _SINGLE_RECORD)
        return evidence(modes, context.trust(trust, best.lines))
    modes = [line_mode(line, weight, context, "number:road") for line, weight in lines]
    return evidence(modes, _TRUST["number:road"], f"{frame.road.text}没有已知门牌，只能落到全路")


def _well_known(frame: Number, mode: Mode, context: Context) -> bool:
    numbers = context.gazetteer.numbers_of(mode.lines[0]).numbers
    return mode.method != "number" or int((numbers == frame.number).sum()) > 1


def _on_variants(frame: Number, context: Context) -> list[Mode]:
    found = []
    for line, weight in context.variants(frame.road):
        mode = _on_line(frame, line, weight, context)
        if mode is not None and mode.method in ("number", "number:interpolated"):
            found.append(mode)
    return found


def _on_line(frame: Number, line: int, weight: float, context: Context) -> Mode | None:
    table = context.gazetteer.numbers_of(line)
    if len(table.numbers) == 0:
        return None
    road = context.gazetteer.line_name(line)
    exact = table.numbers == frame.number
    if exact.any():
        xy, sigma = _middle(table.xy[exact], table.sigma_m[exact])
        words = f"{road}{frame.number}号（{int(exact.sum())} 处记录）"
        # One record may be a slip of the pen; several agree.
        weight *= 3.0 if exact.sum() > 1 else 2.0
        return _mode(xy, sigma, weight, "number", words, line)
    same_side = table.numbers % 2 == frame.number % 2
    between = _between(table, same_side, frame.number)
    other = False
    if between is None:
        between, other = _between(table, np.ones(len(table.numbers), dtype=bool), frame.number), True
    if between is not None:
        xy, sigma, low, high = between
        words = f"{road}{frame.number}号，在 {low} 号与 {high} 号之间内插" + (
            "（不分单双号）" if other else ""
        )
        return _mode(xy, sigma, weight * 2.0, "number:interpolated", words, line)
    gaps = np.abs(table.numbers - frame.number) + np.where(same_side, 0, 2)
    nearest = int(np.argmin(gaps))
    gap = int(abs(table.numbers[nearest] - frame.number))
    sigma = 40.0 + _FRONTAGE_M / 2 * gap
    words = f"{road}没有 {frame.number} 号两侧的门牌，取最近的 {int(table.numbers[nearest])} 号"
    return _mode(table.xy[nearest], min(sigma, 1500.0), weight, "number:nearest", words, line)


def _middle(xy: NDArray[np.float64], sigma: NDArray[np.float32]) -> tuple[NDArray[np.float64], float]:
    centre = np.median(xy, axis=0)
    spread = float(np.median(np.hypot(*(xy - centre).T)))
    return centre, max(float(sigma.min()), spread, 15.0)


def _between(
    table: NumberTable, chosen: NDArray[np.bool_], number: int
) -> tuple[NDArray[np.float64], float, int, int] | None:
    numbers, xy = table.numbers[chosen], table.xy[chosen]
    right = int(np.searchsorted(numbers, number))
    if right == 0 or right == len(numbers):
        return None
    low, high = int(numbers[right - 1]), int(numbers[right])
    start = np.median(xy[numbers == low], axis=0)
    end = np.median(xy[numbers == high], axis=0)
    share = (number - low) / (high - low)
    gap = float(np.hypot(*(end - start)))
    nearest = min(number - low, high - number)
    # Numbers are no ruler: the error grows with the numbers to the nearest known one and with the gap.
    sigma = 20.0 + 0.15 * gap + min(_PER_NUMBER_M * nearest, 0.35 * gap)
    return start + (end - start) * share, sigma, low, high


def _mode(xy: NDArray[np.float64], sigma: float, weight: float, method: str, words: str, line: int) -> Mode:
    x, y = float(xy[0]), float(xy[1])
    return Mode(None, x, y, sigma, weight, method, words, (line,))
