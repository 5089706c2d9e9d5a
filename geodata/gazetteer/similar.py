"""Nearest located address by its characters: the fallback for texts no frame explains.

Sparse TF-IDF over character 1- to 3-grams. Not a parser: it knows nothing of roads or numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LONGEST = 3
_CODE_BITS = 21


def gram_codes(text: str) -> Counter[int]:
    """Return the character 1- to 3-grams of a text with their counts, each packed into an integer."""
    codes = [ord(character) for character in text]
    counts: Counter[int] = Counter()
    for start in range(len(codes)):
        packed = 0
        for length, code in enumerate(codes[start : start + _LONGEST]):
            packed |= code << (_CODE_BITS * length)
            counts[packed] += 1
    return counts


@dataclass(frozen=True, slots=True)
class GramIndex:
    """TF-IDF weights by gram: for gram i the documents `documents[starts[i]:starts[i + 1]]`.

    Rows are normalised to length 1, so a score is the cosine of two texts.
    """

    codes: NDArray[np.uint64]
    idf: NDArray[np.float32]
    starts: NDArray[np.int64]
    documents: NDArray[np.int32]
    weights: NDArray[np.float32]
    count: int

    def scores(self, text: str) -> NDArray[np.float32]:
        """Return the cosine of a text with every document, shape (count,)."""
        scores = np.zeros(self.count, dtype=np.float32)
        if self.count == 0 or not text:
            return scores
        counts = gram_codes(text)
        wanted = np.fromiter(counts.keys(), dtype=np.uint64, count=len(counts))
        term = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
        at = np.minimum(np.searchsorted(self.codes, wanted), len(self.codes) - 1)
        known = self.codes[at] == wanted
        # Grams never seen still lengthen the query, so that a text about elsewhere scores low.
        rarest = float(np.log(1 + self.count) + 1)
        values = (1 + np.log(term)) * np.where(known, self.idf[at], rarest)
        values /= max(float(np.sqrt(np.sum(values**2))), 1e-9)
        grams, values = at[known], values[known]
        low, high = self.starts[grams], self.starts[grams + 1]
        if not len(grams):
            return scores
        # One pass over all postings: gathering them first is several times faster than adding each.
        rows = np.concatenate([self.documents[a:b] for a, b in zip(low.tolist(), high.tolist(), strict=True)])
        weights = np.concatenate(
            [self.weights[a:b] for a, b in zip(low.tolist(), high.tolist(), strict=True)]
        )
        total = np.bincount(rows, weights=weights * np.repeat(values, high - low), minlength=self.count)
        return total.astype(np.float32)


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
