"""Who may draw: coordinator and administrator; to everybody else there are no drawings."""

from __future__ import annotations

from uuid import uuid4

import pytest

HTML = {"accept": "text/html"}
OTHERS = [
    None, "auditor", "leader", "verifier1", "command1", "community1", "communityleader1", "grid1", "unit1", "public",
]  # fmt: skip


def paths(pen):
    base = f"/api/drawings/{pen.id}"
    zone = {"act": "add", "level": "community", "name": "x"}
    sign = {"drawn_by": "a", "signed_by": "b", "signed_on": "2017-11-10", "valid_from": "2017-11-10"}
    picture = f"{base}/pictures/{uuid4()}"
    return [
        ("GET", base, None), ("PATCH", base, {"name": "x"}), ("DELETE", base, None), ("POST", f"{base}/steps", zone),
        ("POST", f"{base}/undo", {}), ("POST", f"{base}/redo", {}), ("GET", f"{base}/steps", None),
        ("GET", f"{base}/blocks", None), ("GET", f"{base}/export.gpkg", None), ("GET", f"{base}/export.geojson", None),
        ("POST", f"{base}/sign", sign), ("GET", f"{base}/find?q=x", None), ("PUT", picture, {"points": []}),
        ("DELETE", picture, None), ("GET", f"{picture}/image.jpg", None), ("GET", f"{picture}/tiles/14/13369/6504.webp", None),
        ("GET", f"/borders/draw/{pen.id}", None),
    ]  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_to_others_a_drawing_does_not_exist(site, shared_pen, name):
    with site.as_(name) as client:
        for method, path, body in paths(shared_pen):
            answer = client.request(method, path, json=body, headers={"if-match": '"1"'})
            assert answer.status_code == 404, (method, path, answer.text)
        files = {"file": ("a.png", b"x")}
        assert client.post(f"/api/drawings/{shared_pen.id}/pictures", files=files).status_code == 404
        assert client.get("/api/drawings").status_code == 403
        assert client.post("/api/drawings", json={"name": "x"}).status_code == 403
    assert shared_pen.read()["version"] == shared_pen.version


def test_coordinator_and_admin_see_the_same_drawings(site, shared_pen):
    lists = []
    for name in ("coordinator1", "admin"):
        with site.as_(name) as client:
            lists.append(client.get("/api/drawings").json()["items"])
            page = client.get(f"/borders/draw/{shared_pen.id}", headers=HTML)
            assert page.status_code == 200
            assert "草图" in page.text
            assert "画边界" in client.get("/borders", headers=HTML).text
    assert lists[0] == lists[1]
    assert shared_pen.id in {item["id"] for item in lists[0]}


def test_an_unknown_drawing_is_not_found(site):
    with site.as_("coordinator1") as client:
        assert client.get(f"/api/drawings/{uuid4()}").status_code == 404
        assert client.get(f"/borders/draw/{uuid4()}", headers=HTML).status_code == 404
        assert client.get("/api/drawings/1").status_code == 422


def test_name_and_ground_can_be_changed_within_bounds(site, lonlat):
    with site.as_("coordinator1") as client:
        made = client.post("/api/drawings", json={"name": "甲"}).json()
        url, headers = f"/api/drawings/{made['id']}", {"if-match": f'"{made["version"]}"'}
        west, south = lonlat(0, 0)
        east, north = lonlat(1000, 1000)
        changed = client.patch(
            url, json={"name": "乙", "frame": [west, south, east, north]}, headers=headers
        ).json()
        assert changed["name"] == "乙"
        assert changed["frame"] == pytest.approx([west, south, east, north], abs=1e-4)
        assert client.patch(url, json={"name": "丙"}, headers=headers).status_code == 412
        headers = {"if-match": f'"{changed["version"]}"'}
        for frame in (
            [0, 0, 1, 1],
            [west, south, west, north],
            [-180, -85, 180, 85],
            [east, south, west, north],
        ):
            wrong = client.patch(url, json={"frame": [float(edge) for edge in frame]}, headers=headers)
            assert wrong.status_code == 422, frame
