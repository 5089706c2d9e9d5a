"""How sure: the probability that the true place lies within 50, 100, 200, 500 m of the answer.

The fusion's own probabilities are too sure of themselves, so they are calibrated by a small additive
model: the log-odds of each distance are a constant, plus what the method is known for, plus one curve
for each figure of the answer (`signals`). The curves are broken lines between fixed knots, level
beyond the ends, and most may only rise or only fall, as the figure's meaning demands. The shipped
table is `geodata/reference/confidence.csv`; a gazetteer may bring its office's own. Reading tables is in
`confidence_table`, fitting in `calibration`, the rule that makes a status of it in `confidence`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, log
from typing import TypeAlias

from geodata.geocode.model import THRESHOLDS_M
from geodata.geocode.signals import Signals

Row: TypeAlias = tuple[float, float, float, float]
_Line: TypeAlias = tuple[float, tuple[float, ...], float, tuple[tuple[float, ...], ...]]

# Likeness, brands, guesses at what was meant, whole roads in place of what was not found on them, and
# numbers put between those of both sides choose what to look at; they never locate. (Of the shops
# the last would have located, 6 % lay more than 1 km off; of all others 0.4 %.)
_WEAK = ("similar_address", "place:brand", "drawn/place:brand")
_WEAK_WAYS = (":typo", ":across", ":road", ":first_road", ":whole_line")
_NEVER_LOCATED = 0.9
# Answers from drawn maps have no held-out records; their own probability is only kept below certainty.
DRAWN_LIMIT: Row = (0.95, 0.97, 0.98, 0.99)

# The knots of each figure's curve, and whether it may only rise (1), only fall (-1), or both (0).
CURVES: Mapping[str, tuple[tuple[float, ...], int]] = {
    "raw": ((-5.0, -2.0, 0.0, 1.0, 2.0, 3.0, 4.5, 6.5), 1),
    "log_sigma": ((3.2, 4.3, 5.4), 0),
    "agreement": ((0.2, 0.8, 1.0), 1),
    "likeness": ((0.05, 0.25, 0.45, 0.65, 0.9), 1),
    "log_alike": ((3.2, 4.2, 5.2, 6.2, 7.2), -1),
}
# The row for answers that the similar addresses are part of.
WITH_ALIKE = "with:similar_address"


@dataclass(frozen=True)
class Calibration:
    """A fitted model, in log-odds; every row holds one number per distance of `THRESHOLDS_M`.

    `constant` is the level; `methods` adds to it by method, by frame (`crossing`), and by way
    (`*:nearest`), as far as each was seen; `curves` holds by figure the height at each knot of
    `CURVES`. `about` says in plain words where the table comes from (`version`, `rows`, ...).
    """

    constant: Row
    methods: Mapping[str, Row]
    curves: Mapping[str, tuple[Row, ...]]
    about: Mapping[str, str] = field(default_factory=dict)
    _levels: dict[tuple[str, bool], Row] = field(default_factory=dict, repr=False, compare=False)
    _lines: dict[str, _Line] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Lay the curves out as straight pieces, so that an answer costs no division."""
        for name, (knots, _) in CURVES.items():
            self._lines[name] = _straight(knots, self.curves[name])

    def p_within(self, signals: Signals) -> dict[int, float]:
        """Return the probabilities by distance, rising with it."""
        if by_drawn_rule(signals.method):
            a, b, c, d = (p * most for p, most in zip(signals.raw, DRAWN_LIMIT, strict=True))
            return _rising(a, b, c, d)
        odds_a, odds_b, odds_c, odds_d = self._log_odds(signals)
        a, b = 1.0 / (1.0 + exp(-odds_a)), 1.0 / (1.0 + exp(-odds_b))
        c, d = 1.0 / (1.0 + exp(-odds_c)), 1.0 / (1.0 + exp(-odds_d))
        if signals.method in _WEAK or signals.method.endswith(_WEAK_WAYS):
            most = _NEVER_LOCATED
            a, b, c, d = min(a, most), min(b, most), min(c, most), min(d, most)
        return _rising(a, b, c, d)

    def _log_odds(self, signals: Signals) -> Row:
        # Four sums side by side, written out: a loop over the distances costs three times as much.
        key = (signals.method, signals.alike_agrees)
        level = self._levels.get(key)
        if level is None:
            level = self._levels[key] = self._level_of(signals.method, signals.alike_agrees)
        a, b, c, d = level
        lines = self._lines
        for name, x in shared_figures(signals):
            low, inner, high, pieces = lines[name]
            x = low if x < low else high if x > high else x
            e, f, g, h, i, j, k, m = pieces[bisect_right(inner, x)]
            a += e + i * x
            b += f + j * x
            c += g + k * x
            d += h + m * x
        low, inner, high, pieces = lines["raw"]
        own = []
        for i, mass in enumerate(signals.raw):
            x = log_odds(mass)
            x = low if x < low else high if x > high else x
            piece = pieces[bisect_right(inner, x)]
            own.append(piece[i] + piece[i + 4] * x)
        return a + own[0], b + own[1], c + own[2], d + own[3]

    def _level_of(self, method: str, alike_agrees: bool) -> Row:
        terms = terms_of(method.rpartition("/")[2], alike_agrees=alike_agrees)
        rows = [self.constant, *(self.methods[term] for term in terms if term in self.methods)]
        a, b, c, d = (sum(column) for column in zip(*rows, strict=True))
        return a, b, c, d


def _rising(a: float, b: float, c: float, d: float) -> dict[int, float]:
    b = a if a > b else b
    c = b if b > c else c
    d = c if c > d else d
    return dict(zip(THRESHOLDS_M, (a, b, c, d), strict=True))


def by_drawn_rule(method: str) -> bool:
    """Return whether a method is judged by the rule for drawn maps, which no table changes."""
    if not method.startswith("drawn/"):
        return False
    plain = method.removeprefix("drawn/")
    return plain.partition(":")[2] in ("", "interpolated")


def _straight(knots: Sequence[float], heights: Sequence[Row]) -> _Line:
    """Return first knot, inner knots, last knot, and each piece's four intercepts and four slopes."""
    pieces = []
    for k in range(len(knots) - 1):
        run = knots[k + 1] - knots[k]
        slopes = [(end - begin) / run for begin, end in zip(heights[k], heights[k + 1], strict=True)]
        pieces.append((*(y - slope * knots[k] for y, slope in zip(heights[k], slopes, strict=True)), *slopes))
    return knots[0], tuple(knots[1:-1]), knots[-1], tuple(pieces)


def terms_of(method: str, *, alike_agrees: bool = False) -> tuple[str, ...]:
    """Return the rows that speak for a method: its frame, its way, and itself; then the similar addresses.

    Examples
    --------
    >>> terms_of("crossing:nearest"), terms_of("number", alike_agrees=True)
    (('crossing', '*:nearest', 'crossing:nearest'), ('number', 'with:similar_address'))
    """
    frame, _, way = method.partition(":")
    terms = (frame, f"*:{way}", method) if way else (frame,)
    return (*terms, WITH_ALIKE) if alike_agrees else terms


def shared_figures(signals: Signals) -> tuple[tuple[str, float], ...]:
    """Return the figures that are the same for every distance, as the curves take them."""
    return (
        ("log_sigma", log(max(signals.sigma_m, 1.0))),
        ("agreement", signals.agreement),
        ("likeness", signals.likeness),
        ("log_alike", log(signals.alike_m + 25.0)),
    )


def log_odds(p: float) -> float:
    """Return log(p / (1 - p)), within -9 and 9 at the ends."""
    return log(p / (1.0 - p)) if 1.2e-4 < p < 0.99988 else -9.0 if p < 0.5 else 9.0


def place_on(knots: Sequence[float], x: float) -> tuple[int, float]:
    """Return the segment of a curve that x lies on and how far along it (0..1), held at the ends."""
    at = min(max(bisect_right(knots, x) - 1, 0), len(knots) - 2)
    t = (x - knots[at]) / (knots[at + 1] - knots[at])
    return at, 0.0 if t < 0.0 else 1.0 if t > 1.0 else t
