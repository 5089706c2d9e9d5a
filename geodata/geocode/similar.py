"""Evidence from located addresses that read alike: a named fallback, never a frame."""

from __future__ import annotations

import numpy as np
from shapely.geometry import Point

from geodata.geocode.areas import AreaPrior
from geodata.geocode.evidence import Context, Evidence, Mode, evidence, nothing

_NEIGHBOURS = 12
# Below this cosine two addresses share only common words.
_LEAST = 0.2
_SHARPNESS = 14.0


def similar_addresses(text: str, prior: AreaPrior, context: Context) -> Evidence:
    """Return the positions of the located addresses most like a normalised text.

    Notes
    -----
    Trust and radius by cosine come from leave-one-out on located records (tests/bench).
    """
    gazetteer = context.gazetteer
    scores = gazetteer.similar(text)
    if len(scores) == 0:
        return nothing("没有已定位的地址可比")
    count = min(_NEIGHBOURS, len(scores))
    top = np.argpartition(-scores, count - 1)[:count]
    xy = gazetteer.document_xy[top]
    ranked = scores[top] * prior.agreement(xy)
    order = np.argsort(-ranked, kind="stable")
    top, xy, ranked = top[order], xy[order], ranked[order]
    best = float(ranked[0])
    if best < _LEAST:
        return nothing("没有相似的已定位地址")
    modes = []
    for row, (x, y), score in zip(top.tolist(), xy.tolist(), ranked.tolist(), strict=True):
        if score < _LEAST:
            break
        weight = float(np.exp(_SHARPNESS * (score - best)))
        words = f"与已定位地址“{gazetteer.documents[row]}”相似度 {score:.2f}"
        modes.append(Mode(Point(x, y), x, y, sigma_of(score), weight, "similar_address", words))
    return evidence(modes, trust_of(best))


def sigma_of(score: float) -> float:
    """Return the 1-sigma radius in metres of a neighbour with this cosine, if it is the right one."""
    return 40.0 + 200.0 * (1.0 - score)


def trust_of(score: float) -> float:
    """Return the probability that the neighbours of this best cosine are right."""
    return float(np.clip(0.15 + 0.9 * (score - 0.2), 0.05, 0.9))
