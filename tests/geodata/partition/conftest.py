"""Made lists with everything that lists have: several files, empty ones, rows without a place, repeats."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

X, Y = 474_000.0, 3_848_000.0
CRS = 4547
COLUMNS, ROWS = 5, 4
SIDE_M = 1000.0


@pytest.fixture(scope="session")
def zones_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty squares of 1 km, codes Z00 to Z19, numbered column by column."""
    path = tmp_path_factory.mktemp("zones") / "zones.gpkg"
    squares = [
        shapely.box(X + SIDE_M * i, Y + SIDE_M * j, X + SIDE_M * (i + 1), Y + SIDE_M * (j + 1))
        for i in range(COLUMNS)
        for j in range(ROWS)
    ]
    codes = [f"Z{number:02d}" for number in range(len(squares))]
    gpd.GeoDataFrame({"code": codes}, geometry=squares, crs=CRS).to_file(path, layer="community")
    return path


def made_points(rows: int = 3_000, seed: int = 7) -> pd.DataFrame:
    """Return points in and round the squares: a crowd, points on borders and corners, rows without a place."""
    rng = np.random.default_rng(seed)
    x = X - 300 + rng.random(rows) * (COLUMNS * SIDE_M + 600)
    y = Y - 300 + rng.random(rows) * (ROWS * SIDE_M + 600)
    x[: rows // 4] = X + 1_500 + rng.normal(0, 20, rows // 4)
    y[: rows // 4] = Y + 1_500 + rng.normal(0, 20, rows // 4)
    x[5::50] = X + SIDE_M * rng.integers(0, COLUMNS + 1, len(x[5::50]))
    y[5::100] = Y + SIDE_M * rng.integers(0, ROWS + 1, len(y[5::100]))
    x[::97] = np.nan
    y[::211] = np.inf
    order = rng.permutation(rows)
    return pd.DataFrame(
        {"id": np.arange(rows), "zone": "old", "x": x[order], "y": y[order], "w": rng.random(rows)}
    )


FolderWriter = Callable[..., Path]


@pytest.fixture
def write_folder(tmp_path: Path) -> FolderWriter:
    """Write a table as a folder of several files: unequal, one of them empty, small row groups."""

    def write(rows: pd.DataFrame, name: str = "in.parquet", files: int = 4, **options: object) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        cuts = np.sort(np.random.default_rng(3).integers(0, len(rows) + 1, files - 1))
        for number, part in enumerate(np.split(np.arange(len(rows)), cuts)):
            rows.iloc[part].to_parquet(
                folder / f"p-{number}.parquet", row_group_size=501, index=False, **options
            )
        rows.iloc[:0].to_parquet(folder / f"p-{files}.parquet", index=False, **options)
        (folder / "_notes.parquet").write_text("no table, and not to be read", encoding="utf-8")
        return folder

    return write
