"""Kernel density along lines: problems per kilometre of road or canal, the kernel bending with the network.

Equal-split continuous kernel (Okabe, Satoh & Sugihara 2009; Okabe & Sugihara 2012, ch. 9): the density
is continuous, and every point brings exactly 1, at dead ends and junctions alike. A planar kernel
would spread a roadside problem over fields and over the other bank.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.errors import InputError
from geodata.patterns.cells import finite_xy, weights_of
from geodata.patterns.kernels import check_kernel
from geodata.patterns.network import snap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    from geodata.patterns.network import LineNetwork

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

# Walks that carry less than this of a point end, and walks that arrive at one place within this share of
# the bandwidth go on as one: a network of short links has too many to follow each. What passes through
# an edge's end is scaled to what it must be (by some 1e-5), so that every point still brings exactly 1.
_LEAST = 1e-6
_SAME_SHARE = 2e-3
_OFF_SHARE = 1e-2
_M_PER_KM = 1000.0


@dataclass(frozen=True, slots=True)
class NetworkDensity:
    """Mean densities of pieces of line (lixels), in points (or weight) per km.

    `edge` is the network's edge a lixel lies on, `from_m`, `to_m` its place along it. `snapped` says
    which points took part; `off_m` how far each lies from the network.
    """

    per_km: Floats
    edge: Ints
    from_m: Floats
    to_m: Floats
    bandwidth_m: float
    snapped: NDArray[np.bool_]
    off_m: Floats

    def total(self) -> float:
        """Return the integral over the network: the number (or weight) of the snapped points."""
        return float((self.per_km * (self.to_m - self.from_m)).sum()) / _M_PER_KM

    def lines(self, network: LineNetwork) -> NDArray[np.object_]:
        """Return the lixels as LineStrings in the network's CRS."""
        corners: list[Floats] = []
        lixel_of: list[Ints] = []
        ends = np.searchsorted(self.edge, np.arange(len(network.edges) + 1))
        for edge, line in enumerate(network.edges):
            own = slice(ends[edge], ends[edge + 1])
            borders = np.append(self.from_m[own], self.to_m[own][-1:])
            points, piece = _cut(shapely.get_coordinates(line), borders)
            corners.append(points)
            lixel_of.append(piece + ends[edge])
        pieces = shapely.linestrings(np.vstack(corners), indices=np.concatenate(lixel_of))
        return np.asarray(pieces, dtype=object)


def _cut(corners: Floats, borders: Floats) -> tuple[Floats, Ints]:
    """A line's corners with those at its borders put in (inner ones twice), and the piece of each."""
    steps = np.hypot(*np.diff(corners, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    inner = borders[1:-1]
    # Corners that fall on a border are there already.
    own = np.ones(len(along), dtype=bool)
    own[1:-1] = ~np.isin(np.round(along[1:-1], 9), np.round(inner, 9))
    places = np.concatenate([along[own], inner, inner])
    piece = np.concatenate(
        [np.searchsorted(inner, along[own], side="right"), np.arange(len(inner)), np.arange(len(inner)) + 1]
    )
    piece[own.sum() - 1] = len(inner)
    order = np.lexsort([places, piece])
    at = places[order]
    points = np.column_stack([np.interp(at, along, corners[:, 0]), np.interp(at, along, corners[:, 1])])
    return points, piece[order].astype(np.int64)


def network_density(
    points: ArrayLike,
    network: LineNetwork,
    *,
    bandwidth_m: float,
    lixel_m: float,
    snap_m: float,
    weights: ArrayLike | None = None,
) -> NetworkDensity:
    """Return the density along a network, averaged over pieces of about `lixel_m`.

    Parameters
    ----------
    points, weights
        As `density_at`, in the network's CRS.
    network
        From `line_network`.
    bandwidth_m
        How far the kernel reaches along the lines, > 0.
    lixel_m
        Longest piece, > 0; every edge is cut into equal pieces not longer than this.
    snap_m
        Points farther from every line than this do not take part; see `snapped`.

    Raises
    ------
    ValueError
        If a length is not positive or a coordinate is NaN.

    Notes
    -----
    Base kernel k(d) = 15 / (16 h) (1 - (d/h)²)² for d < h, in one dimension. A path from the point
    to a place carries k(its length) times, for each node of degree n on it, 2/n where it goes on into
    another edge and 2/n - 1 where it turns back; the density is the sum over all paths shorter than h.
    At a dead end (n = 1) everything turns back, at a corner (n = 2) nothing does. Lixel means come from
    the kernel's integral, so the total is exact, not a sum of samples. Paths that arrive within
    1/500 of the bandwidth are walked as one. Time grows with the number of paths: keep the
    bandwidth to a few blocks.

    Examples
    --------
    >>> import shapely
    >>> from geodata.patterns.network import line_network
    >>> street = line_network([shapely.LineString([(0, 0), (1000, 0)])])
    >>> found = network_density([(500, 3)], street, bandwidth_m=200, lixel_m=10, snap_m=20)
    >>> round(found.total(), 9), round(float(found.per_km.max()), 2)
    (1.0, 4.68)
    """
    check_kernel("quartic", bandwidth_m)
    if not (lixel_m > 0 and math.isfinite(lixel_m)):
        raise InputError(
            f"lixel_m must be a positive number of metres, not {lixel_m}",
            zh=f"每段长度（lixel_m）要是正数（米），不能是 {lixel_m}",
        )
    xy = finite_xy(points)
    weight = weights_of(weights, len(xy))
    places = snap(xy, network, within_m=snap_m)
    pieces = np.maximum(1, np.ceil(network.length_m / lixel_m - 1e-9)).astype(np.int64)
    first = np.concatenate([[0], np.cumsum(pieces)])
    mass = np.zeros(first[-1])
    on = places.edge >= 0
    walker = _Walker(network, same_m=_SAME_SHARE * bandwidth_m)
    for edge in np.unique(places.edge[on]):
        mine = on & (places.edge == edge)
        _spread_edge(
            int(edge),
            places.along_m[mine],
            weight[mine],
            walker,
            first=first,
            bandwidth_m=bandwidth_m,
            mass=mass,
        )
    edge_of = np.repeat(np.arange(len(pieces)), pieces)
    at = np.arange(first[-1]) - first[edge_of]
    length = network.length_m[edge_of] / pieces[edge_of]
    return NetworkDensity(
        per_km=mass / length * _M_PER_KM, edge=edge_of, from_m=at * length, to_m=(at + 1) * length,
        bandwidth_m=bandwidth_m, snapped=on, off_m=places.off_m,
    )  # fmt: skip


def _spread_edge(
    edge: int,
    along: Floats,
    weight: Floats,
    walker: _Walker,
    *,
    first: Ints,
    bandwidth_m: float,
    mass: Floats,
) -> None:
    """Add what the points of one edge bring: on the edge itself, and through each of its ends."""
    from geodata.patterns.lixels import add_along, add_around, kernel_integral

    lengths = walker.network.length_m
    length = float(lengths[edge])
    add_around(along, weight, length, bandwidth_m, mass[first[edge] : first[edge + 1]])
    for end, offset in ((0, along), (1, length - along)):
        expected = float(weight @ np.array([0.5 - kernel_integral(far / bandwidth_m) for far in offset]))
        if bandwidth_m <= float(offset.min()):
            continue
        brought: dict[int, Floats] = {}
        for to, from_end, distance, factor in walker.walks((edge, end), bandwidth_m - float(offset.min())):
            target = brought.setdefault(to, np.zeros(int(first[to + 1] - first[to])))
            # Entered from its last corner an edge is walked backwards.
            target = target[::-1] if from_end else target
            add_along(offset, weight, distance, factor, float(lengths[to]), bandwidth_m, target)
        total = sum(float(part.sum()) for part in brought.values())
        # Weights of both signs, or a kernel that ends at the very end, leave nothing to scale by.
        scale = expected / total if abs(total - expected) < _OFF_SHARE * abs(expected) else 1.0
        for to, part in brought.items():
            mass[first[to] : first[to + 1]] += part * scale


class _Walker:
    """Finds which edges are reached from an edge's end, and with what share of a point."""

    def __init__(self, network: LineNetwork, *, same_m: float) -> None:
        self.network = network
        self._same_m = same_m
        # Ends are numbered 2 x edge, + 1 for the last corner.
        self._ends = np.column_stack([network.start, network.end]).ravel().astype(np.int64)
        self._around = np.argsort(self._ends, kind="stable").astype(np.int64)
        self._starts = np.concatenate([[0], np.cumsum(network.degree)]).astype(np.int64)

    def walks(self, leaving: tuple[int, int], reach_m: float) -> Iterator[tuple[int, bool, float, float]]:
        """Yield every entry into an edge: edge, whether at its last corner, distance, factor.

        Distances count from the end that is left. Walks that arrive at an end at about the same distance
        go on as one, at the mean of their distances.
        """
        from geodata.patterns.lixels import walks

        entries, distances, shares = walks(
            self._ends, self.network.length_m, self._starts, self._around, 2 * leaving[0] + leaving[1],
            reach_m, self._same_m, _LEAST,
        )  # fmt: skip
        for entry, distance, share in zip(entries.tolist(), distances.tolist(), shares.tolist(), strict=True):
            yield entry >> 1, bool(entry & 1), distance, share
