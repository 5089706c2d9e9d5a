"""The compiled sum over discs of cells: a few runs of cells per row, each a difference of running sums."""

from __future__ import annotations

from typing import Any

import numpy as np

from geodata.kernel import kernel


@kernel
def disc_sums(values: Any, half_widths: Any) -> Any:
    """Return the sum over each cell's disc, for layers of cells of shape (layers, rows, columns).

    Row dy above and below a cell adds its `half_widths[dy]` cells to the left and right. Nothing lies
    outside the frame.
    """
    layers, rows, columns = values.shape
    widest = half_widths[0]
    result = np.zeros(values.shape)
    # Running sums along a row, with flat ends where a disc reaches over the edge.
    running = np.zeros((rows, columns + 2 * widest + 1))
    for layer in range(layers):
        for row in range(rows):
            total = 0.0
            line = running[row]
            for column in range(columns):
                total += values[layer, row, column]
                line[widest + 1 + column] = total
            for column in range(widest + 1 + columns, len(line)):
                line[column] = total
        for row in range(rows):
            target = result[layer, row]
            first = max(0, row - len(half_widths) + 1)
            for other in range(first, min(rows, row + len(half_widths))):
                width = half_widths[abs(other - row)]
                high = running[other, widest + width + 1 :]
                low = running[other, widest - width :]
                for column in range(columns):
                    target[column] += high[column] - low[column]
    return result
