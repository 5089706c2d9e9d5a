"""Gi*, Gi, local Moran and smoothed rates beside esda: equal numbers, and how much faster.

Both get the same counts on 100 x 100 cells with the neighbourhoods of a disc of two cells (up to 12
neighbours). The peer is set to its own best: the weights are built once, outside the clock, as libpysal's
`W` and as its newer `Graph`, both with self-weights already on the diagonal where Gi* needs them;
`transform="B"`, since with "R" esda's variance (a row sum where Ord & Getis have a sum of squares) is
another one; `permutations=0`. Its one-sided `p_norm` is doubled. Ours is timed with its neighbourhood
kept, as the peer's weights are, and once more with it made anew. Rounds are interleaved.

    PYTHONPATH=. /work/peers/spatial/bin/python tests/bench/hotspots_peers.py
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
from scipy.spatial import cKDTree
from scipy.special import ndtr

from geodata.patterns import CellFrame
from geodata.patterns.gi_star import gi_star
from geodata.patterns.local_moran import local_moran
from geodata.patterns.neighbours import CellNeighbours
from geodata.patterns.rates import rate_table

SIDE, RADIUS, ROUNDS = 100, 2.0, 9


def main() -> None:
    rng = np.random.default_rng(11)
    counts = rng.poisson(1.5, (SIDE, SIDE)).astype(float)
    cells = CellNeighbours(counts.shape, RADIUS)
    gi_star(counts, cells)
    try:
        peer = Peer(counts)
    except ImportError as missing:
        print(f"peer missing: {missing.name} (pip install esda libpysal); our own numbers only")
        for name, run in ours(counts, cells).items():
            print(f"  {name:<34}{1e3 * median(timed(run) for _ in range(ROUNDS)):9.3f} ms")
        return
    check(counts, cells, peer)
    speed(counts, cells, peer)


def ours(counts: Any, cells: CellNeighbours) -> dict[str, Callable[[], Any]]:
    """Return what is timed."""
    return {
        "Gi*": lambda: gi_star(counts, cells),
        "Gi* and normal p": lambda: ndtr(-np.abs(gi_star(counts, cells))),
        "Gi*, neighbourhood made anew": lambda: gi_star(counts, CellNeighbours(counts.shape, RADIUS)),
        "local Moran": lambda: local_moran(counts, cells),
    }


class Peer:
    """esda on libpysal weights of the same neighbourhoods."""

    def __init__(self, counts: Any) -> None:
        import esda
        from libpysal.graph import Graph
        from libpysal.weights import W, fill_diagonal

        warnings.simplefilter("ignore")
        self.esda, self.flat = esda, counts.ravel()
        centres = CellFrame.over((0, 0, SIDE, SIDE), cell_m=1).centres()
        near = cKDTree(centres).query_ball_point(centres, RADIUS + 1e-6)
        pairs = {i: [j for j in found if j != i] for i, found in enumerate(near)}
        self.w = W(pairs, silence_warnings=True)
        self.w_star = fill_diagonal(W(pairs, silence_warnings=True), 1)
        self.graph = Graph.from_W(W(pairs, silence_warnings=True))
        self.graph_star = self.graph.assign_self_weight(1)

    def star(self, *, graph: bool = False) -> Any:
        return self.esda.G_Local(
            self.flat, self.graph_star if graph else self.w_star, transform="B", permutations=0, star=True
        )

    def plain(self) -> Any:
        return self.esda.G_Local(self.flat, self.w, transform="B", permutations=0, star=False)

    def moran(self) -> Any:
        return self.esda.Moran_Local(self.flat, self.w, transformation="r", permutations=0)


def check(counts: Any, cells: CellNeighbours, peer: Peer) -> None:
    star, plain, moran = peer.star(), peer.plain(), peer.moran()
    z = gi_star(counts, cells).ravel()
    mine = local_moran(counts, cells)
    factor = (counts.size - 1) / counts.size  # its EI and VI are those of n z lag / sum z^2, its Is are not
    rows = [
        ("Gi* z", np.abs(z - star.Zs).max()),
        ("Gi* p (2 x p_norm)", np.abs(2 * ndtr(-np.abs(z)) - 2 * star.p_norm).max()),
        ("Gi z", np.abs(gi_star(counts, cells, star=False).ravel() - plain.Zs).max()),
        ("local Moran I", np.abs(mine.score.ravel() - moran.Is).max()),
        ("local Moran E[I], its factor n - 1", np.abs(mine.expected.ravel() - moran.EI * factor).max()),
        ("local Moran Var[I], same", np.abs(mine.variance.ravel() - moran.VI * factor**2).max()),
        ("local Moran quadrant", float((mine.quadrant.ravel() != moran.q).sum())),
        ("empirical-Bayes rate", smoothing()),
        ("Mann-Kendall p", kendall()),
    ]
    print(f"{'equal to the peer':<34}{'bar':>10}{'max difference':>16}")
    for name, gap in rows:
        print(f"  {name:<32}{'1e-12':>10}{gap:>16.1e}")
    a, b = permutation_gap(counts, cells, peer)
    print(f"  local Moran p by permutation: correlation {a:.4f}, share on the same side of 0.05: {b:.4f}")


def smoothing() -> float:
    from esda.smoothing import Empirical_Bayes

    rng = np.random.default_rng(3)
    exposure = rng.uniform(20, 400, 200)
    cases = rng.poisson(exposure * rng.gamma(4, 0.01, 200)).astype(float)
    theirs = Empirical_Bayes(cases, exposure).r.ravel()
    return float(np.abs(rate_table(cases, exposure)["smoothed"].to_numpy() - theirs).max())


def kendall() -> float:
    import pymannkendall

    from geodata.patterns.trend import mann_kendall

    series = np.random.default_rng(5).poisson(2, (12, 300)).astype(float)
    theirs = np.array([pymannkendall.original_test(series[:, i]).p for i in range(300)])
    return float(np.abs(mann_kendall(series).p - theirs).max())


def permutation_gap(counts: Any, cells: CellNeighbours, peer: Peer) -> tuple[float, float]:
    theirs = peer.esda.Moran_Local(peer.flat, peer.w, transformation="r", permutations=999, seed=1, n_jobs=1)
    one_sided = np.minimum(theirs.p_sim, 0.5)
    mine = local_moran(counts, cells, rng=np.random.default_rng(1)).p.ravel() / 2
    return float(np.corrcoef(one_sided, mine)[0, 1]), float(((one_sided <= 0.025) == (mine <= 0.025)).mean())


def speed(counts: Any, cells: CellNeighbours, peer: Peer) -> None:
    runs = ours(counts, cells)
    w, graph = peer.star, lambda: peer.star(graph=True)
    pairs: list[tuple[str, str, Callable[[], Any]]] = [
        ("Gi*", "G_Local, W", w),
        ("Gi*", "G_Local, Graph", graph),
        ("Gi* and normal p", "G_Local, W", w),
        ("Gi* and normal p", "G_Local, Graph", graph),
        ("Gi*, neighbourhood made anew", "G_Local, W", w),
        ("local Moran", "Moran_Local, W", peer.moran),
    ]
    times: list[tuple[list[float], list[float]]] = [([], []) for _ in pairs]
    for _ in range(ROUNDS):
        for (name, _, theirs), (mine, other) in zip(pairs, times, strict=True):
            mine.append(timed(runs[name]))
            other.append(timed(theirs, least_s=0.0))
    print(
        f"\n{'speed, 10,000 cells':<34}{'ours ms':>10}{'peer ms':>10}{'ratio':>9}{'bar':>7}  peer (always with its p_norm)"
    )
    for (name, kind, _), (mine, other) in zip(pairs, times, strict=True):
        a, b = median(mine) * 1e3, median(other) * 1e3
        bar = "200x" if name.startswith("Gi* and") or name == "Gi*" else ""
        print(f"  {name:<32}{a:>10.3f}{b:>10.1f}{b / a:>8.0f}x{bar:>7}  {kind}")


def timed(run: Callable[[], Any], *, least_s: float = 0.05) -> float:
    """Return the processor time of one call, over as many as make `least_s`."""
    calls, start = 0, time.thread_time()
    while True:
        run()
        calls += 1
        spent = time.thread_time() - start
        if spent >= least_s:
            return spent / calls


if __name__ == "__main__":
    main()
