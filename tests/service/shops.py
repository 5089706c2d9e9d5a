"""Places to inspect, in the little office: two restaurants in 甲社区, a hairdresser and a site in 乙社区."""

from __future__ import annotations

from typing import Any

import pytest

HEADER = "店名,行业,地址,责任单位"
ROWS = [
    # Not the first: under one text at the top blanks would mean "as above".
    "夏雨小炒,小餐饮,平安路与夏雨街交叉口,",
    "老张烩面馆,小餐饮,平安路与春光街交叉口,测试环卫公司",
    "秋实理发店,小理发,平安路与秋实街交叉口,",
    "冬青工地,建筑工地,平安路与冬青街交叉口,",
    "没处找的店,小餐饮,不知道什么地方,",
]


@pytest.fixture
def shops(admin) -> Any:
    """Name -> id of the places; everything is undone afterwards."""
    content = "\r\n".join([HEADER, *ROWS]).encode("utf-8-sig")
    done = admin.post("/api/imports", files={"file": ("门店.csv", content)})
    assert done.status_code == 201, done.text
    items = admin.get("/api/places").json()["items"]
    yield {one["name"]: one["id"] for one in items}
    for item in admin.get("/api/imports").json()["items"]:
        if item["undone_at"] is None:
            answer = admin.post(f"/api/imports/{item['id']}/undo?force=true")
            assert answer.status_code == 200, answer.text
    assert admin.get("/api/places").json()["total"] == 0
