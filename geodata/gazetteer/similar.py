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
# So many postings are read for a text, those of its rarest grams first. The common grams (路, 交叉口)
# cost most and tell least: on held-out addresses 2,000 find the right neighbour slightly more often
# than all (48.6 against 47.8 % within 200 m), at a cost that does not grow with the gazetteer.
_MOST_POSTINGS = 2000
_POSITION_BITS = 32


def gram_codes(text: str) -> NDArray[np.uint64]:
    """Return the character 1- to 3-grams of a text in order, each packed into an integer; repeats stay."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
    grams = [codes]
    for length in range(1, _LONGEST):
        last = grams[-1]
        shift = np.uint64(_CODE_BITS * length)
        grams.append(last[: max(len(last) - 1, 0)] | (codes[length:] << shift))
    return np.concatenate(grams)


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

    def nearest(self, text: str, *, count: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the documents most like a text and their scores in 0..1, best first.

        Parameters
        ----------
        count
            At most so many documents.
        """
        none = np.empty(0, dtype=np.int64), np.empty(0)
        wanted = gram_codes(text)
        if self.count == 0 or not len(wanted):
            return none
        at = np.minimum(self.codes.searchsorted(wanted), len(self.codes) - 1)
        known = self.codes[at] == wanted
        # Grams never seen still lengthen the query, so that a text about elsewhere scores low.
        rarest = float(np.log(1 + self.count) + 1)
        values = np.where(known, self.idf[at], rarest)
        values = (values / np.sqrt(values @ values))[known]
        grams = at[known]
        if not len(grams):
            return none
        low = self.starts[grams]
        length = self.starts[grams + 1] - low
        order = length.argsort(kind="stable")
        ends = length[order].cumsum()
        used = max(int(ends.searchsorted(_MOST_POSTINGS, side="right")), 1)
        order, ends = order[:used], ends[:used]
        length = length[order]
        # posting k of the text lies at low + (k - where its gram begins)
        place = np.arange(ends[-1]) + (low[order] - ends + length).repeat(length)
        scores = self.weights[place] * values[order].repeat(length)
        rows, scores = _summed(self.documents[place], scores)
        if len(rows) > count:
            best = scores.argpartition(len(rows) - count)[len(rows) - count :]
            rows, scores = rows[best], scores[best]
        ranked = np.lexsort((rows, -scores))
        return rows[ranked], scores[ranked]


def _summed(
    rows: NDArray[np.int32], values: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the distinct rows, rising, with their values added up."""
    # Row and position in one integer: sorting these is several times faster than an argsort.
    keys = (rows.astype(np.int64) << _POSITION_BITS) | np.arange(len(rows))
    keys.sort()
    ordered = keys >> _POSITION_BITS
    first = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    return ordered[first], np.add.reduceat(values[keys & ((1 << _POSITION_BITS) - 1)], first)


def build_grams(texts: Sequence[str]) -> GramIndex:
    """Return the index of a list of texts; an empty list gives an empty index."""
    from scipy.sparse import csc_matrix

    rows: list[int] = []
    grams: list[int] = []
    values: list[int] = []
    for row, text in enumerate(texts):
        counts = Counter(gram_codes(text).tolist())
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
