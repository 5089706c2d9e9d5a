"""The little office with 220 cases and 60 places of a register, all placed by their texts."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from service.setup.initialising import initialise
from service.setup.profile import read_profile
from service.store.engine import make_engine

CROSS = ("春光街", "夏雨街", "秋实街", "冬青街")
CORNERS = ("东北角", "西北角", "东南角", "西南角", "东侧", "西侧", "南侧", "北侧")


def location_texts() -> list[str]:
    """220 different texts: crossings, corners, walks along roads, stretches, places, and some nobody finds."""
    texts = [f"平安路与{cross}交叉口{corner}" for cross in CROSS for corner in CORNERS]
    texts += [
        f"平安路{cross}向{way}{metres}米路{side}"
        for cross in CROSS
        for way in "东西"
        for metres in (30, 60, 90, 120, 150, 180)
        for side in "南北"
    ]
    texts += [
        f"{cross}平安路往{way}{metres}米" for cross in CROSS for way in "南北" for metres in (50, 100, 150)
    ]
    texts += [f"平安路（{one}至{other}）{side}侧" for one, other in pairwise(CROSS) for side in "南北"]
    texts += ["甲字小学门口", "甲字小学东侧50米", "幸福市场", "春光街", "平安路", "夏雨街全段"]
    texts += [f"平安路与新建路交叉口{corner}" for corner in CORNERS]
    texts += [f"新建路平安路向{way}{metres}米" for way in "南北" for metres in (40, 80, 120)]
    texts += [f"夏荷街与平安路{corner}" for corner in CORNERS] + [
        f"春光北街{cross}路口" for cross in ("平安路", "夏雨街")
    ]
    texts += [f"无名巷{number}号院" for number in range(1, 17)]
    texts += [f"{cross}路东{metres}米" for cross in CROSS for metres in (10, 20, 30, 40)]
    return list(dict.fromkeys(texts))


def table(header: list[str], rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    return out.getvalue().encode("utf-8-sig")


@pytest.fixture(scope="module")
def full(tiny_profile, module_database, tmp_path_factory, serve) -> Iterator[Any]:
    """The office, running, with its records."""
    data_dir = tmp_path_factory.mktemp("data") / "office"
    initialise(data_dir, read_profile(tiny_profile, demo=True), database_url=module_database)
    with serve(data_dir, module_database) as started, started.as_("admin") as client:
        texts = location_texts()
        assert len(texts) >= 200
        cases = table(["位置", "问题描述"], [[words, f"垃圾成堆{at}"] for at, words in enumerate(texts)])
        answer = client.post("/api/imports", files={"file": ("问题清单.csv", cases)})
        assert answer.status_code in (200, 201), answer.text
        places = table(
            ["名称", "类别", "地址"],
            [[f"第{at}小吃店", "小餐饮", words] for at, words in enumerate(texts[:120:2])],
        )
        answer = client.post(
            "/api/imports", files={"file": ("小门店台账.csv", places)}, data={"extent": "whole"}
        )
        assert answer.status_code in (200, 201), answer.text
        yield started


@pytest.fixture
def store(full) -> Iterator[Callable[..., Any]]:
    """A function that runs one SQL statement and returns its rows."""
    engine = make_engine(full.database_url)

    def run(statement: str, **values: Any) -> list[Any]:
        with engine.begin() as connection:
            found = connection.execute(text(statement), values)
            return list(found.all()) if found.returns_rows else []

    yield run
    engine.dispose()


@dataclass(frozen=True)
class Editor:
    """Edits and checks over HTTP; positions in metres from the district's corner."""

    client: httpx.Client
    lonlat: Callable[[float, float], tuple[float, float]]

    def line(self, *points: tuple[float, float]) -> dict[str, Any]:
        return {"type": "LineString", "coordinates": [list(self.lonlat(*point)) for point in points]}

    def point(self, x: float, y: float) -> dict[str, Any]:
        return {"type": "Point", "coordinates": list(self.lonlat(x, y))}

    def key(self, name: str, *, of: str | None = None) -> str:
        """The key of the only entry of a name."""
        found = self.client.get("/api/gazetteer/entries").json()["features"]
        keys = [
            f["properties"]["key"]
            for f in found
            if f["properties"]["name"] == name and (of is None or f["properties"]["class"] == of)
        ]
        assert len(keys) == 1, (name, keys)
        return str(keys[0])

    def edit(self, **body: Any) -> dict[str, Any]:
        answer = self.client.post("/api/gazetteer/edits", json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def check(self) -> dict[str, Any]:
        """Run a check to its end and return it with its list."""
        answer = self.client.post("/api/gazetteer/checks")
        assert answer.status_code == 202, answer.text
        return self.wait(answer.json()["id"])

    def wait(self, check_id: str) -> dict[str, Any]:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            found = self.client.get(f"/api/gazetteer/checks/{check_id}").json()
            if found["state"] != "running":
                assert found["state"] != "failed", found["problem"]
                return dict(found)
            time.sleep(0.1)
        raise AssertionError("the check did not come to its end")

    def decide(self, check: dict[str, Any], decision: str, **more: Any) -> httpx.Response:
        return self.client.post(
            f"/api/gazetteer/checks/{check['id']}/decision", json={"decision": decision, **more}
        )


@pytest.fixture
def editor(full, lonlat) -> Iterator[Editor]:
    with full.as_("admin") as client:
        yield Editor(client, lonlat)
        # Every test leaves the office as it began: acceptances are taken back, drafts dropped.
        while True:
            state = client.get("/api/gazetteer").json()
            done = [check for check in state["checks"] if check["state"] == "accepted"]
            if not done:
                break
            answer = client.post(f"/api/gazetteer/checks/{done[0]['id']}/decision", json={"decision": "undo"})
            assert answer.status_code == 200, answer.text
        for edit in reversed(state["edit_list"]):
            client.delete(f"/api/gazetteer/edits/{edit['id']}")
        for source in state["source_list"]:
            if source["standing"] == "drafted":
                client.delete(f"/api/gazetteer/sources/{source['id']}")
