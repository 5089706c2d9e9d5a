"""What the hot spots of a week mean, in plain sentences; what may be chance is always called so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from maps.style import HOTSPOT_STYLE
from service.cases.privacy import public_words
from service.clock import office_day
from service.reports.spot_places import SpotPlace
from service.reports.spot_zones import LEAST_CLOSINGS, RELAPSE_DAYS, RELAPSE_RADIUS_M, RelapseSpots, ZoneSpot
from service.reports.spots import (
    DISTANCE_M,
    LEAST_CASES,
    LEAST_HISTORY,
    LEAST_WEEKS,
    RATE,
    WeekSpots,
)
from service.words import language, tr

HOT_SHOWN = 8
_CHANCE_SHOWN, _ZONES_SHOWN, _NAMES_SHOWN = 3, 6, 3


def label_of(code: str) -> str:
    """Return a verdict's or pattern's name in the user's language."""
    return HOTSPOT_STYLE[code][2].in_language(language.get())


def meaning_of(pattern: str) -> str:
    """Return what a course over the weeks means for those who act."""
    return {
        "emerging": tr("以前不是，最近才成为热点：先查是什么新情况", "hot only lately: find out what is new"),
        "intensifying": tr("一周比一周多：现在的办法不够", "more every week: what is done is not enough"),
        "persistent": tr("一半以上的周是热点，到现在还是：要专项治理", "hot in most weeks and still: needs a plan of its own"),
        "sporadic": tr("时有时无：治了又来，要看结案后守没守住", "hot now and then: it comes back after it was closed"),
        "cooling": tr("一周比一周少：继续这样做", "fewer every week: go on like this"),
        "historical": tr("以前是热点，最近不是了：守住", "was hot, is no more: keep it so"),
        "never": tr("以前各周没有显著集中过", "not significant in earlier windows"),
    }.get(pattern, "")  # fmt: skip


def spot_view(spots: WeekSpots, *, public: bool) -> dict[str, Any]:
    """Return the section of the page: tables, sentences, legends.

    Parameters
    ----------
    public
        True hides what location texts must not tell the public.
    """
    hot = [place for place in spots.places if place.code == "hot"]
    chance = [place for place in spots.places if place.code == "chance"]
    return {
        "basis": _basis(spots),
        "too_few": _too_few(spots),
        "hot": [_row(place, public=public) for place in hot[:HOT_SHOWN]],
        "more_hot": max(0, len(hot) - HOT_SHOWN),
        "chance": _chance(chance, public=public),
        "zones": _zones(spots),
        "week_key": _key(spots.hot.table()["verdict"] if spots.hot is not None else ()),
        "course": _course(spots, public=public),
        "too_short": _too_short(spots),
        "course_key": _key([place.code for place in spots.patterns]),
        "relapses": _relapses(spots.relapses),
    }


def _basis(spots: WeekSpots) -> str:
    first = f"{office_day(spots.first):%Y-%m-%d}"
    outside = spots.outside
    return tr(
        f"依据：本周上报、有位置的 {spots.cases} 件；逐周变化依据 {first} 以来 {spots.weeks} 周 {spots.history} 件。"
        f"按面积比（{spots.frame.cell_m:g} 米方格，邻域 {DISTANCE_M:g} 米，错误发现率 {RATE:g}），只数您能看到的案件"
        + (f"，{outside} 件在范围外不计。" if outside else "。"),
        f"Based on {spots.cases} located problems reported this week; the course on {spots.history} of the {spots.weeks} "
        f"weeks since {first}. Measured by area ({spots.frame.cell_m:g} m cells, {DISTANCE_M:g} m around, "
        f"false discovery rate {RATE:g}); only cases you may see count"
        + (f"; {outside} outside the ground do not." if outside else "."),
    )


def _too_few(spots: WeekSpots) -> str:
    if spots.hot is not None:
        return ""
    return tr(
        f"本周有位置的上报只有 {spots.cases} 件，不到 {LEAST_CASES} 件，判断不了哪里是热点。",
        f"Only {spots.cases} located problems this week (fewer than {LEAST_CASES}): too few to tell hot spots.",
    )


def _too_short(spots: WeekSpots) -> str:
    if spots.course is not None:
        return ""
    return tr(
        f"只有 {spots.weeks} 周 {spots.history} 件，逐周变化至少要 {LEAST_WEEKS} 周、{LEAST_HISTORY} 件。",
        f"Only {spots.weeks} weeks and {spots.history} problems; the course needs {LEAST_WEEKS} weeks and {LEAST_HISTORY} problems.",
    )


def _row(place: SpotPlace, *, public: bool) -> dict[str, Any]:
    return {
        "name": _name(place, public=public),
        "zone": place.zone,
        "count": place.count,
        "expected": f"{place.expected:.1f}",
        "pattern": place.pattern if place.pattern not in ("", "never") else "",
        "pattern_label": label_of(place.pattern) if place.pattern else "",
        "meaning": meaning_of(place.pattern),
    }


def _name(place: SpotPlace, *, public: bool) -> str:
    name = public_words(place.name) if public else place.name
    return name or place.zone or tr("（没有地名）", "(no name)")


def _chance(places: Sequence[SpotPlace], *, public: bool) -> str:
    if not places:
        return ""
    some = tr("、", ", ").join(
        tr(
            f"{_name(place, public=public)}（{place.count} 件）",
            f"{_name(place, public=public)} ({place.count})",
        )
        for place in places[:_CHANCE_SHOWN]
    )
    return tr(
        f"看似集中、但可能是偶然的有 {len(places)} 处，如{some}：随机撒同样多的点也会这样，不要据此排名或批评。",
        f"{len(places)} places look dense, but may be chance, such as {some}: scattering as many points at random does "
        "that too. Do not rank or blame by them.",
    )


def _zones(spots: WeekSpots) -> str:
    if spots.hot is None or not spots.level:
        return ""
    what = {"grid": tr("网格", "grids"), "community": tr("社区", "communities")}.get(spots.level, "")
    hot = [zone for zone in spots.zones if zone.verdict == "hot"]
    if not hot:
        words = tr(
            f"各{what}本周的件数按面积算，差别都在偶然范围内。",
            f"By area, the {what} differ this week by no more than chance.",
        )
    else:
        listed = tr("；", "; ").join(_zone(zone) for zone in hot[:_ZONES_SHOWN])
        more = len(hot) - _ZONES_SHOWN
        words = tr(
            f"按面积算多得不像偶然的{what}：{listed}" + (f"；另有 {more} 个。" if more > 0 else "。"),
            f"{what.capitalize()} with more than chance by area: {listed}" + (f"; {more} more." if more > 0 else "."),
        )  # fmt: skip
    chance = len(spots.zones) - len(hot)
    if chance:
        words += tr(
            f"另有 {chance} 个看着偏多，可能是偶然。", f" {chance} more look high, but may be chance."
        )
    return words


def _zone(zone: ZoneSpot) -> str:
    return tr(
        f"{zone.name} {zone.observed} 件（应有 {zone.expected:.1f}）",
        f"{zone.name} {zone.observed} ({zone.expected:.1f} expected)",
    )


def _course(spots: WeekSpots, *, public: bool) -> list[dict[str, Any]]:
    found = []
    for code in dict.fromkeys(place.code for place in spots.patterns):
        own = [place for place in spots.patterns if place.code == code]
        names = list(dict.fromkeys(_name(place, public=public) for place in own))[:_NAMES_SHOWN]
        found.append(
            {"code": code, "label": label_of(code), "places": len(own), "meaning": meaning_of(code), "names": names}
        )  # fmt: skip
    return found


def _relapses(found: RelapseSpots) -> str:
    near = tr(
        f"结案后 {RELAPSE_DAYS:g} 天内、{RELAPSE_RADIUS_M:g} 米内又有同类上报",
        f"the same kind reported again within {RELAPSE_DAYS:g} days and {RELAPSE_RADIUS_M:g} m of a closing",
    )
    if found.zones is None:
        return tr(
            f"反弹（{near}）：观察期满的结案只有 {found.followed} 件，不到 {LEAST_CLOSINGS} 件，判断不了。",
            f"Relapses ({near}): only {found.followed} closings were followed to the end, fewer than {LEAST_CLOSINGS}: too few to tell.",
        )
    share = found.relapsed / found.followed
    words = tr(
        f"反弹（{near}）：观察期满的结案 {found.followed} 件，其中 {found.relapsed} 件反弹（{share:.0%}）。",
        f"Relapses ({near}): of {found.followed} closings followed to the end {found.relapsed} relapsed ({share:.0%}).",
    )
    hot = [zone for zone in found.zones if zone.verdict == "hot"]
    if hot:
        listed = tr("；", "; ").join(
            tr(f"{zone.name} {zone.observed}/{zone.of}", f"{zone.name} {zone.observed} of {zone.of}")
            for zone in hot[:_ZONES_SHOWN]
        )
        return words + tr(
            f"反弹多得不像偶然：{listed}，要看结案质量。",
            f" More than chance: {listed}; look at how well they were closed.",
        )
    return words + tr("各处的差别都在偶然范围内，可能是偶然。", " Zones differ by no more than chance.")


def _key(codes: Any) -> list[dict[str, Any]]:
    """Return the legend of a figure: what is drawn in it, in the table's order."""
    drawn = set(codes)
    return [
        {"code": code, "label": words.in_language(language.get()), "outline": outline}
        for code, (_, outline, words) in HOTSPOT_STYLE.items()
        if code in drawn and code not in ("ordinary", "never", "not_judged")
    ]
