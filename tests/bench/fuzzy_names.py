"""One-character errors over 200,000 names: the fuzzy index beside brute-force rapidfuzz, interleaved.

Names are the real ones of places.csv.gz, the roads its addresses name, and names made of real parts
(estates, branches of shops, schools, shops), all distinct. Each query is a name with one error: a homophone (by pypinyin, which the
index does not use), a dropped, swapped or wrong character, at any place in the name. A hit is the right
name as first answer. Brute force compares with all names: optimal string alignment (a swap is one edit)
and Levenshtein, one query at a time (extractOne) and in batches (cdist, which uses the CPU's vectors).

    python tests/bench/fuzzy_names.py [--names N] [--queries N]
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from pypinyin import lazy_pinyin
from rapidfuzz import process
from rapidfuzz.distance import OSA, Levenshtein

from geodata.gazetteer.fuzzy import FuzzyIndex, build_fuzzy
from geodata.gazetteer.roadnames import learn_road_names
from geodata.gazetteer.slips import slip_between
from geodata.gazetteer.sounds import sounds
from geodata.text.normalize import normalise

_ESTATES = ("小区", "花园", "家园", "公寓", "家属院", "国际", "城", "苑", "新村", "社区", "广场", "大厦")
_OFFICES = ("小学", "中学", "幼儿园", "医院", "社区卫生服务中心", "派出所", "农贸市场", "公园", "停车场")
# Queries asked of one method before the next has its turn; of these every so many one by one.
_BATCH, _SINGLE = 256, 61


def make_names(data: Path, count: int, rng: np.random.Generator) -> list[str]:
    """Return distinct names, sorted: the real ones, then made ones up to the count."""
    with gzip.open(data / "zhengzhou" / "places.csv.gz", "rt", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    found = {normalise(row["name"]).text for row in rows}
    found = {name for name in found if 3 <= len(name) <= 25}
    brands = sorted({name.split("(")[0] for name in found if 2 < len(name.split("(")[0]) <= 8})
    stems = sorted({brand[at : at + 2] for brand in brands for at in range(0, len(brand) - 1, 2)})
    stems = [stem for stem in stems if all("\u4e00" <= character <= "\u9fff" for character in stem)]
    roads = sorted(learn_road_names([normalise(row["address"]).text for row in rows]))
    found |= {road for road in roads if len(road) > 2}

    def one(options: Sequence[str]) -> str:
        return options[int(rng.integers(len(options)))]

    makers: tuple[Callable[[], str], ...] = (
        lambda: one(stems) + one(stems) + one(_ESTATES),
        lambda: one(stems) + one(stems) + one(_OFFICES),
        lambda: one(stems) + one(brands) + one(_ESTATES),
        lambda: one(brands) + "(" + one(roads) + "店)",
        lambda: one(brands) + "(" + one(stems) + one(stems) + "店)",
        lambda: one(stems) + one(brands),
    )
    while len(found) < count:
        found.add(makers[int(rng.integers(len(makers)))]())
    return sorted(found)


class Errors:
    """Makes one-character errors from the characters that the names themselves use."""

    def __init__(self, names: Sequence[str], rng: np.random.Generator) -> None:
        self._rng = rng
        counts = Counter(character for name in names for character in name)
        usual = sorted(c for c, count in counts.items() if count >= 20 and "\u4e00" <= c <= "\u9fff")
        self._usual = usual
        self._sound = {character: lazy_pinyin(character)[0] for character in usual}
        self._alike: dict[str, list[str]] = defaultdict(list)
        for character, sound in self._sound.items():
            self._alike[sound].append(character)

    def homophone(self, name: str, at: int) -> str:
        """Return the name with another character of the same sound; unchanged where there is none."""
        others = [c for c in self._alike.get(self._sound.get(name[at], ""), []) if c != name[at]]
        return name[:at] + self._one(others) + name[at + 1 :] if others else name

    def dropped(self, name: str, at: int) -> str:
        """Return the name without a character."""
        return name[:at] + name[at + 1 :]

    def swapped(self, name: str, at: int) -> str:
        """Return the name with two neighbours swapped."""
        at = min(at, len(name) - 2)
        return name[:at] + name[at + 1] + name[at] + name[at + 2 :]

    def wrong(self, name: str, at: int) -> str:
        """Return the name with any other character in place of one."""
        return name[:at] + self._one(self._usual) + name[at + 1 :]

    def _one(self, options: Sequence[str]) -> str:
        return options[int(self._rng.integers(len(options)))]


KINDS = ("homophone", "dropped", "swapped", "wrong")


def make_queries(names: Sequence[str], count: int, rng: np.random.Generator) -> list[tuple[str, str, int]]:
    """Return kind, written name and the right name's id, every kind equally often."""
    errors, known = Errors(names, rng), set(names)
    queries: list[tuple[str, str, int]] = []
    while len(queries) < count:
        kind = KINDS[len(queries) % len(KINDS)]
        name_id = int(rng.integers(len(names)))
        name = names[name_id]
        written = getattr(errors, kind)(name, int(rng.integers(len(name))))
        if written not in known and len(written) > 1:
            queries.append((kind, written, name_id))
    return queries


def run(names: Sequence[str], queries: Sequence[tuple[str, str, int]]) -> None:
    """Answer all queries with every method, a batch each in turn, and print the table."""
    sounds()
    began = time.perf_counter(), time.process_time()
    arrays = build_fuzzy(names)
    built, busy = time.perf_counter() - began[0], time.process_time() - began[1]
    size = arrays.starts.nbytes + arrays.keys.nbytes + arrays.ids.nbytes
    print(
        f"{len(names)} names, index built in {built:.2f} s ({busy:.2f} s of processor), {size / 1e6:.1f} MB"
    )
    index = FuzzyIndex(arrays, names.__getitem__)

    def indexed(texts: Sequence[str]) -> list[int]:
        hits = [index.candidates(text, limit=1) for text in texts]
        return [hit[0].name_id if hit else -1 for hit in hits]

    def batched(scorer: Callable[..., int]) -> Callable[[Sequence[str]], list[int]]:
        def answer(texts: Sequence[str]) -> list[int]:
            # With a cut-off of 1 rapidfuzz may stop early: its fastest way to find one error.
            scores = process.cdist(texts, names, scorer=scorer, score_cutoff=1, dtype=np.uint8, workers=1)
            return [int(row.argmin()) for row in scores]

        return answer

    def single(texts: Sequence[str]) -> list[int]:
        # A few only: it is the slowest of all.
        found = [
            process.extractOne(text, names, scorer=OSA.distance, score_cutoff=1)
            if at % _SINGLE == 0
            else None
            for at, text in enumerate(texts)
        ]
        return [hit[2] if hit else -1 for hit in found]

    methods = {
        "fuzzy index": indexed,
        "rapidfuzz cdist OSA": batched(OSA.distance),
        "rapidfuzz cdist Levenshtein": batched(Levenshtein.distance),
        "rapidfuzz extractOne OSA": single,
    }
    answers: dict[str, list[int]] = {name: [] for name in methods}
    seconds = dict.fromkeys(methods, 0.0)
    indexed([text for _, text, _ in queries[:50]])
    for start in range(0, len(queries), _BATCH):
        texts = [text for _, text, _ in queries[start : start + _BATCH]]
        for name, method in methods.items():
            began = time.perf_counter()
            answers[name] += method(texts)
            seconds[name] += time.perf_counter() - began
    report(names, queries, answers, seconds)


def report(
    names: Sequence[str],
    queries: Sequence[tuple[str, str, int]],
    answers: dict[str, list[int]],
    seconds: dict[str, float],
) -> None:
    """Print hit rates by kind of error, microseconds a query, and the ratios."""
    wanted = np.array([name_id for *_, name_id in queries])
    kinds = np.array([kind for kind, *_ in queries])
    # What the rules forbid on purpose: numerals, directions, class words, stems of two characters.
    allowed = np.array(
        [slip_between(text, names[name_id], sounds()) is not None for _, text, name_id in queries]
    )
    print(f"{len(queries)} queries; {1 - allowed.mean():.1%} have an error that the rules refuse to undo")
    print(f"{'':30}" + "".join(f"{kind:>11}" for kind in (*KINDS, "all", "allowed")) + f"{'µs/query':>11}")
    own = "fuzzy index"
    rates: dict[str, float] = {}
    ours: dict[str, float] = {}
    for name, found in answers.items():
        asked = np.ones(len(queries), dtype=bool)
        if "extractOne" in name:
            asked = np.arange(len(queries)) % _BATCH % _SINGLE == 0
        hit = np.array(found) == wanted
        shares = [
            hit[(kinds == kind) & asked].mean() if ((kinds == kind) & asked).any() else np.nan
            for kind in KINDS
        ]
        rates[name] = float(hit[asked].mean())
        # The index is compared on the queries that the other was asked.
        ours[name] = float((np.array(answers[own]) == wanted)[asked].mean())
        shares += [rates[name], hit[asked & allowed].mean()]
        micro = seconds[name] / asked.sum() * 1e6
        print(f"{name:30}" + "".join(f"{share:11.2%}" for share in shares) + f"{micro:11.1f}")
        seconds[name] = micro
    for name in list(answers)[1:]:
        print(
            f"against {name}: {ours[name] / rates[name]:.3f} of its hits"
            f" at {seconds[name] / seconds[own]:.0f} times its speed"
        )


def main() -> None:
    """Print the comparison."""
    options = argparse.ArgumentParser()
    options.add_argument("--names", type=int, default=200_000)
    options.add_argument("--queries", type=int, default=2048)
    chosen = options.parse_args()
    rng = np.random.default_rng(3)
    data = Path(os.environ.get("QINGTU_TEST_DATA", "../shared/data"))
    names = make_names(data, chosen.names, rng)
    run(names, make_queries(names, chosen.queries, rng))


if __name__ == "__main__":
    main()
