"""Grids for the communities in force, along the office's own roads and waters, kept as a drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import geopandas as gpd
import numpy as np
import shapely
from sqlalchemy import Connection, RowMapping, literal_column, select
from sqlalchemy.types import NullType

from geodata.zones.drawing.grids import draw_grids
from geodata.zones.drawing.work import Work
from geodata.zones.sketching.model import Sketch, SketchZone
from geodata.zones.sketching.network import sketch_of
from service.drawings.editing import begin_with, keep_step, replaceable
from service.drawings.present import polygons
from service.drawings.queries import MAX_LINES, find_started, street_lines
from service.drawings.state import thaw
from service.errors import Refused
from service.grids.model import CommunityPlan, GridFeature, GridsAnswer, WantedGrids
from service.store.shapes import from_store
from service.store.tables import Case, Place
from service.words import tr

if TYPE_CHECKING:
    from geodata.zones import ZoneTree
    from geodata.zones.drawing.drawn import DrawnGrids
    from service.deps import Service

START = "grids"
_AROUND_M = 100.0


def draft(connection: Connection, wanted: WantedGrids, *, service: Service, actor: str) -> RowMapping:
    """Draw grids and keep them as the office's drawing of grids; return the drawing's row.

    Raises
    ------
    Refused
        If there are no communities, no roads, or no records to share.
    ZoneError
        If the number does not fit the communities.
    """
    zones = service.zones.on(connection, service.today())
    if not len(zones.community):
        raise Refused(tr("先要有社区边界，再划网格", "communities come first, grids after them"))
    drawn = draw_grids(
        zones.community, _lines(connection, zones), _work(connection, wanted.by), count=wanted.count
    )
    sketch = _sketch(zones, drawn)
    names = dict(zip(zones.community["code"], zones.community["name"], strict=True))
    plans = [
        {
            "code": plan.code, "name": names.get(plan.code, plan.code), "grids": plan.grids, "wanted": plan.wanted,
            "load_ratio": round(plan.load_ratio, 2),
        }
        for plan in drawn.plans
    ]  # fmt: skip
    origin = {"start": START, "wanted": wanted.model_dump(), "plans": plans, "left_out": drawn.left_out}
    now, open_row = service.clock.now(), replaceable(connection, start=START)
    if open_row is None:
        name = tr("自动划的网格", "grids drawn by program")
        begin_with(connection, sketch, name=name, origin=origin, actor=actor, now=now, zones=service.zones)
    else:
        keep_step(
            connection, open_row, {"act": START}, before=thaw(open_row["state"]), after=sketch, request_id=uuid4(),
            actor=actor, now=now, origin={**open_row["origin"], **origin},
        )  # fmt: skip
    row = find_grids(connection)
    assert row is not None
    return row


def find_grids(connection: Connection) -> RowMapping | None:
    """Return the newest drawing of grids that was made here, signed or not."""
    return find_started(connection, start=START)


def _lines(connection: Connection, zones: ZoneTree) -> gpd.GeoDataFrame:
    west, south, east, north = zones.community.total_bounds
    frame = (west - _AROUND_M, south - _AROUND_M, east + _AROUND_M, north + _AROUND_M)
    found = street_lines(connection, frame, srid=zones.crs)
    if len(found) > MAX_LINES:
        raise Refused(tr(f"这一带的道路超过 {MAX_LINES} 条", f"more than {MAX_LINES} roads lie here"))
    if not found:
        raise Refused(
            tr(
                "还没有道路、河流，网格没有线可沿；请先导入道路",
                "there are no roads for grids to follow; add roads first",
            )
        )
    shapes = np.empty(len(found), dtype=object)
    shapes[:] = [shapely.boundary(shape) if shape.area else shape for _, shape in found]
    return gpd.GeoDataFrame({"class": [layer for layer, _ in found]}, geometry=shapes, crs=zones.crs)


def _work(connection: Connection, by: str) -> Work:
    if by != "records":
        return Work("road_m" if by == "road" else "area_m2")
    shapes = [
        from_store(raw)
        for model in (Case, Place)
        for raw in connection.scalars(
            select(literal_column(f"{model.__tablename__}.shape", NullType()))
            .select_from(model)
            .where(model.shape.is_not(None))
        )
    ]
    if not shapes:
        raise Refused(
            tr(
                "还没有已定位的记录，先按面积或道路来划",
                "no record is placed yet; share area or roads instead",
            )
        )
    middle = shapely.point_on_surface(np.array(shapes, dtype=object))
    return Work("points", np.column_stack([shapely.get_x(middle), shapely.get_y(middle)]))


def _sketch(zones: ZoneTree, drawn: DrawnGrids) -> Sketch:
    """Return the borders in force with new grids; the communities stay as they are."""
    found: list[SketchZone] = []
    for level, layer in (
        ("subdistrict", zones.subdistrict),
        ("community", zones.community),
        ("grid", drawn.grid),
    ):
        for number, row in enumerate(layer.to_dict("records")):
            facts: dict[str, Any] = {key: str(row[key] or "") for key in ("code", "name", "parent", "leader")}
            found.append(SketchZone(level=level, colour=number, shape=row["geometry"], **facts))  # type: ignore[arg-type]
    return sketch_of(found, crs=zones.crs)


def answer_of(row: RowMapping) -> GridsAnswer:
    """Return a drawing of grids as the API tells it."""
    origin, sketch = row["origin"], thaw(row["state"])
    grids = [zone for zone in sketch.of("grid") if not zone.shape.is_empty]
    return GridsAnswer(
        drawing_id=row["id"], version=row["version"],
        signed=row["change_id"] is not None and row["change_state"] != "rejected",
        count=origin["wanted"]["count"], by=origin["wanted"]["by"], grids=len(grids), left_out=origin["left_out"],
        plans=[CommunityPlan(**plan) for plan in origin["plans"]],
        features=[
            GridFeature(
                properties={"role": "grid", "name": zone.name, "code": zone.code, "colour": zone.colour},
                geometry=polygons(zone.shape, sketch.crs),
            )
            for zone in grids
        ],
    )  # fmt: skip
