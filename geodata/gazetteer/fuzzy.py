"""Names that a written name may be a slip for: found by hash, then verified.

Every name is filed under the hashes of itself and of itself without each one of its characters
(symmetric deletion, Garbe 2012): a dropped, added, mistaken or swapped character leaves two names with
a deletion in common. It is also filed under its syllables, so that names of one sound meet whatever
their characters. A query looks up some fifteen numbers; `slips` decides what is a slip.

Not for numbers, and not a ranking by likeness: one slip, or the same sound, or nothing.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from geodata.gazetteer.slips import SLIP_KINDS, SlipKind, has_long_stem, slip_between
from geodata.gazetteer.sounds import sounds

# Names of fewer characters say too little, of more are sentences.
LEAST_CHARS, MOST_CHARS = 3, 40
# A key that so many names share tells none of them.
_MOST_PER_KEY = 256
_ORDER = {kind: rank for rank, kind in enumerate(SLIP_KINDS)}
_KEY_BITS = 32


@dataclass(frozen=True, slots=True)
class FuzzyHit:
    """A name that what was written may be a slip for; `distance` counts the edited characters."""

    name_id: int
    kind: SlipKind
    distance: int


@dataclass(frozen=True, slots=True)
class FuzzyArrays:
    """What is kept of the names: keys, sorted, the ids filed under them, and a directory of the keys.

    `starts` has a power of two plus one entries: keys that begin with the bits b lie at
    `starts[b]:starts[b + 1]`.
    """

    starts: NDArray[np.uint32]
    keys: NDArray[np.uint32]
    ids: NDArray[np.int32]


class FuzzyIndex:
    """Look-up of slips among the names of a gazetteer; safe to share between threads.

    Parameters
    ----------
    arrays
        From `build_fuzzy`.
    name_of
        Returns the name with an id.

    Notes
    -----
    A query touches some fifteen places of the arrays: plain Python over memory views takes a third of
    the time of numpy calls on arrays this short.
    """

    def __init__(self, arrays: FuzzyArrays, name_of: Callable[[int], str]) -> None:
        self._starts, self._keys, self._ids = arrays.starts.data, arrays.keys.data, arrays.ids.data
        self._shift = _KEY_BITS - (len(arrays.starts) - 1).bit_length() + 1
        self._name_of = name_of

    def candidates(self, name: str, *, limit: int = 8) -> list[FuzzyHit]:
        """Return the names that a normalised name may be a slip for, the likeliest first.

        The name itself is never among them. Hits of equal kind and distance are tied; their order (by
        id) says nothing.
        """
        table = sounds()
        hits = []
        for name_id in self._filed_under(_keys_of(name)):
            slip = slip_between(name, self._name_of(name_id), table)
            if slip is not None:
                hits.append(FuzzyHit(name_id, *slip))
        if len(hits) > 1:
            hits.sort(key=lambda hit: (_ORDER[hit.kind], hit.distance, hit.name_id))
        return hits[:limit]

    def _filed_under(self, wanted: Sequence[int]) -> set[int]:
        starts, keys, ids, shift = self._starts, self._keys, self._ids, self._shift
        found: set[int] = set()
        for key in wanted:
            bucket = key >> shift
            first = starts[bucket]
            for at in range(first, min(starts[bucket + 1], first + _MOST_PER_KEY)):
                if keys[at] == key:
                    found.add(ids[at])
        return found


def build_fuzzy(names: Sequence[str]) -> FuzzyArrays:
    """Return the index of names, whose ids are their positions.

    Names shorter than LEAST_CHARS or longer than MOST_CHARS are left out.
    """
    keys, counts = array("I"), []
    for name in names:
        own = _keys_of(name)
        keys.extend(own)
        counts.append(len(own))
    # Key and id in one integer: one sort orders both.
    packed = np.frombuffer(keys, dtype=np.uint32).astype(np.uint64) << np.uint64(_KEY_BITS)
    packed |= np.repeat(np.arange(len(names), dtype=np.uint64), counts)
    packed.sort()
    packed = packed[np.diff(packed, prepend=~packed[:1]) != 0]
    ordered = (packed >> np.uint64(_KEY_BITS)).astype(np.uint32)
    bits = max(len(ordered).bit_length() - 1, 1)
    borders = np.arange(1 << bits, dtype=np.uint32) << np.uint32(_KEY_BITS - bits)
    starts = np.append(np.searchsorted(ordered, borders), len(ordered)).astype(np.uint32)
    return FuzzyArrays(starts, ordered, packed.astype(np.uint32).view(np.int32))


def fuzzy_arrays(names: Sequence[str]) -> Mapping[str, NDArray[Any]]:
    """Return the index of names as arrays of a gazetteer file."""
    built = build_fuzzy(names)
    return {"fuzzy.starts": built.starts, "fuzzy.keys": built.keys, "fuzzy.ids": built.ids}


def _keys_of(name: str) -> list[int]:
    """Return the keys a name is filed and looked up under."""
    if not LEAST_CHARS <= len(name) <= MOST_CHARS:
        return []
    return _spelling_keys(name) + _sound_keys(name) if has_long_stem(name) else _sound_keys(name)


def _spelling_keys(name: str) -> list[int]:
    """Return the hashes of a name whole and without each character."""
    raw = name.encode("utf-32-le", "surrogatepass")
    keys, before = [crc32(raw)], 0
    for at in range(0, len(raw), 4):
        keys.append(crc32(raw[at + 4 :], before))
        before = crc32(raw[at : at + 4], before)
    return keys


def _sound_keys(name: str) -> list[int]:
    """Return the hashes of a name by its usual syllables and by each other reading of one character.

    Every reading of every character at once would be too many; two rare readings in one name are rare.
    """
    spoken = [_syllables(character) for character in name]
    raw = b"".join([own[0] for own in spoken])
    keys = [crc32(raw)]
    for place, own in enumerate(spoken):
        if len(own) > 1:
            before, after = raw[: 4 * place], raw[4 * place + 4 :]
            keys += [crc32(before + other + after) for other in own[1:]]
    return keys


@lru_cache(maxsize=32768)
def _syllables(character: str) -> tuple[bytes, ...]:
    return tuple(number.to_bytes(4, "little") for number in sounds().of(character))
