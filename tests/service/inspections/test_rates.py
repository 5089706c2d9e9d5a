"""Round trip: results to failed items to problems to heat, and a pass-rate table that a hand count confirms."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.service.inspections.test_filing import inspect

ALL = "*"


def rates(client, **query):
    items = client.get("/api/pass-rates", params=query).json()["items"]
    return {(one["community"], one["place_class"]): one for one in items}


@pytest.fixture
def inspected(admin, shops):
    inspect(admin, shops["老张烩面馆"], "pests", na=["fumes"])
    inspect(admin, shops["老张烩面馆"])
    inspect(admin, shops["夏雨小炒"], "pests", "front", "civil")
    admin.post(f"/api/places/{shops['秋实理发店']}/inspections", json={"all_pass": True})
    return shops


def test_a_hand_count_confirms_the_table(admin, inspected):
    table = rates(admin)
    # 7 + 8 + 8 items that apply; 1 + 0 + 3 failed; 老张 twice, 夏雨 once, of 2 open restaurants there.
    cell = table["410105999001", "catering"]
    assert (cell["passed"], cell["failed"], cell["na"], cell["inspected"]) == (19, 4, 1, 23)
    assert cell["rate"] == pytest.approx(19 / 23)
    assert (cell["inspections"], cell["places"], cell["exposure"]) == (3, 2, 2)
    hair = table["410105999002", "hair"]
    assert (hair["passed"], hair["inspected"], hair["rate"], hair["low"]) == (5, 5, None, None)  # too few
    everything = table[ALL, ALL]
    assert (everything["passed"], everything["inspected"], everything["exposure"]) == (24, 28, 5)
    for key, cell in table.items():
        parts = [
            c
            for (a, b), c in table.items()
            if a != ALL and b != ALL and key[0] in (ALL, a) and key[1] in (ALL, b)
        ]
        assert cell["inspected"] == sum(c["inspected"] for c in parts)
        assert cell["exposure"] == sum(c["exposure"] for c in parts)


def test_a_standard_counts_its_own_items_and_the_common_ones(admin, inspected):
    assert inspected
    civil = rates(admin, standard="文明")["410105999001", "catering"]
    # civil, fumes, smoke, front: 4 x 3 less one that does not apply; civil and front failed once each.
    assert (civil["inspected"], civil["failed"]) == (11, 2)
    health = rates(admin, standard="卫生")["410105999001", "catering"]
    assert (health["inspected"], health["failed"]) == (7 * 3 - 1, 3)


def test_days_and_zones_limit_the_table(site, admin, inspected):
    assert inspected
    assert rates(admin, **{"from": "2017-01-01", "to": "2017-01-31"})[ALL, ALL]["inspected"] == 0
    assert admin.get("/api/pass-rates", params={"from": "2018-01-01", "to": "2017-01-01"}).status_code == 422
    with site.as_("community2") as other:
        assert {key[0] for key in rates(other)} == {"410105999002", ALL}
    assert len(admin.get("/api/pass-rates").json()["definitions"]) >= 3


def test_failed_items_are_the_problems_and_the_heat_counts_them(site, admin, inspected):
    assert inspected
    engine = site.app.state.service.engine
    with engine.connect() as connection:
        failed = connection.scalar(text("select count(*) from inspection_items where result = 'fail'"))
        opened = connection.scalar(text("select count(*) from cases where place_id is not null"))
        loose = connection.scalar(
            text("select count(*) from inspection_items where (result = 'fail') <> (case_id is not null)")
        )
    assert (failed, opened, loose) == (4, 4, 0)
    heat = admin.get("/api/heat", params={"bandwidth_m": 150})
    assert heat.status_code == 200
    located = admin.get("/api/cases", params={"placement": "located"}).json()["total"]
    assert heat.json()["counted"] == located >= 4
