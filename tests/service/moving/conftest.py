"""Cases and places to move in the little office."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import Connection, text

from service.store.engine import make_engine


@pytest.fixture(autouse=True)
def _forget(site) -> Iterator[None]:
    yield
    engine = make_engine(site.database_url)
    with engine.begin() as connection:
        for table in ("aliases", "cases", "inspections", "places", "import_rows", "imports", "registers"):
            connection.execute(text(f"delete from {table}"))
    engine.dispose()


@pytest.fixture
def store(site) -> Iterator[Callable[..., Any]]:
    """A function that runs one SQL statement and returns its rows."""
    engine = make_engine(site.database_url)

    def run(statement: str, **values: Any) -> list[Any]:
        with engine.begin() as connection:
            found = connection.execute(text(statement), values)
            return list(found.all()) if found.returns_rows else []

    yield run
    engine.dispose()


@dataclass(frozen=True)
class Mover:
    """Moves records over HTTP, positions in metres from the district's corner."""

    lonlat: Callable[[float, float], tuple[float, float]]

    def pin(self, x: float, y: float) -> dict[str, Any]:
        lon, lat = self.lonlat(x, y)
        return {"pin": {"lon": lon, "lat": lat}}

    def line(self, *points: tuple[float, float]) -> dict[str, Any]:
        return {"line": [self.lonlat(*point) for point in points]}

    def __call__(
        self, client: httpx.Client, record: dict[str, Any], choice: dict[str, Any], *, path: str = "cases",
        key: str | None = None, version: int | None = None, **more: Any,
    ) -> httpx.Response:  # fmt: skip
        body = {"reason": "现场核实", **choice, **more}
        version = record["version"] if version is None else version
        headers = {"if-match": f'"{version}"', "idempotency-key": key or str(uuid4())}
        return client.post(f"/api/{path}/{record['id']}/position", json=body, headers=headers)


@pytest.fixture
def mover(lonlat) -> Mover:
    return Mover(lonlat)


@pytest.fixture
def filed(admin, file_report, lonlat) -> Callable[..., dict[str, Any]]:
    """A function that files a located case at a point."""

    def make(x: float, y: float, text_: str = "", **more: Any) -> dict[str, Any]:
        lon, lat = lonlat(x, y)
        case: dict[str, Any] = file_report(admin, text_, lon=lon, lat=lat, **more)
        return case

    return make


@pytest.fixture
def as_connection(site) -> Iterator[Connection]:
    engine = make_engine(site.database_url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()
