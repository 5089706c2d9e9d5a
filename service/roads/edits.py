"""What people draw and correct: bounds, checks against what is known, the row with its keys."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import shapely
from pydantic import Field, model_validator
from shapely.geometry import LineString, MultiLineString, Point, shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, insert, update

from geodata.crs import WGS84, reproject
from geodata.gazetteer import Gazetteer
from geodata.gazetteer.edits import keys_given, line_key, place_key, post_key, spelled
from geodata.gazetteer.model import LINE_CLASSES
from geodata.gazetteer.posts import chainage_m
from service.audit.trail import record
from service.errors import Conflict, NotFound, Refused
from service.fields import Body, Line, Words
from service.roads.queries import find_row, line_features, list_edits
from service.roads.sources import edit_of
from service.roads.versions import lock_gazetteer
from service.store.shapes import from_store, to_store
from service.store.tables import GazetteerEdit
from service.words import tr

MAX_VERTICES = 5_000
Key = Annotated[str, Field(pattern=r"^[lpk][0-9a-f]{16}$")]
PLACE_CLASSES = (
    "barrier=gate", "entrance=yes", "man_made=bridge", "tunnel=culvert", "railway=station",
    "railway=level_crossing", "landmark", "place=neighbourhood", "market", "school",
)  # fmt: skip


class EditBody(Body):
    """One correction. `geometry`: GeoJSON, EPSG:4326; `replaces`: keys of entries it stands for.

    `line` (entry_class road, rail, water) and `place` draw; `post` puts `chainage` (K645+300) of the line
    `name` at a point; `alias` makes `name` another name of `other_names`; `hide` and `rename` need `replaces`.
    """

    kind: Literal["line", "place", "post", "alias", "hide", "rename"]
    name: Line = ""
    entry_class: Annotated[str, Field(max_length=60, pattern=r"^[\w=:. -]*$")] = ""
    other_names: Annotated[list[Line], Field(max_length=20, default_factory=list)]
    replaces: Annotated[list[Key], Field(max_length=2_000, default_factory=list)]
    geometry: dict[str, Any] | None = None
    chainage: Annotated[str, Field(max_length=30)] = ""
    width_m: Annotated[float, Field(gt=0, le=300)] | None = None
    note: Words = ""

    @model_validator(mode="after")
    def _whole(self) -> EditBody:
        if self.kind in ("line", "place", "post") and self.geometry is None:
            raise ValueError("geometry needed")
        if self.kind in ("hide", "rename") and not self.replaces:
            raise ValueError("replaces needed")
        if self.kind != "hide" and not self.name.strip() and not (self.kind == "line" and self.replaces):
            raise ValueError("name needed")
        if self.kind == "line" and self.entry_class not in LINE_CLASSES:
            raise ValueError("entry_class: road, rail, water")
        if self.kind == "alias" and not self.other_names:
            raise ValueError("other_names needed")
        return self


def add_edit(
    connection: Connection,
    body: EditBody,
    *,
    edit_id: UUID,
    gazetteer: Gazetteer | None,
    crs: int,
    actor: str,
) -> None:
    """Keep an edit as a draft: it counts once a check was accepted.

    Raises
    ------
    Refused
        If the shape or the chainage cannot be read, or a name is not known.
    Conflict
        If an entry it stands for is not there (any more).
    """
    lock_gazetteer(connection)
    known = _Known(connection, gazetteer)
    known.require(body.replaces)
    geometry = _geometry(body, crs, known)
    metres = None
    if body.kind == "post":
        metres = chainage_m(body.chainage)
        if metres is None:
            raise Refused(
                tr(f"桩号看不明白：{body.chainage}（请写成 K645+300）", "unclear chainage (write K645+300)"),
                fields=[("body.chainage", "K645+300")],
            )
        known.require_name(body.name, "body.name")
    if body.kind == "alias":
        for target in body.other_names:
            known.require_name(target, "body.other_names")
    entry_class = body.entry_class or (known.class_of(body.replaces) if body.kind == "rename" else "")
    values: dict[str, Any] = {
        "kind": body.kind, "entry_class": entry_class, "name": body.name.strip(),
        "other_names": [name.strip() for name in body.other_names if name.strip()], "replaces": list(body.replaces),
        "chainage_m": metres, "width_m": body.width_m, "note": body.note.strip(),
        "shape": to_store(geometry, srid=crs),
    }  # fmt: skip
    gives = keys_given(replace(edit_of({**values, "shape": None}), shape=geometry))
    connection.execute(
        insert(GazetteerEdit).values(
            id=edit_id, gives=gives, created_by=actor, created_at=datetime.now(UTC), **values
        )
    )
    record(
        connection, actor=actor, action="gazetteer_edited", object_type="gazetteer_edit", object_id=str(edit_id),
        detail={"kind": body.kind, "replaces": len(body.replaces)},
    )  # fmt: skip


def take_back(connection: Connection, edit_id: UUID, *, actor: str) -> None:
    """Take an edit back: a draft at once, one in force with the next version; its row stays.

    Raises
    ------
    NotFound
        If there is no such edit, or it was taken back before.
    Conflict
        If a later edit stands on it.
    """
    lock_gazetteer(connection)
    row = find_row(connection, GazetteerEdit, edit_id, lock=True)
    if row is None or row["removed_at"] is not None:
        raise NotFound(tr("没有这处修改", "no such edit"))
    later = [
        other
        for other in list_edits(connection)
        if other["removed_at"] is None
        and set(other["replaces"]) & set(row["gives"])
        and other["id"] != edit_id
    ]
    if later:
        raise Conflict(
            tr(
                f"后来的修改（{later[-1]['name'] or later[-1]['kind']}）是在它上面改的，请先撤回后来的",
                "a later edit stands on this one; take that back first",
            )
        )
    connection.execute(
        update(GazetteerEdit)
        .where(GazetteerEdit.id == edit_id)
        .values(removed_by=actor, removed_at=datetime.now(UTC))
    )
    record(
        connection, actor=actor, action="gazetteer_edit_taken_back", object_type="gazetteer_edit",
        object_id=str(edit_id), detail={"kind": row["kind"]},
    )  # fmt: skip


def entries(
    connection: Connection, gazetteer: Gazetteer | None
) -> list[tuple[str, str, str, str, BaseGeometry]]:
    """Return what the gazetteer in force holds, to be shown and corrected: key, class, name, category, shape.

    Classes are road, rail, water (as drawn), place (records of their own), post; shapes in the office's CRS.
    """
    found: list[tuple[str, str, str, str, BaseGeometry]] = []
    for row in line_features(connection):
        layer, name = row["layer"], row["name"]
        parts = shapely.get_parts(from_store(row["shape"])).tolist()
        found += [(line_key(layer, name, part), layer, name, row["kind"], part) for part in parts]
    if gazetteer is None:
        return found
    known = gazetteer.everything()
    for place in known.places:
        if place.kind == "own":
            at = Point(place.x, place.y)
            found.append((place_key(place.name, place.x, place.y), "place", place.name, place.category, at))
    for post in known.posts:
        name = gazetteer.line_name(post.line)
        at = Point(post.x, post.y)
        found.append(
            (post_key(name, post.chainage_m, post.x, post.y), "post", name, f"{post.chainage_m:.1f}", at)
        )
    return found


class _Known:
    """What edits may stand for: entries in force and what other drafts make."""

    def __init__(self, connection: Connection, gazetteer: Gazetteer | None) -> None:
        self._gazetteer = gazetteer
        self._entries = {
            key: (own, name, shape) for key, own, name, _, shape in entries(connection, gazetteer)
        }
        self._names = set()
        hidden: set[str] = set()
        for row in list_edits(connection):
            if row["removed_at"] is None:
                self._names.add(spelled(row["name"]))
                self._names |= {spelled(name) for name in row["other_names"]}
                hidden |= set(row["replaces"])
                for key in row["gives"]:
                    self._entries.setdefault(key, (row["entry_class"], row["name"], from_store(row["shape"])))
        self._hidden = hidden

    def require(self, keys: list[str]) -> None:
        missing = [key for key in keys if key not in self._entries or key in self._hidden]
        if missing:
            raise Conflict(
                tr(
                    "要改的条目已被改过或已不存在，请刷新后再改", "an entry was changed meanwhile; look again"
                ),
                fields=[("body.replaces", key) for key in missing[:10]],
            )

    def require_name(self, name: str, field: str) -> None:
        text = spelled(name)
        if not text or not (text in self._names or (self._gazetteer and self._gazetteer.classes_of(text))):
            raise Refused(
                tr("地名库里没有这个名称", "the gazetteer does not know this name"),
                fields=[(field, tr("没有这个名称", "unknown"))],
            )

    def class_of(self, keys: list[str]) -> str:
        return next((self._entries[key][0] for key in keys if self._entries[key][0] in LINE_CLASSES), "")

    def shapes(self, keys: list[str]) -> list[BaseGeometry]:
        return [self._entries[key][2] for key in keys]


def _geometry(body: EditBody, crs: int, known: _Known) -> BaseGeometry | None:
    if body.kind in ("hide", "rename"):
        return _together(known.shapes(body.replaces))
    if body.geometry is None:
        return None
    wanted = {"line": ("LineString", "MultiLineString"), "post": ("Point",), "place": ("Point", "Polygon")}
    if body.geometry.get("type") not in wanted.get(body.kind, ()):
        raise Refused(
            tr("图形的类型不对", "the wrong kind of shape"),
            fields=[("body.geometry", "、".join(wanted.get(body.kind, ())))],
        )
    try:
        degrees = shapely.force_2d(shape(body.geometry))
        xy = shapely.get_coordinates(degrees)
        fine = (
            len(xy) <= MAX_VERTICES
            and (abs(xy) <= [180, 85]).all()
            and degrees.is_valid
            and not degrees.is_empty
        )
    except (TypeError, ValueError, IndexError, KeyError, AttributeError, shapely.errors.ShapelyError):
        fine = False
    if not fine:
        raise Refused(
            tr("图形读不懂，或超出范围", "the shape cannot be read, or is out of range"),
            fields=[("body.geometry", f"GeoJSON, EPSG:4326, ≤ {MAX_VERTICES}")],
        )
    metres = reproject(degrees, WGS84, crs)
    if not (abs(shapely.get_coordinates(metres)) < 1e8).all():
        raise Refused(tr("图形不在本单位附近", "the shape is far away"), fields=[("body.geometry", "")])
    if body.kind == "line" and metres.length < 1.0:
        raise Refused(tr("这条线太短", "the line is too short"), fields=[("body.geometry", "≥ 1 m")])
    return metres


def _together(shapes: list[BaseGeometry]) -> BaseGeometry:
    lines = [
        part for one in shapes for part in shapely.get_parts(one).tolist() if isinstance(part, LineString)
    ]
    if lines:
        return MultiLineString(lines)
    return shapely.multipoints([one.centroid for one in shapes])
