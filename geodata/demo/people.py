"""The fictional people of the demo office: at least one for every role, and who acts where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SURNAMES = "钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎"


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the demo: login name, display name, role, and the zone, command and unit they work for."""

    name: str
    display: str
    role: str
    zone: str = ""
    command: str = ""
    unit: str = ""
    grids: tuple[str, ...] = ()


def make_people(
    communities: Sequence[Mapping[str, Any]],
    grids: Mapping[str, Sequence[str]],
    commands: Mapping[str, str],
    units: Sequence[str],
) -> list[Person]:
    """Return the demo's users; all names are fictional and marked 示范.

    Parameters
    ----------
    communities
        Rows of `district.toml` (code, name, leader).
    grids
        Grid codes of each community code.
    commands
        Short name of each command code.
    units
        Names of the responsible units.
    """
    surname = iter(SURNAMES)
    people = [
        Person("admin", "示范·系统管理员", "admin"),
        Person("auditor", "示范·审计员", "auditor"),
        Person("coordinator1", f"示范·{next(surname)}调度(双迎办)", "coordinator"),
        Person("coordinator2", f"示范·{next(surname)}调度(双迎办)", "coordinator"),
        Person("leader", "示范·钱书记(办事处)", "leader"),
        Person("public", "示范·公众只读", "public"),
        Person("verifier1", f"示范·{next(surname)}核查员", "verifier"),
        Person("verifier2", f"示范·{next(surname)}核查员", "verifier"),
    ]
    for code, short in commands.items():
        people.append(
            Person(
                f"command{code[1:]}", f"示范·{next(surname)}{short}联络员", "command_officer", command=code
            )
        )
    for number, row in enumerate(communities, start=1):
        people += _of_community(number, row, grids[row["code"]], surname)
    people += [
        Person(f"unit{number}", f"示范·{unit.removeprefix('示范')}经办人", "unit", unit=unit)
        for number, unit in enumerate(units, start=1)
    ]
    return people


def _of_community(
    number: int, row: Mapping[str, Any], codes: Sequence[str], surname: Iterator[str]
) -> list[Person]:
    """Return officer, leader and grid managers of a community."""
    bare, zone = row["name"].removesuffix("社区"), row["code"]
    officer = Person(
        f"community{number}", f"示范·{next(surname)}干事({bare})", "community_officer", zone=zone
    )
    leader = Person(f"communityleader{number}", f"{row['leader']}(分包{bare})", "community_leader", zone=zone)
    # Three grids or so to each grid manager; the first of them is the home grid of the login.
    teams = [tuple(codes[start : start + 3]) for start in range(0, len(codes), 3)]
    return [
        officer,
        leader,
        *(
            Person(
                f"grid{number}{team}",
                f"示范·{next(surname)}网格员({bare})",
                "grid_manager",
                zone=held[0],
                grids=held,
            )
            for team, held in enumerate(teams, start=1)
        ),
    ]


def actors_of(people: Sequence[Person], *, community: str, grid: str, command: str) -> dict[str, str]:
    """Return the login names that report, dispatch and verify a case of a grid and command."""
    reporter = next((p.name for p in people if grid in p.grids), "coordinator1")
    officer = next(
        (p.name for p in people if p.role == "command_officer" and p.command == command), "coordinator1"
    )
    verifiers = [p.name for p in people if p.role == "verifier"]
    return {
        "reporter": reporter if command not in ("C3", "C5") else officer,
        "office": "coordinator1" if int(community[-1]) % 2 else "coordinator2",
        "verifier": verifiers[int(grid[-1]) % len(verifiers)],
    }


def in_toml(people: Sequence[Person]) -> str:
    """Return the users as a TOML table `[[user]]`; there are no passwords, these are made at set-up."""
    lines = ["# 示范用户，均为虚构。口令在初始化时生成。", ""]
    for person in people:
        lines += [
            "[[user]]",
            f'name = "{person.name}"',
            f'display = "{person.display}"',
            f'role = "{person.role}"',
        ]
        lines += [
            f'{key} = "{value}"'
            for key, value in (("zone", person.zone), ("command", person.command), ("unit", person.unit))
            if value
        ]
        if person.grids:
            lines.append("grids = [" + ", ".join(f'"{code}"' for code in person.grids) + "]")
        lines.append("")
    return "\n".join(lines)
