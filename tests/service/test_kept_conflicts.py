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
