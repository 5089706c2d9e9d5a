"""Pass rates with their uncertainty: passes ÷ inspected items, by Wilson's interval, or "too few"."""

from __future__ import annotations

import math
from dataclasses import dataclass

# Below this many inspected items a rate says nothing: 8 of 9 may be anything from 57 to 98 %.
TOO_FEW = 10
_Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class PassRate:
    """How many inspected items passed; `low`, `high` are the 95 % interval. Rates in 0..1.

    `rate`, `low` and `high` are None where fewer than `TOO_FEW` items were inspected.
    """

    passed: int
    inspected: int
    rate: float | None
    low: float | None
    high: float | None


def pass_rate(passed: int, inspected: int) -> PassRate:
    """Return a pass rate.

    Parameters
    ----------
    passed, inspected
        Items that passed, and items that passed or failed; what does not apply is in neither.

    Raises
    ------
    ValueError
        Unless 0 <= passed <= inspected.

    Notes
    -----
    Wilson (1927): centre (p + z²/2n) / (1 + z²/n), half width z sqrt(p(1-p)/n + z²/4n²) / (1 + z²/n).

    Examples
    --------
    >>> found = pass_rate(45, 50)
    >>> f"{found.rate:.2f} {found.low:.3f} {found.high:.3f}"
    '0.90 0.786 0.957'
    """
    if not 0 <= passed <= inspected:
        raise ValueError(f"{passed} of {inspected} items cannot have passed")
    if inspected < TOO_FEW:
        return PassRate(passed, inspected, None, None, None)
    n, p, z2 = inspected, passed / inspected, _Z95**2
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return PassRate(passed, inspected, p, max(0.0, centre - half), min(1.0, centre + half))
