"""Drawings are begun, changed step by step, undone, renamed, removed: each in the caller's transaction.

The row of the drawing is locked first, so that two people on one drawing act one after the other; who
acts on a version that is no longer the newest is told what happened meanwhile (412).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, RowMapping, update

from geodata.zones.sketching.model import Sketch, SketchZone, ordered
from geodata.zones.sketching.network import sketch_of
from service.audit.trail import record
from service.borders.current import as_of
from service.borders.queries import find_change, load_proposed
from service.clock import Clock, office_day
from service.drawings.acting import acted
from service.drawings.queries import (
    MAX_DRAWINGS,
    Box,
    any_zones,
    basemap_box,
    count_drawings,
    delete_drawing,
    find_drawing,
    find_request,
    find_started,
    find_step,
    insert_drawing,
    insert_step,
    update_drawing,
)
from service.drawings.state import apply, delta, freeze, thaw
from service.drawings.words import step_words
from service.errors import Conflict, NotFound, Refused, StaleVersion
from service.office import Office
from service.store.tables import Drawing
from service.words import tr

if TYPE_CHECKING:
    from service.borders.current import OfficeZones
    from service.drawings.model import Action, NewDrawing
    from service.drawings.streets import Shapes

# Land around the office's borders that can be drawn on, and the widest ground without borders.
_AROUND_M = 800.0
_WIDEST_M = 15_000.0
MAX_FRAME_M = 30_000.0


def begin(
    connection: Connection,
    wanted: NewDrawing,
    *,
    drawing_id: UUID,
    actor: str,
    zones: OfficeZones,
    clock: Clock,
) -> UUID:
    """Write a new drawing and return its id.

    Raises
    ------
    Refused
        If there are too many, or there is nothing to begin from.
    """
    _require_room(connection)
    sketch, source = _source(connection, wanted, zones=zones, clock=clock)
    name, now = wanted.name.strip() or tr("草图", "drawing"), clock.now()
    return _insert(
        connection, sketch, drawing_id=drawing_id, name=name, start=wanted.start, source=source, actor=actor, now=now,
        zones=zones,
    )  # fmt: skip


def begin_with(
    connection: Connection,
    sketch: Sketch,
    *,
    name: str,
    origin: dict[str, Any],
    actor: str,
    now: datetime,
    zones: OfficeZones,
) -> UUID:
    """Write a new drawing of a sketch made by a program and return its id.

    Parameters
    ----------
    origin
        `start` names what made it; everything else is kept beside it.

    Raises
    ------
    Refused
        If there are too many drawings.
    """
    _require_room(connection)
    start, source = origin["start"], {key: value for key, value in origin.items() if key != "start"}
    return _insert(
        connection, sketch, drawing_id=uuid4(), name=name, start=start, source=source, actor=actor, now=now, zones=zones
    )  # fmt: skip


def _insert(
    connection: Connection,
    sketch: Sketch,
    *,
    drawing_id: UUID,
    name: str,
    start: str,
    source: dict[str, Any],
    actor: str,
    now: datetime,
    zones: OfficeZones,
) -> UUID:
    frame = _frame(connection, sketch, zones=zones)
    insert_drawing(
        connection, id=drawing_id, name=name, origin={"start": start, "frame": list(frame), **source},
        **_kept(sketch), created_by=actor, created_at=now, updated_by=actor, updated_at=now,
    )  # fmt: skip
    told = {key: value for key, value in source.items() if isinstance(value, str)}
    record(
        connection, actor=actor, action="drawing_begun", object_type="drawing", object_id=str(drawing_id),
        detail={"start": start, "zones": len(sketch.zones), **told},
    )  # fmt: skip
    return drawing_id


def replaceable(connection: Connection, *, start: str) -> RowMapping | None:
    """Return the newest drawing that a program made and nobody signed, its row held; None where there is none."""
    row = find_started(connection, start=start, lock=True)
    return row if row is not None and is_open(row) else None


def _require_room(connection: Connection) -> None:
    if count_drawings(connection) >= MAX_DRAWINGS:
        raise Refused(
            tr(
                f"草图已有 {MAX_DRAWINGS} 份，请先删掉不用的",
                f"there are {MAX_DRAWINGS} drawings; remove some first",
            )
        )


def _kept(sketch: Sketch) -> dict[str, Any]:
    communities = sketch.of("community")
    summary = {
        "communities": len(communities), "grids": len(sketch.of("grid")),
        "area_m2": round(sum(zone.shape.area for zone in communities), 1),
    }  # fmt: skip
    return {"state": freeze(sketch), "summary": summary}


def _source(
    connection: Connection, wanted: NewDrawing, *, zones: OfficeZones, clock: Clock
) -> tuple[Sketch, dict[str, str]]:
    if wanted.start == "empty":
        return Sketch(crs=zones.crs), {}
    if wanted.start == "current":
        if not any_zones(connection):
            raise Refused(tr("还没有现行边界，请从空白画起", "there are no borders in force; begin empty"))
        day = office_day(clock.now())
        layers = as_of(zones.versions(connection), day).layers()
        rows: list[dict[str, Any]] = [
            {**{str(key): value for key, value in row.items()}, "level": level}
            for level, layer in layers.items()
            for row in layer.to_dict("records")
        ]
        return sketch_of(_zones(rows, shape="geometry"), crs=zones.crs), {"day": day.isoformat()}
    change_id = None if wanted.change_id is None else UUID(wanted.change_id)
    if change_id is None or find_change(connection, change_id) is None:
        raise NotFound(tr("没有这份边界方案", "no such proposal"))
    proposed = load_proposed(connection, change_id)
    return sketch_of(_zones(proposed, shape="shape"), crs=zones.crs), {"change": str(change_id)}


def _zones(rows: list[dict[str, Any]], *, shape: str) -> list[SketchZone]:
    counts: dict[str, int] = {}
    found = []
    for row in rows:
        level = row["level"]
        counts[level] = counts.get(level, -1) + 1
        found.append(
            SketchZone(
                level, row["code"], row["name"] or row["code"], row["parent"] or "", row["leader"] or "",
                counts[level], row[shape],
            )
        )  # fmt: skip
    return ordered(found)


def _frame(connection: Connection, sketch: Sketch, *, zones: OfficeZones) -> Box:
    """Return the ground to work on: around the borders there are, else where the basemap has roads."""
    shapes = [zone.shape for zone in sketch.zones if not zone.shape.is_empty]
    if not shapes and any_zones(connection):
        shapes = list(zones.versions(connection).layers()["community"].geometry)
    if shapes:
        boxes = [shape.bounds for shape in shapes]
        return (
            min(box[0] for box in boxes) - _AROUND_M, min(box[1] for box in boxes) - _AROUND_M,
            max(box[2] for box in boxes) + _AROUND_M, max(box[3] for box in boxes) + _AROUND_M,
        )  # fmt: skip
    found = basemap_box(connection)
    if found is None:
        raise Refused(
            tr("还没有道路底图，也没有边界，不知道在哪里画", "there are neither roads nor borders to draw on")
        )
    x, y = (found[0] + found[2]) / 2, (found[1] + found[3]) / 2
    across, up = min(found[2] - found[0], _WIDEST_M) / 2, min(found[3] - found[1], _WIDEST_M) / 2
    return x - across, y - up, x + across, y + up


def office_top(
    connection: Connection, *, zones: OfficeZones, clock: Clock, office: Office
) -> tuple[str, str]:
    """Return code and name of the office's one subdistrict; no code where there is none, or several."""
    if any_zones(connection):
        layer = as_of(zones.versions(connection), office_day(clock.now())).layers()["subdistrict"]
        if len(layer) == 1:
            return str(layer["code"].iloc[0]), str(layer["name"].iloc[0])
    return "", office.name


def frame_of(row: RowMapping) -> Box:
    """Return the ground to work on, office CRS."""
    west, south, east, north = row["origin"]["frame"]
    return west, south, east, north


def is_open(row: RowMapping) -> bool:
    """Return whether a drawing may still be changed: not signed, or signed and not adopted."""
    return row["change_id"] is None or row["change_state"] == "rejected"


def opened(connection: Connection, drawing_id: UUID, *, version: int | None) -> RowMapping:
    """Return a drawing to be changed, its row held.

    Raises
    ------
    NotFound
        If it is gone.
    StaleVersion
        If it is at another version: says who did what last.
    Conflict
        If it is signed.
    """
    row = find_drawing(connection, drawing_id, lock=True)
    if row is None:
        raise NotFound(tr("没有这份草图", "no such drawing"))
    if version is None:
        raise StaleVersion(
            tr("请带上读到的版本（If-Match）", "send the version that you read (If-Match)"),
            fields=[("header.If-Match", f'"{row["version"]}"')],
        )
    if row["version"] != version:
        last = find_step(connection, drawing_id, row["position"])
        what = last["words"] if last else tr("改动", "a change")
        raise StaleVersion(
            tr(
                f"{row['updated_by']} 刚刚改过这份草图（{what}）；您的这一步还没有保存",
                f"{row['updated_by']} changed this drawing meanwhile ({what}); your step was not saved",
            ),
            fields=[("drawing.version", str(row["version"])), ("drawing.step", what)],
        )
    if not is_open(row):
        raise Conflict(tr("草图已签发，不能再改；请另建一份", "the drawing is signed; begin another one"))
    return row


def act(
    connection: Connection,
    drawing_id: UUID,
    action: Action,
    *,
    version: int | None,
    request_id: UUID | None,
    blocks: Callable[[Sketch, Box], Shapes],
    actor: str,
    office: Office,
    zones: OfficeZones,
) -> Sketch:
    """Do one action, keep it as a step, and return the sketch before it.

    Raises
    ------
    Refused, StaleVersion, Conflict, NotFound
        If it cannot be done, or the same request id was used for another action.
    """
    plain = action.model_dump()
    if request_id is not None:
        # The row first: two copies of one request wait for each other here.
        find_drawing(connection, drawing_id, lock=True)
        twin = find_request(connection, drawing_id, request_id)
        if twin is not None:
            if twin["action"] != plain:
                raise Conflict(
                    tr("同一个编号已用于另一步操作", "the same id was used for another action"),
                    fields=[("header.Idempotency-Key", tr("请换一个新编号", "use a new id"))],
                )
            # The answer was lost on its way: the client gets everything once more.
            return Sketch(crs=office.crs)
    row = opened(connection, drawing_id, version=version)
    before, frame = thaw(row["state"]), frame_of(row)
    top = office_top(connection, zones=zones, clock=office.clock, office=office)
    after = acted(before, action, frame=frame, blocks=lambda: blocks(before, frame), top=top)
    keep_step(
        connection, row, plain, before=before, after=after, request_id=request_id or uuid4(), actor=actor,
        now=office.clock.now(),
    )  # fmt: skip
    return before


def keep_step(
    connection: Connection,
    row: RowMapping,
    action: dict[str, Any],
    *,
    before: Sketch,
    after: Sketch,
    request_id: UUID,
    actor: str,
    now: datetime,
    origin: dict[str, Any] | None = None,
) -> None:
    """Write what an action made of a drawing, and the step that leads back; undone steps are gone.

    `origin` replaces what is kept of where the drawing comes from.
    """
    number = row["position"] + 1
    insert_step(
        connection, drawing_id=row["id"], number=number, request_id=request_id, action=action,
        words=step_words(action, before, after), delta=delta(before, after), actor=actor, at=now,
    )  # fmt: skip
    _write(connection, row["id"], after, position=number, actor=actor, now=now)
    if origin is not None:
        connection.execute(update(Drawing).where(Drawing.id == row["id"]).values(origin=origin))
    record(
        connection, actor=actor, action="drawing_step", object_type="drawing", object_id=str(row["id"]),
        detail={"step": number, "act": action["act"]},
    )  # fmt: skip


def _write(
    connection: Connection, drawing_id: UUID, sketch: Sketch, *, position: int, actor: str, now: datetime
) -> None:
    # A drawing that was not adopted and is changed is a draft again: nobody signed what it is now.
    update_drawing(
        connection, drawing_id, **_kept(sketch), position=position, updated_by=actor, updated_at=now,
        change_id=None, drawn_by="", signed_by="", signed_on=None,
    )  # fmt: skip


def wind(
    connection: Connection, drawing_id: UUID, count: int, *, version: int | None, actor: str, clock: Clock
) -> Sketch:
    """Undo (`count` below 0) or redo steps, as far as there are any; return the sketch before.

    Raises
    ------
    Refused
        If there is no step to undo or redo.
    StaleVersion, Conflict, NotFound
        See `opened`.
    """
    row = opened(connection, drawing_id, version=version)
    before = sketch = thaw(row["state"])
    position = row["position"]
    for _ in range(abs(count)):
        step = find_step(connection, drawing_id, position if count < 0 else position + 1)
        if step is None:
            break
        sketch = apply(sketch, step["delta"], side="before" if count < 0 else "after")
        position += -1 if count < 0 else 1
    if position == row["position"]:
        raise Refused(
            tr("没有可撤销的步骤", "nothing to undo")
            if count < 0
            else tr("没有可重做的步骤", "nothing to redo")
        )
    _write(connection, drawing_id, sketch, position=position, actor=actor, now=clock.now())
    record(
        connection, actor=actor, action="drawing_undone" if count < 0 else "drawing_redone", object_type="drawing",
        object_id=str(drawing_id), detail={"from": row["position"], "to": position},
    )  # fmt: skip
    return before


def remove(connection: Connection, drawing_id: UUID, *, version: int | None, actor: str) -> None:
    """Remove a drawing with steps and pictures; a proposal made from it stays.

    Raises
    ------
    NotFound, StaleVersion
        If it is gone, or changed since it was read.
    """
    row = find_drawing(connection, drawing_id, lock=True)
    if row is None:
        raise NotFound(tr("没有这份草图", "no such drawing"))
    if version is not None and version != row["version"]:
        raise StaleVersion(
            tr(
                f"{row['updated_by']} 刚刚改过，请看过再删",
                f"{row['updated_by']} changed it; look again before removing",
            )
        )
    delete_drawing(connection, drawing_id)
    record(
        connection, actor=actor, action="drawing_removed", object_type="drawing", object_id=str(drawing_id),
        detail={"steps": row["position"]},
    )  # fmt: skip
