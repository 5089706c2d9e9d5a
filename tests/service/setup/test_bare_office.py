"""An office without borders, roads or records: every page opens, every question has an answer."""

from __future__ import annotations

import io
import re
from uuid import uuid4

import pytest
from fastapi.routing import APIRoute

from tests.service.setup.conftest import logged_in

_VALUES = {
    "layer": "basemap", "z": "12", "x": "3342", "y": "1632", "code": "C1", "kind": "weekly", "name": "x", "number": "1",
    "level": "community", "register": "x", "month": "2024-01",
}  # fmt: skip
HTML = {"accept": "text/html"}


def routes(app):
    """Every GET route of the app, wherever routers keep theirs."""
    found, left = [], list(app.routes)
    while left:
        route = left.pop()
        if isinstance(route, APIRoute):
            found.append(route)
        else:
            left += list(getattr(route, "routes", []))
    return sorted({route.path for route in found if "GET" in route.methods})


def filled(path):
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda part: _VALUES.get(part[1], str(uuid4())), path)


def test_every_get_route_answers_and_none_fails(bare):
    paths = routes(bare.app) or sorted(
        path for path, methods in bare.app.openapi()["paths"].items() if "get" in methods
    )
    assert len(paths) > 40
    wrong = {}
    with logged_in(bare) as client:
        for path in paths:
            for headers in (HTML, {}):
                answer = client.get(filled(path), headers=headers)
                if answer.status_code not in (200, 204, 303, 401, 403, 404, 422):
                    wrong[path] = (answer.status_code, answer.text[:200])
    assert wrong == {}


@pytest.mark.parametrize("path", ["/", "/cases", "/board", "/review", "/review/kinds", "/registers", "/patrol", "/reports", "/imports", "/kinds", "/borders", "/rounds", "/rates", "/ladders"])  # fmt: skip
def test_every_page_opens(bare, path):
    with logged_in(bare) as client:
        answer = client.get(path, headers=HTML)
    assert answer.status_code == 200, answer.text[-800:]
    assert "<html" in answer.text


def test_a_list_with_coordinates_is_on_the_map_and_belongs_to_nobody(own_bare, chief):
    rows = "问题描述,位置,经度,纬度\n垃圾成堆,某小区门口,113.731,34.781\n路面破损,某路口,113.735,34.785\n"
    answer = chief.post("/api/imports", files={"file": ("清单.csv", io.BytesIO(rows.encode()), "text/csv")}, data={"datum": "wgs84"})  # fmt: skip
    assert answer.status_code in (200, 201), answer.text
    cases = chief.get("/api/cases").json()["items"]
    assert [(case["placement"], case["community"], case["grid"]) for case in cases] == [
        ("located", "", "")
    ] * 2
    assert [round(case["lon"], 3) for case in sorted(cases, key=lambda case: case["lon"])] == [
        113.731,
        113.735,
    ]


def test_the_set_up_page_says_what_is_missing(bare):
    with logged_in(bare) as client:
        page = client.get("/setup", headers=HTML)
        state = client.get("/api/setup").json()
    assert page.status_code == 200, page.text[-500:]
    assert {step["key"]: step["state"] for step in state["steps"]} | {} == {
        "office": "done", "roads": "missing", "borders": "missing", "grids": "missing", "kinds": "works",
        "people": "missing", "list": "missing",
    }  # fmt: skip
    assert state["missing"] == 5
    assert "还缺 5 步" in page.text
    assert all(step["advice"] for step in state["steps"])
