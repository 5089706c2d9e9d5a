"""Evidence from located addresses that read alike: a named fallback, never a frame."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

from geodata.geocode.areas import AreaPrior
from geodata.geocode.context import Context
from geodata.geocode.evidence import Evidence, Mode, evidence, nothing

_LOOKED_AT, _NEIGHBOURS = 16, 6
# Below this cosine two addresses share only common words.
_LEAST = 0.2
_SHARPNESS = 14.0
_LEAST_WEIGHT = 0.08


def similar_addresses(texts: Sequence[str], priors: Sequence[AreaPrior], context: Context) -> list[Evidence]:
    """Return per normalised text the positions of the located addresses most like it.

    Notes
    -----
    Trust and radius by cosine come from leave-one-out on located records (tests/bench).
    """
    alike = context.gazetteer.similar(texts)
    return [
        _evidence(rows, scores, prior, context) for (rows, scores), prior in zip(alike, priors, strict=True)
    ]


def _evidence(rows: list[int], scores: list[float], prior: AreaPrior, context: Context) -> Evidence:
    if not rows or scores[0] < _LEAST:
        return nothing("没有相似的已定位地址")
    gazetteer = context.gazetteer
    rows, scores = rows[:_LOOKED_AT], scores[:_LOOKED_AT]
    places = [(x, y) for x, y in gazetteer.document_xy[rows].tolist()]
    ranked = [score * own for score, own in zip(scores, prior.agreement(places), strict=True)]
    order = sorted(range(len(ranked)), key=lambda at: -ranked[at])[:_NEIGHBOURS]
    best = ranked[order[0]]
    if best < _LEAST:
        return nothing("没有相似的已定位地址")
    modes = []
    for at in order:
        score = ranked[at]
        weight = exp(_SHARPNESS * (score - best))
        if score < _LEAST or weight < _LEAST_WEIGHT:
            break
        x, y = places[at]
        words = f"与已定位地址“{gazetteer.documents[rows[at]]}”相似度 {score:.2f}"
        modes.append(Mode(None, x, y, sigma_of(score), weight, "similar_address", words))
    return evidence(modes, trust_of(best))


def sigma_of(score: float) -> float:
    """Return the 1-sigma radius in metres of a neighbour with this cosine, if it is the right one."""
    return 40.0 + 200.0 * (1.0 - score)


def trust_of(score: float) -> float:
    """Return the probability that the neighbours of this best cosine are right."""
    return min(max(0.15 + 0.9 * (score - 0.2), 0.05), 0.9)
