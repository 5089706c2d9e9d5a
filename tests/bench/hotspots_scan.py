"""How long the scan statistic takes: 2,000 zones, 26 weeks, 999 replicas, one core.

PYTHONPATH=. python tests/bench/hotspots_scan.py
"""

from __future__ import annotations

import resource
import time

import numpy as np

from geodata.patterns.scan import baseline, scan
from geodata.patterns.scan_search import Mode

ZONES, WEEKS, REPLICAS = 2000, 26, 999


def main() -> None:
    rng = np.random.default_rng(1)
    xy, exposure = rng.uniform(0, 10_000, (ZONES, 2)), rng.uniform(0.5, 2, ZONES)
    cube = rng.poisson(np.outer(np.full(WEEKS, 0.1), exposure)).astype(float)
    inside = np.hypot(*(xy - [3000, 6000]).T) < 500
    cube[20:, inside] += rng.poisson(0.4, (6, int(inside.sum())))
    expected = baseline(exposure, cube)
    scan(cube[:3, :50], xy[:50], expected[:3, :50], rng=rng, replicas=9)
    print(
        f"{ZONES} zones, {WEEKS} weeks, {cube.sum():.0f} cases, {REPLICAS} replicas; bar: about 60 s on one core"
    )
    print(f"{'mode':<15}{'largest circle':>15}{'seconds':>10}{'p':>8}{'weeks':>9}{'radius m':>10}")
    runs: list[tuple[Mode, float]] = [
        ("prospective", 0.25),
        ("prospective", 0.5),
        ("retrospective", 0.25),
        ("retrospective", 0.5),
    ]
    for mode, share in runs:
        start = time.thread_time()
        found = scan(
            cube, xy, expected, rng=np.random.default_rng(2), mode=mode, most_share=share, replicas=REPLICAS
        )
        best, spent = found.clusters[0], time.thread_time() - start
        print(
            f"{mode:<15}{share:>15.0%}{spent:>10.1f}{best.p:>8.3f}{best.first_week + 1:>6}-{best.last_week + 1}"
            f"{best.radius_m:>10.0f}",
            flush=True,
        )
    print(f"memory peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
