"""Drawn rows shared with the linear owners of a zone file, by the side that a column says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geodata.errors import FrameError
from geodata.zones import ZoneTree
from geodata.zones.contract import as_text
from geodata.zones.owning.linking import Said
from geodata.zones.owning.side_words import side_of
from geodata.zones.reading.owner_files import read_raw_owners
from service.words import tr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.zones.model import Level

_SHOWN = 5


def owned_tree(path: Path, *, crs: int | None, code_column: str, needed: bool) -> ZoneTree | None:
    """Return the zones of a file if it has linear owners, else None.

    Raises
    ------
    FrameError
        If they are `needed` and it has none.
    """
    raw = read_raw_owners(path)
    if raw is None or not len(raw):
        if needed:
            raise FrameError(
                tr(
                    f"{path.name} 没有线状权属图层（linear_owner），--side-column 没有用处",
                    f"{path.name} has no layer linear_owner; --side-column means nothing",
                )
            )
        return None
    return ZoneTree.read(path, crs=crs, code_column=code_column)


def said_of(rows: Any, side_column: str | None, line_column: str | None) -> list[Said]:
    """Return what the columns say of each row.

    Raises
    ------
    FrameError
        If a column is missing or a cell is no side; the first rows are named.
    """
    for name in (side_column, line_column):
        if name is not None and name not in rows.columns:
            have = "、".join(map(str, rows.columns.drop(rows.geometry.name)))
            raise FrameError(
                tr(f"没有“{name}”这一列；有：{have}", f"there is no column {name!r}; there are: {have}")
            )
    sides = [as_text(cell) for cell in rows[side_column]] if side_column else [""] * len(rows)
    lines = [as_text(cell) for cell in rows[line_column]] if line_column else [""] * len(rows)
    said, faults = [], []
    for number, (side, line) in enumerate(zip(sides, lines, strict=True), start=1):
        try:
            said.append(Said(side_of(side), line))
        except ValueError:
            faults.append(tr(f"第 {number} 行“{side}”", f"row {number} {side!r}"))
    if faults:
        shown = tr("、", ", ").join(faults[:_SHOWN])
        raise FrameError(
            tr(
                f"{len(faults)} 行的侧读不出：{shown}；用 东侧、左岸、两岸、中间 或 N、left、both、middle",
                f"{len(faults)} rows have no readable side: {shown}; write N, left, both, middle or 东侧, 左岸",
            )
        )
    return said


def owned_pieces(
    shapes: NDArray[np.object_],
    missing: NDArray[np.bool_],
    tree: ZoneTree,
    *,
    level: Level,
    on: date | None,
    said: Sequence[Said],
) -> pd.DataFrame:
    """Return `row`, `zone` (code), `length_m`, `share`, `shape`, `owner`, `owner_share`: by row, then code.

    `owner` has the most of the row's geometry among the linear owners, `owner_share` of the whole; both
    stand on each of its rows. A geometry that is missing gives one row.
    """
    present = np.flatnonzero(~missing).tolist()
    answers = tree.shares_many(
        [shapes[row] for row in present],
        on=on,
        sides=[said[row].side for row in present],
        lines=[said[row].line for row in present],
    )
    records = [(row, "", np.nan, np.nan, shapes[row], "", np.nan) for row in np.flatnonzero(missing).tolist()]
    for row, answer in zip(present, answers, strict=True):
        owner = answer.owned.owner if answer.owned else None
        code, share = (owner.owner, owner.share) if owner else ("", 0.0)
        records += [
            (row, part.code, part.length_m, part.share, part.geometry, code, share)
            for part in answer.parts_of(level)
        ]
    names = ["row", "zone", "length_m", "share", "shape", "owner", "owner_share"]
    found = pd.DataFrame.from_records(records, columns=names)
    return found.sort_values("row", kind="stable", ignore_index=True)
