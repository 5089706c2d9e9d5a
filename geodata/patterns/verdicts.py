"""The words of a judgement: what is significant, what may be chance, what is not judged."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

# What a reader of a density map takes for a concentration: half as much again as expected, twice seen.
SEEMING_RATIO = 1.5
SEEMING_COUNT = 2.0


class Verdict(IntEnum):
    """What can be said of a unit at the false discovery rate asked for."""

    HOT = 1
    COLD = -1
    CHANCE = 2
    ORDINARY = 0
    NOT_JUDGED = -2


CODES: dict[Verdict, str] = {
    Verdict.HOT: "hot",
    Verdict.COLD: "cold",
    Verdict.CHANCE: "chance",
    Verdict.ORDINARY: "ordinary",
    Verdict.NOT_JUDGED: "not_judged",
}
LABELS: dict[Verdict, str] = {
    Verdict.HOT: "显著热点",
    Verdict.COLD: "显著冷点",
    Verdict.CHANCE: "看似集中，但可能是偶然",
    Verdict.ORDINARY: "无明显差异",
    Verdict.NOT_JUDGED: "不评价",
}


def verdicts(
    q: ArrayLike, observed: ArrayLike, expected: ArrayLike, *, rate: float, judged: ArrayLike
) -> NDArray[np.int8]:
    """Return the verdict of each unit.

    Parameters
    ----------
    q
        p-values adjusted for their number.
    observed, expected
        What was counted around the unit and what chance would put there.
    judged
        Whether the unit took part; the others are `NOT_JUDGED`.

    Examples
    --------
    >>> found = verdicts([0.01, 0.3, 0.02, 1.0], [9, 6, 0, 4], [3, 3, 5, 4], rate=0.05, judged=[True] * 4)
    >>> [LABELS[Verdict(int(v))] for v in found]
    ['显著热点', '看似集中，但可能是偶然', '显著冷点', '无明显差异']
    """
    seen, due = np.asarray(observed, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    found = np.asarray(q, dtype=np.float64) <= rate * (1 + 1e-12)
    seeming = (seen >= SEEMING_RATIO * due) & (seen >= SEEMING_COUNT)
    result = np.where(seeming, Verdict.CHANCE, Verdict.ORDINARY)
    result = np.where(found, np.where(seen > due, Verdict.HOT, Verdict.COLD), result)
    return np.where(np.asarray(judged, dtype=bool), result, Verdict.NOT_JUDGED).astype(np.int8)


def codes(found: NDArray[np.int8]) -> list[str]:
    """Return verdicts as words for programs: hot, cold, chance, ordinary, not_judged."""
    return [CODES[Verdict(int(value))] for value in found.ravel()]


def labels(found: NDArray[np.int8]) -> list[str]:
    """Return verdicts in Chinese."""
    return [LABELS[Verdict(int(value))] for value in found.ravel()]
