"""A little office of one's own per test, and new borders for it.

::

    before  A: 0–1000 (grids 0–500, 500–1000)   B: 1000–2000
    after   A: 0–800  (grids 0–500, 500–800)    B: 800–2000     the border moves west by 200 m
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from shapely.geometry import box

CRS = 4547
X, Y = 474_000.0, 3_849_000.0
A, B = "410105999001", "410105999002"
A1, A2, B1, B2 = f"{A}001", f"{A}002", f"{B}001", f"{B}002"


def write_borders(
    path: Path, spans: dict[str, tuple[float, float]], *, crs: int = CRS, **columns: list[Any]
) -> Path:
    """Write zones that are strips from west to east: 12 digits are communities, 15 grids."""
    for level, length in (("community", 12), ("grid", 15)):
        own = {code: span for code, span in spans.items() if len(code) == length}
        if not own:
            continue
        frame = gpd.GeoDataFrame(
            {"code": list(own), "parent": [code[:9] if level == "community" else code[:12] for code in own]},
            geometry=[box(X + west, Y, X + east, Y + 1000) for west, east in own.values()],
            crs=CRS,
        )
        for name, values in columns.items():
            frame[name] = values[: len(frame)]
        frame.to_crs(crs).to_file(path, layer=level, driver="GPKG")
    return path


@pytest.fixture
def draw(tmp_path) -> Callable[..., Path]:
    """Write a file of new borders: `draw(border=800)` or `draw(spans={…})`."""

    def make(border: float = 800, *, name: str = "new.gpkg", spans: Any = None, **more: Any) -> Path:
        chosen = spans or {
            A: (0, border), B: (border, 2000), A1: (0, 500), A2: (500, border), B1: (border, 1500), B2: (1500, 2000),
        }  # fmt: skip
        return write_borders(tmp_path / name, chosen, **more)

    return make


@pytest.fixture
def propose() -> Callable[..., Any]:
    """Upload new borders as a client: the answer."""

    def send(client: Any, path: Path, day: str = "2017-11-10") -> Any:
        with path.open("rb") as handle:
            return client.post("/api/borders", files={"file": (path.name, handle)}, data={"valid_from": day})

    return send


@pytest.fixture
def report_at(file_report, lonlat) -> Callable[..., dict[str, Any]]:
    """File a report at metres from the district's corner."""

    def report(client: Any, x: float, y: float, **more: Any) -> dict[str, Any]:
        lon, lat = lonlat(x, y)
        return file_report(client, "", lon=lon, lat=lat, **more)

    return report


@pytest.fixture
def decide() -> Callable[..., Any]:
    """Decide about a proposal by its API answer: the answer."""

    def send(client: Any, change: dict[str, Any], decision: str = "accept", **more: Any) -> Any:
        headers = {"if-match": f'"{more.pop("version", change["version"])}"'}
        body = {"decision": decision, **more}
        return client.post(f"/api/borders/{change['id']}/decide", json=body, headers=headers)

    return send
