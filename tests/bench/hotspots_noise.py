"""Is "significant" what it says? Pure noise, and a planted cluster, by test and by density.

On pure noise every hot or cold cell is false, so the false discovery rate is the share of runs that
have any: it must be at most the stated 5 % (up to the error of so many runs). The planted cluster has three times the
rate on 5 x 5 cells; it counts as found when one of its cells is hot, and cells whose neighbourhood
does not touch it are false discoveries.

    PYTHONPATH=. python tests/bench/hotspots_noise.py [--runs 1000] [--planted 100]
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from geodata.patterns.judging import Test, judge
from geodata.patterns.local_moran import local_moran
from geodata.patterns.neighbours import CellNeighbours
from geodata.patterns.rates import standardised_rates
from geodata.patterns.significance import significant

RATE, SIDE, RADIUS = 0.05, 100, 2.0
CLUSTER = (slice(20, 25), slice(20, 25))


@dataclass(frozen=True)
class Share:
    """Runs with a false discovery, and the share of cells that were significant."""

    runs: float
    cells: float


def exposure_of(kind: str, rng: np.random.Generator) -> Any:
    """Return what problems come from: the same everywhere, or very uneven with a tenth of empty cells."""
    if kind == "even":
        return np.ones((SIDE, SIDE))
    return rng.gamma(0.7, 1.0, (SIDE, SIDE)) * (rng.random((SIDE, SIDE)) > 0.1)


def even_out(counts: Any, exposure: Any) -> Any:
    """Return what Moran's I is worked out from: counts, or rates made alike in spread."""
    if bool((exposure == 1).all()):
        return counts
    return standardised_rates(counts.ravel(), exposure.ravel()).reshape(counts.shape)


def flagged(
    counts: Any,
    cells: CellNeighbours,
    exposure: Any,
    *,
    test: str,
    rng: np.random.Generator,
    correction: Any = "bh",
) -> Any:
    """Return 1 for hot, -1 for cold cells."""
    if test == "moran":
        found = local_moran(even_out(counts, exposure), cells, rng=rng)
        return np.where(significant(found.p, rate=RATE, correction=correction), 1, 0)
    even = bool((exposure == 1).all())
    name: Test = test  # type: ignore[assignment]
    found = judge(
        counts,
        cells,
        exposure=None if even else exposure,
        rate=RATE,
        test=name,
        rng=rng,
        correction=correction,
    )
    return np.where(np.abs(found.verdict) == 1, found.verdict, 0)


def noise(mean: float, kind: str, test: str, *, runs: int, correction: str = "bh") -> Share:
    rng = np.random.default_rng(17)
    cells = CellNeighbours((SIDE, SIDE), RADIUS)
    any_, share = 0, 0.0
    for _ in range(runs):
        exposure = exposure_of(kind, rng)
        counts = rng.poisson(mean * exposure / exposure.mean()).astype(float)
        found = flagged(counts, cells, exposure, test=test, rng=rng, correction=correction)
        any_ += bool(found.any())
        share += float((found != 0).mean())
    return Share(any_ / runs, share / runs)


def planted(mean: float, kind: str, test: str, *, runs: int) -> tuple[int, float, float]:
    """Return runs in which the cluster is found, the share of its cells, the false discovery rate."""
    rng = np.random.default_rng(23)
    cells = CellNeighbours((SIDE, SIDE), RADIUS)
    inside = np.zeros((SIDE, SIDE))
    inside[CLUSTER] = 1
    touched = cells.sums(inside) > 0
    found_in, cells_found, false = 0, 0.0, 0.0
    for _ in range(runs):
        exposure = exposure_of(kind, rng)
        counts = rng.poisson(mean * exposure / exposure.mean() * np.where(inside > 0, 3, 1)).astype(float)
        found = flagged(counts, cells, exposure, test=test, rng=rng)
        hot = found == 1
        found_in += bool(hot[CLUSTER].any())
        cells_found += float(hot[CLUSTER].mean())
        false += float(((found != 0) & ~touched).sum()) / max(1, int((found != 0).sum()))
    return found_in, cells_found / runs, false / runs


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("--runs", type=int, default=1000)
    ask.add_argument("--planted", type=int, default=100)
    arguments = ask.parse_args()
    error = 2.33 * (RATE * (1 - RATE) / arguments.runs) ** 0.5
    print(
        f"{SIDE} x {SIDE} cells, disc of {RADIUS:g} cells, stated rate {RATE:.0%}, {arguments.runs} runs of pure noise"
    )
    print(f"bar: runs with any false discovery <= {RATE:.1%} (+ {error:.1%} for so many runs)")
    print(f"{'test':<22}{'exposure':<10}{'mean/cell':>10}{'runs with any':>15}{'cells':>10}  {'':4}{'s':>6}")
    for test in ("exact", "permutation", "moran", "normal"):
        for kind in ("even", "uneven"):
            for mean in (0.05, 0.5, 5.0):
                if test == "permutation" and kind == "uneven":
                    continue  # refused: rates of unequal exposure cannot be dealt out anew
                many = test in ("permutation", "moran")
                start = time.perf_counter()
                share = noise(mean, kind, test, runs=max(1, arguments.runs // (10 if many else 1)))
                held = "ok" if share.runs <= RATE + error * (10**0.5 if many else 1) else "NO"
                spent = time.perf_counter() - start
                print(
                    f"{test:<22}{kind:<10}{mean:>10g}{share.runs:>15.1%}{share.cells:>10.4%}  {held:<4}{spent:>6.0f}",
                    flush=True,
                )
    share = noise(0.5, "even", "exact", runs=arguments.runs, correction="by")
    print(f"{'exact, BY':<22}{'even':<10}{0.5:>10g}{share.runs:>15.1%}{share.cells:>10.4%}")
    print(f"\nplanted: 3 x the rate on 25 cells, {arguments.planted} runs; bar: found in >= 90 %")
    print(
        f"{'test':<14}{'exposure':<10}{'mean/cell':>10}{'expected in it':>16}{'found':>8}{'its cells':>11}{'false':>8}"
    )
    for test in ("exact", "permutation", "moran"):
        for kind, means in (("even", (0.2, 0.5, 1.0, 5.0)), ("uneven", (1.0, 5.0))):
            if test == "permutation" and kind == "uneven":
                continue
            for mean in means:
                found, part, false = planted(mean, kind, test, runs=arguments.planted)
                share_found = found / arguments.planted
                print(
                    f"{test:<14}{kind:<10}{mean:>10g}{25 * mean:>16g}{share_found:>8.0%}{part:>11.0%}{false:>8.1%}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
