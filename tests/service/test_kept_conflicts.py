"""Another content under a used id: answered with 409, and kept beside the first, whatever is written."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import text

from service.store.engine import make_engine

CASE = {"location_text": "平安路与春光街交叉口"}
ROUND = {"classes": ["catering"], "first_day": "2017-11-01", "last_day": "2017-11-15"}
RULE = {"kind": "C1-02", "words": ["试验词"]}


@pytest.mark.parametrize(
    ("path", "field", "body", "name"),
    [
        ("/api/cases", "description", CASE, "{}"),
        ("/api/rounds", "name", ROUND, "{}"),
        ("/api/drawings", "name", {}, "drawing:{}"),
        ("/api/kinds/rules", "example", RULE, "{}"),
    ],
)
def test_a_conflicting_content_is_kept(site, admin, path, field, body, name):
    key = str(uuid.uuid4())
    statuses = [
        admin.post(path, json={**body, field: value}, headers={"idempotency-key": key}).status_code
        for value in ("先", "后", "先")
    ]
    assert statuses == [201, 409, 201]
    engine = make_engine(site.database_url)
    with engine.connect() as connection:
        rows = connection.execute(
            text("select status, content ->> :field from client_requests where key = :key order by status"),
            {"key": name.format(key), "field": field},
        ).all()
    engine.dispose()
    assert [tuple(row) for row in rows] == [(200, "先"), (409, "后")]


def test_a_conflicting_list_is_kept_whole(site, admin):
    """The list itself, also when it came as a preview's upload, and once however often it is sent."""
    key, lists = str(uuid.uuid4()), ["位置\n平安路\n", "位置\n春光街\n夏雨街\n"]

    def send(content, **data):
        files = {"file": ("清单.csv", content.encode())} if content else None
        return admin.post("/api/imports", files=files, data=data, headers={"idempotency-key": key})

    upload = admin.post("/api/imports/preview", files={"file": ("预览.csv", lists[1].encode())}).json()[
        "upload"
    ]
    statuses = [send(lists[0]), send(lists[1]), send(lists[1]), send(None, upload=upload), send(lists[0])]
    assert [answer.status_code for answer in statuses] == [201, 409, 409, 409, 201]
    engine = make_engine(site.database_url)
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "select content ->> 'name', content ->> 'file' from client_requests where key = :key and status = 409 order by at, 1"
            ),
            {"key": key},
        ).all()
    engine.dispose()
    assert {row[0] for row in rows} == {"清单.csv", "预览.csv"}
    kept = {site.data_dir / "uploads" / row[1] for row in rows}
    assert [path.read_text(encoding="utf-8") for path in kept] == [lists[1]]
    assert not list((site.data_dir / "uploads" / "conflicts").glob("*.new"))
