"""Nearest located address by its characters: the fallback for texts no frame explains.

Sparse TF-IDF over character 1- to 3-grams. Not a parser: it knows nothing of roads or numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

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
    """Return the index of a list of texts; an empty list gives an empty index."""
    rows: list[int] = []
    grams: list[int] = []
    values: list[int] = []
    for row, text in enumerate(texts):
        counts = gram_codes(text)
        rows += [row] * len(counts)
        grams += counts.keys()
        values += counts.values()
    codes, column = np.unique(np.array(grams, dtype=np.uint64), return_inverse=True)
    frequency = np.bincount(column, minlength=len(codes))
    idf = (np.log((1 + len(texts)) / (1 + frequency)) + 1).astype(np.float32)
    weight = (1 + np.log(np.array(values, dtype=np.float32))) * idf[column] if len(codes) else np.empty(0)
    row_array = np.array(rows, dtype=np.int64)
    norm = np.sqrt(np.bincount(row_array, weights=weight**2, minlength=max(len(texts), 1)))
    weight = weight / np.maximum(norm[row_array], 1e-9) if len(codes) else weight
    matrix = csc_matrix((weight, (row_array, column)), shape=(len(texts), max(len(codes), 1)))
    return GramIndex(
        codes,
        idf,
        matrix.indptr.astype(np.int64),
        matrix.indices.astype(np.int32),
        matrix.data.astype(np.float32),
        len(texts),
    )
