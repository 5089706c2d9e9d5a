"""New borders are proposed: read, completed from what is in force, checked, compared, stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import numpy as np
import shapely
from sqlalchemy import Connection

from geodata.crs import epsg_of
from geodata.errors import ZoneError
from geodata.zones import compare_layers
from geodata.zones.checking.checks import check_zones
from geodata.zones.checking.defects import DEFECT_WORDS
from geodata.zones.history.changes import SAME_M, aligned
from service.audit.trail import record
from service.borders.current import OfficeZones, as_of
from service.borders.queries import find_twin, insert_change, insert_proposed, lock_proposals
from service.errors import Refused
from service.words import language, said, tr

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from geodata.zones import BorderChanges, Level, ZoneTree
    from geodata.zones.checking.defects import ZoneReport
    from service.borders.reading import BorderFile
    from service.clock import Clock

FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2200, 1, 1)
# Borders that come in degrees are out of step by rounding; nobody can see or mend that.
_DUST_M2 = 0.01
_SHOWN = 50
_FACTS = ("name", "parent", "leader")


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal's id, and whether it is new: the same file for the same day is the same proposal."""

    id: UUID
    created: bool


@dataclass(frozen=True, slots=True)
class Signature:
    """Who drew borders by hand, and who signed them on which day; blank for a file from elsewhere."""

    drawn_by: str = ""
    signed_by: str = ""
    signed_on: date | None = None


def propose(
    connection: Connection,
    file: BorderFile,
    *,
    valid_from: date,
    actor: str,
    zones: OfficeZones,
    clock: Clock,
    signature: Signature = Signature(),
    whole: bool = False,
) -> Proposed:
    """Store new borders as a proposal, in the caller's transaction; nothing else changes.

    Parameters
    ----------
    file
        Its rows that hold on the day count; levels it lacks stay as they are, and so do names, parents
        and leaders it leaves blank.
    valid_from
        First day of the new borders, past or future.
    whole
        The file is the whole picture: a level it lacks has no zones any more.

    Raises
    ------
    Refused
        If the borders cannot be used (every fatal defect is named), do not fit the versions already
        there, or change nothing.
    """
    if not FIRST_DAY <= valid_from <= LAST_DAY:
        raise Refused(
            tr("生效日期超出范围", "the day is out of range"), fields=[("body.valid_from", "1990–2200")]
        )
    lock_proposals(connection)
    twin = find_twin(connection, sha256=file.sha256, valid_from=valid_from)
    if twin is not None:
        return Proposed(twin["id"], created=False)
    versions = zones.versions(connection)
    before = as_of(versions, valid_from)
    layers = _completed(file.layers, before, day=valid_from, whole=whole)
    report = usable({level: layer for level, layer in layers.items() if len(layer)})
    try:
        versions.with_change(layers, valid_from=valid_from)
    except ZoneError as error:
        raise Refused(
            tr(f"新边界放不进已有的边界版本：{said(error)}", f"the new borders do not fit: {error}"),
            fields=[("body.valid_from", valid_from.isoformat())],
        ) from error
    changes = compare_layers(before.layers(), layers)
    if changes.is_empty:
        raise Refused(
            tr(
                f"与 {valid_from} 起有效的边界相同，没有变化",
                f"the same as the borders that hold on {valid_from}: nothing changes",
            )
        )
    change_id = uuid4()
    _store(
        connection, change_id, file, layers, report, changes, valid_from=valid_from, actor=actor, clock=clock,
        signature=signature,
        whole=whole,
    )  # fmt: skip
    return Proposed(change_id, created=True)


def _store(
    connection: Connection,
    change_id: UUID,
    file: BorderFile,
    layers: Mapping[Level, gpd.GeoDataFrame],
    report: ZoneReport,
    changes: BorderChanges,
    *,
    valid_from: date,
    actor: str,
    clock: Clock,
    signature: Signature,
    whole: bool,
) -> None:
    srid = epsg_of(layers["community"].crs)
    summary = summary_json(changes, ignored=_ignored(file.layers, valid_from)) | (
        {"whole": True} if whole else {}
    )
    insert_change(
        connection, id=change_id, file_name=file.name, sha256=file.sha256, valid_from=valid_from,
        summary=summary, defects=defects_json(report), proposed_by=actor, proposed_at=clock.now(),
        drawn_by=signature.drawn_by, signed_by=signature.signed_by, signed_on=signature.signed_on,
    )  # fmt: skip
    insert_proposed(connection, change_id, layers, srid=srid)
    record(
        connection, actor=actor, action="borders_proposed", object_type="border_change", object_id=str(change_id),
        detail={"sha256": file.sha256, "valid_from": valid_from.isoformat(), "zones": len(summary["zones"])},
    )  # fmt: skip


def _completed(
    given: Mapping[Level, gpd.GeoDataFrame], before: ZoneTree, *, day: date, whole: bool
) -> dict[Level, gpd.GeoDataFrame]:
    """Return all layers of the new version: the given rows of the day, the rest as it is in force, or none."""
    old = {level: layer for level, layer in before.layers().items() if len(layer)}
    new = {level: _of_day(layer, day) for level, layer in given.items()}
    new = {level: layer for level, layer in new.items() if len(layer)}
    if not new:
        raise Refused(
            tr(f"文件里没有在 {day} 有效的区划", f"the file has no zone that holds on {day}"),
            fields=[("body.valid_from", day.isoformat())],
        )
    filled = {level: _filled(layer, old.get(level)) for level, layer in new.items()}
    rest = {level: layer.iloc[:0] for level, layer in old.items()} if whole else old
    new = aligned(filled, old)
    return {**rest, **{level: _unmoved(layer, old.get(level)) for level, layer in new.items()}}


def _unmoved(layer: gpd.GeoDataFrame, old: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Return a layer whose zones that cover the very same ground have the border in force, vertex for vertex.

    Grids drawn up to a community's border add corners to it; that is no new version of the community.
    """
    if old is None or old["code"].duplicated().any():
        return layer
    known = dict(zip(old["code"], old.geometry, strict=True))
    shapes = np.empty(len(layer), dtype=object)
    shapes[:] = [
        known[code] if code in known and _same_ground(known[code], shape) else shape
        for code, shape in zip(layer["code"], layer.geometry, strict=True)
    ]
    return layer.set_geometry(shapes, crs=layer.crs)


def _same_ground(one: BaseGeometry, other: BaseGeometry) -> bool:
    # A corner added on a straight side is rounded to the millimetre, and moves the side by as much.
    if abs(one.area - other.area) > SAME_M * one.length or not (one.is_valid and other.is_valid):
        return False
    return bool(
        shapely.hausdorff_distance(one.boundary, other.boundary) < SAME_M
        and shapely.symmetric_difference(one, other).area < SAME_M * one.length
    )


def _of_day(layer: gpd.GeoDataFrame, day: date) -> gpd.GeoDataFrame:
    from geodata.zones.history.versions import holding

    return layer[holding(layer, day)].assign(valid_from=None, valid_to=None)


def _ignored(given: Mapping[Level, gpd.GeoDataFrame], day: date) -> int:
    return sum(len(layer) - len(_of_day(layer, day)) for layer in given.values())


def _filled(layer: gpd.GeoDataFrame, old: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Return a layer with blank names, parents and leaders taken over from the zones in force."""
    if old is None:
        return layer
    known = {row["code"]: row for row in old[["code", *_FACTS]].to_dict("records")}
    filled = layer.copy()
    for name in _FACTS:
        values = np.empty(len(layer), dtype=object)
        values[:] = [
            # A missing name reads as the code.
            known[code][name] if code in known and value in ("", None, code) else value
            for code, value in zip(layer["code"], layer[name], strict=True)
        ]
        filled[name] = values
    return filled


def usable(layers: Mapping[Level, gpd.GeoDataFrame]) -> ZoneReport:
    """Return what is wrong with the layers of one day but does not forbid them.

    Raises
    ------
    Refused
        If a defect is fatal; every one is named.
    """
    # Without days: these are the zones of one day.
    report = check_zones(
        {level: layer.drop(columns=["valid_from", "valid_to"]) for level, layer in layers.items()}
    )
    if not report.usable:
        fatal = [defect for defect in report.defects if defect.fatal]
        raise Refused(
            tr(
                f"新边界有 {len(fatal)} 处缺陷必须先改正；可先用 qingtu zones check 检查、--repair 修复",
                f"the new borders have {len(fatal)} defects that must be mended first; try qingtu zones check --repair",
            ),
            fields=[
                (f"{defect.level}.{defect.kind}", tr(defect.said.zh, defect.said.en))
                for defect in fatal[:_SHOWN]
            ],
        )
    seen = [defect for defect in report.defects if not 0 < defect.area_m2 < _DUST_M2]
    return replace(report, defects=tuple(seen))


def defects_json(report: ZoneReport) -> list[dict[str, Any]]:
    """Return a report's defects, for keeping; areas in m²."""
    return [
        {
            "level": defect.level, "kind": defect.kind, "codes": list(defect.codes), "area_m2": round(defect.area_m2, 2),
            "words": defect.said.zh,
            "words_en": defect.said.en,
        }
        for defect in report.defects[: 4 * _SHOWN]
    ]  # fmt: skip


def defect_words(kind: str) -> str:
    """Return a defect's name in the user's language."""
    return next((words[language.get() == "en"] for name, words in DEFECT_WORDS.items() if name == kind), kind)


def summary_json(changes: BorderChanges, *, ignored: int = 0) -> dict[str, Any]:
    """Return what differs between two versions, for keeping; areas in m²."""
    return {
        "zones": [
            {
                "level": zone.level, "code": zone.code, "name": zone.name, "kind": zone.kind,
                "area_before_m2": round(zone.area_before_m2, 2), "area_after_m2": round(zone.area_after_m2, 2),
                "gained_m2": round(zone.gained.area, 2), "lost_m2": round(zone.lost.area, 2),
            }
            for zone in changes.zones
        ],
        "land": [
            {"level": move.level, "source": move.source, "target": move.target, "area_m2": round(move.area_m2, 2)}
            for move in changes.land
        ],
        "ignored_rows": ignored,
    }  # fmt: skip
