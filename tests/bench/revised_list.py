"""A real register and a revised list made from it, with the truth of what was changed: for tests and benches."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from python_calamine import CalamineWorkbook

HEADER = ["序号", "店名", "行业", "地址", "区"]
CHANGED, REMOVED, ADDED = 200, 100, 150


@dataclass(frozen=True)
class RevisedList:
    """`first` and `second` are rows in the order of HEADER; the sets hold (name, address) as in their list."""

    first: list[list[str]]
    second: list[list[str]]
    changed: set[tuple[str, str]]
    removed: set[tuple[str, str]]
    added: set[tuple[str, str]]


def read_shops(data: Path) -> list[list[str]]:
    """Return the 5,996 shops as texts, without their running number."""
    rows = (
        CalamineWorkbook.from_path(str(data / "zhengzhou" / "six_small_shops.xlsx"))
        .get_sheet_by_index(0)
        .to_python()
    )
    return [[str(cell).strip() for cell in row[1:]] for row in rows[1:]]


def revise(shops: list[list[str]], *, seed: int) -> RevisedList:
    """Return a first list of all shops but 150, and a second with 200 changed, 100 removed, the 150 added.

    A quarter of the changed each: renamed in the same house, moved elsewhere, another trade, name and
    address both rewritten a little. The second list is shuffled and counted anew.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(shops))
    added, rest = [shops[i] for i in order[:ADDED]], [shops[i] for i in sorted(order[ADDED:])]
    picked = rng.permutation(len(rest))
    gone = set(picked[:REMOVED].tolist())
    names = [row[0] for row in shops]
    # A shop whose name stands twice cannot move without a doubt: such a row would rightly be asked.
    alone = [i for i in picked[REMOVED:].tolist() if names.count(rest[i][0]) == 1 and len(rest[i][0]) >= 4]
    touched = alone[:CHANGED]
    second, changed = [], set()
    for i, row in enumerate(rest):
        if i in gone:
            continue
        if i in touched:
            row = _changed(row, touched.index(i) % 4, rng)
            changed.add((row[0], row[2]))
        second.append(row)
    second += added
    second = [second[i] for i in rng.permutation(len(second))]
    return RevisedList(
        first=_counted(rest), second=_counted(second), changed=changed,
        removed={(rest[i][0], rest[i][2]) for i in gone}, added={(row[0], row[2]) for row in added},
    )  # fmt: skip


def _changed(row: list[str], how: int, rng: np.random.Generator) -> list[str]:
    name, trade, address, district = row
    if how == 0:
        return [name + "旗舰", trade, address, district]
    if how == 1:
        return [name, trade, f"改迁大道{int(rng.integers(1, 9999))}号", district]
    if how == 2:
        return [name, "其他餐厅" if trade != "其他餐厅" else "快餐厅", address, district]
    return [name + "新", trade, address + "一楼", district]


def _counted(rows: list[list[str]]) -> list[list[str]]:
    return [[str(number), *row] for number, row in enumerate(rows, 1)]
