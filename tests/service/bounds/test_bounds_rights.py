"""Who may write a table of bounds or draw grids."""

from __future__ import annotations

ROWS = [{"name": "甲社区", "east": "秋实街", "south": "平安路", "west": "春光街", "north": "平安路"}]


def test_only_who_proposes_borders_may(site):
    for name, status in ((None, 403), ("grid1", 403), ("leader", 403)):
        with site.as_(name) as client:
            assert client.post("/api/bounds", json={"rows": ROWS}).status_code == status
            assert client.post("/api/grids", json={"count": 5}).status_code == status
            assert client.get("/api/bounds").status_code == 404
            assert client.get("/api/grids").status_code == 404
