"""Judge the geocoder against known positions: each answer's figures and its error.

The one way in which cases are made, for the shipped table and for an office's own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import hypot
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.gazetteer.index import Gazetteer
from geodata.geocode.calibration import Case
from geodata.geocode.geocoder import Geocoder
from geodata.geocode.model import Location
from geodata.geocode.signals import Signals
from geodata.text.normalize import normalise

_OWN_M = 20.0


def judged(
    geocoder: Geocoder, texts: Sequence[str], areas: Sequence[str | None], xy: NDArray[np.float64]
) -> list[Case | None]:
    """Return one case per text, None where there was no answer to judge.

    An answer too unsure to be shown counts too: its figures are in the trace.

    Parameters
    ----------
    areas
        The area each text is filed under, or None.
    xy
        The true positions in the gazetteer's CRS, metres, shape (n, 2).
    """
    answers = geocoder.locate_many(texts, areas=areas)
    return [_case(answer, x, y) for answer, (x, y) in zip(answers, xy.tolist(), strict=True)]


def _case(answer: Location, x: float, y: float) -> Case | None:
    data: Mapping[str, Any] = next((step.data for step in answer.trace if step.stage == "confidence"), {})
    if "signals" not in data:
        return None
    at_x, at_y = data["at"]
    return Case(Signals.from_data(data["signals"]), hypot(at_x - x, at_y - y), (at_x, at_y))


def own_records(gazetteer: Gazetteer, texts: Sequence[str], xy: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which texts are themselves among the gazetteer's located addresses: they prove nothing.

    A record is a text's own when it reads the same and lies within 20 m. Parameters as `judged`.
    """
    rows: dict[str, list[int]] = defaultdict(list)
    for row, text in enumerate(gazetteer.documents):
        rows[text].append(row)
    found = np.zeros(len(texts), dtype=np.bool_)
    for i, text in enumerate(texts):
        same = rows.get(normalise(text).text)
        if same:
            away = gazetteer.document_xy[same] - xy[i]
            found[i] = bool((np.hypot(away[:, 0], away[:, 1]) <= _OWN_M).any())
    return found
