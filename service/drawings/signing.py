"""A drawing is signed off by name: it becomes a proposal, or the first borders of an office that has none."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import shapely
from sqlalchemy import Connection, select

from geodata.zones.sketching import ground
from geodata.zones.sketching.findings import findings_of
from geodata.zones.sketching.model import Sketch, SketchError
from service.audit.trail import record
from service.borders.current import OfficeZones, change_borders, zone_tree
from service.borders.moving import uncertainty_of
from service.borders.proposing import FIRST_DAY, LAST_DAY, Signature, defects_json, propose, usable
from service.borders.queries import (
    insert_change,
    insert_proposed,
    load_proposed,
    lock_proposals,
    move_owners,
    move_places,
    open_zones,
)
from service.borders.reading import BorderFile
from service.clock import Clock, office_day
from service.drawings.acting import top_code
from service.drawings.editing import keep_step, office_top, opened
from service.drawings.exporting import layers_of
from service.drawings.queries import any_zones, update_drawing
from service.drawings.state import thaw
from service.drawings.words import finding_words, refusal_of
from service.errors import Refused
from service.office import Office
from service.store.shapes import from_store
from service.store.tables import Case, Place
from service.words import tr

if TYPE_CHECKING:
    from service.drawings.model import SignOff

_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Signed:
    """What became of a drawing: the proposal's id, and whether its borders took effect at once."""

    change_id: UUID
    in_force: bool


def sign(
    connection: Connection,
    drawing_id: UUID,
    wanted: SignOff,
    *,
    version: int | None,
    actor: str,
    zones: OfficeZones,
    clock: Clock,
    office: Office,
) -> Signed:
    """Sign a drawing off, in the caller's transaction.

    Raises
    ------
    Refused
        If something is open that must be seen first (`known`), a date is no date, a zone has no ground,
        or the borders cannot be used.
    StaleVersion, Conflict, NotFound
        See `service.drawings.editing.opened`.
    """
    signature = Signature(
        wanted.drawn_by.strip(), wanted.signed_by.strip(), _day(wanted.signed_on, "signed_on")
    )
    valid_from = _day(wanted.valid_from, "valid_from")
    if not signature.drawn_by or not signature.signed_by:
        raise Refused(
            tr("请写明画图人和签发人的姓名", "name who drew and who signs"),
            fields=[("body.signed_by", tr("缺少", "missing"))],
        )
    # Before the drawing's row: who accepts a proposal takes these locks first as well.
    lock_proposals(connection)
    first = not any_zones(connection)
    if first:
        change_borders(connection)
    row = opened(connection, drawing_id, version=version)
    drawn = thaw(row["state"])
    sketch = _outlined(drawn, wanted, top=office_top(connection, zones=zones, clock=clock, office=office))
    if sketch is not drawn:
        keep_step(
            connection, row, {"act": "outline"}, before=drawn, after=sketch, request_id=uuid4(), actor=actor,
            now=clock.now(),
        )  # fmt: skip
    _require_complete(sketch, known=wanted.known)
    layers = layers_of(sketch)
    file = BorderFile(name=f"{row['name']}（{tr('手绘', 'drawn')}）", sha256=_digest(sketch), layers=layers)
    if first:
        change_id = _found(connection, file, valid_from=valid_from, actor=actor, clock=clock, crs=office.crs, signature=signature)  # fmt: skip
    else:
        change_id = propose(
            connection,
            file,
            valid_from=valid_from,
            actor=actor,
            zones=zones,
            clock=clock,
            signature=signature,
            whole=True,
        ).id
    update_drawing(
        connection, drawing_id, drawn_by=signature.drawn_by, signed_by=signature.signed_by,
        signed_on=signature.signed_on, change_id=change_id, updated_by=actor, updated_at=clock.now(),
    )  # fmt: skip
    # Names of people stay out of the trail; the proposal has them.
    record(
        connection, actor=actor, action="drawing_signed", object_type="drawing", object_id=str(drawing_id),
        detail={"change": str(change_id), "first": first, "valid_from": valid_from.isoformat()},
    )  # fmt: skip
    return Signed(change_id, in_force=first)


def _day(text: str, field: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Refused(
            tr(f"{text} 不是日期", f"{text} is no day"), fields=[(f"body.{field}", text)]
        ) from error
    if not FIRST_DAY <= day <= LAST_DAY:
        raise Refused(tr("日期超出范围", "the day is out of range"), fields=[(f"body.{field}", "1990–2200")])
    return day


def _outlined(sketch: Sketch, wanted: SignOff, *, top: tuple[str, str]) -> Sketch:
    if not (wanted.outline or not sketch.of("subdistrict")):
        return sketch
    try:
        return ground.outline(sketch, code=top[0] or top_code(sketch), name=top[1])
    except SketchError as error:
        raise refusal_of(error) from error


def _require_complete(sketch: Sketch, *, known: bool) -> None:
    """Raise if there is nothing to sign, or what is open was not seen."""
    findings = findings_of(sketch)
    empty = [finding for finding in findings if finding.kind == "empty"]
    if empty:
        raise Refused(
            tr(
                f"有 {len(empty)} 个区划还没有地，请画上或删去",
                f"{len(empty)} zones have no ground; draw or remove them",
            ),
            fields=[(f"drawing.{f.level}.{f.kind}", finding_words(f, sketch)) for f in empty[:_SHOWN]],
        )
    if findings and not known:
        raise Refused(
            tr(
                f"还有 {len(findings)} 处没有画完；确实如此的，请勾选“我已看过”再签发",
                f"{len(findings)} things are open; tick that you have seen them, or mend them first",
            ),
            fields=[(f"drawing.{f.level}.{f.kind}", finding_words(f, sketch)) for f in findings[:_SHOWN]],
        )


def _digest(sketch: Sketch) -> str:
    digest = hashlib.sha256()
    for zone in sketch.zones:
        digest.update(repr((zone.level, zone.code, zone.name, zone.parent, zone.leader)).encode())
        digest.update(shapely.to_wkb(zone.shape))
    return digest.hexdigest()


def _found(
    connection: Connection,
    file: BorderFile,
    *,
    valid_from: date,
    actor: str,
    clock: Clock,
    crs: int,
    signature: Signature,
) -> UUID:
    """Write the first borders of an office: in force at once; what was placed before gets its zones."""
    now = clock.now()
    if valid_from > office_day(now):
        raise Refused(
            tr(
                "第一版边界当场生效，生效日期不能晚于今天",
                "first borders take effect at once; choose today or a past day",
            ),
            fields=[("body.valid_from", valid_from.isoformat())],
        )
    report = usable(file.layers)
    change_id = uuid4()
    summary: dict[str, Any] = {
        "zones": [
            {
                "level": level, "code": zone["code"], "name": zone["name"], "kind": "new", "area_before_m2": 0.0,
                "area_after_m2": round(zone["geometry"].area, 2), "gained_m2": round(zone["geometry"].area, 2), "lost_m2": 0.0,
            }
            for level, layer in file.layers.items()
            for zone in layer.to_dict("records")
        ],
        "land": [], "ignored_rows": 0,
    }  # fmt: skip
    insert_change(
        connection, id=change_id, file_name=file.name, sha256=file.sha256, valid_from=valid_from, state="applied",
        summary=summary, defects=defects_json(report), proposed_by=actor, proposed_at=now, decided_by=actor,
        decided_at=now, applied_at=now, drawn_by=signature.drawn_by, signed_by=signature.signed_by,
        signed_on=signature.signed_on,
    )  # fmt: skip
    insert_proposed(connection, change_id, file.layers, srid=crs)
    begun = {
        level: layer.assign(valid_from=valid_from, valid_to=None) for level, layer in file.layers.items()
    }
    open_zones(connection, begun, now=now, srid=crs)
    _assign_all(connection, change_id, now=now, crs=crs)
    record(
        connection, actor=actor, action="borders_applied", object_type="border_change", object_id=str(change_id),
        detail={"first": True, "zones": len(summary["zones"])},
    )  # fmt: skip
    return change_id


def _assign_all(connection: Connection, change_id: UUID, *, now: datetime, crs: int) -> None:
    """Give every placed case and place its zones: nobody owned them before."""
    tree = zone_tree(load_proposed(connection, change_id), crs=crs)

    def answers(model: Any) -> list[tuple[UUID, Any]]:
        columns = (model.id, model.shape, model.uncertainty_m, model.p_within, model.placed_by)
        rows = connection.execute(
            select(*columns).where(model.shape.is_not(None)).order_by(model.id).with_for_update()
        )
        found = []
        for row in rows.mappings():
            shape = from_store(row["shape"])
            stated = row["p_within"] if row["placed_by"] == "geocoder" and row["p_within"] else None
            chances = None if stated is None else {int(m): float(p) for m, p in stated.items()}
            found.append((row["id"], tree.shares(shape, uncertainty_m=uncertainty_of(row), p_within=chances)))
        return found

    cases: list[tuple[UUID, Any]] = answers(Case)
    if cases:
        move_owners(connection, cases, now=now, srid=crs)
    move_places(connection, answers(Place), now=now)
