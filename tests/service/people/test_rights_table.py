"""The table of rights in docs/people.md says what the code allows, for every role and action."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from sqlalchemy import true

from service.auth.scope import MAY, Action, Scope, role_words
from service.store.tables import ROLES, Case

DOCS = Path(__file__).resolve().parents[3] / "docs" / "people.md"
ACTIONS = {
    "report": "上报", "import": "导入、撤销", "place": "定位、选类别", "export": "导出", "advance": "办理推进", "inspect": "检查",
    "keep_register": "管台账", "rounds": "拉网排查", "edit_kinds": "类别规则", "see_borders": "看边界方案",
    "propose_borders": "提边界方案", "decide_borders": "定边界方案", "see_people": "看人员", "users": "改人员", "audit": "看审计",
    "set_up": "设置",
}  # fmt: skip
SEES = {
    "command_officer": "本指挥部", "community_officer": "本社区", "community_leader": "本社区", "grid_manager": "本网格",
    "unit": "本单位", "public": "已定位的",
}  # fmt: skip


def table():
    """The table as the code has it: one line per role."""
    lines = [
        "| 角色 | 看到的案件 | " + " | ".join(ACTIONS.values()) + " |",
        "|---" * (len(ACTIONS) + 2) + "|",
    ]
    for role in ROLES:
        sees = "全部" if Scope(role=role).case_filter(Case).compare(true()) else SEES[role]
        marks = ["✓" if action in MAY[role] else "" for action in ACTIONS]
        lines.append(f"| {role_words(role)} `{role}` | {sees} | " + " | ".join(marks) + " |")
    return "\n".join(lines)


def test_every_role_and_action_is_in_the_table():
    assert set(ACTIONS) == set(get_args(Action))
    assert set(MAY) == set(ROLES)


def test_the_documented_table_is_the_codes():
    found = re.search(
        r"<!-- rights: .*?-->\n(.*?)\n<!-- /rights -->", DOCS.read_text(encoding="utf-8"), re.DOTALL
    )
    assert found is not None
    assert found[1] == table()


def test_roles_that_see_a_part_see_nothing_without_one():
    for role in ("command_officer", "community_officer", "community_leader", "grid_manager", "unit"):
        assert (
            str(Scope(role=role).case_filter(Case).compile(compile_kwargs={"literal_binds": True})) == "false"
        )
