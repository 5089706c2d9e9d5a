"""Which role a duty (职务) means, by the editable table `duty_words.toml`, with the reason."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from service.auth.scope import role_words
from service.store.tables import ROLES
from service.words import tr

_TABLE = Path(__file__).with_name("duty_words.toml")


@dataclass(frozen=True, slots=True)
class RoleGuess:
    """A role and why; `sure` False only suggests it, "" suggests nothing."""

    role: str
    sure: bool
    reason: str


@lru_cache(maxsize=1)
def _rules() -> tuple[dict[str, Any], ...]:
    with _TABLE.open("rb") as handle:
        return tuple(tomllib.load(handle)["rule"])


def fold_duty(text: str) -> str:
    """Return a duty in one width without blanks, in lower case."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def read_role(duty: str, named: Collection[str]) -> RoleGuess:
    """Return which role a duty means.

    Parameters
    ----------
    named
        What the row names beside it: community, grid, command, unit.

    Examples
    --------
    >>> read_role("专职网格员", ()).role, read_role("书记", ["community"]).role, read_role("书记", ()).role
    ('grid_manager', 'community_officer', 'leader')
    >>> read_role("系统管理员", ()).sure, read_role("", ["grid"]).sure, read_role("厨师", ()).role
    (False, False, '')
    """
    folded = fold_duty(duty)
    if not folded:
        return _without_duty(named)
    for role in ROLES:
        if folded in (role, fold_duty(role_words(role))):
            # Who may do everything is never made by a list alone.
            words = tr("职务就是角色名", "the duty is the role's name")
            return RoleGuess(role, role not in ("admin", "public"), words)
    for rule in _rules():
        word = next((word for word in rule["words"] if fold_duty(word) in folded), "")
        if not word or any(other in folded for other in rule.get("unless", ())):
            continue
        if rule.get("needs") and rule["needs"] not in named:
            continue
        what = f"“{word}”" + _needed(rule.get("needs", ""))
        return RoleGuess(
            rule["role"], not rule.get("ask", False), tr(f"职务含{what}", f"the duty has {what}")
        )
    return RoleGuess("", False, tr("没有认得的职务词", "no word of the duty is known"))


def _needed(need: str) -> str:
    return {
        "community": tr("，同行写了社区", " and the row names a community"),
        "command": tr("，同行写了指挥部", " and the row names a command"),
        "grid": tr("，同行写了网格", " and the row names a grid"),
    }.get(need, "")


def _without_duty(named: Collection[str]) -> RoleGuess:
    suggested = {
        "grid": ("grid_manager", tr("没写职务，写了网格", "no duty, but a grid")),
        "community": ("community_officer", tr("没写职务，写了社区", "no duty, but a community")),
        "command": ("command_officer", tr("没写职务，写了指挥部", "no duty, but a command")),
        "unit": ("unit", tr("没写职务，写了单位", "no duty, but a unit")),
    }
    for what, (role, reason) in suggested.items():
        if what in named:
            return RoleGuess(role, False, reason)
    return RoleGuess("", False, tr("没写职务", "no duty is written"))
