"""Kinds in the browser: chosen by keyboard with the same text, a rule made and tried, cases read anew."""

from __future__ import annotations

import uuid

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def foreign(demo):
    """Three cases with one text that no rule knows; the third says more."""
    mark = uuid.uuid4().hex[:6]
    with demo.client("admin") as client:
        made = [
            client.post("/api/cases", json={"location_text": "商务内环路", "description": said}).json()
            for said in (f"甲乙丙{mark}", f"甲乙丙{mark}", f"丁戊己{mark}")
        ]
    assert [case["kind"] for case in made] == ["", "", ""]
    return made


def kind_of(demo, case):
    with demo.client("admin") as client:
        return client.get(f"/api/cases/{case['id']}").json()["kind"]


def test_a_kind_is_chosen_by_keyboard_for_all_with_the_text(watch, demo, foreign):
    watched = watch("coordinator1")
    page = watched.open(f"/review/kinds?case={foreign[0]['id']}")
    page.wait_for_selector(f".waiting[data-case='{foreign[0]['id']}'][aria-current=true]")
    page.keyboard.press("/")
    page.keyboard.type("占道经营")
    page.keyboard.press("Enter")
    page.wait_for_selector("#found .choice[data-kind='C1-11'][aria-pressed=true]")
    page.keyboard.press("s")
    assert page.is_checked("#same")
    page.keyboard.press("Enter")
    page.wait_for_selector("#toast:has-text('占道经营')")
    assert page.locator(f".waiting[data-case='{foreign[1]['id']}']").count() == 0
    assert [kind_of(demo, case) for case in foreign] == ["C1-11", "C1-11", ""]


def test_a_rule_made_from_a_case_reads_it_anew(watch, demo, foreign):
    watched = watch("coordinator1")
    page = watched.open(f"/review/kinds?case={foreign[2]['id']}")
    page.wait_for_selector(f".waiting[data-case='{foreign[2]['id']}'][aria-current=true]")
    page.keyboard.press("r")
    page.wait_for_url("**/kinds?*")
    page.wait_for_function(
        "said => document.querySelector('#try-text').value === said", arg=foreign[2]["description"]
    )
    page.select_option("[name=kind]", "C1-04")
    page.fill("[name=words]", foreign[2]["description"])
    page.wait_for_selector("#tried [data-kind='C1-04']")
    page.click("#save-rule")
    page.wait_for_selector(f"#own td:has-text('{foreign[2]['description']}')")
    assert kind_of(demo, foreign[2]) == ""
    page.click("#confirm-reread")
    page.wait_for_selector("#reread-result .notice.good")
    assert kind_of(demo, foreign[2]) == "C1-04"
