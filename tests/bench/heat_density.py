"""Kernel density on 1024 x 1024 cells, 10 thousand to 10 million points, beside KDEpy's FFTKDE.

Both take turns in one process, one thread each; the medians of the rounds are compared. KDEpy gets
kilometres: in metres it is off by more. Errors are against the definition, summed in numpy over all
points at sampled cells and at the peak, as a share of the peak.

    PYTHONPATH=. /path/to/peers/bin/python tests/bench/heat_density.py [--rounds 5] [--most 10000000]

Without KDEpy our own figures are printed alone.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from geodata.patterns import DensityGrid, density_grid

try:
    from KDEpy import FFTKDE
except ImportError:  # pragma: no cover - said in the output
    FFTKDE = None

Floats = NDArray[np.float64]

SIDE, CELL_M = 1024, 10.0
BOX = (0.0, 0.0, SIDE * CELL_M, SIDE * CELL_M)
COUNTS = (10_000, 100_000, 1_000_000, 10_000_000)
SIGMA_CELLS = (17.0, 40.0)
SAMPLED = 48
BAR = 3.0


def made_points(count: int, rng: np.random.Generator) -> Floats:
    """Return half the points spread evenly, half in sixty clusters, all inside the outermost centres."""
    middles = rng.uniform(0.05, 0.95, (60, 2)) * SIDE * CELL_M
    spread = rng.uniform(30.0, 600.0, 60)
    which = rng.integers(0, 60, count)
    clustered = rng.normal(middles[which], spread[which, None])
    xy = np.where(rng.random((count, 1)) < 0.5, clustered, rng.uniform(0, SIDE * CELL_M, (count, 2)))
    return np.clip(xy, CELL_M, (SIDE - 1) * CELL_M)


def centres() -> Floats:
    """Return the coordinates of the cells' centres along one axis, metres."""
    return (np.arange(SIDE) + 0.5) * CELL_M


def by_definition(xy: Floats, places: Floats, *, kernel: str, bandwidth_m: float) -> Floats:
    """Return the density per km² at places, point by point."""
    found = np.zeros(len(places))
    for start in range(0, len(xy), 200_000):
        some = xy[start : start + 200_000]
        for at, (x, y) in enumerate(places):
            near = ((some[:, 0] - x) ** 2 + (some[:, 1] - y) ** 2) / bandwidth_m**2
            if kernel == "gaussian":
                found[at] += np.exp(-0.5 * near).sum() / (2 * np.pi * bandwidth_m**2)
            else:
                found[at] += (np.maximum(0.0, 1 - near) ** 2).sum() * 3 / (np.pi * bandwidth_m**2)
    return found * 1e6


def largest_error(values: Floats, xy: Floats, rng: np.random.Generator, **kernel: object) -> float:
    """Return the largest difference to the definition at sampled cells and the peak, over the peak."""
    top = np.unravel_index(values.argmax(), values.shape)
    rows = np.append(rng.integers(0, SIDE, SAMPLED), top[0])
    columns = np.append(rng.integers(0, SIDE, SAMPLED), top[1])
    exact = by_definition(xy, np.column_stack([centres()[columns], centres()[rows]]), **kernel)  # type: ignore[arg-type]
    return float(np.abs(values[rows, columns] - exact).max() / exact.max())


def ours(xy: Floats, sigma_m: float, *, threads: int = 1) -> DensityGrid:
    """Return our Gaussian density."""
    return density_grid(
        xy, bounds=BOX, cell_m=CELL_M, bandwidth_m=sigma_m, kernel="gaussian", threads=threads
    )


def peer(xy_km: Floats, grid_km: Floats, sigma_m: float) -> Floats:
    """Return KDEpy's density, per km² times the number of points, shape (rows, columns)."""
    found = FFTKDE(kernel="gaussian", bw=sigma_m / 1000).fit(xy_km).evaluate(grid_km)
    return found.reshape(SIDE, SIDE).T * len(xy_km)


def timed(function: Callable[[], object]) -> float:
    """Return the seconds a call takes."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def compare(count: int, sigma_cells: float, *, rounds: int) -> None:
    """Print one line: both medians, the ratio, both errors."""
    rng = np.random.default_rng(count)
    xy, sigma_m = made_points(count, rng), sigma_cells * CELL_M
    axis_km = centres() / 1000
    grid_km = np.column_stack([a.ravel() for a in np.meshgrid(axis_km, axis_km, indexing="ij")])
    xy_km = xy / 1000
    found = ours(xy, sigma_m)
    mine = largest_error(found.values, xy, rng, kernel="gaussian", bandwidth_m=sigma_m)
    theirs = np.nan
    if FFTKDE is not None:
        theirs = largest_error(peer(xy_km, grid_km, sigma_m), xy, rng, kernel="gaussian", bandwidth_m=sigma_m)
    times: dict[str, list[float]] = {"one": [], "two": [], "peer": []}
    for _ in range(rounds):
        times["one"].append(timed(lambda: ours(xy, sigma_m)))
        if FFTKDE is not None:
            times["peer"].append(timed(lambda: peer(xy_km, grid_km, sigma_m)))
        times["two"].append(timed(lambda: ours(xy, sigma_m, threads=2)))
    one, two = statistics.median(times["one"]), statistics.median(times["two"])
    other = statistics.median(times["peer"]) if times["peer"] else np.nan
    print(
        f"{count:>10,} {sigma_cells:>6g} {found.method:>9} {one * 1e3:>9.1f} {two * 1e3:>9.1f} "
        f"{other * 1e3:>9.1f} {other / one:>7.1f} {BAR:>5g} {mine:>9.1e} {theirs:>9.1e}",
        flush=True,
    )


def direct(count: int, kernel: str, bandwidth_cells: float, *, rounds: int) -> None:
    """Print one line: the time and error where the bound is 1e-9."""
    rng = np.random.default_rng(count)
    xy, bandwidth_m = made_points(count, rng), bandwidth_cells * CELL_M

    def run(threads: int) -> DensityGrid:
        return density_grid(
            xy, bounds=BOX, cell_m=CELL_M, bandwidth_m=bandwidth_m, kernel=kernel, threads=threads
        )  # type: ignore[arg-type]

    found = run(1)
    error = largest_error(found.values, xy, rng, kernel=kernel, bandwidth_m=bandwidth_m)
    one = statistics.median(timed(lambda: run(1)) for _ in range(rounds))
    two = statistics.median(timed(lambda: run(2)) for _ in range(rounds))
    print(
        f"{count:>10,} {kernel:>9} {bandwidth_cells:>6g} {found.method:>9} {one * 1e3:>9.1f} "
        f"{two * 1e3:>9.1f} {error:>9.1e}",
        flush=True,
    )


def main() -> None:
    """Print both tables and the memory used."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--most", type=int, default=COUNTS[-1], help="the largest number of points")
    arguments = parser.parse_args()
    if FFTKDE is None:
        print("KDEpy is not installed here: our own figures only")
    counts = [count for count in COUNTS if count <= arguments.most]
    print(
        f"Gaussian on {SIDE} x {SIDE} cells; milliseconds, medians of {arguments.rounds}; bar: error <= 1e-6"
    )
    print(
        f"{'points':>10} {'sigma':>6} {'way':>9} {'1 thread':>9} {'2':>9} {'KDEpy':>9} {'ratio':>7} {'bar':>5}"
        f" {'error':>9} {'KDEpy':>9}"
    )
    for sigma_cells in SIGMA_CELLS:
        for count in counts:
            compare(count, sigma_cells, rounds=arguments.rounds)
    print("Small bandwidths and the quartic kernel; bar: error <= 1e-9")
    print(f"{'points':>10} {'kernel':>9} {'width':>6} {'way':>9} {'1 thread':>9} {'2':>9} {'error':>9}")
    for kernel, width in (("quartic", 15.0), ("quartic", 50.0), ("gaussian", 2.0), ("gaussian", 6.0)):
        for count in [count for count in counts if count <= 1_000_000]:
            direct(count, kernel, width, rounds=min(arguments.rounds, 5))
    print(
        f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB, points included"
    )


if __name__ == "__main__":
    main()
