"""A draft of communities from the table of their bounds: choose, join, enclose, tile, report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from geodata.errors import Fault, ZoneError
from geodata.zones.bounds.attempts import Closed
from geodata.zones.bounds.closing import close
from geodata.zones.bounds.model import (
    ENGLISH_SIDES,
    OPPOSITE,
    SIDE_NAMES,
    SIDES,
    Bound,
    BoundsRow,
    Choice,
    Compass,
    Outcome,
)
from geodata.zones.bounds.naming import BoundNames
from geodata.zones.checking.checks import check_zones
from geodata.zones.contract import COLUMNS
from geodata.zones.faces import faces_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geodata.gazetteer.index import Gazetteer
    from geodata.zones.checking.defects import ZoneReport

NOTE = "社区草图：按四至文字自动围合，未经审定，非官方"
_SUBDISTRICT_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Draft:
    """Drafted zones and what came of each row.

    Attributes
    ----------
    community, subdistrict
        Layers with the columns of `geodata.zones.contract`, in the gazetteer's CRS, only what closed;
        the subdistrict is the union of the communities.
    outcomes
        One per row, in the table's order.
    report
        Overlaps and gaps between the communities; None if none closed.
    """

    community: gpd.GeoDataFrame
    subdistrict: gpd.GeoDataFrame
    outcomes: tuple[Outcome, ...]
    report: ZoneReport | None


def draft_communities(
    rows: Sequence[BoundsRow],
    gazetteer: Gazetteer,
    *,
    prefix: str = "",
    subdistrict_name: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> Draft:
    """Return the communities that a table of bounds describes, as a draft.

    Parameters
    ----------
    rows
        From `geodata.zones.bounds.table`.
    gazetteer
        Where the lines are; results are in its CRS.
    prefix
        The subdistrict's code, 9 digits or 12 of which the last three are dropped: rows without a
        code get it with the next free three digits, in the table's order.
    subdistrict_name
        Name of the subdistrict; its code if empty.
    progress
        Called with the rows done and their number.

    Raises
    ------
    ZoneError
        If a row has no code and there is no prefix, or the prefix has other than 9 or 12 digits.

    Notes
    -----
    All communities that close are cut from one noded network of all their lines, so that neighbours
    that name one road share its middle vertex for vertex.
    """
    codes = codes_of(rows, prefix)
    bounds = _resolved(rows, BoundNames(gazetteer))
    closed = []
    for number, own in enumerate(bounds, start=1):
        closed.append(close(own))
        if progress is not None:
            progress(number, len(bounds))
    shapes = _tiled(closed)
    outcomes = tuple(
        _outcome(row, code, result, shape)
        for row, code, result, shape in zip(rows, codes, closed, shapes, strict=True)
    )
    return _draft(outcomes, gazetteer.crs, prefix, subdistrict_name)


def codes_of(rows: Sequence[BoundsRow], prefix: str) -> list[str]:
    """Return a code per row: its own, or the prefix and the next free three digits.

    Examples
    --------
    >>> codes_of([BoundsRow("甲", {}), BoundsRow("乙", {}, code="410105560001")], "410105560000")
    ['410105560002', '410105560001']
    """
    if prefix and not (prefix.isdigit() and len(prefix) in (_SUBDISTRICT_DIGITS, _SUBDISTRICT_DIGITS + 3)):
        raise ZoneError(
            f"the code prefix is the 9 digits of a subdistrict, or 12 of which the last three are not used; it cannot be {prefix!r}",
            zh=f"代码前缀应是 9 位街道代码，或 12 位的统计代码（后三位不用），不能是“{prefix}”",
        )
    without = [row.name for row in rows if not row.code]
    if without and not prefix:
        first = "、".join(without[:5])
        raise ZoneError(
            f"{len(without)} communities have no code ({first} …): add a column with the codes, or give the subdistrict's code by --prefix",
            zh=f"{len(without)} 个社区没有代码（{first} 等）：在表里加“代码”列，或用 --prefix 给出街道代码",
        )
    stem = prefix[:_SUBDISTRICT_DIGITS]
    taken = {row.code for row in rows}
    free = (code for number in range(1, 1000) if (code := f"{stem}{number:03d}") not in taken)
    try:
        return [row.code or next(free) for row in rows]
    except StopIteration:
        raise ZoneError(
            f"more than 999 communities: three digits after {stem} do not suffice",
            zh=f"社区多于 999 个，{stem} 后面的三位数字不够用",
        ) from None


def _resolved(rows: Sequence[BoundsRow], names: BoundNames) -> list[list[Bound]]:
    """Return the bounds of every row, those that name a neighbour with the neighbour's own lines."""
    known = [row.name for row in rows]
    plain = {
        row.name: {
            side: names.bounds_of(
                side, row.sides[side], neighbours=[name for name in known if name != row.name]
            )
            for side in SIDES
            if side in row.sides
        }
        for row in rows
    }
    return [
        [
            _across(bound, plain) if bound.neighbour else bound
            for own in plain[row.name].values()
            for bound in own
        ]
        for row in rows
    ]


def _across(bound: Bound, plain: Mapping[str, Mapping[Compass, Sequence[Bound]]]) -> Bound:
    """Return a bound that names a neighbour as the lines of the neighbour's side that faces it."""
    other = OPPOSITE[bound.side]
    theirs = plain[bound.neighbour].get(other, ())
    lines = [line for own in theirs if len(own.choices) == 1 for line in own.choices[0].lines]
    where, where_zh = (
        f"the {ENGLISH_SIDES[other]} of {bound.neighbour}",
        f"{bound.neighbour}的{SIDE_NAMES[other]}界",
    )
    if not lines:
        mutual = any(own.neighbour for own in theirs)
        why, why_zh = (
            ("it names its neighbour too", "它也只写了邻居")
            if mutual
            else ("no single line was found for it", "它没有找到唯一的线")
        )
        words = Fault(
            f"{where} has no line to use ({why}): one of the two communities must name the road or water between them",
            f"{where_zh}没有可用的线（{why_zh}）：两个社区之间至少一方要写明是哪条路、哪条河",
        )
        return replace(bound, problem=words)
    texts = "、".join(own.text for own in theirs)
    longer = bound.longer or next((own.longer for own in theirs if own.longer), "")
    whole = Choice(tuple(lines), Fault(f"{where}: {texts}", f"{where_zh}：{texts}"), every=True)
    in_part = Fault(f"{where}: {texts}, only a part of it", f"{where_zh}：{texts}，只用到一部分")
    part = Choice(tuple(lines), in_part, exact=False)
    return replace(bound, choices=(whole, part), longer=longer)


def _tiled(closed: Sequence[Closed]) -> list[BaseGeometry | None]:
    """Return the communities as unions of the faces of one network of all their lines."""
    used = [result for result in closed if result.shape is not None]
    if not used:
        return [None] * len(closed)
    unique = {shapely.to_wkb(line): line for result in used for line in result.network}
    faces = faces_of(list(unique.values()))
    points = faces.inner_points()
    shapes: list[BaseGeometry | None] = []
    for result in closed:
        if result.shape is None:
            shapes.append(None)
            continue
        shapely.prepare(result.shape)
        inside = np.flatnonzero(shapely.contains_properly(result.shape, points))
        # Every ring starts at its lowest vertex: two runs write the same bytes.
        shapes.append(shapely.normalize(faces.joined(inside)))
    return shapes


def _outcome(row: BoundsRow, code: str, result: Closed, shape: BaseGeometry | None) -> Outcome:
    lines = (
        shapely.union_all(np.array([*result.found, None], dtype=object)[:-1])
        if result.found
        else shapely.MultiLineString()
    )
    return Outcome(row, code, shape, result.findings, lines, result.problems, result.added)


def _draft(outcomes: Sequence[Outcome], crs: int, prefix: str, subdistrict_name: str) -> Draft:
    done = [outcome for outcome in outcomes if outcome.shape is not None]
    above = _subdistrict_code([outcome.code for outcome in outcomes], prefix)
    community = _layer(
        [(o.code, o.row.name, above, "；".join(filter(None, (NOTE, o.row.note))), o.shape) for o in done], crs
    )
    whole = (
        [
            shapely.normalize(
                shapely.union_all(np.array([o.shape for o in done], dtype=object), grid_size=0.001)
            )
        ]
        if done
        else []
    )
    subdistrict = _layer([(above, subdistrict_name or above, "", NOTE, shape) for shape in whole], crs)
    report = check_zones({"community": community}) if done else None
    return Draft(community, subdistrict, tuple(outcomes), report)


def _subdistrict_code(codes: Sequence[str], prefix: str) -> str:
    if prefix:
        return prefix[:_SUBDISTRICT_DIGITS]
    starts = {code[:-3] for code in codes}
    return starts.pop() if len(starts) == 1 and "" not in starts else "街道草图"


def _layer(rows: Sequence[tuple[str, str, str, str, BaseGeometry | None]], crs: int) -> gpd.GeoDataFrame:
    table: dict[str, list[Any]] = {name: [None] * len(rows) for name in COLUMNS}
    table["code"], table["name"], table["parent"], table["note"] = (
        [row[place] for row in rows] for place in range(4)
    )
    table["leader"], table["official"] = [""] * len(rows), [False] * len(rows)
    columns: dict[str, NDArray[np.object_]] = {
        name: np.array([*values, None], dtype=object)[:-1] for name, values in table.items()
    }
    return gpd.GeoDataFrame(
        columns, geometry=np.array([*(row[4] for row in rows), None], dtype=object)[:-1], crs=crs
    )
