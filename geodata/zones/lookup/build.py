"""The cell index of zones: labels of untouched cells, and short edge lists of touched ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from geodata.zones.lookup.cells import SHIFT, SIDE, Cells, cells_for
from geodata.zones.lookup.raster import distinct, touched_cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.zones.borders.segments import Borders

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]
    Covering = Callable[[Floats], tuple[Indices, Indices]]

NOWHERE = -1
# Entries from here on down stand for a block of fine cells, or for an edge list.
BELOW = -2
# Bits of a mask; a cell where more zones meet is left to the exact predicate of the polygons.
_MOST_ZONES = 63
# Where in its cell a list's point of reference lies: off every coordinate that people draw.
_OFF_CENTRE = np.array([0.034571, -0.028173])


@dataclass(frozen=True, slots=True)
class CellIndex:
    """What `arrays` and `compiled` read.

    Attributes
    ----------
    cells
        Where the cells lie. Ground outside is in no zone.
    coarse
        Per coarse cell its zone, -1 for none, or ``BELOW - b`` for block b, int32.
    blocks
        Per block its fine cells in the same way; ``BELOW - k`` for list k, int32, shape (b, 16, 16).
    first
        Where the edges of each list begin, shape (lists + 1,).
    edges
        (x, y, x, y) of each edge, metres, shape (m, 4).
    turn
        Bits of the zones whose inside one leaves or enters across the edge.
    side
        On which side of the edge the list's reference lies (1 left, -1 right), where the edge passes
        under or over it, else 0; 2 where that cannot be told.
    reference_x, inside
        East coordinate of each list's reference, and the bits of the zones that cover it.
    zones_first, zones
        The zones of each list in code order: bit n is the n-th.
    exact
        Whether a list can be used; where not, the polygons themselves are asked.
    near_first, near
        The border segments that touch each coarse cell.
    """

    cells: Cells
    coarse: NDArray[np.int32]
    blocks: NDArray[np.int32]
    first: NDArray[np.int32]
    edges: Floats
    turn: NDArray[np.uint64]
    side: NDArray[np.int8]
    reference_x: Floats
    inside: NDArray[np.uint64]
    zones_first: NDArray[np.int32]
    zones: NDArray[np.int32]
    exact: NDArray[np.bool_]
    near_first: NDArray[np.int32]
    near: NDArray[np.int32]


def build_cells(borders: Borders, covering: Covering) -> CellIndex:
    """Return the cell index of zones with at least one border segment.

    Parameters
    ----------
    borders
        Their border segments.
    covering
        All pairs (point, zone) where a zone covers a point, exactly.
    """
    cells = cells_for(borders.start, borders.end)
    cell, segment = touched_cells(borders.start, borders.end, cells)
    first = np.flatnonzero(np.diff(cell, prepend=-1))
    leaves = cell[first]
    fine = _labels(cells, leaves, covering)
    coarse, blocks = _blocks(fine, cells)
    reference = cells.centres(leaves) + _OFF_CENTRE * cells.side_m
    bounds = np.append(first, len(cell)).astype(np.int32)
    owner = np.repeat(np.arange(len(leaves)), np.diff(bounds))
    edges = np.hstack([borders.start[segment], borders.end[segment]])
    side = _sides(edges, reference[owner])
    members, zones_first, bits, inside = _members(borders, segment, owner, covering(reference), len(leaves))
    return CellIndex(
        cells, coarse, blocks, bounds, np.ascontiguousarray(edges), bits, side,
        np.ascontiguousarray(reference[:, 0]), inside, zones_first, members,
        np.diff(zones_first) <= _MOST_ZONES, *_by_coarse_cell(cells, cell, segment),
    )  # fmt: skip


def _labels(cells: Cells, leaves: NDArray[np.int64], covering: Covering) -> NDArray[np.int32]:
    """Return per fine cell its zone, -1 for none, or ``BELOW - k`` for the k-th touched cell.

    Untouched cells that lie side by side have no border between them, so that one of each patch is asked.
    """
    touched = np.zeros(cells.rows * cells.columns * SIDE * SIDE, dtype=bool)
    touched[leaves] = True
    patch, count = ndimage.label(~touched.reshape(cells.fine_shape))
    flat = patch.ravel()
    one = np.zeros(count + 1, dtype=np.int64)
    one[flat] = np.arange(len(flat))
    points, zones = covering(cells.centres(one[1:]))
    label = np.full(count + 1, np.iinfo(np.int32).max, dtype=np.int32)
    np.minimum.at(label, points + 1, zones.astype(np.int32))
    label[label == np.iinfo(np.int32).max] = NOWHERE
    fine: NDArray[np.int32] = label[flat]
    fine[leaves] = BELOW - np.arange(len(leaves), dtype=np.int32)
    return fine.reshape(cells.fine_shape)


def _blocks(fine: NDArray[np.int32], cells: Cells) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the coarse cells, and the fine cells of those that are not one zone throughout."""
    split = fine.reshape(cells.rows, SIDE, cells.columns, SIDE).swapaxes(1, 2)
    by_cell = np.ascontiguousarray(split).reshape(-1, SIDE, SIDE)
    coarse = by_cell[:, 0, 0].copy()
    mixed = (by_cell != coarse[:, None, None]).any(axis=(1, 2)) | (coarse <= BELOW)
    coarse[mixed] = BELOW - np.arange(int(mixed.sum()), dtype=np.int32)
    return coarse, np.ascontiguousarray(by_cell[mixed]).reshape(-1, SIDE * SIDE)


def _by_coarse_cell(
    cells: Cells, cell: NDArray[np.int64], segment: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return where the segments of each coarse cell begin, and the segments."""
    row, column = np.divmod(cell, cells.fine_shape[1])
    many = int(segment.max()) + 1
    key = distinct(((row >> SHIFT) * cells.columns + (column >> SHIFT)) * many + segment)
    first = np.searchsorted(key, np.arange(cells.rows * cells.columns + 1) * many)
    return first.astype(np.int32), (key % many).astype(np.int32)


def _sides(edges: Floats, reference: Floats) -> NDArray[np.int8]:
    """Return the side of each edge on which its reference lies: `CellIndex.side`."""
    x, y, to_x, to_y = edges.T
    at_x, at_y = reference.T
    passes = (x < at_x) != (to_x < at_x)
    left, right = (to_x - x) * (at_y - y), (to_y - y) * (at_x - x)
    doubtful = np.abs(left - right) <= 1e-14 * (np.abs(left) + np.abs(right))
    touching = (x == at_x) | (to_x == at_x)
    side = np.where(passes, np.sign(left - right), 0).astype(np.int8)
    side[(passes & doubtful) | touching] = 2
    return side


def _members(
    borders: Borders, segment: NDArray[np.int64], owner: Indices, covered: tuple[Indices, Indices], count: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the zones of each list, where they begin, the edges' bits, and the references' bits."""
    width = int(max(borders.left.max(), borders.right.max())) + 1
    sides = [borders.left[segment], borders.right[segment]]
    keys = [owner[zone != NOWHERE] * width + zone[zone != NOWHERE] for zone in sides]
    inside_keys = covered[0] * width + covered[1]
    key = distinct(np.concatenate([*keys, inside_keys]))
    members = (key % width).astype(np.int32)
    first = np.searchsorted(key, np.arange(count + 1) * width).astype(np.int32)
    bits = np.zeros(len(segment), dtype=np.uint64)
    for zone in sides:
        bits ^= _bit(key, owner * width + zone, first[owner], where=zone != NOWHERE)
    inside = np.zeros(count, dtype=np.uint64)
    np.bitwise_or.at(
        inside, covered[0], _bit(key, inside_keys, first[covered[0]], where=np.ones(len(inside_keys), bool))
    )
    return members, first, bits, inside


def _bit(
    key: Indices, wanted: Indices, first: NDArray[np.int32], *, where: NDArray[np.bool_]
) -> NDArray[np.uint64]:
    place = np.minimum(np.searchsorted(key, wanted) - first, _MOST_ZONES)
    bits = np.left_shift(np.uint64(1), np.where(where, place, 0).astype(np.uint64))
    return np.where(where, bits, np.uint64(0))
