"""Column contracts of the tables that cross module borders.

A contract collects every violation and reports them once, so that a user mends a file in one go.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from geodata.errors import FrameError


def require_columns(frame: pd.DataFrame, columns: Iterable[str], *, name: str) -> None:
    """Raise unless a table has the columns its contract asks for.

    Raises
    ------
    FrameError
        Naming all missing columns and those that are there.
    """
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        there = ", ".join(map(str, frame.columns))
        raise FrameError(
            f"{name} lacks the columns {', '.join(missing)}; it has {there}",
            zh=f"{name} 缺少列 {'、'.join(missing)}；现有 {there}",
        )
