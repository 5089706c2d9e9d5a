"""All names of an opened gazetteer: which of them occur in a text, and what each can be.

At opening only the first two characters of all names are read. The names behind them are read when a
text first holds these two: half a million names cost milliseconds to open, and a process keeps only
what its texts speak of. No step of reading or scanning goes through names one by one.
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
        self._first = arrays["name.start_first"].data
        self._thirds = _texts_of(arrays["name.third"])
        self._third_lengths = arrays["name.third_lengths"]
        self._third_first = arrays["name.third_first"].data
        starts = _texts_of(arrays["name.start"]).tolist()
        # What begins with two characters: its number in the file while unread, then the length of
        # the name that these two are themselves.
        self._starts: dict[str, int | tuple[int, ...]] = dict(zip(starts, range(len(starts)), strict=True))
        # Of what is read: the lengths of names by their first three characters; ids by name.
        self._lengths: dict[str, tuple[int, ...]] = {}
        self._ids: dict[str, int] = {}
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
        found = self._ids.get(name)
        if found is None:
            start = self._starts.get(name[:2])
            if isinstance(start, int):
                self._read(name[:2], start)
                found = self._ids.get(name)
        return found

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
        starts, lengths_of, id_of, masks = self._starts, self._lengths, self._ids, self._masks
        for at in range(size - 1):
            start = starts.get(text[at : at + 2])
            if start is None:
                continue
            if isinstance(start, int):
                start = self._read(text[at : at + 2], start)
            for length in lengths_of.get(text[at : at + 3], start):
                end = at + length
                name = text[at:end]
                if name in id_of and end <= size:
                    classes = _CLASSES_OF_MASK[masks[id_of[name]]]
                    if classes and not name.isdigit():
                        hits.append(NameHit(at, end, name, classes))
        return hits

    def _read(self, start: str, number: int) -> tuple[int, ...]:
        """Read what begins with two characters; doing it twice at once does no harm."""
        low, high = self._first[number], self._first[number + 1]
        names = self._texts.joined(low, high).split(_BREAK)
        self._ids.update(zip(names, range(low, high), strict=False))
        own = slice(self._third_first[number], self._third_first[number + 1])
        lengths = map(_lengths_in, self._third_lengths[own].tolist())
        self._lengths.update(zip(self._thirds[own].tolist(), lengths, strict=True))
        found = self._starts[start] = (2,) if names[0] == start and len(start) == 2 else ()
        return found


class _Lengths(dict[int, tuple[int, ...]]):
    """Masks of lengths to lengths, longest first; there are few different ones."""

    def __missing__(self, mask: int) -> tuple[int, ...]:
        found = self[mask] = tuple(length for length in range(_LONGEST, 1, -1) if mask >> length & 1)
        return found


_lengths_in = _Lengths().__getitem__


def _texts_of(points: NDArray[np.uint32]) -> NDArray[np.str_]:
    """Return rows of code points, padded by zeros, as texts."""
    texts: NDArray[np.str_] = np.ascontiguousarray(points).view(f"<U{points.shape[1]}").ravel()
    return texts


def class_bits(classes: Iterable[NameClass]) -> int:
    """Return the mask of a set of classes."""
    return sum(1 << NAME_CLASSES.index(own) for own in set(classes))


def name_arrays(names: Sequence[str], masks: NDArray[np.uint8]) -> dict[str, NDArray[Any]]:
    """Return the arrays of a sorted list of different names and their class masks.

    Examples
    --------
    >>> arrays = name_arrays(["东路", "东路口", "西路"], np.ones(3, np.uint8))
    >>> arrays["name.start_first"].tolist(), _texts_of(arrays["name.third"]).tolist()
    ([0, 2, 3], ['东路口'])
    """
    thirds = np.array(names, dtype="<U3")
    starts = thirds.astype("<U2")
    first = _changes(starts)
    size = np.array([len(name) for name in names], dtype=np.int64)
    bits = np.where((size >= _SHORTEST) & (size <= _LONGEST), np.uint64(1) << size.astype(np.uint64) % 64, 0)
    long = size > 2
    third_first = np.flatnonzero(long)[_changes(thirds[long])[:-1]]
    lengths = np.bitwise_or.reduceat(bits[long], _changes(thirds[long])[:-1]) if long.any() else bits[:0]
    # A name of just two characters is looked for whatever the third character of the text.
    of_start = np.repeat(np.arange(len(first) - 1), np.diff(first))
    two = np.zeros(len(first) - 1, dtype=np.uint64)
    two[of_start[size == 2]] = 1 << 2
    return {
        **text_arrays("name", [name + _BREAK for name in names]),
        "name.classes": masks.astype(np.uint8),
        "name.start": _points_of(starts[first[:-1]]),
        "name.start_first": first.astype(np.int32),
        "name.third": _points_of(thirds[third_first]),
        "name.third_first": np.searchsorted(third_first, first).astype(np.int32),
        "name.third_lengths": (lengths | two[of_start[third_first]]).astype(np.uint64),
    }


def _changes(values: NDArray[np.str_]) -> NDArray[np.int64]:
    """Return where a new value begins in a sorted column, and its length at the end."""
    new = np.flatnonzero(values[1:] != values[:-1]) + 1
    first: NDArray[np.int64] = np.concatenate([[0], new, [len(values)]]) if len(values) else np.zeros(1, int)
    return first


def _points_of(texts: NDArray[np.str_]) -> NDArray[np.uint32]:
    width = texts.dtype.itemsize // 4
    return np.ascontiguousarray(texts).view(np.uint32).reshape(-1, width)
