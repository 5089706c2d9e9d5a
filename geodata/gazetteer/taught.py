"""What the addresses of a table say, address by address: the part of mining that both cores share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from geodata.gazetteer.landmarks import branch_of, phrases_of
from geodata.gazetteer.names import NameScanner
from geodata.gazetteer.observe import Observations, observe
from geodata.gazetteer.roadnames import certain_names, learned_names
from geodata.gazetteer.shares import in_shares, share_bounds
from geodata.geocode.model import NameClass
from geodata.geocode.readings import read
from geodata.text.normalize import NormalText, normalise

Known = Mapping[str, tuple[NameClass, ...]]


@dataclass(slots=True)
class Written:
    """Normalised addresses; names with their brand and branch; road names whose left end is certain."""

    texts: list[str] = field(default_factory=list)
    names: list[tuple[str, str, str]] = field(default_factory=list)
    certain: Counter[str] = field(default_factory=Counter)

    @property
    def road_names(self) -> set[str]:
        """The road names these addresses use."""
        return learned_names(self.certain)


@dataclass(slots=True)
class Taught:
    """What addresses teach: observations, phrases that may name a landmark, and how many were not read."""

    observations: Observations = field(default_factory=Observations)
    phrases: list[tuple[str, int]] = field(default_factory=list)
    unread: int = 0


def as_written(addresses: Sequence[str], names: Sequence[str]) -> Written:
    """Return addresses and names in one spelling."""
    bounds = share_bounds(len(addresses))
    whole = Written()
    for part in in_shares(_written, [(addresses[a:b], names[a:b]) for a, b in bounds]):
        whole.texts += part.texts
        whole.names += part.names
        whole.certain += part.certain
    return whole


def _written(addresses: Sequence[str], names: Sequence[str]) -> Written:
    share = Written([normalise(address).text for address in addresses])
    for name in names:
        spelled = normalise(name).text
        share.names.append((spelled, *branch_of(spelled)))
    for text in share.texts:
        share.certain.update(certain_names(text))
    return share


def taught_by(texts: Sequence[str], xy: NDArray[np.float64], known: Known) -> Taught:
    """Return what located addresses teach.

    Parameters
    ----------
    texts
        Normalised; empty ones teach nothing.
    xy
        Their positions, shape (n, 2).
    known
        Names of lines and zones, with their classes.
    """
    bounds = share_bounds(len(texts))
    whole = Taught()
    for part in in_shares(_taught, [(texts[a:b], xy[a:b].tolist(), known, a) for a, b in bounds]):
        for name in Observations.__slots__:
            getattr(whole.observations, name).extend(getattr(part.observations, name))
        whole.phrases += part.phrases
        whole.unread += part.unread
    return whole


def _taught(texts: Sequence[str], xy: Sequence[tuple[float, float]], known: Known, first: int) -> Taught:
    scanner = NameScanner(known)
    share = Taught()
    for document, (text, (x, y)) in enumerate(zip(texts, xy, strict=True), start=first):
        if not text:
            continue
        hits = scanner.scan(text)
        readings = read(_spelled(text), hits, limit=1)
        if readings:
            observe(readings[0].frames, (x, y), document, share.observations)
            share.observations.areas += [(area, document) for area in readings[0].areas]
        else:
            share.unread += 1
        ranges = [(hit.start, hit.end) for hit in hits if hit.classes[0] != "place"]
        share.phrases += [(phrase, document) for phrase in sorted(phrases_of(text, ranges))]
    return share


def _spelled(text: str) -> NormalText:
    """Return a normalised text as one that was written so."""
    return NormalText(text, tuple(range(len(text))), tuple(range(1, len(text) + 1)), text)
