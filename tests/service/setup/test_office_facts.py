"""The office's own facts: changed by the administrator, kept in file and store, seen at once."""

from __future__ import annotations

import httpx
import pytest

from service.office import read_office


def test_name_remark_and_public_access_change_at_once_and_stay(own_bare, chief):
    with httpx.Client(base_url=own_bare.url) as nobody:
        assert nobody.get("/api/office").status_code == 401
        answer = chief.patch(
            "/api/office", json={"name": " 如意湖办事处 ", "note": "内部试用", "public": True}
        )
        assert answer.status_code == 200, answer.text
        assert (answer.json()["name"], answer.json()["note"]) == ("如意湖办事处", "内部试用")
        assert nobody.get("/api/office").json()["name"] == "如意湖办事处"
        assert "内部试用" in nobody.get("/", headers={"accept": "text/html"}).text
        chief.patch("/api/office", json={"public": False})
        assert nobody.get("/api/office").status_code == 401
    kept = read_office(own_bare.data_dir)
    assert (kept.name, kept.note, kept.public, kept.crs, kept.centre, kept.division) == (
        "如意湖办事处", "内部试用", False, 4547, (113.73, 34.78), "410105",
    )  # fmt: skip


@pytest.mark.parametrize("body", [{"name": ""}, {"name": "  "}, {"name": "x" * 61}, {"crs": 4549}, {"public": "yes"}, {"note": "a\x00"}])  # fmt: skip
def test_what_cannot_be_kept_is_refused(own_bare, chief, body):
    assert chief.patch("/api/office", json=body).status_code == 422
    assert read_office(own_bare.data_dir).name == "新办事处"


def test_only_the_administrator_sets_up(site):
    for name in (None, "coordinator1", "leader", "grid1"):
        with site.as_(name) as client:
            assert client.patch("/api/office", json={"name": "别的"}).status_code == 403
            assert client.get("/api/setup").status_code == 403
            assert client.get("/setup", headers={"accept": "text/html"}).status_code == 403
            assert 'href="/setup"' not in client.get("/cases", headers={"accept": "text/html"}).text
    with site.as_("admin") as client:
        assert client.get("/api/setup").json()["missing"] == 1
        page = client.get("/cases", headers={"accept": "text/html"}).text
        assert 'href="/setup"' in page
