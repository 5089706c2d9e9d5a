"""The pass-rate table: community × class, item by item, with its definitions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from geodata.places import pass_rate
from geodata.places.pass_rates import TOO_FEW
from service.auth.scope import Scope
from service.clock import day_end, day_start
from service.inspections.queries import count_items, count_places
from service.words import tr

if TYPE_CHECKING:
    from geodata.places import PassRate
    from service.registers.vocabulary import Vocabulary

TOTAL = "*"


@dataclass(frozen=True, slots=True)
class RateCell:
    """Counts of one community and class (`*`: all); `exposure` is the number of open places."""

    rate: PassRate
    failed: int
    na: int
    inspections: int
    places: int
    exposure: int


@dataclass(frozen=True)
class RateTable:
    """Cells by (community, class), the columns and rows that have any, and what the numbers mean."""

    cells: dict[tuple[str, str], RateCell]
    classes: tuple[str, ...]
    communities: tuple[str, ...]
    definitions: tuple[str, ...]


def rate_table(
    connection: Connection,
    *,
    scope: Scope,
    vocabulary: Vocabulary,
    first_day: date,
    last_day: date,
    standard: str = "",
) -> RateTable:
    """Return the pass rates of a period that a person may see.

    Parameters
    ----------
    first_day, last_day
        The office's days, both included.
    standard
        文明 or 卫生: only items of this standard, and those that count for both; "": all.
    """
    wanted = [
        (sheet.code, item.code)
        for sheet in vocabulary.sheets.sheets for item in sheet.items if item.standard in (standard, "通用")
    ] if standard else []  # fmt: skip
    rows = count_items(
        connection, scope=scope, first=day_start(first_day), after=day_end(last_day), standard_items=wanted
    )
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * 6)
    for row in rows:
        for key in _keys(row["community"], row["place_class"]):
            for at, name in enumerate(("passed", "failed", "na", "inspections", "places")):
                sums[key][at] += row[name]
    for (community, place_class), count in count_places(connection, scope=scope).items():
        for key in _keys(community, place_class):
            sums[key][5] += count
    cells = {
        key: RateCell(pass_rate(p, p + f), f, na, inspections, places, exposure)
        for key, (p, f, na, inspections, places, exposure) in sums.items()
    }
    known = [entry.code for entry in vocabulary.classes.classes]
    present = {place_class for _, place_class in cells if place_class != TOTAL}
    return RateTable(
        cells=cells,
        classes=(*(code for code in known if code in present), *sorted(present - set(known))),
        communities=tuple(sorted({community for community, _ in cells if community != TOTAL})),
        definitions=definitions(first_day, last_day, standard),
    )


def _keys(community: str, place_class: str) -> tuple[tuple[str, str], ...]:
    return (community, place_class), (community, TOTAL), (TOTAL, place_class), (TOTAL, TOTAL)


def definitions(first_day: date, last_day: date, standard: str) -> tuple[str, ...]:
    """Return what the numbers of the table mean, one sentence each."""
    named = standard or tr("全部", "all")
    return (
        tr(
            "合格率 = 合格项数 ÷ 检查项数；检查项数 = 合格 + 不合格，“不适用”不计；一次检查的每一项各计一次，关键项与权重不影响合格率。",
            "pass rate = items passed ÷ items inspected (passed + failed; not applicable is left out); every item of every inspection counts once, weights do not.",
        ),
        tr(
            f"期间 {first_day} 至 {last_day}（含），标准：{named}；场所按现在的类别和所在社区归类，含已关停场所当时的检查。",
            f"Inspections from {first_day} to {last_day}, standard: {named}; places count under their present class and community.",
        ),
        tr(
            f"括号内为 95 % 区间（Wilson）；检查项数不足 {TOO_FEW} 的写“太少”，不作比较。",
            f"In brackets the 95 % interval (Wilson); below {TOO_FEW} inspected items: too few to compare.",
        ),
        tr(
            "“已查/总数”为期间内查过的场所数与现有（未关停）场所数；排名和热力用不合格项与问题，场所数是分母。",
            "checked/all: places inspected in the period and open places; rankings and heat use failed items and problems, places are the exposure.",
        ),
    )
