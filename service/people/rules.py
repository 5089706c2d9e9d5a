"""What a person must look like: which roles have zones of which level, a command, a unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from service.auth.names import fold_name, fold_phone
from service.auth.scope import role_words
from service.errors import Refused
from service.words import tr

# Role -> level of the zones that make its duty; roles not named have none.
ZONE_LEVEL = {
    "grid_manager": "grid", "community_officer": "community", "community_leader": "community", "leader": "community",
}  # fmt: skip
COMMAND_ROLES = frozenset({"command_officer", "leader"})
_RESERVED = frozenset({"public", "cli", "init", "system", "nobody"})


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything about a person that people decide; `zones` are codes in order."""

    display_name: str
    role: str
    zones: tuple[str, ...] = ()
    command: str = ""
    unit: str = ""
    phone: str = ""

    def columns(self) -> dict[str, Any]:
        """Return the facts as columns of `users`."""
        return {
            "display_name": self.display_name, "role": self.role, "zone_code": ",".join(self.zones) or None,
            "command": self.command or None, "unit": self.unit or None, "phone": self.phone,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ground:
    """What facts are checked against: names of zones by level and code, and of commands."""

    zones: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    commands: Mapping[str, str] = field(default_factory=dict)

    def zone_name(self, code: str) -> str:
        """Return the name of a zone in force, "" when it holds no more."""
        return next((names[code] for names in self.zones.values() if code in names), "")


def checked(facts: Facts, ground: Ground, *, before: Facts | None = None) -> Facts:
    """Return the facts in one spelling; all that is wrong is refused at once.

    Parameters
    ----------
    before
        The facts so far: zones that were there before and hold no more are no reason to refuse another
        change.

    Raises
    ------
    Refused
        With every field at fault.
    """
    phone = fold_phone(facts.phone)
    good = Facts(
        display_name=" ".join(facts.display_name.split()),
        role=facts.role,
        zones=tuple(dict.fromkeys(code.strip() for code in facts.zones if code.strip())),
        command=facts.command.strip(),
        unit=" ".join(facts.unit.split()),
        phone=phone,
    )
    faults = [*_name_faults(good), *_zone_faults(good, ground, before), *_command_faults(good, ground)]
    if facts.phone.strip() and not phone:
        faults.append(("phone", tr("不是电话号码", "no telephone number")))
    if faults:
        words = tr("；", "; ").join(dict.fromkeys(words for _, words in faults))
        raise Refused(words, fields=[(f"body.{name}", words) for name, words in faults])
    return good


def _name_faults(facts: Facts) -> list[tuple[str, str]]:
    if not facts.display_name:
        return [("display_name", tr("姓名不能为空", "a name is needed"))]
    if fold_phone(facts.display_name):
        return [("display_name", tr("姓名不能是电话号码", "a telephone number is no name"))]
    return []


def _zone_faults(facts: Facts, ground: Ground, before: Facts | None) -> list[tuple[str, str]]:
    if before is not None and (before.role, before.zones) == (facts.role, facts.zones):
        return []
    level = ZONE_LEVEL.get(facts.role)
    if level is None:
        if not facts.zones:
            return []
        role = role_words(facts.role)
        return [("zones", tr(f"{role}不按社区或网格分工", f"the role {facts.role} has no zones"))]
    kept = set(before.zones) if before is not None else set()
    wrong = [code for code in facts.zones if code not in ground.zones.get(level, {}) and code not in kept]
    if not wrong:
        return []
    kind = tr("社区", "community") if level == "community" else tr("网格", "grid")
    return [("zones", tr(f"没有这样的{kind}：{'、'.join(wrong)}", f"no such {kind}: {', '.join(wrong)}"))]


def _command_faults(facts: Facts, ground: Ground) -> list[tuple[str, str]]:
    if not facts.command:
        return []
    if facts.command not in ground.commands:
        return [("command", tr("没有这个指挥部", "no such command"))]
    if facts.role not in COMMAND_ROLES:
        role = role_words(facts.role)
        return [("command", tr(f"{role}不按指挥部分工", f"the role {facts.role} has no command"))]
    return []


def login_name(wanted: str, display_name: str, taken: set[str]) -> str:
    """Return the login name of a new person: as wanted, else the name itself, numbered where it is taken.

    A telephone is no login name: the trail and every case's history name who acted.

    Raises
    ------
    Refused
        If the wanted name is taken, reserved or a telephone number.
    """
    own = fold_name(wanted)
    if own:
        why = ""
        if own in taken or own.casefold() in _RESERVED or own.startswith("cli:"):
            why = tr("这个登录名已有人用", "the login name is taken")
        elif fold_phone(own):
            why = tr(
                "登录名不能是电话：经办记录会写登录名；登录时可直接输电话",
                "a telephone is no login name: the trail shows it. One may log in by telephone anyway",
            )
        if why:
            raise Refused(why, fields=[("body.name", why)])
        return own
    stem, number = fold_name(display_name), 1
    name = stem
    while name in taken or name.casefold() in _RESERVED:
        number += 1
        name = f"{stem}{number}"
    return name
