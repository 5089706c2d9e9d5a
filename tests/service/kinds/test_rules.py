"""The office's own rules: who may, what is refused, from the next row on; tried, exchanged, read anew."""

from __future__ import annotations

import io
import uuid

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from service.store.engine import make_engine

RULE = {"kind": "C1-19", "words": ["路灯…{不亮|坏}"]}
PLACES = "平安路与春光街交叉口"


@pytest.fixture(autouse=True)
def _clean(site):
    yield
    engine = make_engine(site.database_url)
    with engine.begin() as connection:
        for table in ("imports", "cases", "kind_rules", "command_rules"):
            connection.execute(text(f"delete from {table}"))
    engine.dispose()


def add(client, expect=201, key=None, **rule):
    headers = {"idempotency-key": str(key)} if key else {}
    answer = client.post("/api/kinds/rules", json={**RULE, **rule}, headers=headers)
    assert answer.status_code == expect, answer.text
    return answer.json()


def change(client, rule, expect=200, version=None, **values):
    body = {
        key: rule[key] for key in ("kind", "words", "unless", "beside", "means", "example", "sure", "active")
    }
    headers = {"if-match": f'"{version or rule["version"]}"'}
    answer = client.put(f"/api/kinds/rules/{rule['id']}", json={**body, **values}, headers=headers)
    assert answer.status_code == expect, answer.text
    return answer.json()


def kinds_of(client, said, **more):
    answer = client.post("/api/kinds/try", json={"text": said, **more})
    assert answer.status_code == 200, answer.text
    return [(kind["kind"], kind["sure"]) for kind in answer.json()["found"]]


def trail(site, action):
    engine = make_engine(site.database_url)
    with engine.connect() as connection:
        query = text("select actor, object_id, detail from audit where action = :action order by id")
        found = list(connection.execute(query, {"action": action}).mappings())
    engine.dispose()
    return found


def test_a_rule_holds_from_the_next_case_on(site, admin, file_report):
    assert file_report(admin, PLACES, "路灯不亮")["kind"] == ""
    rule = add(admin, example="路灯不亮")
    assert (rule["created_by"], rule["version"], rule["kind_name"]) == ("admin", 1, "道路破损")
    case = file_report(admin, PLACES, "众意路路灯坏了")
    assert (case["kind"], case["command"]) == ("C1-19", "C1")
    assert trail(site, "kind_rule_added")[-1]["object_id"] == rule["id"]


def test_a_disabled_rule_says_nothing(admin, site):
    rule = add(admin)
    assert kinds_of(admin, "路灯不亮") == [("C1-19", "certain")]
    off = change(admin, rule, active=False)
    assert (off["active"], off["version"], off["changed_by"]) == (False, 2, "admin")
    assert kinds_of(admin, "路灯不亮") == []
    assert trail(site, "kind_rule_changed")[-1]["detail"] == {
        "before": {"active": True},
        "after": {"active": False},
    }
    # Disabled, it does not stand in the way of the same rule anew.
    add(admin)


def test_places_exclusions_and_how_sure(admin):
    add(admin, words=["漏水"], beside=["工地", "地下车库"], unless=["空调"], sure="likely")
    assert kinds_of(admin, "漏水") == []
    assert kinds_of(admin, "漏水", place="某工地") == [("C1-19", "likely")]
    assert kinds_of(admin, "地下车库漏水") == [("C1-19", "likely")]
    assert kinds_of(admin, "地下车库空调漏水") == []


def test_an_own_rule_overrules_a_shipped_one(admin):
    assert kinds_of(admin, "占道经营")[0][0] == "C1-11"
    add(admin, kind="C1-12", words=["占道经营"])
    assert kinds_of(admin, "占道经营") == [("C1-12", "certain")]


def test_an_alias_means_another_word(admin):
    add(admin, kind="", words=["老鼠药盒"], means="毒饵站")
    assert kinds_of(admin, "老鼠药盒坏了") == [("C8-03", "certain")]


def test_none_of_ours_is_settled(site, admin, file_report):
    add(admin, kind="", words=["路灯不亮"])
    file_report(admin, PLACES, "路灯不亮")
    assert admin.get("/api/review/kinds").json()["total"] == 0


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "C9-99"}, "body.kind"),
        ({"words": ["堆"]}, "body.words"),
        ({"words": ["{乱停"]}, "body.words"),
        ({"words": ["…乱停"]}, "body.words"),
        ({"unless": ["“”"]}, "body.unless"),
        ({"kind": "", "words": ["甲乙"], "means": "甲乙"}, "body.means"),
        ({"words": ["甲乙"], "means": "丙丁"}, "body.means"),
        ({"kind": "", "words": ["甲…乙"], "means": "丙丁"}, "body.words"),
        ({"words": []}, "body.words"),
        ({"words": ["甲" * 61]}, "body.words.0"),
        ({"words": ["甲乙\u0000"]}, "body.words.0"),
        ({"sure": "perhaps"}, "body.sure"),
        ({"extra": 1}, "body.extra"),
    ],
)
def test_what_cannot_be_used_is_refused_by_field(admin, wrong, field):
    answer = admin.post("/api/kinds/rules", json={**RULE, **wrong})
    assert answer.status_code == 422
    assert field in [fault["field"] for fault in answer.json()["fields"]]
    assert admin.get("/api/kinds/rules").json()["own"] == []


def test_twice_the_same(admin):
    key = uuid.uuid4()
    first = add(admin, key=key)
    assert first["id"] == str(key)
    assert add(admin, key=key)["id"] == first["id"]
    add(admin, expect=409, key=key, words=["别的词"])
    # Another id, the same meaning: no second rule.
    add(admin, expect=409, key=uuid.uuid4())
    assert len(admin.get("/api/kinds/rules").json()["own"]) == 1


def test_a_stale_change_is_refused(admin):
    rule = add(admin)
    change(admin, rule, example="甲")
    change(admin, rule, expect=412, example="乙")
    assert admin.put(f"/api/kinds/rules/{uuid.uuid4()}", json=RULE).status_code == 404


def test_who_may(site):
    for name, listed, tried in (
        ("coordinator1", 200, 200), ("command1", 403, 200), ("community1", 403, 200), ("grid1", 403, 403),
        ("auditor", 403, 403), (None, 403, 403),
    ):  # fmt: skip
        with site.as_(name) as client:
            assert client.get("/api/kinds/rules").status_code == listed
            assert client.post("/api/kinds/try", json={"text": "垃圾"}).status_code == tried
            assert client.get("/kinds", headers={"accept": "text/html"}).status_code == listed
            for method, path in (
                ("POST", "/api/kinds/rules"), ("PUT", f"/api/kinds/rules/{uuid.uuid4()}"), ("PUT", "/api/kinds/commands"),
            ):  # fmt: skip
                body = {"items": []} if path.endswith("commands") else RULE
                answer = client.request(method, path, json=body)
                assert answer.status_code == 403 if listed == 403 else answer.status_code in (200, 201, 404)
            for method in ("GET", "POST"):
                assert client.request(method, "/api/kinds/reread").status_code == listed


def test_trying_a_rule_before_it_is_saved(admin):
    body = {"text": "路灯不亮，占道经营", "rule": RULE}
    tried = admin.post("/api/kinds/try", json=body).json()
    assert [kind["kind"] for kind in tried["found"]] == ["C1-19", "C1-11"]
    assert [kind["own"] for kind in tried["found"]] == [True, False]
    assert [kind["kind"] for kind in tried["before"]] == ["C1-11"]
    assert tried["cases"] == 2
    assert admin.get("/api/kinds/rules").json()["own"] == []
    saved = add(admin)
    body["rule"] = {**RULE, "words": ["别的词"]}
    # The rule that is being changed does not count beside its new form.
    assert [k["kind"] for k in admin.post("/api/kinds/try", json={**body, "replaces": saved["id"]}).json()["found"]] == ["C1-11"]  # fmt: skip


def test_out_and_in_again_changes_nothing(admin):
    add(admin, words=["路灯…{不亮|坏}", "灯杆歪"], unless=["工地"], beside=["学校"], example="=1+1")
    add(admin, kind="", words=["老鼠药盒"], means="毒饵站")
    change(admin, add(admin, words=["停用的词"]), active=False)
    for form in ("csv", "xlsx"):
        content = admin.get("/api/kinds/rules/download", params={"form": form}).content
        answer = admin.post("/api/kinds/rules/upload", files={"file": (f"规则.{form}", content)})
        assert answer.status_code == 200, answer.text
        counts = {key: answer.json()[key] for key in ("rows", "added", "changed", "same", "refused")}
        assert counts == {"rows": 3, "added": 0, "changed": 0, "same": 3, "refused": 0}, form


def test_no_cell_of_the_tables_is_a_formula(admin):
    add(admin, example="=1+1")
    rows = admin.get("/api/kinds/rules/download?form=csv").content.decode("utf-8-sig").splitlines()
    assert "'=1+1" in rows[1]
    book = CalamineWorkbook.from_filelike(io.BytesIO(admin.get("/api/kinds/rules/download").content))
    assert "'=1+1" in book.get_sheet_by_index(0).to_python()[1]


def test_a_file_of_rules_is_accounted_for_row_by_row(site, admin):
    rows = "编号,类别,关键词,排除词,地点,别名指,把握,例句,停用\n,C1-19 道路破损,路灯不亮、灯杆歪,,,,,,\n,道路破损,公交站牌倒,,,,可能,,\n,没有这一类,甲乙,,,,,,\n,C1-19,堆,,,,,,\n,C1-19,路灯不亮、灯杆歪,,,,,,\n,,老鼠药盒,,,毒饵站,,,\nx,C1-19,丙丁,,,,,,\n"
    for dry, own, fresh in ((True, 0, "added"), (False, 3, "added"), (False, 3, "same")):
        answer = admin.post(
            "/api/kinds/rules/upload", params={"dry_run": dry}, files={"file": ("规则.csv", rows.encode())}
        ).json()
        outcomes = [item["outcome"] for item in answer["items"]]
        assert outcomes == [fresh, fresh, "refused", "refused", "same", fresh, "refused"]
        assert answer["rows"] == sum(answer[key] for key in ("added", "changed", "same", "refused")) == 7
        assert len(admin.get("/api/kinds/rules").json()["own"]) == own
    assert kinds_of(admin, "公交站牌倒了") == [("C1-19", "likely")]


def test_a_file_without_words_or_of_another_kind_is_refused(admin):
    for name, content in (
        ("规则.csv", "甲,乙\n1,2\n".encode()),
        ("规则.xlsx", b"no workbook"),
        ("规则.csv", b""),
    ):
        assert admin.post("/api/kinds/rules/upload", files={"file": (name, content)}).status_code == 422


def test_exceptions_say_whose_a_kind_is(site, admin, file_report):
    def save(*items):
        return admin.put("/api/kinds/commands", json={"items": [dict(zip(("kind", "place_class", "command"), i, strict=True)) for i in items]})  # fmt: skip

    assert save(("C1-11", "酒吧", "C8"), ("C1-11", "", "C2")).status_code == 200
    assert kinds_command(admin, "占道经营") == "C2"
    assert kinds_command(admin, "占道经营", place_class="酒吧") == "C8"
    assert kinds_command(admin, "垃圾满溢", place_class="酒吧") == "C1"
    assert file_report(admin, PLACES, "占道经营")["command"] == "C2"
    # By rank: the general one first hides the special one.
    assert save(("C1-11", "", "C2"), ("C1-11", "酒吧", "C8")).status_code == 200
    assert kinds_command(admin, "占道经营", place_class="酒吧") == "C2"
    assert save(("", "市场", "C3")).json()["items"] == [{"kind": "", "place_class": "市场", "command": "C3"}]
    assert kinds_command(admin, "占道经营", place_class="市场") == "C3"
    for wrong in [("C9-1", "", "C1")], [("C1-11", "", "C9")], [("", " ", "C1")], [("C1-11", "", "C1")] * 2:
        assert save(*wrong).status_code == 422
    assert len(trail(site, "command_rules_saved")) >= 3


def kinds_command(client, said, place_class=""):
    answer = client.post("/api/kinds/try", json={"text": said, "place_class": place_class}).json()
    return answer["found"][0]["command"]


def imported(client, *lines):
    rows = "\n".join(["位置,问题描述,日期", *(f"{PLACES},{said},2017-11-01" for said in lines)])
    answer = client.post("/api/imports", files={"file": ("清单.csv", rows.encode())})
    assert answer.status_code == 201, answer.text
    return answer.json()


def cases(client):
    return {case["number"]: case for case in client.get("/api/cases").json()["items"]}


def test_reading_anew_changes_only_what_is_undecided(site, admin):
    imported(admin, "路灯不亮", "占道经营", "窗户脏了")
    before = cases(admin)
    add(admin)
    preview = admin.get("/api/kinds/reread").json()
    assert (preview["undecided"], preview["changed"], preview["still_undecided"], preview["done"]) == (
        2,
        1,
        1,
        False,
    )
    assert preview["items"][0]["after"][0]["kind"] == "C1-19"
    assert cases(admin) == before
    done = admin.post("/api/kinds/reread").json()
    assert (done["changed"], done["done"]) == (1, True)
    after = cases(admin)
    changed = [number for number in before if after[number] != before[number]]
    assert [after[number]["kind"] for number in changed] == ["C1-19"]
    detail = admin.get(f"/api/cases/{after[changed[0]]['id']}").json()
    assert detail["due_at"]
    assert detail["version"] == 2
    assert [event["state"] for event in detail["events"]] == ["reported", "kind_reread"]
    assert admin.post("/api/kinds/reread").json()["changed"] == 0
    assert trail(site, "kinds_reread")[-1]["detail"] == {"changed": 1, "opened": 0}


def test_reading_anew_opens_a_case_for_each_further_kind(site, admin):
    summary = imported(admin, "路灯不亮、公交站牌倒")
    add(admin)
    add(admin, kind="C2-05", words=["站牌倒"])
    assert admin.get("/api/kinds/reread").json()["more_cases"] == 1
    assert admin.post("/api/kinds/reread").json()["more_cases"] == 1
    found = sorted(cases(admin).values(), key=lambda case: case["number"])
    assert [case["kind"] for case in found] == ["C1-19", "C2-05"]
    assert (found[0]["lon"], found[0]["community"]) == (found[1]["lon"], found[1]["community"])
    # It belongs to the row's import: nobody worked on it, undoing takes both, importing again merges.
    again = imported(admin, "路灯不亮、公交站牌倒")
    assert (again["merged"], again["cases"]) == (1, 0)
    admin.post(f"/api/imports/{again['import_id']}/undo")
    assert admin.post(f"/api/imports/{summary['import_id']}/undo").json()["removed"] == 2
    assert cases(admin) == {}


def test_what_a_person_chose_stays(admin):
    imported(admin, "路灯不亮")
    (item,) = admin.get("/api/review/kinds").json()["items"]
    admin.post(f"/api/review/kinds/{item['id']}", json={"kinds": ["C6-07"]})
    add(admin)
    assert admin.get("/api/kinds/reread").json()["undecided"] == 0
    admin.post("/api/kinds/reread")
    assert [case["kind"] for case in cases(admin).values()] == ["C6-07"]


def test_the_page_shows_own_and_shipped_rules(admin):
    page = admin.get("/kinds?text=<script>&kind=C1-01", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "<script>&kind" not in page.text
    assert "占道经营" in page.text
