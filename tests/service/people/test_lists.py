"""Lists of people over HTTP: preview, import, twice, revised; ugly lists; nothing secret is kept."""

from __future__ import annotations

import io
import json
from uuid import uuid4

import httpx
import pytest
import xlsxwriter
from sqlalchemy import text

from tests.fixtures.ugly_lists import books
from tests.service.conftest import A, B

HEADER = ("姓名", "职务", "社区", "网格", "指挥部", "单位", "电话")
PEOPLE = [
    ("张伟", "网格员", "甲社区", "1001网格", "", "", "13800001111"),
    ("李娜", "网格员", "乙", "2网格", "", "", "13800001112"),
    ("王强", "社区书记", "乙社区", "", "", "", "13800001113"),
    ("赵敏", "分包领导", "甲社区、乙社区", "", "", "", "13800001114"),
    ("孙丽", "部长", "", "", "第三指挥部", "", "13800001115"),
    ("周杰", "督查", "", "", "", "区督查室", "13800001116"),
    ("吴刚", "双迎办", "", "", "", "", "13800001117"),
    ("郑洁", "环卫公司经理", "", "", "", "某环卫公司", "13800001118"),
]


def csv_of(rows, header=HEADER):
    return "\n".join(",".join(f'"{cell}"' for cell in row) for row in (header, *rows))


def preview(client, content, name="名单.csv", answers=None, **form):
    data = {"answers": json.dumps(answers or {}), **form}
    files = {"file": (name, content.encode() if isinstance(content, str) else content)} if content else None
    answer = client.post("/api/people/import/preview", data=data, files=files)
    assert answer.status_code == 200, answer.text
    return answer.json()


def apply(client, content=None, name="名单.csv", answers=None, key=None, **form):
    data = {"answers": json.dumps(answers or {}), **form}
    files = {"file": (name, content.encode() if isinstance(content, str) else content)} if content else None
    headers = {"idempotency-key": key} if key else {}
    return client.post("/api/people/import", data=data, files=files, headers=headers)


def by_name(plan):
    return {one["name"]: one for one in plan["people"]}


def dump(engine):
    with engine.connect() as connection:
        return [
            connection.scalar(text(f"select md5(string_agg(t::text, '|' order by id)) from {table} t"))
            for table in ("users", "zones", "audit")
        ]


def test_a_list_is_shown_then_written_with_slips(site, admin, engine, person):
    plan = preview(admin, csv_of(PEOPLE))
    assert plan["counts"] == {"add": 8, "change": 0, "same": 0, "ask": 0, "skip": 0, "refused": 0}
    found = by_name(plan)
    assert [zone["code"] for zone in found["李娜"]["zones"]] == [f"{B}002"]
    assert [zone["code"] for zone in found["赵敏"]["zones"]] == [A, B]
    assert (found["孙丽"]["role"], found["孙丽"]["command"]) == ("command_officer", "C3")
    assert {name: one["role"] for name, one in found.items()} == {
        "张伟": "grid_manager", "李娜": "grid_manager", "王强": "community_officer", "赵敏": "community_leader",
        "孙丽": "command_officer", "周杰": "verifier", "吴刚": "coordinator", "郑洁": "unit",
    }  # fmt: skip
    assert all(one["reason"] for one in found.values())
    assert [(one["code"], one["after"]) for one in plan["leaders"]] == [(A, "赵敏"), (B, "赵敏")]
    before = len(admin.get("/api/people").json()["items"])
    answer = apply(admin, upload=plan["upload"], seen=plan["digest"])
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    done = answer.json()
    assert (done["added"], done["changed"], done["left"], done["leaders"]) == (8, 0, 0, 2)
    assert len(admin.get("/api/people").json()["items"]) == before + 8
    slip = next(one for one in done["first_passwords"] if one["display_name"] == "张伟")
    site.app.state.service.login_limit._seen.clear()
    with httpx.Client(base_url=site.url) as phone:
        me = phone.post("/api/login", json={"name": slip["name"], "password": slip["password"]}).json()
    assert (me["role"], me["zones"], me["must_change"]) == ("grid_manager", [f"{A}001"], True)
    gaps = admin.get("/api/people/duties").json()["gaps"]
    assert gaps["grids_without"] == []
    # The file with names and telephones is gone.
    assert not list(site.app.state.service.settings.uploads_dir.glob(f"{plan['upload']}*"))


def test_the_same_list_twice_changes_nothing(admin, engine):
    assert apply(admin, csv_of(PEOPLE)).json()["added"] == 8
    before = dump(engine)
    plan = preview(admin, csv_of(PEOPLE))
    assert plan["counts"]["same"] == 8
    assert plan["leaders"] == []
    done = apply(admin, csv_of(PEOPLE)).json()
    assert (done["added"], done["changed"], done["same"], done["first_passwords"]) == (0, 0, 8, [])
    shuffled = [(f" {name[0]} {name[1:]}", *rest) for name, *rest in reversed(PEOPLE)]
    assert apply(admin, csv_of(shuffled)).json()["same"] == 8
    assert dump(engine) == before


def test_a_revised_list_updates_and_names_who_vanished(admin, person):
    apply(admin, csv_of(PEOPLE))
    revised = [
        ("张伟", "网格员", "甲社区", "1-2网格", "", "", "13800001111"),  # another grid
        ("李娜", "网格员", "乙社区", "2网格", "", "", "13900009999"),  # another telephone
        ("钱多", "网格员", "乙社区", "1网格", "", "", "13800001119"),  # new
    ]
    plan = preview(admin, csv_of(revised))
    found = by_name(plan)
    assert found["张伟"]["changes"] == {"zones": [["1001网格"], ["1001网格", "1002网格"]]}
    assert found["李娜"]["changes"] == {"phone": ["13800001112", "13900009999"]}
    assert found["钱多"]["action"] == "add"
    # Only people of the list's own role are missed by it.
    assert {one["name"] for one in plan["vanished"]} == {"grid1", "grid3"}
    gone = next(one["id"] for one in plan["vanished"] if one["name"] == "grid3")
    done = apply(admin, csv_of(revised), answers={"disable": [gone]}).json()
    assert (done["added"], done["changed"], done["disabled"]) == (1, 2, 1)
    assert person("grid3")["active"] is False
    assert person("grid1")["active"] is True
    assert person("李娜")["phone"] == "13900009999"


def test_only_vanished_people_can_be_disabled_by_a_list(admin, person, engine):
    before = dump(engine)
    answer = apply(
        admin, csv_of(PEOPLE), answers={"disable": [person("verifier1")["id"], person("admin")["id"]]}
    )
    assert answer.status_code == 422
    assert dump(engine) == before  # nothing of the list either


def test_blank_cells_say_nothing(admin, person):
    apply(admin, csv_of(PEOPLE))
    apply(
        admin,
        csv_of(
            [
                ("郑洁", "公司", "", "", "", "", "13800001118"),
                ("张伟", "网格员", "", "", "", "", "13800001111"),
            ]
        ),
    )
    assert person("郑洁")["unit"] == "某环卫公司"
    assert [zone["code"] for zone in person("张伟")["zones"]] == [f"{A}001"]


def test_unclear_duties_are_asked_once_each_and_left_out_until_answered(admin):
    rows = [
        ("甲某", "厨师", "", "", "", "", ""),
        ("乙某", "厨师", "", "", "", "", ""),
        ("丙某", "系统管理员", "", "", "", "", ""),
    ]
    plan = preview(admin, csv_of(rows))
    assert plan["counts"]["ask"] == 3
    questions = {one["text"]: one for one in plan["duties"]}
    assert (questions["厨师"]["count"], questions["厨师"]["suggested"]) == (2, "")
    assert questions["系统管理员"]["suggested"] == "admin"
    assert apply(admin, csv_of(rows)).json() == {
        "added": 0, "changed": 0, "same": 0, "left": 3, "disabled": 0, "leaders": 0, "first_passwords": [],
    }  # fmt: skip
    answers = {"duties": {questions["厨师"]["key"]: "verifier", questions["系统管理员"]["key"]: ""}}
    answered = preview(admin, csv_of(rows), answers=answers)
    assert (answered["counts"]["add"], answered["counts"]["skip"]) == (2, 1)
    assert apply(admin, csv_of(rows), answers=answers).json()["added"] == 2


def test_unmatched_zones_are_listed_and_the_person_is_kept(admin):
    rows = [
        ("张伟", "网格员", "丙社区", "7网格", "", "", "138000"),
        ("孙丽", "部长", "", "", "第九指挥部", "", ""),
    ]
    found = by_name(preview(admin, csv_of(rows)))
    assert found["张伟"]["unmatched"] == ["丙社区", "7网格"]
    assert any("不是电话" in note for note in found["张伟"]["notes"])
    assert any("看不到案件" in note for note in found["张伟"]["notes"])
    assert found["张伟"]["phone"] == ""
    assert found["孙丽"]["unmatched"] == ["第九指挥部"]


def test_a_person_on_several_lines_is_one(admin):
    rows = [
        ("赵敏", "分包领导", "甲社区", "", "", "", ""),
        ("赵敏", "分包领导", "乙社区", "", "", "", "13800001114"),
        ("赵敏", "业务分管领导", "", "", "第一指挥部", "", "13800001114"),
        ("张伟", "网格员", "甲社区", "1网格", "", "", ""),
        ("张伟", "网格员", "乙社区", "1网格", "", "", ""),
    ]
    plan = preview(admin, csv_of(rows))
    leaders = [one for one in plan["people"] if one["name"] == "赵敏"]
    assert len(leaders) == 1
    assert (leaders[0]["role"], leaders[0]["command"], len(leaders[0]["zones"])) == ("leader", "C1", 2)
    # Two grid managers of one name in two communities are two people.
    assert [one["action"] for one in plan["people"] if one["name"] == "张伟"] == ["add", "add"]
    assert apply(admin, csv_of(rows)).json()["added"] == 3
    again = preview(admin, csv_of(rows))
    assert again["counts"]["add"] == 0
    assert again["counts"]["same"] == 3


def test_several_duties_of_one_person_are_asked(admin):
    rows = [
        ("张伟", "网格员", "甲社区", "1网格", "", "", "13800001111"),
        ("张伟", "督查", "", "", "", "", "13800001111"),
    ]
    (one,) = preview(admin, csv_of(rows))["people"]
    assert (one["action"], one["ask"], one["roles"]) == ("ask", "role", ["grid_manager", "verifier"])
    (one,) = preview(admin, csv_of(rows), answers={"roles": {one["key"]: "verifier"}})["people"]
    assert (one["action"], one["role"]) == ("add", "verifier")


def test_who_may_be_meant_is_asked(admin, person):
    apply(admin, csv_of(PEOPLE))
    # Same name, another duty and telephone; same telephone, another name.
    rows = [
        ("张伟", "督查", "", "", "", "", "13700000000"),
        ("李纳", "网格员", "乙社区", "2网格", "", "", "13800001112"),
    ]
    plan = preview(admin, csv_of(rows))
    assert [one["ask"] for one in plan["people"]] == ["person", "person"]
    zhang, li = plan["people"]
    assert [option["name"] for option in zhang["options"]] == ["张伟"]
    assert [option["name"] for option in li["options"]] == ["李娜"]
    answers = {"people": {zhang["key"]: "new", li["key"]: f"is:{person('李娜')['id']}"}}
    done = apply(admin, csv_of(rows), answers=answers).json()
    assert (done["added"], done["changed"]) == (1, 1)
    assert done["first_passwords"][0]["name"] == "张伟2"
    assert person("李娜")["display_name"] == "李纳"  # the login name stays
    missing = {"people": {zhang["key"]: "is:999999"}}
    assert apply(admin, csv_of(rows), answers=missing).status_code == 422


def test_disabled_people_come_back_only_when_told(admin, person):
    apply(admin, csv_of(PEOPLE))
    admin.patch(f"/api/people/{person('张伟')['id']}", json={"active": False})
    (one,) = preview(admin, csv_of(PEOPLE[:1]))["people"]
    assert (one["ask"], one["options"][0]["active"]) == ("person", False)
    assert apply(admin, csv_of(PEOPLE[:1])).json()["left"] == 1
    answers = {"people": {one["key"]: f"is:{one['options'][0]['id']}"}}
    assert apply(admin, csv_of(PEOPLE[:1]), answers=answers).json()["changed"] == 1
    assert person("张伟")["active"] is True


def test_a_list_does_not_unmake_an_administrator(admin, person, engine):
    with engine.begin() as connection:
        connection.execute(text("update users set display_name = '管理员甲' where name = 'admin'"))
    rows = [("管理员甲", "督查", "", "", "", "", "13800005555")]
    (one,) = preview(admin, csv_of(rows))["people"]
    assert one["changes"] == {"phone": ["", "13800005555"]}
    apply(admin, csv_of(rows))
    assert person("admin")["role"] == "admin"


def test_what_changed_since_the_preview_stops_the_import(admin, person, engine):
    plan = preview(admin, csv_of(PEOPLE))
    admin.post("/api/people", json={"display_name": "张伟", "role": "verifier", "phone": "13800001111"})
    before = dump(engine)
    answer = apply(admin, upload=plan["upload"], seen=plan["digest"])
    assert answer.status_code == 409
    assert dump(engine) == before
    assert preview(admin, None, upload=plan["upload"])["counts"]["add"] == 7  # the upload is still there


def test_the_same_request_again_writes_nothing_and_shows_no_password(admin, engine):
    plan, key = preview(admin, csv_of(PEOPLE)), str(uuid4())
    first = apply(admin, key=key, upload=plan["upload"])
    before = dump(engine)
    again = apply(admin, key=key, upload=plan["upload"])
    assert again.status_code == 201
    assert again.json() == {**first.json(), "first_passwords": None}
    assert dump(engine) == before
    assert apply(admin, key=key, upload=plan["upload"], answers={"leaders": False}).status_code == 409
    with engine.connect() as connection:
        kept = connection.scalar(text("select string_agg(r::text, '') from client_requests r"))
        trail = connection.scalar(text("select string_agg(detail::text, '') from audit"))
    for secret in ("13800001111", "张伟", *(slip["password"] for slip in first.json()["first_passwords"])):
        assert secret not in kept
        assert secret not in trail


def test_the_same_upload_sent_again_is_answered_alike(admin, engine):
    key = str(uuid4())
    first = apply(admin, csv_of(PEOPLE), key=key)
    before = dump(engine)
    again = apply(admin, csv_of(PEOPLE), key=key)
    assert again.json() == {**first.json(), "first_passwords": None}
    assert dump(engine) == before
    assert apply(admin, csv_of(PEOPLE[:2]), key=key).status_code == 409


@pytest.mark.parametrize("name", ["auditor", "coordinator1", "leader", "grid1", "public", None])
def test_only_administrators_import_people(site, name, engine):
    before = dump(engine)
    with site.as_(name) as client:
        data, files = {"answers": "{}"}, {"file": ("a.csv", csv_of(PEOPLE).encode())}
        for path in ("/api/people/import/preview", "/api/people/import"):
            assert client.post(path, data=data, files=files).status_code == 403
    assert dump(engine) == before


@pytest.mark.parametrize(
    "answers", ["{", "[]", '{"x": 1}', '{"people": {"a": "drop"}}', '{"duties": {"a": "king"}}', '{"disable": ["1"]}', '{"columns": {"king": "姓名"}}']
)  # fmt: skip
def test_answers_outside_the_model_are_refused(admin, answers):
    files = {"file": ("a.csv", csv_of(PEOPLE).encode())}
    answer = admin.post("/api/people/import/preview", data={"answers": answers}, files=files)
    assert answer.status_code == 422
    assert set(answer.json()) == {"error", "detail", "fields"}


# Ugly lists. ------------------------------------------------------------------------------------


def workbook(fill):
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        fill(book, book.add_worksheet("人员"))
    return buffer.getvalue()


def test_titles_merged_cells_and_totals(admin):
    def fill(book, sheet):
        sheet.merge_range("A1:F1", "测试办事处网格员一览表（2017年）")
        sheet.write_row("A2", ["序号", "社区", "网格", "姓名", "职务", "联系电话"])
        sheet.merge_range("B3:B4", "甲社区")
        sheet.merge_range("E3:E5", "网格员")
        (
            sheet.write("A3", 1),
            sheet.write("C3", "1网格"),
            sheet.write("D3", "张 伟"),
            sheet.write("F3", 13800001111),
        )
        (
            sheet.write("A4", 2),
            sheet.write("C4", "2网格"),
            sheet.write("D4", "李娜"),
            sheet.write("F4", "13800001112\n0371-67890123"),
        )
        (
            sheet.write("A5", 3),
            sheet.write("B5", "乙社区"),
            sheet.write("C5", "1-2"),
            sheet.write("D5", "王强、赵敏"),
        )
        sheet.write("F5", "13800001113、13800001114")
        sheet.merge_range("A6:C6", "合计"), sheet.write("D6", 4)
        sheet.merge_range("A7:F7", "填表人：某某  电话：13800000000")
        other = book.add_worksheet("统计")
        other.write_row("A1", ["社区", "网格数", "人数"])
        other.write_row("A2", ["甲社区", 2, 2])

    plan = preview(admin, workbook(fill), name="网格员.xlsx")
    found = by_name(plan)
    assert {name: [zone["code"][-4:] for zone in one["zones"]] for name, one in found.items()} == {
        "张伟": ["1001"], "李娜": ["1002"], "王强": ["2001", "2002"], "赵敏": ["2001", "2002"],
    }  # fmt: skip
    assert {one["role"] for one in found.values()} == {"grid_manager"}
    assert [found[name]["phone"][-4:] for name in ("张伟", "李娜", "王强", "赵敏")] == [
        "1111",
        "1112",
        "1113",
        "1114",
    ]
    # Every line of the list is a person or is named with its reason.
    told = {line for one in plan["people"] for line in one["lines"]} | {
        f"{r['sheet']}:{r['line']}" for r in plan["refused"]
    }
    assert len(told) == plan["lines"] == 5


def test_a_column_per_duty(admin):
    def fill(book, sheet):
        sheet.write_row("A1", ["社区", "网格", "网格长", "电话", "网格员", "电话", "分包领导"])
        sheet.write_row("A2", ["甲社区", "1网格", "张伟", 13800001111, "李娜", 13800001112, "赵敏"])
        sheet.write_row("A3", ["甲社区", "2网格", "张伟", 13800001111, "暂缺", "", "赵敏"])

    found = by_name(preview(admin, workbook(fill), name="a.xlsx"))
    assert set(found) == {"张伟", "李娜", "赵敏"}
    assert [zone["code"][-4:] for zone in found["张伟"]["zones"]] == ["1001", "1002"]
    assert (found["赵敏"]["role"], found["赵敏"]["phone"]) == ("community_leader", "")
    assert found["李娜"]["phone"] == "13800001112"


def test_rounded_telephones_are_not_used(admin):
    (one,) = preview(admin, csv_of([("张伟", "网格员", "甲社区", "1网格", "", "", "1.38E+10")]))["people"]
    assert one["phone"] == ""
    assert any("丢失" in note for note in one["notes"])


def test_a_paste_without_header(admin):
    pasted = "张伟 网格员 甲社区 1网格 13800001111\n李娜 社区书记 甲社区 无 13800001112\n王强 核查员 无 无 138-0000-1113"
    answer = preview(admin, None, text=pasted)
    found = by_name(answer)
    assert {name: one["role"] for name, one in found.items()} == {
        "张伟": "grid_manager", "李娜": "community_officer", "王强": "verifier",
    }  # fmt: skip
    assert [one["phone"][-1] for one in found.values()] == ["1", "2", "3"]
    assert found["王强"]["unmatched"] == []


def test_a_paste_from_a_spreadsheet(admin):
    pasted = "姓名\t职务\t社区\n张伟\t社区主任\t甲社区\n李娜\t社区主任\t乙社区"
    found = by_name(preview(admin, None, text=pasted))
    assert [one["zones"][0]["code"] for one in found.values()] == [A, B]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig", "utf-16"])
def test_encodings(admin, encoding):
    assert preview(admin, csv_of(PEOPLE).encode(encoding))["counts"]["add"] == 8


def test_a_word_table(admin):
    rows = [["姓名", "职务", "社区"], ["张伟", "社区主任", "甲社区"]]
    cells = ["".join(f"<w:tc>{books.paragraph(cell)}</w:tc>" for cell in row) for row in rows]
    content = books.docx_of(f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>")
    assert by_name(preview(admin, content, name="名单.docx"))["张伟"]["role"] == "community_officer"


def test_a_wrong_column_is_corrected(admin):
    rows = [("甲组", "张伟", "网格员", "甲社区", "1网格")]
    header = ("姓名", "人名", "职务", "社区", "网格")
    assert by_name(preview(admin, csv_of(rows, header)))  # 甲组 is taken for a name
    found = by_name(preview(admin, csv_of(rows, header), answers={"columns": {"name": "人名"}}))
    assert set(found) == {"张伟"}


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"", "a.csv"), (b"PK\x03\x04broken", "a.xlsx"), (b"\xff\xfe\x00", "a.csv"), (b"{\\rtf1", "a.doc")],
)
def test_files_that_are_no_list_are_refused_and_dropped(site, admin, content, name):
    answer = admin.post("/api/people/import/preview", data={"answers": "{}"}, files={"file": (name, content)})
    assert answer.status_code == 422
    uploads = site.app.state.service.settings.uploads_dir
    assert not [path for path in uploads.glob("*") if path.read_bytes() == content and path.suffix != ".name"]


def test_without_a_file_there_is_nothing_to_import(admin):
    assert admin.post("/api/people/import", data={"answers": "{}"}).status_code == 422
    assert apply(admin, upload=str(uuid4())).status_code == 404


def test_blanks_below_a_text_are_no_ditto(admin):
    # Rights follow from these cells: only merged cells and 同上 take what stands above.
    rows = [
        ("张伟", "公司", "", "", "", "某公司", ""), ("李娜", "督查", "", "", "", "", ""), ("王强", "督查", "", "", "", "", ""),
        ("赵敏", "网格员", "甲社区", "1网格", "", "", ""), ("钱多", "网格员", "同上", "2网格", "", "", ""), ("孙丽", "网格员", "", "1网格", "", "", ""),
    ]  # fmt: skip
    found = by_name(preview(admin, csv_of(rows)))
    assert [found[name]["unit"] for name in ("李娜", "王强", "赵敏")] == ["", "", ""]
    assert [zone["code"][-4:] for zone in found["钱多"]["zones"]] == ["1002"]
    assert (found["孙丽"]["zones"], found["孙丽"]["unmatched"]) == ([], ["1网格"])
