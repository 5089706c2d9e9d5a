"""All names of an opened gazetteer: which of them occur in a text, and what each can be.

An automaton of half a million names takes seconds and a gigabyte to make. Here a text is cut into
pieces instead and each is looked up: first by its beginning, whose entry says how long the names are
that begin so, then whole. All tables come out of the file in single array operations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.gazetteer.container import Container, text_arrays
from geodata.geocode.model import NameClass, NameHit

# Bit i of a name's mask in the file says that it can be NAME_CLASSES[i].
NAME_CLASSES: tuple[NameClass, ...] = ("road", "rail", "water", "place", "zone")
_CLASSES_OF_MASK: tuple[tuple[NameClass, ...], ...] = tuple(
    tuple(own for bit, own in enumerate(NAME_CLASSES) if mask >> bit & 1)
    for mask in range(1 << len(NAME_CLASSES))
)
# Single characters and bare digits occur in every text; nobody writes the longest names in full.
_SHORTEST, _LONGEST = 2, 63
# Between names in the file: in no name, because normalised text has no line breaks.
_BREAK = "\n"


class KnownNames(Sequence[str]):
    """Names by id (their rank in code point order), with their classes and aliases."""

    def __init__(self, file: Container) -> None:
        arrays = file.arrays
        self._texts = file.column("name")
        self._masks = arrays["name.classes"].data
        names = self._texts.joined(0, len(self)).split(_BREAK)[:-1]
        self._ids: dict[str, int] = dict(zip(names, range(len(self)), strict=True))
        # Lengths of the names that are, and that go on from, their first two and three characters.
        self._twos = _lengths_by_start(arrays["name.two"], arrays["name.two_lengths"])
        self._threes = _lengths_by_start(arrays["name.three"], arrays["name.three_lengths"])
        self.aliases: Mapping[str, Sequence[str]] = {
            str(alias): [str(name) for name in names] for alias, names in file.meta["aliases"].items()
        }

    def __len__(self) -> int:
        return len(self._texts)

    def __getitem__(self, name_id: Any) -> Any:
        if isinstance(name_id, slice):
            return [self[index] for index in range(*name_id.indices(len(self)))]
        return self._texts[name_id][: -len(_BREAK)]

    def id_of(self, name: str) -> int | None:
        """Return a name's id, None for an unknown one."""
        return self._ids.get(name)

    def meant_by(self, name: str) -> list[int]:
        """Return the ids of a name and of what it is an alias of."""
        own = self.id_of(name)
        found = [] if own is None else [own]
        if name in self.aliases:
            found += [other for alias in self.aliases[name] if (other := self.id_of(alias)) is not None]
        return found

    def classes_of(self, name: str) -> tuple[NameClass, ...]:
        """Return what a name can be, aliases followed; empty for an unknown name."""
        own = self.id_of(name)
        return () if own is None else _CLASSES_OF_MASK[self._masks[own]]

    def scan(self, text: str) -> list[NameHit]:
        """Return every known name in a normalised text, overlapping hits too, by start, longest first.

        Names shorter than two characters or longer than 63, and bare digits, are not looked for.
        """
        hits: list[NameHit] = []
        size = len(text)
        two, three, id_of, masks = self._twos.get, self._threes.get, self._ids.get, self._masks
        for at in range(size - 1):
            lengths = two(text[at : at + 2])
            if lengths is None:
                continue
            for length in three(text[at : at + 3], lengths):
                end = at + length
                name = text[at:end]
                own = id_of(name)
                # Cut off by the end of the text, a piece is tried again at its own length.
                if own is not None and end <= size:
                    classes = _CLASSES_OF_MASK[masks[own]]
                    if classes and not name.isdigit():
                        hits.append(NameHit(at, end, name, classes))
        return hits


class _Lengths(dict[int, tuple[int, ...]]):
    """Masks of lengths to lengths, longest first; there are few different ones."""

    def __missing__(self, mask: int) -> tuple[int, ...]:
        found = self[mask] = tuple(length for length in range(_LONGEST, 1, -1) if mask >> length & 1)
        return found


def _lengths_by_start(points: NDArray[np.uint32], lengths: NDArray[np.uint64]) -> dict[str, tuple[int, ...]]:
    starts = np.ascontiguousarray(points).view(f"<U{points.shape[1]}").ravel().tolist()
    return dict(zip(starts, map(_Lengths().__getitem__, lengths.tolist()), strict=True))


def class_bits(classes: Iterable[NameClass]) -> int:
    """Return the mask of a set of classes."""
    return sum(1 << NAME_CLASSES.index(own) for own in set(classes))


def name_arrays(names: Sequence[str], masks: NDArray[np.uint8]) -> dict[str, NDArray[Any]]:
    """Return the arrays of a sorted list of different names and their class masks.

    Examples
    --------
    >>> arrays = name_arrays(["东路", "东路口", "东路口里", "西路"], np.ones(4, np.uint8))
    >>> [bin(lengths) for lengths in arrays["name.two_lengths"].tolist()]
    ['0b100', '0b100']
    >>> [bin(lengths) for lengths in arrays["name.three_lengths"].tolist()]
    ['0b11100']
    """
    size = np.array([len(name) for name in names], dtype=np.uint64)
    bits = np.where((size >= _SHORTEST) & (size <= _LONGEST), np.uint64(1) << size % np.uint64(64), 0)
    threes = np.array(names, dtype="<U3")
    # Of two characters only the name that they are themselves; the rest is told by the third.
    twos, two_lengths = _by_start(threes.astype("<U2"), np.where(size == 2, bits, 0))
    three, three_lengths = _by_start(threes[size > 2], bits[size > 2])
    three_lengths = three_lengths | two_lengths[np.searchsorted(twos, three.astype("<U2"))]
    return {
        **text_arrays("name", [name + _BREAK for name in names]),
        "name.classes": masks.astype(np.uint8),
        "name.two": twos.view(np.uint32).reshape(-1, 2),
        "name.two_lengths": two_lengths,
        "name.three": three.view(np.uint32).reshape(-1, 3),
        "name.three_lengths": three_lengths,
    }


def _by_start(
    starts: NDArray[np.str_], bits: NDArray[np.uint64]
) -> tuple[NDArray[np.str_], NDArray[np.uint64]]:
    """Return the different ones of sorted starts, and the lengths of the names behind each."""
    if len(starts) == 0:
        return starts, bits.astype(np.uint64)
    first = np.flatnonzero(np.concatenate([[True], starts[1:] != starts[:-1]]))
    return starts[first], np.bitwise_or.reduceat(bits.astype(np.uint64), first)
