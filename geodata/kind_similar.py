"""Kinds whose own words resemble a text: suggestions for a person where no rule says anything.

Counts shared pairs of characters, rare pairs more; never enough to decide by (`geodata.classify` does).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from geodata.kind_rules import plain


def _pairs(text: str) -> set[str]:
    run = plain(text)
    return {run[i : i + 2] for i in range(len(run) - 1) if run[i : i + 2].isalpha()}


class SimilarKinds:
    """Answers which kinds' words resemble a text; holds the pairs of characters of every kind."""

    def __init__(self, words: Mapping[str, Sequence[str]]) -> None:
        self._pairs = {kind: set().union(*map(_pairs, texts)) for kind, texts in words.items()}
        seen = Counter(pair for pairs in self._pairs.values() for pair in pairs)
        self._weight = {pair: math.log(len(self._pairs) / count) for pair, count in seen.items()}

    def best(self, text: str, *, limit: int = 3) -> list[str]:
        """Return the most similar kinds, best first, [] where no pair of characters is shared.

        The score is the sum of log(kinds / kinds with the pair) over the shared pairs (inverse document
        frequency, Spärck Jones 1972); ties go to the table's order.
        """
        asked = _pairs(text)
        scores = {
            kind: sum(self._weight[pair] for pair in asked & pairs) for kind, pairs in self._pairs.items()
        }
        ranked = sorted((kind for kind, score in scores.items() if score > 0), key=lambda kind: -scores[kind])
        return ranked[:limit]
