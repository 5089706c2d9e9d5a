"""Drawings of the little office: begin one, act on it, read it back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

A, B = "410105999001", "410105999002"


class Pen:
    """A drawing and the client that draws: knows the newest version, fails loudly."""

    def __init__(
        self, client: Any, lonlat: Callable[[float, float], tuple[float, float]], detail: Any
    ) -> None:
        self.client, self._lonlat = client, lonlat
        self.id, self.version = detail["id"], detail["version"]

    def at(self, x: float, y: float) -> list[float]:
        """A position given in metres from the district's corner."""
        return list(self._lonlat(x, y))

    def send(self, act: str, *, version: int | None = None, key: str | None = None, **more: Any) -> Any:
        """Do one action: the answer, whatever it is."""
        headers = {"if-match": f'"{self.version if version is None else version}"'}
        if key:
            headers["idempotency-key"] = key
        return self.client.post(f"/api/drawings/{self.id}/steps", json={"act": act, **more}, headers=headers)

    def do(self, act: str, **more: Any) -> Any:
        """Do one action that must work."""
        return self._took(self.send(act, **more))

    def wind(self, way: str, count: int = 1) -> Any:
        """Undo or redo."""
        headers = {"if-match": f'"{self.version}"'}
        url = f"/api/drawings/{self.id}/{way}"
        return self._took(self.client.post(url, json={"count": count}, headers=headers))

    def read(self) -> Any:
        """The whole drawing."""
        return self.client.get(f"/api/drawings/{self.id}").json()

    def geometry(self) -> Any:
        """Codes and shapes, exactly as drawn."""
        return self.client.get(f"/api/drawings/{self.id}/export.geojson").json()["features"]

    def sign(self, **more: Any) -> Any:
        """Sign off: the answer, whatever it is."""
        body = {
            "drawn_by": "画图人", "signed_by": "签发人", "signed_on": "2017-11-10", "valid_from": "2017-11-10", **more
        }  # fmt: skip
        headers = {"if-match": f'"{self.version}"'}
        return self.client.post(f"/api/drawings/{self.id}/sign", json=body, headers=headers)

    def _took(self, answer: Any) -> Any:
        assert answer.status_code == 200, answer.text
        found = answer.json()
        self.version = found["version"]
        assert answer.headers["etag"] == f'"{self.version}"'
        return found


@pytest.fixture
def begin(lonlat) -> Callable[..., Pen]:
    """Begin a drawing: `begin(client, start="current")`."""

    def start(client: Any, name: str = "草图一", **more: Any) -> Pen:
        answer = client.post("/api/drawings", json={"name": name, **more})
        assert answer.status_code == 201, answer.text
        return Pen(client, lonlat, answer.json())

    return start


@pytest.fixture(scope="module")
def shared_pen(site, lonlat) -> Iterator[Pen]:
    """A drawing of the borders in force, one for a whole module."""
    with site.as_("coordinator1") as client:
        detail = client.post("/api/drawings", json={"name": "共用", "start": "current"}).json()
        yield Pen(client, lonlat, detail)
