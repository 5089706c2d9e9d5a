"""One filter for everything that selects cases: list, counts, tiles, heat, export.

Take it as a parameter of type `CaseFilterDep`; use `filter.conditions(...)` in the query together
with `scope.case_filter(Case)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Depends, Query
from sqlalchemy import ColumnElement, func, or_

from service.clock import day_end, day_start
from service.errors import Refused
from service.fields import Line
from service.store.tables import CASE_STATES, PLACEMENTS, Case
from service.words import tr

State = Literal["reported", "accepted", "dispatched", "rectified", "closed", "cancelled"]
PlacementStatus = Literal["located", "ambiguous", "not_found"]
OPEN_STATES = ("reported", "accepted", "dispatched", "rectified")
UNCLASSIFIED = "none"
# Long runs of digits (telephone, identity card) are no way into a case for the public.
_DIGITS = "[0-9]{5,}"


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases: empty tuples and None mean "any". Days are the office's days, both included.

    `bbox` is (min_lon, min_lat, max_lon, max_lat) in EPSG:4326. `kinds` and `commands` may hold
    `none` for unclassified. `communities` means the case's own community, so that the numbers of
    the board add up; a line that runs on into another community is counted once.
    """

    commands: tuple[str, ...] = ()
    communities: tuple[str, ...] = ()
    grids: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    placements: tuple[str, ...] = ()
    first_day: date | None = None
    last_day: date | None = None
    words: str = ""
    bbox: tuple[float, float, float, float] | None = None
    late: bool | None = None

    def conditions(
        self, case: type[Case] | Any = Case, *, srid: int, now: Any, public: bool
    ) -> list[ColumnElement[bool]]:
        """Return the SQL conditions.

        Parameters
        ----------
        srid
            The office's CRS, EPSG code.
        now
            The office's time, for `late`.
        public
            True hides descriptions and long numbers from the word search, as they are from the answer.
        """
        found: list[ColumnElement[bool]] = []
        for column, values in (
            (case.command, self.commands),
            (case.community_code, self.communities),
            (case.grid_code, self.grids),
            (case.kind, self.kinds),
            (case.state, self.states),
            (case.placement, self.placements),
        ):
            if values:
                found.append(column.in_(["" if value == UNCLASSIFIED else value for value in values]))
        if self.first_day:
            found.append(case.reported_at >= day_start(self.first_day))
        if self.last_day:
            found.append(case.reported_at < day_end(self.last_day))
        if self.words:
            found.append(_matches(case, self.words, public=public))
        if self.bbox:
            box = func.ST_Transform(func.ST_MakeEnvelope(*self.bbox, 4326), srid)
            # ST_Intersects uses the index ix_cases_shape by itself.
            found.append(func.ST_Intersects(case.shape, box))
        if self.late is not None:
            is_late = case.state.in_(OPEN_STATES) & (case.due_at < now)
            found.append(is_late if self.late else ~func.coalesce(is_late, False))
        return found


def _matches(case: Any, words: str, *, public: bool) -> ColumnElement[bool]:
    pattern = "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    if public:
        return func.regexp_replace(case.location_text, _DIGITS, "", "g").ilike(pattern)
    found = [column.ilike(pattern) for column in (case.location_text, case.description, case.unit)]
    if words.isdigit() and len(words) < 10:
        found.append(case.number == int(words))
    return or_(*found)


def _split(values: Sequence[str] | None) -> tuple[str, ...]:
    parts = [part.strip() for value in values or () for part in value.split(",")]
    return tuple(dict.fromkeys(part for part in parts if part))


def _one_of(name: str, values: tuple[str, ...], accepted: tuple[str, ...]) -> tuple[str, ...]:
    if any(value not in accepted for value in values):
        words = tr(f"可用的取值：{'、'.join(accepted)}", f"accepted: {', '.join(accepted)}")
        raise Refused(tr("筛选条件不对", "wrong filter"), fields=[(f"query.{name}", words)])
    return values


def parse_bbox(text: str | None) -> tuple[float, float, float, float] | None:
    """Return a box from `min_lon,min_lat,max_lon,max_lat` in EPSG:4326, None for an empty text.

    Raises
    ------
    Refused
        Unless it is four finite degrees with min <= max.
    """
    if not text:
        return None
    words = tr(
        "应为 min_lon,min_lat,max_lon,max_lat（EPSG:4326）",
        "must be min_lon,min_lat,max_lon,max_lat (EPSG:4326)",
    )
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise Refused(tr("范围不对", "wrong box"), fields=[("query.bbox", words)]) from None
    # Comparisons with NaN are false, so NaN fails here as well.
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise Refused(tr("范围不对", "wrong box"), fields=[("query.bbox", words)])
    return west, south, east, north


def case_filter(
    command: Annotated[
        list[Line] | None, Query(max_length=50, description="指挥部代码，如 C1；none 表示未分类")
    ] = None,
    community: Annotated[list[Line] | None, Query(max_length=50, description="社区代码")] = None,
    grid: Annotated[list[Line] | None, Query(max_length=50, description="网格代码")] = None,
    kind: Annotated[
        list[Line] | None, Query(max_length=50, description="问题类别代码；none 表示未分类")
    ] = None,
    state: Annotated[list[Line] | None, Query(max_length=50, description="、".join(CASE_STATES))] = None,
    placement: Annotated[list[Line] | None, Query(max_length=50, description="、".join(PLACEMENTS))] = None,
    first_day: Annotated[date | None, Query(alias="from", description="上报日期从（含）")] = None,
    last_day: Annotated[date | None, Query(alias="to", description="上报日期到（含）")] = None,
    q: Annotated[Line, Query(description="位置、描述、单位中的文字，或案件号")] = "",
    bbox: Annotated[Line | None, Query(description="min_lon,min_lat,max_lon,max_lat，EPSG:4326")] = None,
    late: Annotated[bool | None, Query(description="是否超期未结")] = None,
) -> CaseFilter:
    """Return the filter of a request's query; values may be repeated or joined by commas."""
    for name, day in (("from", first_day), ("to", last_day)):
        if day is not None and not 1990 <= day.year <= 2200:
            raise Refused(tr("日期超出范围", "date out of range"), fields=[(f"query.{name}", "1990–2200")])
    return CaseFilter(
        commands=_split(command),
        communities=_split(community),
        grids=_split(grid),
        kinds=_split(kind),
        states=_one_of("state", _split(state), CASE_STATES),
        placements=_one_of("placement", _split(placement), PLACEMENTS),
        first_day=first_day,
        last_day=last_day,
        words=q.strip(),
        bbox=parse_bbox(bbox),
        late=late,
    )


CaseFilterDep = Annotated[CaseFilter, Depends(case_filter)]
