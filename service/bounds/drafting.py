"""A table of bounds closed by the office's own roads, kept as a drawing that can be mended and signed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import shapely
from sqlalchemy import Connection, RowMapping

from geodata.crs import WGS84, epsg_of, reproject
from geodata.zones.bounds.drafting import codes_of, draft_communities
from geodata.zones.bounds.model import SIDE_NAMES, STATUS_WORDS
from geodata.zones.bounds.table import read_bounds
from geodata.zones.sketching.model import Sketch, SketchZone
from geodata.zones.sketching.network import sketch_of
from service.bounds.model import BoundsAnswer, BoundsFeature, BoundsLine, BoundsTable, RowOutcome, SideOutcome
from service.drawings.editing import begin_with, keep_step, replaceable
from service.drawings.queries import find_started
from service.drawings.state import thaw
from service.errors import Refused
from service.words import tr

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from geodata.zones.bounds.drafting import Draft
    from geodata.zones.bounds.model import BoundsRow, Finding, Outcome
    from service.deps import Service

START = "bounds"
# Villages and communities of real subdistricts have 001 to 899 before them: no real code begins so.
_MADE_UP = "900"
_ENGLISH = {"E": "east", "S": "south", "W": "west", "N": "north"}
# Lines of what does not close may run through half a city.
_REACH_M = 1500.0


def draft(connection: Connection, table: BoundsTable, *, service: Service, actor: str) -> RowMapping:
    """Close a table and keep what closed as the office's drawing of bounds; return the drawing's row.

    An open drawing of bounds is changed by one step, which can be undone; else one is begun. A
    community that does not close stands in it without ground.

    Raises
    ------
    Refused
        If there are no roads to close with.
    FrameError, ZoneError
        If the table lacks a name, or names or codes repeat.
    """
    gazetteer = service.geocoder.current(connection).gazetteer
    if not len(gazetteer.basemap()):
        raise Refused(
            tr(
                "还没有画出的道路、河流，四至围不起来；请先导入道路",
                "there are no drawn roads or waters to close bounds with; add roads first",
            )
        )
    rows = read_bounds(
        [
            {"社区": row.name, "代码": row.code, "东至": row.east, "南至": row.south, "西至": row.west, "北至": row.north}
            for row in table.rows
        ],
        lines=range(1, len(table.rows) + 1),
    )  # fmt: skip
    prefix = table.prefix or f"{service.office.division or '000000'}{_MADE_UP}"
    done = draft_communities(rows, gazetteer, prefix=prefix, subdistrict_name=service.office.name)
    sketch = _sketch(done, rows, prefix, crs=service.office.crs)
    origin = {
        "start": START, "rows": [row.model_dump() for row in table.rows], "prefix": table.prefix,
        "told": _told(done),
    }  # fmt: skip
    now = service.clock.now()
    open_row = replaceable(connection, start=START)
    if open_row is None:
        name = tr("四至围成的社区", "communities from their bounds")
        drawing_id = begin_with(
            connection, sketch, name=name, origin=origin, actor=actor, now=now, zones=service.zones
        )
    else:
        drawing_id = open_row["id"]
        keep_step(
            connection, open_row, {"act": START}, before=thaw(open_row["state"]), after=sketch, request_id=uuid4(),
            actor=actor, now=now, origin={**open_row["origin"], **origin},
        )  # fmt: skip
    row = find_bounds(connection)
    assert row is not None
    assert row["id"] == drawing_id
    return row


def find_bounds(connection: Connection) -> RowMapping | None:
    """Return the newest drawing that came from bounds, signed or not."""
    return find_started(connection, start=START)


def _sketch(done: Draft, rows: Sequence[BoundsRow], prefix: str, *, crs: int) -> Sketch:
    """Return the communities as a sketch in the table's order; the subdistrict is drawn when it is signed."""
    source = epsg_of(done.community.crs)
    zones = []
    for number, (outcome, code) in enumerate(zip(done.outcomes, codes_of(rows, prefix), strict=True)):
        shape = shapely.MultiPolygon() if outcome.shape is None else _moved(outcome.shape, source, crs)
        zones.append(SketchZone("community", code, outcome.row.name, "", "", number, shape))
    return sketch_of(zones, crs=crs)


def _moved(shape: BaseGeometry, source: int, target: int) -> BaseGeometry:
    return shape if source == target else reproject(shape, source, target)


def _told(done: Draft) -> dict[str, Any]:
    """Return what came of the table, in both languages, for keeping with the drawing."""
    source = epsg_of(done.community.crs)
    return {
        "outcomes": [_outcome(outcome) for outcome in done.outcomes],
        "defects": [defect.words for defect in (done.report.defects if done.report else ())][:50],
        "lines": _lines(done, source),
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    area = 0.0 if outcome.shape is None else round(outcome.shape.area, 1)
    return {
        "name": outcome.row.name, "code": outcome.code, "closed": outcome.shape is not None, "area_m2": area,
        "problems": [[problem.zh, problem.en] for problem in outcome.problems],
        "sides": [_side(finding) for finding in outcome.findings],
    }  # fmt: skip


def _side(finding: Finding) -> dict[str, Any]:
    return {
        "side": finding.side, "text": finding.text, "status": finding.status,
        "words": [finding.words.zh, finding.words.en], "added": bool(finding.bridged_m or finding.prolonged_m),
    }  # fmt: skip


def _lines(done: Draft, source: int) -> list[dict[str, Any]]:
    """Return the lines of what does not close, near what does, and what was added to close, EPSG:4326."""
    closed = [outcome.shape for outcome in done.outcomes if outcome.shape is not None]
    window = shapely.box(*shapely.total_bounds(closed)).buffer(_REACH_M) if closed else None
    found = []
    for outcome in done.outcomes:
        if outcome.shape is None and not outcome.lines.is_empty:
            near = outcome.lines if window is None else shapely.intersection(outcome.lines, window)
            found.append(("open", outcome.row.name, near))
        found += [("added", outcome.row.name, connector.shape) for connector in outcome.added]
    return [
        {"role": role, "name": name, "geometry": _geojson(reproject(shape, source, WGS84))}
        for role, name, shape in found
        if not shape.is_empty
    ]


def _geojson(shape: BaseGeometry) -> dict[str, Any]:
    plain: dict[str, Any] = shapely.geometry.mapping(shapely.set_precision(shape, 1e-7))
    return plain


def answer_of(row: RowMapping) -> BoundsAnswer:
    """Return a drawing of bounds as the API tells it: the table, what came of it, what is drawn now."""
    from service.drawings.present import polygons

    origin, told = row["origin"], row["origin"]["told"]
    sketch = thaw(row["state"])
    features = [
        BoundsFeature(
            properties={"role": "closed", "name": zone.name, "code": zone.code, "colour": zone.colour},
            geometry=polygons(zone.shape, sketch.crs),
        )
        for zone in sketch.of("community")
        if not zone.shape.is_empty
    ]
    features += [
        BoundsFeature(properties={"role": line["role"], "name": line["name"]}, geometry=line["geometry"])
        for line in told["lines"]
    ]
    outcomes = [_row_outcome(outcome) for outcome in told["outcomes"]]
    return BoundsAnswer(
        drawing_id=row["id"], version=row["version"],
        signed=row["change_id"] is not None and row["change_state"] != "rejected",
        rows=[BoundsLine(**line) for line in origin["rows"]], prefix=origin["prefix"],
        closed=sum(outcome.closed for outcome in outcomes), outcomes=outcomes, defects=told["defects"], features=features,
    )  # fmt: skip


def _row_outcome(told: dict[str, Any]) -> RowOutcome:
    return RowOutcome(
        name=told["name"], code=told["code"], closed=told["closed"], area_m2=told["area_m2"],
        problems=[tr(*words) for words in told["problems"]],
        sides=[
            SideOutcome(
                side=own["side"], side_words=tr(SIDE_NAMES[own["side"]], _ENGLISH[own["side"]]), text=own["text"],
                status=own["status"], status_words=_status_words(own["status"]), words=tr(*own["words"]),
            )
            for own in told["sides"]
        ],
    )  # fmt: skip


def _status_words(status: str) -> str:
    return next((tr(*words) for known, words in STATUS_WORDS.items() if known == status), status)


def rows_of(gazetteer_rows: Sequence[BoundsRow]) -> list[BoundsLine]:
    """Return rows that were read from a file as the API's."""
    return [
        BoundsLine(
            name=row.name[:60], code=row.code[:40], east=row.sides.get("E", "")[:500], south=row.sides.get("S", "")[:500],
            west=row.sides.get("W", "")[:500], north=row.sides.get("N", "")[:500],
        )
        for row in gazetteer_rows
    ]  # fmt: skip
