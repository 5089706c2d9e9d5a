"""`qingtu init` for an office that has nothing yet: by options, or question by question."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeVar

import typer

from service.cli.console import say
from service.words import said, tr

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.office import Office
    from service.settings import Settings
    from service.setup.profile import Person

_TRIES = 3
T = TypeVar("T")


def answers(
    *, name: str | None, city: str | None, crs: int | None, interactive: bool
) -> tuple[Office, Person]:
    """Return the office and its administrator from options, or asked for.

    Raises
    ------
    Refused
        If something is missing or cannot be used; asked for, three times.
    """
    from service.errors import Refused
    from service.setup.profile import Person

    if not interactive:
        if not name:
            raise Refused(tr("请写单位名称：--name", "name the office: --name"))
        if not city and crs is None:
            raise Refused(
                tr(
                    "请写所在的市、区县（--city 郑州市），或坐标系（--crs 4547）",
                    "say which city (--city 郑州市), or the coordinate system (--crs 4547)",
                )
            )
        return _office(name, city or str(crs)), Person("admin", tr("系统管理员", "administrator"), "admin")
    name = name or _ask(tr("单位名称", "name of the office"), str)
    where = city or (str(crs) if crs is not None else "")
    question = tr(
        "在哪个市、区县（或经纬度 113.72, 34.78，或 EPSG 代码）",
        "city or county (or lon, lat, or an EPSG code)",
    )
    office = _office(name, where) if where else _ask(question, lambda typed: _office(name, typed))
    login = _ask(tr("管理员登录名", "login name of the administrator"), str, default="admin")
    person = _ask(tr("管理员姓名", "the administrator's own name"), str, default=login)
    return office, Person(login, person, "admin", password=_password())


def _office(name: str, where: str) -> Office:
    from service.office import Office
    from service.setup.where import whereabouts

    found = whereabouts(where)
    return Office(name=name.strip(), crs=found.crs, centre=found.centre, division=found.division)


def _ask(question: str, read: Callable[[str], T], *, default: str | None = None) -> T:
    from service.errors import Refused

    for attempt in range(_TRIES):
        typed = typer.prompt(question, default=default)
        try:
            if not typed.strip():
                raise Refused(tr("不能为空", "it must not be empty"))
            return read(typed.strip())
        except Refused as error:
            say(said(error))
            if attempt == _TRIES - 1:
                raise
    raise AssertionError


def _password() -> str | None:
    """Return a password typed twice; None, if it is left empty: one is made up and shown once."""
    from service.auth.passwords import MAX_LENGTH, MIN_LENGTH
    from service.errors import Refused

    hidden = sys.stdin.isatty()
    for _ in range(_TRIES):
        first = typer.prompt(
            tr("管理员密码（直接回车则自动生成）", "password (empty: one is made up)"), default="", show_default=False,
            hide_input=hidden,
        )  # fmt: skip
        if not first:
            return None
        if not MIN_LENGTH <= len(first) <= MAX_LENGTH:
            say(
                tr(
                    f"密码须为 {MIN_LENGTH} 到 {MAX_LENGTH} 个字符",
                    f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters",
                )
            )
            continue
        if typer.prompt(tr("再输一次", "again"), default="", show_default=False, hide_input=hidden) == first:
            return str(first)
        say(tr("两次输入的密码不一样", "the two passwords differ"))
    raise Refused(tr("密码没有设好，请重新运行", "no password was set; run it again"))


def tell_steps(settings: Settings, url: str) -> None:
    """Print what the office has and what is missing, and how to go on."""
    from service.app import create_app
    from service.setup.facts import steps_of

    service = create_app(settings.model_copy(update={"database_url": url})).state.service
    try:
        with service.engine.connect() as connection:
            steps = steps_of(connection, service)
    finally:
        service.engine.dispose()
    marks = {"done": "✓", "works": "✓", "missing": "·"}
    for step in steps:
        facts = f"：{' · '.join(step.facts)}" if step.facts else ""
        say(f"  {marks[step.state]} {step.title}{facts}")
        if step.state == "missing":
            say(f"      {step.advice}")
    say(
        tr(
            f"接着运行 qingtu serve --data {settings.data_dir}，登录后打开“设置”",
            f"next: qingtu serve --data {settings.data_dir}, log in and open Set-up",
        )
    )
