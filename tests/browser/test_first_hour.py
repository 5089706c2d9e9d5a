"""A new user's first hour: from an empty data directory to problems on the map, in at most forty clicks."""

from __future__ import annotations

import pytest

from tests.browser.first_hour import (
    AREA_SHARE,
    CLICKS,
    GRIDS,
    NEAR_M,
    Hand,
    empty_office,
    first_hour,
    papers,
    watched,
)

pytestmark = pytest.mark.browser


def test_the_first_hour(chromium, fresh_database, tmp_path):
    (tmp_path / "papers").mkdir()
    on_desk = papers(tmp_path / "papers")
    complaints: list[str] = []
    with empty_office(tmp_path / "office", QINGTU_DATABASE_URL=fresh_database) as link:
        context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
        hand = Hand(context.new_page())
        watched(hand.page, complaints)
        off = first_hour(hand, link, on_desk)
        asked = "(path) => fetch(path).then((answer) => answer.json())"
        state = hand.page.evaluate(asked, "/api/setup")
        drawn = hand.page.evaluate("() => window.qingtuMap.queryRenderedFeatures().length")
        context.close()
    assert hand.clicks <= CLICKS, hand.log
    assert len(off) == 7
    for name, (share, far_m) in off.items():
        assert abs(share) <= AREA_SHARE, name
        assert far_m <= NEAR_M, name
    steps = {step["key"]: step for step in state["steps"]}
    assert steps["borders"]["facts"] == ["7 个社区"]
    assert steps["grids"]["facts"] == [f"{GRIDS} 个网格"]
    assert {key for key, step in steps.items() if step["state"] == "missing"} == {"people"}
    problems, placed = steps["list"]["facts"][:2]
    assert int(placed.split()[0].replace(",", "")) >= 0.8 * int(problems.split()[0].replace(",", ""))
    assert drawn > 100
    assert complaints == []
