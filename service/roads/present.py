"""What the API says about the gazetteer's sources, edits and checks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import shapely
from pydantic import BaseModel
from shapely.geometry import mapping
from sqlalchemy import Connection, RowMapping

from geodata.crs import WGS84, reproject
from service.roads.edits import entries
from service.roads.queries import count_items, list_checks, list_edits, list_items, list_sources
from service.roads.state import GazetteerState
from service.store.shapes import from_store
from service.words import tr

if TYPE_CHECKING:
    from geodata.gazetteer import Gazetteer
    from service.auth.scope import Scope

Standing = Literal["drafted", "in_force", "leaving"]


class SourceItem(BaseModel):
    """A source. `standing`: drafted (counts after a check), in_force, leaving (gone after a check)."""

    id: UUID
    kind: str
    kind_words: str
    file_name: str
    datum: str | None
    crs: int | None
    counts: dict[str, Any]
    added_by: str
    added_at: datetime
    standing: Standing


class EditItem(BaseModel):
    """An edit; `geometry` in EPSG:4326, None for a renaming of places, a hiding, an alias."""

    id: UUID
    kind: str
    kind_words: str
    entry_class: str
    name: str
    other_names: list[str]
    replaces: list[str]
    gives: list[str]
    chainage_m: float | None
    width_m: float | None
    note: str
    geometry: dict[str, Any] | None
    created_by: str
    created_at: datetime
    standing: Standing


class CheckItem(BaseModel):
    """A check. `progress`: step, done, total; `changes`: how many records, by kind of change."""

    id: UUID
    state: str
    state_words: str
    progress: dict[str, Any]
    report: dict[str, Any]
    changes: dict[str, int]
    problem: str
    started_by: str
    started_at: datetime
    finished_at: datetime | None
    decided_by: str
    decided_at: datetime | None
    version: int


class MovingRecord(BaseModel):
    """A record that a check would move; geometries in EPSG:4326, None for no place."""

    id: int
    record: str
    record_id: UUID
    title: str
    words: str
    status: str
    change: str
    change_words: str
    distance_m: float | None
    before: dict[str, str]
    after: dict[str, str]
    before_geometry: dict[str, Any] | None
    after_geometry: dict[str, Any] | None
    outcome: str


class CheckDetail(CheckItem):
    """A check with its list, as far as this person may see the records."""

    items: list[MovingRecord]


class GazetteerDetail(GazetteerState):
    """The gazetteer's state with its sources, edits and checks."""

    source_list: list[SourceItem]
    edit_list: list[EditItem]
    checks: list[CheckItem]


class EntryFeature(BaseModel):
    """A line, place or post; `properties`: key, class, name, category."""

    type: Literal["Feature"] = "Feature"
    properties: dict[str, Any]
    geometry: dict[str, Any]


class Entries(BaseModel):
    """Entries as GeoJSON, EPSG:4326."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[EntryFeature]


def source_item(row: RowMapping) -> SourceItem:
    """Return a source as the API says it."""
    words = {
        "osm": tr("OSM 数据", "OSM extract"), "lines": tr("线路文件", "lines"), "places": tr("地点表", "places"),
        "posts": tr("里程桩", "posts"), "records": tr("本单位记录", "own records"), "base": tr("成品地名库", "finished gazetteer"),
    }  # fmt: skip
    names = ("id", "kind", "file_name", "datum", "crs", "counts", "added_by", "added_at")
    return SourceItem(
        **{name: row[name] for name in names}, kind_words=words[row["kind"]], standing=_standing(row)
    )


def edit_item(row: RowMapping, *, crs: int) -> EditItem:
    """Return an edit as the API says it."""
    words = {
        "line": tr("画线", "line"), "place": tr("地点", "place"), "post": tr("里程桩", "post"), "alias": tr("别名", "alias"),
        "hide": tr("隐藏", "hidden"), "rename": tr("改名", "renamed"),
    }  # fmt: skip
    names = (
        "id", "kind", "entry_class", "name", "other_names", "replaces", "gives", "chainage_m", "width_m", "note",
        "created_by", "created_at",
    )  # fmt: skip
    return EditItem(
        **{name: row[name] for name in names}, kind_words=words[row["kind"]], standing=_standing(row),
        geometry=_lonlat(row["shape"], crs),
    )  # fmt: skip


def check_item(connection: Connection, row: RowMapping) -> CheckItem:
    """Return a check as the API says it."""
    words = {
        "running": tr("正在检查", "running"), "waiting": tr("等待决定", "waits for a decision"), "accepted": tr("已采用", "accepted"),
        "discarded": tr("未采用", "discarded"), "failed": tr("没有做完", "failed"), "undone": tr("已撤销", "taken back"),
    }  # fmt: skip
    names = (
        "id", "state", "progress", "report", "problem", "started_by", "started_at", "finished_at", "decided_by",
        "decided_at", "version",
    )  # fmt: skip
    return CheckItem(
        **{name: row[name] for name in names}, state_words=words[row["state"]],
        changes=count_items(connection, row["id"]),
    )  # fmt: skip


def check_detail(
    connection: Connection, row: RowMapping, *, scope: Scope, crs: int, names: Mapping[str, str]
) -> CheckDetail:
    """Return a check with the records of its list that this person may see."""
    items = [_moving(item, crs, names) for item in list_items(connection, row["id"], scope=scope)]
    return CheckDetail(**check_item(connection, row).model_dump(), items=items)


def gazetteer_detail(connection: Connection, state: GazetteerState, *, crs: int) -> GazetteerDetail:
    """Return the gazetteer's state with everything it is made of."""
    return GazetteerDetail(
        **state.model_dump(),
        source_list=[source_item(row) for row in list_sources(connection)],
        edit_list=[edit_item(row, crs=crs) for row in list_edits(connection)],
        checks=[check_item(connection, row) for row in list_checks(connection, limit=20)],
    )


def entry_features(connection: Connection, gazetteer: Gazetteer | None, *, crs: int) -> Entries:
    """Return everything that can be seen and corrected, as GeoJSON."""
    found = entries(connection, gazetteer)
    shapes = reproject(_array([entry[4] for entry in found]), crs, WGS84)
    return Entries(
        features=[
            EntryFeature(
                properties={"key": key, "class": own, "name": name, "category": category},
                geometry=mapping(shapely.set_precision(shape, 1e-7) if shape.geom_type == "Point" else shape),
            )
            for (key, own, name, category, _), shape in zip(found, shapes, strict=True)
        ]
    )


def change_words(change: str) -> str:
    """Return a kind of change in the user's language."""
    return {
        "moved": tr("移动", "moves"), "found": tr("找到了", "found"), "lost": tr("找不到了", "lost"),
        "status": tr("把握变了", "another status"), "zone": tr("换了归属", "another owner"),
    }[change]  # fmt: skip


def _moving(row: RowMapping, crs: int, names: Mapping[str, str]) -> MovingRecord:
    case = row["record_kind"] == "case"
    title = tr(f"第 {row['case_number']} 号", f"No. {row['case_number']}") if case else str(row["what"])
    sides = {
        side: {**row[side], "owner": " · ".join(names.get(code, code) for code in (row[side]["community"], row[side]["grid"]) if code)}
        for side in ("before", "after")
    }  # fmt: skip
    return MovingRecord(
        id=row["id"], record=row["record_kind"], record_id=row["record_id"], title=title, words=row["words"],
        status=row["status"], change=row["change"], change_words=change_words(row["change"]),
        distance_m=row["distance_m"], before=sides["before"], after=sides["after"],
        before_geometry=_lonlat(row["before_shape"], crs), after_geometry=_lonlat(row["after_shape"], crs),
        outcome=row["outcome"],
    )  # fmt: skip


def _standing(row: RowMapping) -> Standing:
    if row["in_version"] is None:
        return "drafted"
    return "in_force" if row["removed_at"] is None else "leaving"


def _lonlat(stored: Any, crs: int) -> dict[str, Any] | None:
    return None if stored is None else mapping(reproject(from_store(stored), crs, WGS84))


def _array(shapes: list[Any]) -> Any:
    import numpy as np

    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return array
