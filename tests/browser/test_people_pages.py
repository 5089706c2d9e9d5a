"""People in the browser: a person added with a slip, a list imported, a first password changed, a leader set."""

from __future__ import annotations

import json
import re

import pytest

pytestmark = pytest.mark.browser

LIST = (
    "姓名,职务,社区,网格,电话\n"
    "测试甲,网格员,{community},1网格,13800009991\n"
    "测试乙,厨师,,,13800009992\n"
    "测试丙,社区书记,{community},,13800009993\n"
)


@pytest.fixture
def community(demo):
    with demo.client("admin") as client:
        zones = client.get("/api/zones", params={"level": "community"}).json()["features"]
    return zones[0]["properties"]


@pytest.fixture
def tidy(demo):
    """Disable the people of a test afterwards: other tests count who is there."""
    yield
    with demo.client("admin") as client:
        for one in client.get("/api/people", params={"text": "测试"}).json()["items"]:
            client.patch(f"/api/people/{one['id']}", json={"active": False})


def test_a_person_is_added_and_changes_the_first_password(watch, demo, chromium, tidy):
    watched = watch("admin")
    page = watched.open("/people")
    page.click("#add")
    page.fill("#person [name=display_name]", "测试员")
    page.select_option("#person [name=role]", "verifier")
    page.fill("#person [name=phone]", "138 0000 9990")
    page.press("#person [name=phone]", "Enter")
    page.wait_for_selector(".slip code")
    password = page.inner_text(".slip code")
    assert re.fullmatch(r"[a-z2-9]{4}(-[a-z2-9]{4}){2}", password)
    page.click("#close-slips")
    assert password not in page.content()
    page.fill("#search", "测试员")
    page.wait_for_selector("#people tr:has-text('测试员') .badge:has-text('初始密码')")
    assert watched.complaints == []
    assert watched.outside == []
    phone = chromium.new_context(viewport={"width": 360, "height": 740}, locale="zh-CN").new_page()
    phone.goto(f"{demo.url}/login?next=/board")
    phone.fill("[name=name]", "13800009990")
    phone.fill("[name=password]", password)
    phone.press("[name=password]", "Enter")
    phone.wait_for_url("**/password?next=*")
    phone.fill("[name=current]", password)
    phone.fill("[name=new]", "own-password-77")
    phone.fill("[name=again]", "own-password-77")
    phone.press("[name=again]", "Enter")
    phone.wait_for_url("**/board")
    phone.context.close()


def test_a_list_is_looked_at_asked_about_and_written(watch, demo, community, tidy):
    watched = watch("admin")
    page = watched.open("/people/import")
    content = LIST.format(community=community["name"]).encode("gb18030")
    page.set_input_files("#file", {"name": "名单.csv", "mimeType": "text/csv", "buffer": content})
    page.click("#source button")
    page.wait_for_selector("tr[data-name='测试甲'].plan-add")
    assert page.locator("tr[data-name='测试乙'].plan-ask").count() == 1
    page.select_option("[data-duty] select", "verifier")
    page.wait_for_selector("tr[data-name='测试乙'].plan-add")
    page.click("#write")
    page.wait_for_selector("#done")
    assert page.locator(".slip").count() == 3
    page.click("#close-slips")
    assert watched.complaints == []
    page = watched.open("/people/import")
    page.set_input_files("#file", {"name": "名单.csv", "mimeType": "text/csv", "buffer": content})
    page.click("#source button")
    page.wait_for_selector("tr[data-name='测试甲'].plan-same")
    assert page.locator(".plan-add").count() == 0


def test_a_leader_is_set_with_history(watch, demo, community):
    watched = watch("admin")
    page = watched.open("/people")
    page.click(f"tr[data-community='{community['code']}'] button")
    page.wait_for_selector("#person .history li")
    page.fill("#person [name=leader]", "测试领导")
    page.press("#person [name=leader]", "Enter")
    page.wait_for_selector(f"tr[data-community='{community['code']}'] td:has-text('测试领导')")
    assert watched.complaints == []
    with demo.client("admin") as client:
        client.put(
            f"/api/people/leaders/community/{community['code']}",
            content=json.dumps({"leader": community["leader"]}),
        )


def test_a_coordinator_reads_only(watch):
    watched = watch("coordinator1")
    page = watched.open("/people")
    page.wait_for_selector("#people tr")
    assert page.locator("#add, #people button, .duties button").count() == 0
    assert watched.complaints == []
