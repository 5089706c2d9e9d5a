"""What `--column`, `--year` and their like say about a list, as the choices its reader takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from service.words import tr

if TYPE_CHECKING:
    from service.intake.choices import Choices


def stated_choices(
    pairs: Sequence[str], *, year: int | None = None, order: str | None = None, written_on: str | None = None
) -> Choices | None:
    """Return the choices; None when nothing was stated.

    Parameters
    ----------
    pairs
        `role=header`; the role by its code or its name in either language. A location may have
        several headers: `位置=路段+位置+店名`.
    order
        Of dates like 03/04/2017: ymd, dmy or mdy.
    written_on
        The day, as 2017-09-03, from which 昨天 counts.

    Raises
    ------
    QingtuError
        If a pair is none, or a value is not accepted.
    """
    from pydantic import ValidationError

    from geodata.errors import QingtuError
    from service.intake.choices import Choices

    columns: dict[str, str] = {}
    location: list[str] | None = None
    for pair in pairs:
        role, header = _pair(pair)
        if role == "location" and "+" in header:
            location = [part.strip() for part in header.split("+") if part.strip()]
        else:
            columns[role] = header
    dates = {"year": year, "order": order, "written_on": written_on}
    stated = {key: value for key, value in dates.items() if value is not None}
    try:
        given = {"columns": columns, "location": location, "dates": stated}
        # What was not stated stays as remembered for the source.
        choices = Choices.model_validate({name: value for name, value in given.items() if value})
    except ValidationError as error:
        wrong = ", ".join(str(detail["loc"][-1]) for detail in error.errors())
        raise QingtuError(
            tr(
                f"这些选项的值不对：{wrong}（年份 1990–2100，日期顺序 ymd、dmy、mdy，写于 2017-09-03）",
                f"not accepted: {wrong} (a year from 1990 to 2100, an order ymd, dmy or mdy, a day like 2017-09-03)",
            )
        ) from error
    return None if choices.empty else choices


def _pair(text: str) -> tuple[str, str]:
    from geodata.errors import QingtuError
    from service.intake.columns import roles

    by_name = {name: role for role, name in roles().items()} | {role: role for role in roles()}
    role, equals, header = text.partition("=")
    if not equals or role.strip() not in by_name:
        accepted = "、".join(f"{name}（{role}）" for role, name in roles().items())
        raise QingtuError(
            tr(
                f"--column 要写成 含义=列名，例如 位置=地点；含义有 {accepted}；收到的是 {text!r}",
                f"--column takes role=header; roles are {accepted}; got {text!r}",
            )
        )
    return by_name[role.strip()], header.strip()
