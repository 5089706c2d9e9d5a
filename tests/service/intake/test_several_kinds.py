"""A row that names several problems: a case each, one row; undone, merged and inherited together."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from service.store.engine import make_engine

HEADER = "位置,问题描述,责任单位,日期"
ROWS = [
    "平安路与春光街交叉口,垃圾满溢、占道经营,测试城管,2017-11-01",
    "平安路与夏雨街交叉口,占道经营,测试城管,2017-11-01",
    "平安路与秋实街交叉口,路面被挤占,测试城管,2017-11-02",
    "平安路与冬青街交叉口,路灯不亮,测试城管,2017-11-02",
    ",垃圾满溢、占道经营,没有位置,2017-11-02",
]


def send(client, rows=ROWS, **fields):
    content = "\n".join([HEADER, *rows]).encode()
    answer = client.post("/api/imports", files={"file": ("清单.csv", content)}, data=fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


def stored(site, query="select * from cases order by number"):
    engine = make_engine(site.database_url)
    with engine.connect() as connection:
        found = list(connection.execute(text(query)).mappings())
    engine.dispose()
    return found


@pytest.fixture(autouse=True)
def _clean(site):
    yield
    engine = make_engine(site.database_url)
    with engine.begin() as connection:
        connection.execute(text("delete from imports"))
        connection.execute(text("delete from cases"))
        connection.execute(text("delete from kind_rules"))
    engine.dispose()


def test_two_problems_in_a_row_are_two_cases_for_two_clocks(site, admin):
    summary = send(admin)
    assert (summary["rows"], summary["imported"], summary["merged"], summary["refused"]) == (5, 4, 0, 1)
    assert (summary["cases"], summary["undecided"]) == (5, 2)
    first, *_ = rows = admin.get(f"/api/imports/{summary['import_id']}/rows").json()["items"]
    assert len(first["more_cases"]) == 1
    assert "2 件" in first["reason"]
    assert [len(row["more_cases"]) for row in rows] == [1, 0, 0, 0, 0]
    main, other = (
        admin.get(f"/api/cases/{case}").json() for case in (first["case_id"], first["more_cases"][0]["id"])
    )
    assert (main["kind"], other["kind"]) == ("C1-06", "C1-11")
    assert main["due_at"] != other["due_at"]
    same = ("description", "location_text", "lon", "lat", "unit", "community", "grid", "reported_at")
    assert {key: main[key] for key in same} == {key: other[key] for key in same}
    assert main["description"] == "垃圾满溢、占道经营"
    assert [(s["code"], s["share"]) for s in main["shares"]] == [
        (s["code"], s["share"]) for s in other["shares"]
    ]
    assert [event["state"] for event in other["events"]] == ["reported"]


def test_how_sure_and_what_else_is_kept(site, admin):
    send(admin)
    cases = stored(site)
    assert [case["kind_sure"] for case in cases] == ["certain", "certain", "certain", "likely", "none"]
    likely = cases[3]
    assert [option["kind"] for option in likely["kind_options"]] == [likely["kind"]]
    assert likely["kind_options"][0]["word"] == "路面被挤占"


def test_the_same_list_twice_changes_nothing(site, admin):
    send(admin)
    before = stored(site), stored(site, "select * from zone_shares order by id")
    again = send(admin)
    assert (again["imported"], again["merged"], again["refused"], again["cases"]) == (0, 4, 1, 0)
    assert (stored(site), stored(site, "select * from zone_shares order by id")) == before


def test_undo_takes_all_cases_of_a_row(site, admin):
    summary = send(admin)
    done = admin.post(f"/api/imports/{summary['import_id']}/undo").json()
    assert done["removed"] == 5
    for table in ("cases", "zone_shares", "case_events"):
        assert stored(site, f"select * from {table}") == []


def test_what_another_list_brought_too_goes_over_whole(site, admin):
    first = send(admin)
    second = send(admin, ROWS[:1])
    assert (second["merged"], second["cases"]) == (1, 0)
    plan = admin.get(f"/api/imports/{first['import_id']}/undo").json()
    assert (plan["removed"], plan["kept"]) == (3, 2)
    done = admin.post(f"/api/imports/{first['import_id']}/undo").json()
    assert (done["removed"], done["kept"]) == (3, 2)
    kept = stored(site)
    assert {case["kind"] for case in kept} == {"C1-06", "C1-11"}
    assert {str(case["import_id"]) for case in kept} == {second["import_id"]}
    assert admin.post(f"/api/imports/{second['import_id']}/undo").json()["removed"] == 2
    assert stored(site) == []


def test_a_dry_run_and_the_preview_say_how_many_cases(admin, site):
    content = "\n".join([HEADER, *ROWS]).encode()
    preview = admin.post("/api/imports/preview", files={"file": ("清单.csv", content)}).json()
    assert (preview["rows"], preview["refused"], preview["cases"], preview["undecided"]) == (5, 1, 5, 2)
    kinds = [[kind["kind"] for kind in row["kinds"]] for row in preview["sample"]]
    assert kinds == [["C1-06", "C1-11"], ["C1-11"], ["C1-11"], [""], []]
    assert send(admin, dry_run="true")["cases"] == 5
    assert stored(site) == []


def test_a_stated_kind_is_one_case(site, admin):
    summary = send(admin, kind="C1-02")
    assert (summary["imported"], summary["cases"], summary["undecided"]) == (4, 4, 0)
    assert {(case["kind"], case["kind_sure"]) for case in stored(site)} == {("C1-02", "stated")}


def test_a_report_is_one_case_and_suggests_the_rest(site, admin, file_report):
    case = file_report(admin, "平安路与春光街交叉口", "垃圾满溢、占道经营")
    (row,) = stored(site)
    assert (case["kind"], row["kind_sure"]) == ("C1-06", "certain")
    assert [option["kind"] for option in row["kind_options"]] == ["C1-11"]


def test_the_case_page_names_the_other_case(admin):
    summary = send(admin)
    row = admin.get(f"/api/imports/{summary['import_id']}/rows").json()["items"][0]
    for one, other in (
        (row["case_id"], row["more_cases"][0]["id"]),
        (row["more_cases"][0]["id"], row["case_id"]),
    ):
        page = admin.get(f"/cases/{one}", headers={"accept": "text/html"}).text
        assert f'href="/cases/{other}"' in page


def test_who_sees_one_command_sees_its_case_of_the_row(site, admin):
    send(admin, ["平安路与春光街交叉口,垃圾满溢；电动车乱停乱放,测试城管,2017-11-01"])
    with site.as_("command1") as officer:
        seen = officer.get("/api/cases").json()["items"]
        assert [case["kind"] for case in seen] == ["C1-06"]
        page = officer.get(f"/cases/{seen[0]['id']}", headers={"accept": "text/html"}).text
    assert "非机动车乱停放" not in page
