"""Which row of a revised list is which place of the register: one to one, by a stated rule, never by a guess.

In this order, each step only with what the steps before left over:

1. the list's own number 编号, the same in both;
2. same class, name and location; then same name and location in another class;
3. same name, and it stands once in the register and once in the list: the place moved (a name of
   fewer than four characters also needs a similar location);
4. same location and similar names (`SIMILAR`): renamed; or both similar (`BOTH`). A pair counts only if
   each is the other's best by a margin (`MARGIN`).

What would pass a similarity but has a rival within the margin is *asked*, as is a same-named pair that
step 3 does not settle. Everything else is new, or vanished.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from rapidfuzz import fuzz, process

from geodata.places.folding import fold

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIMILAR, BOTH, MARGIN = 0.6, 0.8, 0.1
# Of a name that is enough by itself; chains and one-word signs are shorter.
_TELLING_NAME = 4
NEAR_M = 300.0
# Step 4 compares all with all up to this many pairs; in longer lists only what shares its location.
MAX_PAIRS = 4_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a list or a place of a register as it is compared; `at` is east, north in metres."""

    name: str
    location: str
    place_class: str = ""
    number: str = ""
    at: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A row that may be one of several places (indices): a person must say."""

    row: int
    places: tuple[int, ...]


@dataclass(slots=True)
class Pairing:
    """`pairs`: row -> place. `how`: row -> number, same, class, moved, renamed or similar."""

    pairs: dict[int, int] = field(default_factory=dict)
    how: dict[int, str] = field(default_factory=dict)
    asked: tuple[Asked, ...] = ()
    new: tuple[int, ...] = ()
    vanished: tuple[int, ...] = ()


class _Left:
    """Rows and places that have no partner yet."""

    def __init__(self, rows: Sequence[Entry], places: Sequence[Entry]) -> None:
        self.entries, self.known = rows, places
        self.rows, self.places = dict.fromkeys(range(len(rows))), dict.fromkeys(range(len(places)))
        self.found = Pairing()

    def take(self, row: int, place: int, how: str) -> None:
        self.found.pairs[row], self.found.how[row] = place, how
        del self.rows[row], self.places[place]

    def by(self, key: Callable[[Entry], Hashable | None], how: str, *, unique: bool) -> None:
        """Pair what has the same key: all in order, or only where it stands once on each side."""
        rows: dict[Hashable, list[int]] = defaultdict(list)
        places: dict[Hashable, list[int]] = defaultdict(list)
        for side, of, entries in ((rows, self.rows, self.entries), (places, self.places, self.known)):
            for at in of:
                value = key(entries[at])
                if value is not None:
                    side[value].append(at)
        for value, here in rows.items():
            there = places.get(value, [])
            if unique and (len(here) > 1 or len(there) > 1):
                continue
            for row, place in zip(here, there, strict=False):
                self.take(row, place, how)


def pair_entries(rows: Sequence[Entry], places: Sequence[Entry], *, near_m: float = NEAR_M) -> Pairing:
    """Return which row is which place, which rows are new, which places vanished, and what must be asked.

    Parameters
    ----------
    rows
        The revised list, in its order. Equal rows pair with equal places in order.
    places
        The register's open places.
    near_m
        Two positions within this distance count as a similar location.
    """
    left = _Left(rows, places)
    left.by(lambda e: e.number.strip() or None, "number", unique=True)
    folded = {id(e): (fold(e.name), fold(e.location)) for e in (*rows, *places)}

    def both(e: Entry) -> tuple[str, str] | None:
        return folded[id(e)] if folded[id(e)] != ("", "") else None

    left.by(lambda e: (e.place_class, *k) if (k := both(e)) else None, "same", unique=False)
    left.by(both, "class", unique=True)
    asked = _moved(left, folded, near_m)
    asked += _similar(left, folded)
    merged: dict[int, list[int]] = defaultdict(list)
    for one in asked:
        if one.row in left.rows:
            merged[one.row] += [at for at in one.places if at in left.places and at not in merged[one.row]]
    result = left.found
    result.asked = tuple(Asked(row, tuple(found)) for row, found in sorted(merged.items()) if found)
    waiting = {one.row for one in result.asked}
    result.new = tuple(row for row in left.rows if row not in waiting)
    result.vanished = tuple(left.places)
    return result


def _moved(left: _Left, folded: dict[int, tuple[str, str]], near_m: float) -> list[Asked]:
    """Pair what has the same name elsewhere, where the name stands once in each list as a whole."""
    counts = [Counter(folded[id(e)][0] for e in side) for side in (left.entries, left.known)]
    places: dict[str, list[int]] = defaultdict(list)
    for at in left.places:
        places[folded[id(left.known[at])][0]].append(at)
    asked = []
    for row in list(left.rows):
        name = folded[id(left.entries[row])][0]
        there = places.get(name, [])
        if not name or not there:
            continue
        once = counts[0][name] == counts[1][name] == 1
        close = once and _location_score(left, folded, row, there[0], near_m) >= SIMILAR
        if once and (len(name) >= _TELLING_NAME or close):
            left.take(row, there[0], "moved")
        else:
            asked.append(Asked(row, tuple(there)))
    return asked


def _location_score(
    left: _Left, folded: dict[int, tuple[str, str]], row: int, place: int, near_m: float
) -> float:
    one, two = left.entries[row], left.known[place]
    if one.at is not None and two.at is not None and math.dist(one.at, two.at) <= near_m:
        return 1.0
    a, b = folded[id(one)][1], folded[id(two)][1]
    return fuzz.ratio(a, b) / 100 if a and b else 0.0


def _similar(left: _Left, folded: dict[int, tuple[str, str]]) -> list[Asked]:
    """Pair renamed and slightly changed entries that are each other's best by a margin."""
    asked: list[Asked] = []
    for rows, places in _blocks(left, folded):
        score = _scores(left, folded, rows, places)
        for i, row in enumerate(rows):
            best = score[i].max()
            if best <= 0:
                continue
            close = np.flatnonzero(score[i] > best - MARGIN)
            j = int(close[0])
            if len(close) == 1 and (score[:, j] > best - MARGIN).sum() == 1:
                same = folded[id(left.entries[row])][1] == folded[id(left.known[places[j]])][1]
                left.take(row, places[j], "renamed" if same else "similar")
            else:
                asked.append(Asked(row, tuple(places[k] for k in close.tolist())))
    return asked


def _blocks(left: _Left, folded: dict[int, tuple[str, str]]) -> Iterator[tuple[list[int], list[int]]]:
    """Yield what is compared all with all: everything, or in long lists what shares its location."""
    rows, places = list(left.rows), list(left.places)
    if len(rows) * len(places) <= MAX_PAIRS:
        if rows and places:
            yield rows, places
        return
    at: dict[str, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for side, here, entries in ((0, rows, left.entries), (1, places, left.known)):
        for index in here:
            at[folded[id(entries[index])][1]][side].append(index)
    for where, (some_rows, some_places) in at.items():
        if where and some_rows and some_places and len(some_rows) * len(some_places) <= MAX_PAIRS:
            yield some_rows, some_places


def _scores(
    left: _Left, folded: dict[int, tuple[str, str]], rows: list[int], places: list[int]
) -> NDArray[np.float32]:
    """Return how alike every row and place is, 0 where neither rule of step 4 allows the pair."""
    entries, known = [left.entries[at] for at in rows], [left.known[at] for at in places]

    def alike(part: int) -> NDArray[np.float32]:
        texts = [[folded[id(e)][part] for e in side] for side in (entries, known)]
        found = process.cdist(*texts, scorer=fuzz.ratio, dtype=np.float32) / np.float32(100)
        # Two empty texts are alike for the library, not for us.
        found[[not t for t in texts[0]], :] = 0
        return np.asarray(found, dtype=np.float32)

    name, where = alike(0), alike(1)
    one = np.array([e.place_class for e in entries], dtype=object)[:, None]
    two = np.array([e.place_class for e in known], dtype=object)[None, :]
    fits = (one == two) | (one == "") | (two == "")
    good = fits & (((where == 1) & (name >= SIMILAR)) | ((name >= BOTH) & (where >= BOTH)))
    return np.where(good, (name + where) / 2, np.float32(0))
