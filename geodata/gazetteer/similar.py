"""Nearest located address by its characters: the fallback for texts no frame explains.

Sparse TF-IDF over character 1- to 3-grams. Not a parser: it knows nothing of roads or numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_LONGEST = 3
_CODE_BITS = 21
# So many postings are read for a text, those of its rarest grams first. The common grams (路, 交叉口)
# cost most and tell least: on held-out addresses 2,000 find the right neighbour slightly more often
# than all (48.6 against 47.8 % within 200 m), at a cost that does not grow with the gazetteer.
_MOST_POSTINGS = 2000
# Texts looked up together: enough to share the cost of array operations, few enough to stay in cache.
_TOGETHER = 64
# A document this much less alike than the best one is never of use.
_LEAST_SHARE = 0.5

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def gram_codes(texts: Sequence[str]) -> tuple[NDArray[np.uint64], Ints]:
    """Return the character 1- to 3-grams of texts, each packed into an integer, and the text of each.

    Repeated grams stay. In order of length, then of text, then of position.
    """
    raw = "".join(texts).encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(raw, dtype="<u4").astype(np.uint64)
    owner = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    grams, owners = [codes], [owner]
    last = codes
    for length in range(1, _LONGEST):
        last = last[:-1] | (codes[length:] << np.uint64(_CODE_BITS * length))
        whole = owner[: len(last)] == owner[length:]
        grams.append(last[whole])
        owners.append(owner[: len(last)][whole])
    return np.concatenate(grams), np.concatenate(owners)


@dataclass(frozen=True, slots=True)
class GramIndex:
    """TF-IDF weights by gram: for gram i the documents `documents[starts[i]:starts[i + 1]]`.

    Rows are normalised to length 1, so a score is the cosine of two texts, but for the common grams.
    """

    codes: NDArray[np.uint64]
    idf: NDArray[np.float32]
    starts: NDArray[np.int64]
    documents: NDArray[np.int32]
    weights: NDArray[np.float32]
    count: int

    def nearest(self, texts: Sequence[str]) -> list[tuple[list[int], list[float]]]:
        """Return per text the documents most like it and their scores in 0..1, best first.

        Only documents that come near the best one are named; ties in the order of the documents.
        """
        if self.count == 0:
            return [([], [])] * len(texts)
        found: list[tuple[list[int], list[float]]] = []
        for start in range(0, len(texts), _TOGETHER):
            found += self._nearest(texts[start : start + _TOGETHER])
        return found

    def _nearest(self, texts: Sequence[str]) -> list[tuple[list[int], list[float]]]:
        grams, values, owner = self._weighed(texts)
        low = self.starts[grams]
        length = self.starts[grams + 1] - low
        order = np.lexsort((length, owner))
        low, length, values, owner = low[order], length[order], values[order], owner[order]
        # only the grams whose postings, and those of the rarer ones, are few enough
        ends = length.cumsum()
        first = owner.searchsorted(owner)
        used = ends - (ends - length)[first] <= _MOST_POSTINGS
        low, length, values, owner = low[used], length[used], values[used], owner[used]
        ends = length.cumsum()
        place = np.arange(ends[-1] if len(ends) else 0) + (low - ends + length).repeat(length)
        scores = self.weights[place] * values.repeat(length)
        documents = self.documents[place].astype(np.intp)
        total = np.zeros(self.count)
        # where the postings of each text begin
        begin = np.concatenate(([0], ends))[owner.searchsorted(np.arange(len(texts) + 1))].tolist()
        return [_best(documents[a:b], scores[a:b], total) for a, b in pairwise(begin)]

    def _weighed(self, texts: Sequence[str]) -> tuple[Ints, Floats, Ints]:
        """Return the known grams of texts, their weights in texts of length 1, and the text of each."""
        wanted, owner = gram_codes(texts)
        at = np.minimum(self.codes.searchsorted(wanted), len(self.codes) - 1)
        known = self.codes[at] == wanted
        # Grams never seen still lengthen the query, so that a text about elsewhere scores low.
        rarest = float(np.log(1 + self.count) + 1)
        values = np.where(known, self.idf[at], rarest)
        squares = np.bincount(owner, weights=values**2, minlength=len(texts))
        return at[known], (values / np.sqrt(squares[owner]))[known], owner[known]


def _best(documents: NDArray[np.intp], scores: Floats, total: Floats) -> tuple[list[int], list[float]]:
    """Return the documents of some postings whose scores add up to near the best one, by falling score.

    Parameters
    ----------
    total
        One zero per document of the index; zeros again afterwards. Adding into it costs a third of
        sorting the postings, however large the index is.
    """
    if not len(documents):
        return [], []
    np.add.at(total, documents, scores)
    sums = total[documents]
    total[documents] = 0.0
    kept = sums >= _LEAST_SHARE * sums.max()
    near, first = np.unique(documents[kept], return_index=True)
    values = sums[kept][first]
    order = (-values).argsort(kind="stable")
    return near[order].tolist(), values[order].tolist()


def build_grams(texts: Sequence[str]) -> GramIndex:
    """Return the index of a list of texts; an empty list gives an empty index.

    Notes
    -----
    Every gram of every text is one integer of its characters and the text's number; sorting these
    integers brings the postings into the order of the index.
    """
    points = np.frombuffer("".join(texts).encode("utf-32-le"), dtype=np.uint32)
    rows = np.repeat(np.arange(len(texts), dtype=np.uint64), [len(text) for text in texts])
    alphabet, ranks = np.unique(points, return_inverse=True)
    bits = len(alphabet).bit_length()
    row_bits = max(len(texts) - 1, 0).bit_length()
    if _LONGEST * bits + row_bits > 64:
        raise ValueError(f"{len(alphabet)} different characters in {len(texts)} texts are too many to index")
    keys, count = np.unique(_packed(ranks.astype(np.uint64) + 1, rows, bits, row_bits), return_counts=True)
    documents = (keys & np.uint64((1 << row_bits) - 1)).astype(np.int32)
    keys >>= np.uint64(row_bits)
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.empty(0, int)
    starts = np.append(first, len(keys)).astype(np.int64)
    frequency = np.diff(starts)
    idf = (np.log((1 + len(texts)) / (1 + frequency)) + 1).astype(np.float32)
    weights = (1 + np.log(count.astype(np.float32))) * np.repeat(idf, frequency)
    norm = np.sqrt(np.bincount(documents, weights=weights**2, minlength=len(texts)))
    weights = (weights / np.maximum(norm[documents], 1e-9)).astype(np.float32)
    return GramIndex(_codes(keys[first], alphabet, bits), idf, starts, documents, weights, len(texts))


def _packed(
    ranks: NDArray[np.uint64], rows: NDArray[np.uint64], bits: int, row_bits: int
) -> NDArray[np.uint64]:
    """Return the grams of all texts with the text's number in the lowest bits.

    `ranks` are the characters in code point order, from 1: 0 stands behind the end of a short gram.
    The first character has the lowest bits, as in `gram_codes`, so that both sort alike.
    """
    grams = []
    packed = rows
    for length in range(1, _LONGEST + 1):
        size = max(len(ranks) - length + 1, 0)
        packed = packed[:size] | ranks[length - 1 :][:size] << np.uint64(row_bits + bits * (length - 1))
        grams.append(packed[rows[:size] == rows[length - 1 :][:size]])
    return np.concatenate(grams)


def _codes(packed: NDArray[np.uint64], alphabet: NDArray[np.uint32], bits: int) -> NDArray[np.uint64]:
    """Return packed ranks as packed code points, the form of `gram_codes`."""
    points = np.concatenate([[0], alphabet]).astype(np.uint64)
    codes = np.zeros(len(packed), dtype=np.uint64)
    for place in range(_LONGEST):
        rank = packed >> np.uint64(bits * place) & np.uint64((1 << bits) - 1)
        codes |= points[rank] << np.uint64(_CODE_BITS * place)
    return codes
