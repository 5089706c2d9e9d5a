"""Adding and changing people over HTTP: each refusal, the last administrator, clashes, what leaks where."""

from __future__ import annotations

import threading
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from service.audit.trail import verify
from service.auth.passwords import hash_password
from tests.service.conftest import A, B

ZHANG = {
    "display_name": "张 伟", "role": "grid_manager", "zones": [f"{B}002"], "phone": "138 0000 1111", "unit": "乙社区",
}  # fmt: skip


def add(client, key=None, **more):
    headers = {"idempotency-key": key} if key else {}
    return client.post("/api/people", json={**ZHANG, **more}, headers=headers)


def log_in(site, name, password):
    with httpx.Client(base_url=site.url, timeout=30) as client:
        return client.post("/api/login", json={"name": name, "password": password})


def test_a_new_person_logs_in_by_the_slip(site, admin):
    site.app.state.service.login_limit._seen.clear()
    answer = add(admin)
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    saved = answer.json()
    assert saved["person"]["name"] == "张伟"
    assert saved["person"]["phone"] == "13800001111"
    assert saved["person"]["zones"] == [{"code": f"{B}002", "name": "2002网格"}]
    assert saved["person"]["must_change"] is True
    slip = saved["first_password"]
    me = log_in(site, slip["name"], slip["password"])
    assert (me.status_code, me.json()["must_change"]) == (200, True)
    assert me.json()["zones"] == [f"{B}002"]


def test_the_same_request_again_adds_nobody_and_shows_no_password(admin, engine):
    key = str(uuid4())
    first = add(admin, key)
    again = add(admin, key)
    assert again.status_code == 201
    assert again.json()["person"]["id"] == first.json()["person"]["id"]
    assert again.json()["first_password"] is None
    assert again.headers["cache-control"] == "no-store"
    assert add(admin, key, display_name="张三").status_code == 409
    with engine.connect() as connection:
        kept = connection.scalar(
            text("select string_agg(content::text || answer::text, '') from client_requests")
        )
    for secret in (first.json()["first_password"]["password"], "13800001111", "138 0000 1111", "张 伟"):
        assert secret not in kept


def test_the_trail_holds_neither_password_nor_telephone(admin, person, engine, audit):
    saved = add(admin).json()
    person_id, password = saved["person"]["id"], saved["first_password"]["password"]
    admin.patch(f"/api/people/{person_id}", json={"phone": "13900002222", "zones": [f"{B}001"]})
    reset = admin.post(f"/api/people/{person_id}/password", json={}).json()["first_password"]["password"]
    with engine.connect() as connection:
        trail = connection.scalar(
            text("select string_agg(actor || object_id || detail::text, '') from audit")
        )
        dump = connection.scalar(text("select string_agg(u::text, '') from users u"))
        assert verify(connection)[1] is None
    for secret in (password, reset, "13800001111", "13900002222", "张 伟"):
        assert secret not in trail
    assert password not in dump
    assert reset not in dump
    (_, _, detail), *_ = audit("user_changed")
    assert detail == {"changed": ["zones", "phone"], "zones": [[f"{B}002"], [f"{B}001"]]}


@pytest.mark.parametrize(
    ("more", "field", "words"),
    [
        ({"zones": ["410105999009001"]}, "zones", "没有这样的网格"),
        ({"zones": [A]}, "zones", "没有这样的网格"),
        ({"role": "community_officer"}, "zones", "没有这样的社区"),
        ({"role": "verifier"}, "zones", "不按社区或网格分工"),
        ({"command": "C1"}, "command", "不按指挥部分工"),
        ({"role": "command_officer", "zones": [], "command": "C99"}, "command", "没有这个指挥部"),
        ({"phone": "12345"}, "phone", "不是电话号码"),
        ({"display_name": "　 "}, "display_name", "姓名不能为空"),
        ({"display_name": "13800001111"}, "display_name", "不能是电话号码"),
        ({"name": "grid1"}, "name", "已有人用"),
        ({"name": "PUBLIC"}, "name", "已有人用"),
        ({"name": "13800001111"}, "name", "不能是电话"),
    ],
)
def test_facts_that_cannot_be_used_are_refused_with_their_field(admin, person, more, field, words):
    answer = add(admin, **more)
    assert answer.status_code == 422
    assert answer.json()["fields"][0]["field"] == f"body.{field}"
    assert words in answer.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [{}, {**ZHANG, "role": "king"}, {**ZHANG, "password": "x"}, {**ZHANG, "zones": "C1"}, {**ZHANG, "display_name": "a\x00"},
     {**ZHANG, "display_name": "长" * 61}, {**ZHANG, "zones": ["x" * 41]}, {**ZHANG, "zones": [A] * 201}],
)  # fmt: skip
def test_bodies_outside_the_model_are_refused(admin, body):
    assert admin.post("/api/people", json=body).status_code == 422


def test_names_that_are_taken_get_a_number(admin):
    names = [add(admin).json()["person"]["name"] for _ in range(3)]
    assert names == ["张伟", "张伟2", "张伟3"]


def test_a_clash_of_two_editors_is_told(admin, person):
    zhang = person("grid1")
    etag = admin.get(f"/api/people/{zhang['id']}").headers["etag"]
    assert etag == f'"{zhang["version"]}"'
    first = admin.patch(f"/api/people/{zhang['id']}", json={"unit": "甲社区"}, headers={"if-match": etag})
    assert first.status_code == 200
    assert first.headers["etag"] != etag
    second = admin.patch(f"/api/people/{zhang['id']}", json={"unit": "乙社区"}, headers={"if-match": etag})
    assert second.status_code == 412
    assert person("grid1")["unit"] == "甲社区"


def test_an_empty_change_writes_nothing(admin, person, audit):
    before, entries = person("grid1"), len(audit("user_changed"))
    same = {"display_name": before["display_name"], "zones": [zone["code"] for zone in before["zones"]]}
    for body in ({}, same, {"active": True}):
        assert admin.patch(f"/api/people/{before['id']}", json=body).status_code == 200
    assert person("grid1")["version"] == before["version"]
    assert len(audit("user_changed")) == entries


def test_a_disabled_person_is_out_at_once_and_stays_on_record(site, admin, person, audit):
    site.app.state.service.login_limit._seen.clear()
    grid1 = person("grid1")
    password = site.access["grid1"]["password"]
    with httpx.Client(base_url=site.url) as phone, site.as_("grid1") as program:
        assert phone.post("/api/login", json={"name": "grid1", "password": password}).status_code == 200
        answer = admin.patch(f"/api/people/{grid1['id']}", json={"active": False})
        assert answer.json()["active"] is False
        assert phone.get("/api/me").json()["role"] == "public"
        assert program.get("/api/me").status_code == 401
        assert log_in(site, "grid1", password).status_code == 401
        assert audit("user_disabled")[0].object_id == str(grid1["id"])
        assert admin.patch(f"/api/people/{grid1['id']}", json={"active": True}).json()["active"] is True
        assert log_in(site, "grid1", password).status_code == 200
        # Enabled, but the session of before stays closed.
        assert phone.get("/api/me").json()["role"] == "public"
    assert admin.delete(f"/api/people/{grid1['id']}").status_code == 405


def test_the_last_administrator_stays(admin, person):
    me = person("admin")
    other = add(admin, display_name="第二管理员", role="admin", zones=[]).json()["person"]
    assert admin.patch(f"/api/people/{other['id']}", json={"role": "auditor"}).status_code == 200
    answer = admin.patch(f"/api/people/{me['id']}", json={"role": "auditor"})
    assert answer.status_code == 422
    assert "最后一个系统管理员" in answer.json()["detail"]
    # A disabled administrator is none.
    admin.patch(f"/api/people/{other['id']}", json={"role": "admin", "active": False})
    assert admin.patch(f"/api/people/{me['id']}", json={"role": "auditor"}).status_code == 422
    admin.patch(f"/api/people/{other['id']}", json={"active": True})
    answer = admin.patch(f"/api/people/{me['id']}", json={"active": False})
    assert answer.status_code == 422
    assert "自己" in answer.json()["detail"]
    assert admin.patch(f"/api/people/{me['id']}", json={"role": "auditor"}).status_code == 200


def test_two_administrators_cannot_disable_each_other_at_once(site, admin, engine, person):
    other = add(admin, display_name="第二管理员", role="admin", zones=[]).json()
    with engine.begin() as connection:
        connection.execute(
            text("update users set must_change = false, password_hash = :h where id = :i"),
            {"h": hash_password("second-admin-1"), "i": other["person"]["id"]},
        )
    site.app.state.service.login_limit._seen.clear()
    with httpx.Client(base_url=site.url, timeout=30) as second:
        second.post("/api/login", json={"name": other["person"]["name"], "password": "second-admin-1"})
        ready, found = threading.Barrier(2), []

        def disable(client, victim):
            ready.wait()
            found.append(client.patch(f"/api/people/{victim}", json={"active": False}).status_code)

        pairs = [(admin, other["person"]["id"]), (second, person("admin")["id"])]
        threads = [threading.Thread(target=disable, args=pair) for pair in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    with engine.connect() as connection:
        left = connection.scalar(text("select count(*) from users where role = 'admin' and active"))
    assert left == 1
    assert found.count(200) == 1


def test_a_reset_ends_sessions_and_tokens_only_when_asked(site, admin, person):
    site.app.state.service.login_limit._seen.clear()
    unit1 = person("unit1")
    with httpx.Client(base_url=site.url) as phone, site.as_("unit1") as program:
        phone.post("/api/login", json={"name": "unit1", "password": site.access["unit1"]["password"]})
        answer = admin.post(f"/api/people/{unit1['id']}/password", json={})
        assert answer.headers["cache-control"] == "no-store"
        slip = answer.json()["first_password"]
        assert answer.json()["person"]["must_change"] is True
        assert phone.get("/api/me").json()["role"] == "public"
        assert program.get("/api/me").status_code == 200
        assert log_in(site, "unit1", site.access["unit1"]["password"]).status_code == 401
        assert log_in(site, "unit1", slip["password"]).json()["must_change"] is True
        admin.post(f"/api/people/{unit1['id']}/password", json={"tokens": True})
        assert program.get("/api/me").status_code == 401
    assert person("unit1")["tokens"] == 0


def test_a_locked_person_is_unlocked(site, admin, person, audit):
    site.app.state.service.login_limit._seen.clear()
    for _ in range(5):
        log_in(site, "verifier2", "wrong-wrong")
    locked = person("verifier2")
    assert locked["locked"] is True
    answer = admin.post(f"/api/people/{locked['id']}/unlock")
    assert answer.json()["locked"] is False
    assert log_in(site, "verifier2", site.access["verifier2"]["password"]).status_code == 200
    assert audit("user_unlocked")[0].actor == "admin"


@pytest.mark.parametrize("person_id", ["0", "-1", "x", "9" * 30])
def test_ids_that_are_none_are_refused(admin, person_id):
    assert admin.get(f"/api/people/{person_id}").status_code == 422


def test_unknown_people_are_404(admin):
    assert admin.get("/api/people/999999").status_code == 404
    assert admin.patch("/api/people/999999", json={}).status_code == 404
    assert admin.post("/api/people/999999/password", json={}).status_code == 404
    assert admin.post("/api/people/999999/unlock").status_code == 404
    assert admin.get(f"/api/people/leaders/grid/{A}").status_code == 404


def test_the_list_is_searched_and_paged(admin):
    add(admin)
    find = lambda **query: [p["name"] for p in admin.get("/api/people", params=query).json()["items"]]  # noqa: E731
    assert find(text="张") == ["张伟"]
    assert find(text="0000111") == ["张伟"]
    assert find(text="%") == []
    assert find(role="verifier") == ["verifier1", "verifier2"]
    assert "张伟" not in find(status="disabled")
    everybody, seen, after = find(), [], 0
    while after is not None:
        page = admin.get("/api/people", params={"limit": 4, "after": after}).json()
        seen += [p["name"] for p in page["items"]]
        after = page["next"]
    assert seen == everybody
