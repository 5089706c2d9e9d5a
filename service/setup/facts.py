"""How far an office is: per step what works and what is missing, from the facts and never from flags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlalchemy import Connection, exists, func, select, text

from service.people.state import PeopleState, people_state
from service.roads.state import GazetteerState, gazetteer_state
from service.setup.queries import in_force
from service.store.tables import BorderChange, Case, Import, KindRule, Place, User, Zone
from service.words import tr

if TYPE_CHECKING:
    from service.deps import Service

Key = Literal["office", "roads", "borders", "grids", "kinds", "people", "list"]
State = Literal["done", "works", "missing"]
KEYS: tuple[Key, ...] = ("office", "roads", "borders", "grids", "kinds", "people", "list")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the set-up: `facts` is what is there, `advice` what is missing or may be done next.

    `works` means that it can be used as it is, though more could be done; `needs` names the steps that
    must come first.
    """

    key: Key
    title: str
    state: State
    facts: tuple[str, ...]
    advice: str
    needs: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """What the store holds that tells how far the office is."""

    communities: int
    grids: int
    waiting: int
    rules: int
    imports: int
    cases: int
    placed: int
    owned: int
    places: int


def count(connection: Connection, service: Service) -> Counts:
    """Return the counts of this moment."""
    today = service.today()
    zones = dict(
        connection.execute(
            select(Zone.level, func.count()).where(in_force(Zone, today)).group_by(Zone.level)
        ).all()
    )  # type: dict[str, int]  # fmt: skip
    row = connection.execute(
        select(
            select(func.count()).select_from(BorderChange).where(BorderChange.state == "proposed").scalar_subquery(),
            select(func.count()).select_from(KindRule).scalar_subquery(),
            select(func.count()).select_from(Import).where(Import.undone_at.is_(None)).scalar_subquery(),
            select(func.count()).select_from(Case).scalar_subquery(),
            select(func.count()).select_from(Case).where(Case.placement == "located").scalar_subquery(),
            select(func.count()).select_from(Case).where(Case.placement == "located", Case.community_code != "").scalar_subquery(),
            select(func.count()).select_from(Place).scalar_subquery(),
        )
    ).one()  # fmt: skip
    waiting, rules, imports, cases, placed, owned, places = (int(value) for value in row)
    return Counts(
        communities=zones.get("community", 0), grids=zones.get("grid", 0), waiting=waiting,
        rules=rules, imports=imports, cases=cases, placed=placed, owned=owned, places=places,
    )  # fmt: skip


def steps_of(connection: Connection, service: Service) -> list[Step]:
    """Return the steps in the order in which they work: borders from words need roads, grids need borders."""
    known, names = count(connection, service), gazetteer_state(connection, service)
    return [
        _office(service),
        _roads(names),
        _borders(known, names),
        _grids(known),
        _kinds(service, known),
        _people(people_state(connection, service)),
        _list(known, names),
    ]


def missing(steps: Sequence[Step]) -> int:
    """Return how many steps lack what they need."""
    return sum(step.state == "missing" for step in steps)


def missing_keys(connection: Connection, service: Service) -> list[Key]:
    """Return the steps that lack what they need, for the menu of every page: one cheap query."""
    today = service.today()
    in_use = (
        exists(select(text("1")).select_from(Zone).where(Zone.level == level, in_force(Zone, today)))
        for level in ("community", "grid")
    )
    somebody = exists(
        select(text("1")).select_from(User).where(User.active, User.role.not_in(("public", "admin")))
    )
    records = exists(select(text("1")).select_from(Case)) | exists(select(text("1")).select_from(Place))
    row = connection.execute(select(*in_use, somebody, records)).one()
    roads = gazetteer_state(connection, service)
    there = dict(zip(("borders", "grids", "people", "list"), row, strict=True))
    there["roads"] = roads.lines + roads.places > 0
    return [key for key in KEYS if not there.get(key, True)]


def step_title(key: Key) -> str:
    """Return a step's name."""
    return {
        "office": tr("单位", "Office"), "roads": tr("道路与地名", "Roads and names"),
        "borders": tr("社区边界", "Communities"), "grids": tr("网格", "Grids"),
        "kinds": tr("类别与指挥部", "Kinds and commands"), "people": tr("人员", "People"),
        "list": tr("第一份清单", "First list"),
    }[key]  # fmt: skip


def _number(value: int) -> str:
    return f"{value:,}"


def _office(service: Service) -> Step:
    office = service.office
    facts = (
        office.name,
        f"EPSG:{office.crs}",
        tr("公开只读", "public, read only") if office.public else tr("须登录", "login needed"),
    )
    advice = tr(
        "名称、地图上的说明、是否公开，随时可改；坐标系建立时已定。",
        "Name, remark on maps and public access can be changed at any time; the coordinate system is fixed.",
    )
    return Step("office", step_title("office"), "done", facts, advice)


def _roads(names: GazetteerState) -> Step:
    title = step_title("roads")
    if names.lines + names.places == 0:
        advice = tr(
            "没有道路，文字写的位置找不到，四至也围不起来。导入 OSM 提取文件、道路线文件或地名表；也可以先跳过，"
            "直接导入带坐标的清单。",
            "Without roads, places written in words cannot be found and bounds cannot be closed. Add an OSM extract, a file"
            " of lines or a table of places; or skip this and import a list with coordinates.",
        )
        state: State = "missing"
    elif names.lines == 0:
        advice = tr(
            "有地名，还没有画出的道路：四至和网格要用道路。",
            "There are places, but no roads: bounds and grids need them.",
        )
        state = "works"
    else:
        advice = tr(
            "缺的路、河、门牌、别名可以随时补画、补传。",
            "Missing roads, waters, numbers and aliases can be added at any time.",
        )
        state = "done"
    counted = (
        (names.roads, "条道路", "roads"), (names.waters, "条河渠", "waters"), (names.rails, "条铁路", "railways"),
        (names.crossings, "个路口", "crossings"), (names.places, "个地点", "places"),
    )  # fmt: skip
    facts = tuple(f"{_number(n)} {tr(zh, en)}" for n, zh, en in counted if n)
    return Step("roads", title, state, facts, advice)


def _borders(known: Counts, names: GazetteerState) -> Step:
    facts: tuple[str, ...] = ()
    if known.communities:
        facts = (f"{known.communities} {tr('个社区', 'communities')}",)
    if known.waiting:
        facts += (tr(f"{known.waiting} 份方案待决定", f"{known.waiting} proposals wait"),)
    if known.communities:
        advice = tr(
            "要改边界，重做这一步就是提出新的一版。",
            "To change borders, do this step again: that proposes a new version.",
        )
    elif names.lines:
        advice = tr(
            "没有边界文件也行：把四至表填进来，系统沿道路围成社区。",
            "No file of borders is needed: write the table of bounds, and the communities are closed along the roads.",
        )
    else:
        advice = tr(
            "有边界文件可以直接上传；只有四至表的，先完成上一步“道路与地名”。",
            "A file of borders can be uploaded now; a table of bounds needs the roads of the step before.",
        )
    return Step(
        "borders", step_title("borders"), "done" if known.communities else "missing", facts, advice
    )  # fmt: skip


def _grids(known: Counts) -> Step:
    if known.grids:
        advice = tr("可以重划，也可以在画图里逐个改。", "They can be drawn anew, or changed one by one.")
    elif known.communities:
        advice = tr(
            "写一个总数，系统沿道路划成大小相当的网格；有网格文件的直接上传。",
            "Say how many, and grids of like size are drawn along the roads; or upload a file.",
        )
    else:
        advice = tr("网格在社区里划，先完成社区边界。", "Grids lie in communities: these come first.")
    facts = (f"{known.grids} {tr('个网格', 'grids')}",) if known.grids else ()
    needs: tuple[Key, ...] = () if known.communities else ("borders",)
    return Step("grids", step_title("grids"), "done" if known.grids else "missing", facts, advice, needs)


def _kinds(service: Service, known: Counts) -> Step:
    commands, kinds = len(service.kinds.commands), len(service.kinds.kinds)
    facts = (
        f"{commands} {tr('个指挥部', 'commands')}", f"{kinds} {tr('类问题', 'kinds')}",
        *((f"{known.rules} {tr('条自己的规则', 'own rules')}",) if known.rules else ()),
    )  # fmt: skip
    advice = tr(
        "自带一套类别和办理时限，不改也能用；关键词规则可以加。",
        "A set of kinds with limits is built in and can be used as it is; keyword rules can be added.",
    )
    return Step("kinds", step_title("kinds"), "done" if known.rules else "works", facts, advice)


def _people(people: PeopleState) -> Step:
    admins = people.by_role["admin"]
    facts: tuple[str, ...] = (f"{admins} {tr('位管理员', 'administrators')}",)
    lacking = _lacking(people)
    if people.only_admins:
        state: State = "missing"
        advice = tr(
            "还只有管理员。加上社区、网格员、核查员，案件才有人管；有名单的直接导入。",
            "There is only the administrator. Add staff, so that cases have an owner; a list of people can be imported.",
        )
    else:
        facts += (f"{people.users - admins} {tr('位工作人员', 'staff')}", *lacking)
        state = "done" if people.complete else "works"
        advice = tr(
            "谁管哪个社区、网格，还缺谁，在“人员”里看和改。",
            "Who answers for which community and grid, and who is missing, is seen and changed under people.",
        )
    return Step("people", step_title("people"), state, facts, advice)


def _lacking(people: PeopleState) -> tuple[str, ...]:
    """Return which duties nobody has, in words."""
    counted = (
        (len(people.grids_without), "个网格没有网格员", "grids without a manager"),
        (len(people.communities_without), "个社区缺工作人员或分包领导", "communities without an officer or leader"),
        (len(people.commands_without), "个指挥部缺人", "commands without an officer or leader"),
    )  # fmt: skip
    nobody = (tr("没有核查员", "no verifier"),) if people.no_verifier else ()
    return (*(f"{_number(n)} {tr(zh, en)}" for n, zh, en in counted if n), *nobody)


def _list(known: Counts, names: GazetteerState) -> Step:
    title = step_title("list")
    facts: tuple[str, ...] = ()
    if known.cases:
        share = known.placed / known.cases
        facts += (
            f"{_number(known.cases)} {tr('个问题', 'problems')}",
            tr(
                f"{_number(known.placed)} 个已上图（{share:.0%}）",
                f"{_number(known.placed)} on the map ({share:.0%})",
            ),
        )
        outside = known.placed - known.owned
        if outside and known.communities:
            facts += (tr(f"{_number(outside)} 个不在任何社区", f"{_number(outside)} in no community"),)
    if known.places:
        facts += (f"{_number(known.places)} {tr('个台账场所', 'places')}",)
    if not (known.cases or known.places):
        advice = tr(
            "Excel、WPS、Word、CSV 都行，不用先整理。有经纬度列的直接上图；没有的按文字找位置。",
            "Excel, WPS, Word or CSV, as it is. With columns of coordinates it is on the map at once; else places are found by their words.",
        )
        return Step("list", title, "missing", facts, advice)
    left = known.cases - known.placed
    if left and names.lines + names.places == 0:
        advice = tr(
            f"有 {_number(left)} 个问题还没有位置：还没有道路和地名。补上第 2 步，或在“待定位”里逐个点图；点过的地方系统会记住。",
            f"{_number(left)} problems have no place: there are no roads and names. Add step 2, or place them by hand; what is placed is learned.",
        )
    elif left:
        advice = tr(
            f"有 {_number(left)} 个问题还没有位置，在“待定位”里处理；处理过的写法系统会记住。",
            f"{_number(left)} problems have no place yet: they wait in the queue; what is decided there is learned.",
        )
    else:
        advice = tr("可以继续导入别的清单。", "Other lists can be imported.")
    return Step("list", title, "works" if left else "done", facts, advice)
