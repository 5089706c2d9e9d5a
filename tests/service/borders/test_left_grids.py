"""Grids that stay behind their redrawn community are told before anybody decides."""

from __future__ import annotations

import pytest
from shapely.geometry import box

from service.borders.left_grids import left_grids

A, B = "410105999001", "410105999002"
A1, A2, B1, B2 = f"{A}001", f"{A}002", f"{B}001", f"{B}002"
OLD_GRIDS = {A1: (0, 500), A2: (500, 1000), B1: (1000, 1500), B2: (1500, 2000)}


def zones(communities, grids=OLD_GRIDS):
    """Strips 1 km high, as rows of a proposal."""
    rows = [("community", code, "410105999", span) for code, span in communities.items()]
    rows += [("grid", code, code[:12], span) for code, span in grids.items()]
    return [
        {"level": level, "code": code, "parent": parent, "shape": box(span[0], 0, span[1], 1000)}
        for level, code, parent, span in rows
    ]


def told(rows, changed):
    return {(left.code, left.parent): round(left.area_m2) for left in left_grids(rows, changed)}


MOVED = {("community", A): "moved", ("community", B): "moved"}


def test_what_lies_outside_and_what_is_bare():
    rows = zones({A: (0, 800), B: (800, 2000)})
    assert told(rows, MOVED) == {(A2, A): 200_000, ("", B): 200_000}


def test_grids_that_follow_are_no_matter():
    rows = zones(
        {A: (0, 800), B: (800, 2000)}, {A1: (0, 500), A2: (500, 800), B1: (800, 1500), B2: (1500, 2000)}
    )
    assert told(rows, {**MOVED, ("grid", A2): "moved", ("grid", B1): "moved"}) == {}


def test_a_grid_drawn_anew_is_its_authors_matter_but_bare_land_is_told():
    # B1 follows only half of the way: 100 m are still bare.
    rows = zones({A: (0, 800), B: (800, 2000)}, {**OLD_GRIDS, A2: (500, 850), B1: (900, 1500)})
    changed = {**MOVED, ("grid", A2): "moved", ("grid", B1): "moved"}
    assert told(rows, changed) == {("", B): 100_000}


def test_communities_that_stay_and_dust_are_not_told():
    rows = zones({A: (0, 800), B: (800, 2000)})
    assert told(rows, {}) == {}
    # A millimetre along a kilometre is one square metre; less is rounding.
    assert told(zones({A: (0, 999.9995), B: (999.9995, 2000)}), MOVED) == {}
    assert told(zones({A: (0, 999.998), B: (999.998, 2000)}), MOVED) == {(A2, A): 2, ("", B): 2}


def test_a_community_that_ends_leaves_its_grids_outside_as_a_whole():
    new = f"{A[:-1]}3"
    rows = zones({A: (0, 1000), new: (1000, 2000)})
    changed = {("community", new): "new", ("community", B): "ended"}
    assert told(rows, changed) == {("", new): 1_000_000, (B1, B): 500_000, (B2, B): 500_000}


def test_an_office_without_grids_hears_nothing():
    assert left_grids(zones({A: (0, 800), B: (800, 2000)}, {}), MOVED) == []
    assert left_grids([], {}) == []


def test_the_proposal_says_so_and_how_many_cases(office, draw, propose, decide, report_at):
    communities = draw(spans={A: (0, 800), B: (800, 2000)})
    with office.as_("coordinator1") as client:
        moving = report_at(client, 900, 300)
        report_at(client, 300, 300)
        change = propose(client, communities).json()
        left = change["left_grids"]
        assert {item["kind"]: item["area_m2"] for item in left["items"]} == {
            "outside": pytest.approx(200_000, abs=1), "uncovered": pytest.approx(200_000, abs=1)
        }  # fmt: skip
        assert left["cases"] == 1
        assert "draw-grids" in left["what_to_do"]
        page = client.get(f"/borders/{change['id']}", headers={"accept": "text/html"}).text
        assert "网格没有跟着社区改" in page
        assert "乙社区 有 200,000 m²没有网格" in page
        assert "1 件未结案件（或其中一段）将没有网格" in page
        client.cookies.set("qingtu_lang", "en")
        english = client.get(f"/borders/{change['id']}", headers={"accept": "text/html"}).text
        assert "Grids stay behind their communities" in english
        assert "乙社区: 200,000 m² without a grid" in english
        client.cookies.clear()
        # It warns and does not forbid; afterwards it is true.
        assert decide(client, change).status_code == 200
        assert client.get(f"/api/cases/{moving['id']}").json()["grid"] == ""
        assert client.get(f"/api/borders/{change['id']}").json()["left_grids"]["cases"] == 1


def test_a_whole_proposal_warns_of_nothing(office, draw, propose):
    with office.as_("coordinator1") as client:
        change = propose(client, draw(800)).json()
        assert change["left_grids"] is None
        page = client.get(f"/borders/{change['id']}", headers={"accept": "text/html"}).text
        assert "网格没有跟着社区改" not in page


def test_a_rejected_proposal_warns_no_more(office, draw, propose, decide):
    with office.as_("coordinator1") as client:
        change = propose(client, draw(spans={A: (0, 800), B: (800, 2000)})).json()
        assert decide(client, change, "reject", note="网格没画").status_code == 200
        assert client.get(f"/api/borders/{change['id']}").json()["left_grids"] is None
