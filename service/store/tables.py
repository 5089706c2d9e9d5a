"""All tables of the store, as SQLAlchemy models. Queries live in each feature's `queries.py`.

Geometry columns hold the district's projected CRS in metres (x east, y north); its SRID is fixed by
`qingtu init` and enforced by the columns' types in the migrations, so models leave it open.
Times are UTC. Free-form JSON never holds personal data.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

CASE_STATES = ("reported", "accepted", "dispatched", "rectified", "closed", "cancelled")
BORDER_STATES = ("proposed", "accepted", "rejected", "applied")
KIND_SURE = ("stated", "certain", "likely", "none", "person")
PLACEMENTS = ("located", "ambiguous", "not_found")
LIST_KINDS = ("problems", "places", "inspections")
PLACE_STATUSES = ("active", "closed?", "closed")
PLACE_EVENTS = ("created", "changed", "vanished", "returned", "reviewed", "merged", "moved")
MOVE_CAUSES = ("person", "gazetteer", "undo")
GAZETTEER_SOURCES = ("osm", "lines", "places", "posts", "records", "base")
GAZETTEER_EDITS = ("line", "place", "post", "alias", "hide", "rename")
GAZETTEER_CHECKS = ("running", "waiting", "accepted", "discarded", "failed", "undone")
GAZETTEER_CHANGES = ("moved", "found", "lost", "status", "zone")
LADDER_STATES = ("failed", "failed_again", "handed_over", "passed", "rectified", "suspended", "banned")
ROLES = (
    "admin", "auditor", "coordinator", "command_officer", "community_officer", "community_leader",
    "grid_manager", "verifier", "unit", "leader", "public",
)  # fmt: skip


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} in ({', '.join(repr(value) for value in values)})"


class Base(DeclarativeBase):
    """Base of all models, with constraint names that migrations can rely on."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - read by SQLAlchemy, never changed
        str: Text,
        datetime: DateTime(timezone=True),
        date: Date,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        bytes: LargeBinary,
    }


def _shape(kind: str = "GEOMETRY", *, nullable: bool = False) -> Any:
    # No implicit index: migrations name their indexes themselves.
    return mapped_column(Geometry(kind, srid=-1, spatial_index=False), nullable=nullable)


class OfficeRecord(Base):
    """The one row that marks a database as ours and complete: written last by `qingtu init`."""

    __tablename__ = "office"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    srid: Mapped[int]
    profile: Mapped[str]
    created_at: Mapped[datetime]


class Zone(Base):
    """A subdistrict, community or grid in one version of its border.

    `valid_from` and `valid_to` say when the border holds; `recorded_at` and `ended_at` when this became
    known here (None: at set-up), so that a report of the past can be told as it was known then.
    """

    __tablename__ = "zones"
    __table_args__ = (
        CheckConstraint(_one_of("level", ("subdistrict", "community", "grid")), name="level"),
        # A version corrected on its first day ended on it (valid_to = valid_from) and has a successor.
        Index(
            "ux_zones_level_code_valid_from",
            "level",
            "code",
            "valid_from",
            unique=True,
            postgresql_where=text("valid_to is null or valid_to > valid_from"),
        ),
        Index(None, "shape", postgresql_using="gist"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    level: Mapped[str]
    code: Mapped[str]
    name: Mapped[str]
    parent_code: Mapped[str | None]
    leader: Mapped[str] = mapped_column(server_default="")
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    recorded_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    shape: Mapped[WKBElement] = _shape("MULTIPOLYGON")


class LeaderChange(Base):
    """Another leader of a zone under the same border: who before, who from `since` on.

    `valid_from` tells the version of the border. `zones.leader` holds the leader of today.
    """

    __tablename__ = "leader_changes"
    __table_args__ = (
        CheckConstraint(_one_of("level", ("community", "grid")), name="level"),
        Index(None, "level", "code", "valid_from"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    level: Mapped[str]
    code: Mapped[str]
    valid_from: Mapped[date]
    before: Mapped[str]
    after: Mapped[str]
    since: Mapped[date]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]


class LinearOwner(Base):
    """Who answers for a canal, a river or a railway body: its centre line and how far it reaches.

    Names of the line are separated by 、. Widths in metres; `half_width_m`, or both of the others.
    """

    __tablename__ = "linear_owners"
    __table_args__ = (Index(None, "shape", postgresql_using="gist"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    code: Mapped[str]
    name: Mapped[str]
    line_name: Mapped[str] = mapped_column(server_default="")
    half_width_m: Mapped[float | None]
    left_m: Mapped[float | None]
    right_m: Mapped[float | None]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    official: Mapped[bool] = mapped_column(server_default=text("true"))
    shape: Mapped[WKBElement] = _shape("MULTILINESTRING")


class BasemapFeature(Base):
    """A road, water, building … of the background map, copied from the gazetteer at set-up."""

    __tablename__ = "basemap_features"
    __table_args__ = (Index(None, "shape", postgresql_using="gist"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    layer: Mapped[str]
    name: Mapped[str] = mapped_column(server_default="")
    kind: Mapped[str] = mapped_column(server_default="")
    shape: Mapped[WKBElement] = _shape()


class User(Base):
    """A person who logs in; rights = role x zone x command.

    `zone_code` holds codes joined by commas. While `must_change` the password is one that somebody
    else knows: nothing works but changing it. Never deleted: the trail names its actors.
    """

    __tablename__ = "users"
    __table_args__ = (CheckConstraint(_one_of("role", ROLES), name="role"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    role: Mapped[str]
    zone_code: Mapped[str | None]
    command: Mapped[str | None]
    unit: Mapped[str | None]
    password_hash: Mapped[str]
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    failures: Mapped[int] = mapped_column(server_default="0")
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    phone: Mapped[str] = mapped_column(server_default="")
    must_change: Mapped[bool] = mapped_column(server_default=text("false"))
    last_login_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default="1")


class LoginSession(Base):
    """A browser session; only the hash of its token is kept."""

    __tablename__ = "sessions"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class ApiToken(Base):
    """A bearer token for programs; only its hash is kept."""

    __tablename__ = "api_tokens"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    label: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Import(Base):
    """One import of one file; imported + merged + refused = rows."""

    __tablename__ = "imports"
    __table_args__ = (CheckConstraint(_one_of("list_kind", LIST_KINDS), name="list_kind"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    file_name: Mapped[str]
    sha256: Mapped[str]
    list_kind: Mapped[str]
    columns: Mapped[dict[str, Any]]
    # Its sheets, the columns of its location, and what a person decided: how the list was read.
    reading: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    datum: Mapped[str | None]
    rows: Mapped[int]
    imported: Mapped[int]
    merged: Mapped[int]
    refused: Mapped[int]
    review: Mapped[int]
    # rows that name several problems have several cases; undecided ones wait for a kind
    cases: Mapped[int] = mapped_column(server_default="0")
    undecided: Mapped[int] = mapped_column(server_default="0")
    register_id: Mapped[UUID | None] = mapped_column(ForeignKey("registers.id", ondelete="SET NULL"))
    revision: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


class ImportRow(Base):
    """What became of one row of an import: none is ever lost."""

    __tablename__ = "import_rows"
    __table_args__ = (
        CheckConstraint(_one_of("outcome", ("imported", "merged", "refused")), name="outcome"),
        Index(None, "import_id", "sheet", "line"),
        Index(None, "case_id"),
        Index(None, "place_id"),
        Index(None, "inspection_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"))
    sheet: Mapped[str]
    line: Mapped[int]
    cells: Mapped[dict[str, Any]]
    outcome: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default="")
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id", ondelete="SET NULL"))
    place_id: Mapped[UUID | None] = mapped_column(ForeignKey("places.id", ondelete="SET NULL"))
    inspection_id: Mapped[UUID | None] = mapped_column(ForeignKey("inspections.id", ondelete="SET NULL"))


class _Located:
    """Columns of anything that was placed from a text: the position, how sure, and why."""

    location_text: Mapped[str] = mapped_column(server_default="")
    area_text: Mapped[str] = mapped_column(server_default="")
    placement: Mapped[str] = mapped_column(server_default="not_found")
    # geocoder | coordinates | candidate | pin | alias
    placed_by: Mapped[str] = mapped_column(server_default="geocoder")
    method: Mapped[str] = mapped_column(server_default="")
    uncertainty_m: Mapped[float | None]
    p_within: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    trace: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    # What the text said of a line: the side or bank, and of which line; "" for none.
    side: Mapped[str] = mapped_column(server_default="")
    line_name: Mapped[str] = mapped_column(server_default="")
    community_code: Mapped[str] = mapped_column(server_default="")
    grid_code: Mapped[str] = mapped_column(server_default="")
    p_community: Mapped[float | None]
    near_border: Mapped[bool] = mapped_column(server_default=text("false"))


class Case(_Located, Base):
    """A problem someone must solve: where, what, whose, since when, in which state."""

    __tablename__ = "cases"
    __table_args__ = (
        CheckConstraint(_one_of("state", CASE_STATES), name="state"),
        CheckConstraint(_one_of("placement", PLACEMENTS), name="placement"),
        CheckConstraint(_one_of("kind_sure", KIND_SURE), name="kind_sure"),
        # The same row of the same list arrives twice: one case.
        UniqueConstraint("source_key"),
        Index(None, "shape", postgresql_using="gist"),
        Index(None, "command", "community_code"),
        Index(None, "sibling_of", postgresql_where=text("sibling_of is not null")),
        Index(None, "kind_sure", postgresql_where=text("kind_sure in ('none', 'likely')")),
        Index(None, "reported_at", "id"),
        Index(None, "community_code", "grid_code"),
        Index(None, "place_id", "check_item"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    source_key: Mapped[str | None]
    import_id: Mapped[UUID | None] = mapped_column(ForeignKey("imports.id", ondelete="SET NULL"))
    kind: Mapped[str] = mapped_column(server_default="")
    kind_reason: Mapped[str] = mapped_column(server_default="")
    # stated in the list or by the reporter; certain, likely, none as the rules read it; person: chosen later
    kind_sure: Mapped[str] = mapped_column(server_default="stated")
    # what else the text may mean: [{kind, sure, reason, word}]
    kind_options: Mapped[list[Any]] = mapped_column(server_default="[]")
    command: Mapped[str] = mapped_column(server_default="")
    place_class: Mapped[str] = mapped_column(server_default="")
    place_name: Mapped[str] = mapped_column(server_default="")
    # the main case of the same row, where one text names several problems
    sibling_of: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id", ondelete="SET NULL"))
    description: Mapped[str] = mapped_column(server_default="")
    unit: Mapped[str] = mapped_column(server_default="")
    severity: Mapped[int] = mapped_column(server_default="1")
    state: Mapped[str] = mapped_column(server_default="reported")
    reported_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    relapse_of: Mapped[UUID | None]
    # Opened by a failed item of a check-sheet at a place of a register.
    place_id: Mapped[UUID | None] = mapped_column(ForeignKey("places.id", ondelete="SET NULL"))
    check_item: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(server_default="1")
    shape: Mapped[WKBElement | None] = _shape(nullable=True)


class CaseEvent(Base):
    """One step in the life of a case."""

    __tablename__ = "case_events"
    __table_args__ = (Index(None, "case_id", "at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    state: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(server_default="")
    note: Mapped[str] = mapped_column(server_default="")


class ZoneShare(Base):
    """The part of a case that lies in one zone; lines have several, metres each."""

    __tablename__ = "zone_shares"
    __table_args__ = (
        Index(None, "case_id"),
        Index(None, "level", "zone_code"),
        Index(None, "shape", postgresql_using="gist"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    level: Mapped[str]
    zone_code: Mapped[str]
    length_m: Mapped[float]
    share: Mapped[float]
    probability: Mapped[float]
    shape: Mapped[WKBElement] = _shape()


class Place(_Located, Base):
    """An entry of a register (台账): a shop, a site, a market. Not a problem.

    `source_key` is the place's stable key within its register: the list's own number, else class, name
    and location as they were first written. `place_class` is a code of `geodata.places`, `trade` the
    list's own word. `question` holds ids of places that this one may be.
    """

    __tablename__ = "places"
    __table_args__ = (
        CheckConstraint(_one_of("placement", PLACEMENTS), name="placement"),
        CheckConstraint(_one_of("status", PLACE_STATUSES), name="status"),
        UniqueConstraint("register_id", "source_key"),
        Index(None, "shape", postgresql_using="gist"),
        Index(None, "community_code", "grid_code"),
        Index(None, "place_class", "status"),
        Index(None, "merged_into"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    source_key: Mapped[str | None]
    import_id: Mapped[UUID | None] = mapped_column(ForeignKey("imports.id", ondelete="SET NULL"))
    register_id: Mapped[UUID | None] = mapped_column(ForeignKey("registers.id"))
    name: Mapped[str]
    number: Mapped[str] = mapped_column(server_default="")
    place_class: Mapped[str] = mapped_column(server_default="")
    trade: Mapped[str] = mapped_column(server_default="")
    unit: Mapped[str] = mapped_column(server_default="")
    person: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str] = mapped_column(server_default="")
    attributes: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    status: Mapped[str] = mapped_column(server_default="active")
    status_reason: Mapped[str] = mapped_column(server_default="")
    merged_into: Mapped[UUID | None]
    question: Mapped[list[Any]] = mapped_column(server_default="[]")
    # Where a list puts a place that a person moved, until somebody says which holds: see `service.moving`.
    listed: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(server_default="1")
    shape: Mapped[WKBElement | None] = _shape(nullable=True)


class Register(Base):
    """A list of places that comes again and again: revised lists are compared with it."""

    __tablename__ = "registers"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    source: Mapped[str] = mapped_column(server_default="")
    created_by: Mapped[str]
    created_at: Mapped[datetime]


class PlaceVersion(Base):
    """What happened to a place: `changes` is field -> [before, after], `before` the whole row as it was."""

    __tablename__ = "place_versions"
    __table_args__ = (
        CheckConstraint(_one_of("event", PLACE_EVENTS), name="event"),
        Index(None, "place_id", "id"),
        Index(None, "import_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    place_id: Mapped[UUID] = mapped_column(ForeignKey("places.id", ondelete="CASCADE"))
    version: Mapped[int]
    event: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(server_default="")
    import_id: Mapped[UUID | None] = mapped_column(ForeignKey("imports.id", ondelete="SET NULL"))
    note: Mapped[str] = mapped_column(server_default="")
    changes: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    before: Mapped[dict[str, Any] | None]
    before_shape: Mapped[WKBElement | None] = _shape(nullable=True)


class SheetVersion(Base):
    """A check-sheet as it was when it was used: an old inspection keeps its own words."""

    __tablename__ = "sheet_versions"

    code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]]
    first_used_at: Mapped[datetime]


class Inspection(Base):
    """A place looked at with a check-sheet; `result` is `fail` if any item failed."""

    __tablename__ = "inspections"
    __table_args__ = (
        CheckConstraint(_one_of("result", ("pass", "fail")), name="result"),
        Index(None, "place_id", "at"),
        Index(None, "at"),
        Index(None, "import_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    place_id: Mapped[UUID] = mapped_column(ForeignKey("places.id", ondelete="CASCADE"))
    sheet: Mapped[str]
    sheet_version: Mapped[str]
    result: Mapped[str]
    at: Mapped[datetime]
    inspector: Mapped[str] = mapped_column(server_default="")
    note: Mapped[str] = mapped_column(server_default="")
    import_id: Mapped[UUID | None] = mapped_column(ForeignKey("imports.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]


class InspectionItem(Base):
    """The result of one item; a failed one names the problem it opened or that was open already."""

    __tablename__ = "inspection_items"
    __table_args__ = (
        CheckConstraint(_one_of("result", ("pass", "fail", "na")), name="result"),
        UniqueConstraint("inspection_id", "item"),
        Index(None, "case_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspections.id", ondelete="CASCADE"))
    item: Mapped[str]
    words: Mapped[str]
    result: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id", ondelete="SET NULL"))


class Round(Base):
    """A dragnet round 拉网排查: zones x classes x days; closed, its places are frozen in `round_places`."""

    __tablename__ = "rounds"
    __table_args__ = (CheckConstraint(_one_of("state", ("open", "closed")), name="state"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    zones: Mapped[list[Any]]
    classes: Mapped[list[Any]]
    first_day: Mapped[date]
    last_day: Mapped[date]
    state: Mapped[str] = mapped_column(server_default="open")
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    closed_by: Mapped[str] = mapped_column(server_default="")
    closed_at: Mapped[datetime | None]


class RoundPlace(Base):
    """A place of a closed round as it stood then; `result` "" was not checked."""

    __tablename__ = "round_places"
    __table_args__ = (
        CheckConstraint(_one_of("result", ("", "pass", "fail")), name="result"),
        Index(None, "shape", postgresql_using="gist"),
    )

    round_id: Mapped[UUID] = mapped_column(ForeignKey("rounds.id", ondelete="CASCADE"), primary_key=True)
    place_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    place_class: Mapped[str]
    community_code: Mapped[str]
    grid_code: Mapped[str]
    result: Mapped[str]
    checked_at: Mapped[datetime | None]
    shape: Mapped[WKBElement | None] = _shape(nullable=True)


class Ladder(Base):
    """A place of the six trades that failed: recheck, second failure, hand-over, outcome."""

    __tablename__ = "ladders"
    __table_args__ = (
        CheckConstraint(_one_of("state", LADDER_STATES), name="state"),
        Index(None, "place_id"),
        Index(None, "unit"),
        # One open ladder per place.
        Index(
            "uq_ladders_place_id", "place_id", unique=True,
            postgresql_where=text("state in ('failed', 'failed_again', 'handed_over', 'suspended')"),
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    place_id: Mapped[UUID] = mapped_column(ForeignKey("places.id", ondelete="CASCADE"))
    state: Mapped[str]
    unit: Mapped[str] = mapped_column(server_default="")
    opened_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(server_default="1")


class LadderStep(Base):
    """One step of a ladder."""

    __tablename__ = "ladder_steps"
    __table_args__ = (Index(None, "ladder_id", "at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    ladder_id: Mapped[UUID] = mapped_column(ForeignKey("ladders.id", ondelete="CASCADE"))
    state: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(server_default="")
    note: Mapped[str] = mapped_column(server_default="")
    inspection_id: Mapped[UUID | None] = mapped_column(ForeignKey("inspections.id", ondelete="SET NULL"))


class Alias(Base):
    """What a person decided a location text means; the same text is placed there from then on."""

    __tablename__ = "aliases"

    text: Mapped[str] = mapped_column(primary_key=True)
    shape: Mapped[WKBElement] = _shape()
    case_id: Mapped[UUID | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    move_id: Mapped[UUID | None] = mapped_column(ForeignKey("position_moves.id", ondelete="SET NULL"))


class AuditEntry(Base):
    """Append-only record of who did what; each row's hash covers the row before."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    object_type: Mapped[str]
    object_id: Mapped[str]
    detail: Mapped[dict[str, Any]]
    previous_hash: Mapped[bytes]
    hash: Mapped[bytes]


class ClientRequest(Base):
    """A write that a client named by an id: the same again gives the same answer.

    Another content under the same id is answered with 409 and kept beside the first.
    """

    __tablename__ = "client_requests"

    actor: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    content_hash: Mapped[bytes] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    status: Mapped[int]
    content: Mapped[dict[str, Any]]
    answer: Mapped[dict[str, Any]]


class BorderChange(Base):
    """New borders that somebody proposed, and what was decided: `kept` is case id -> reason."""

    __tablename__ = "border_changes"
    __table_args__ = (
        CheckConstraint(_one_of("state", BORDER_STATES), name="state"),
        # The same file for the same day is one proposal; one set of borders begins on a day.
        Index(
            "uq_border_changes_sha256_valid_from", "sha256", "valid_from", unique=True,
            postgresql_where=text("state <> 'rejected'"),
        ),
        Index(
            "uq_border_changes_valid_from", "valid_from", unique=True,
            postgresql_where=text("state = 'accepted'"),
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    file_name: Mapped[str]
    sha256: Mapped[str]
    valid_from: Mapped[date]
    state: Mapped[str] = mapped_column(server_default="proposed")
    summary: Mapped[dict[str, Any]]
    defects: Mapped[list[Any]]
    kept: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    note: Mapped[str] = mapped_column(server_default="")
    problem: Mapped[str] = mapped_column(server_default="")
    proposed_by: Mapped[str]
    proposed_at: Mapped[datetime]
    decided_by: Mapped[str] = mapped_column(server_default="")
    decided_at: Mapped[datetime | None]
    applied_at: Mapped[datetime | None]
    # A proposal that was drawn here names who drew and who signed it.
    drawn_by: Mapped[str] = mapped_column(server_default="")
    signed_by: Mapped[str] = mapped_column(server_default="")
    signed_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(server_default="1")


class ProposedZone(Base):
    """A zone as a border change wants it: the whole layers, unchanged zones too."""

    __tablename__ = "proposed_zones"
    __table_args__ = (
        CheckConstraint(_one_of("level", ("subdistrict", "community", "grid")), name="level"),
        UniqueConstraint("change_id", "level", "code"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    change_id: Mapped[UUID] = mapped_column(ForeignKey("border_changes.id", ondelete="CASCADE"))
    level: Mapped[str]
    code: Mapped[str]
    name: Mapped[str]
    parent_code: Mapped[str | None]
    leader: Mapped[str] = mapped_column(server_default="")
    shape: Mapped[WKBElement] = _shape("MULTIPOLYGON")


class CaseMove(Base):
    """What a border change did to a case: moved to a new owner, or kept by the old one, and why.

    `from_…` is the owner until `at`: reports of the time before are told with it. `seen_by` are the
    codes of all zones from which the case was seen until then.
    """

    __tablename__ = "case_moves"
    __table_args__ = (
        CheckConstraint(_one_of("outcome", ("moved", "kept")), name="outcome"),
        UniqueConstraint("case_id", "change_id"),
        Index(None, "case_id", "at"),
        Index(None, "change_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    change_id: Mapped[UUID] = mapped_column(ForeignKey("border_changes.id", ondelete="CASCADE"))
    outcome: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default="")
    from_community: Mapped[str]
    from_grid: Mapped[str]
    to_community: Mapped[str]
    to_grid: Mapped[str]
    seen_by: Mapped[list[Any]]
    at: Mapped[datetime]


class PositionMove(Base):
    """A case or place got another position: from where to where, by whom, why. Rows are only ever added.

    `before` and `after` hold the position columns of the record (see `service.moving.records`), the
    geometry beside them, None when not placed. `version` is the record's after the move; `number` gives
    one order with `CaseMove`. `seen_by` are the codes of all zones from which a case was seen until then.
    """

    __tablename__ = "position_moves"
    __table_args__ = (
        CheckConstraint(_one_of("cause", MOVE_CAUSES), name="cause"),
        CheckConstraint("num_nonnulls(case_id, place_id) = 1", name="one_record"),
        Index(None, "case_id", "number"),
        Index(None, "place_id", "number"),
        Index(None, "batch", postgresql_where=text("batch is not null")),
        Index(None, "undoes", postgresql_where=text("undoes is not null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(
        BigInteger, unique=True, server_default=text("nextval('case_moves_id_seq')")
    )
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    place_id: Mapped[UUID | None] = mapped_column(ForeignKey("places.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(
        Computed("case when case_id is not null then 'case' else 'place' end", persisted=True)
    )
    version: Mapped[int]
    at: Mapped[datetime]
    actor: Mapped[str]
    cause: Mapped[str]
    reason: Mapped[str]
    batch: Mapped[UUID | None]
    undoes: Mapped[UUID | None] = mapped_column(ForeignKey("position_moves.id", ondelete="CASCADE"))
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    before_shape: Mapped[WKBElement | None] = _shape(nullable=True)
    after_shape: Mapped[WKBElement | None] = _shape(nullable=True)
    seen_by: Mapped[list[Any]] = mapped_column(server_default="[]")


class MoveAlias(Base):
    """A text that a move taught the geocoder, and what the text meant before; None: nothing."""

    __tablename__ = "move_aliases"

    move_id: Mapped[UUID] = mapped_column(
        ForeignKey("position_moves.id", ondelete="CASCADE"), primary_key=True
    )
    text: Mapped[str] = mapped_column(primary_key=True)
    before: Mapped[dict[str, Any] | None]
    before_shape: Mapped[WKBElement | None] = _shape(nullable=True)


class Drawing(Base):
    """A working copy of the zones (草图): `state` is what is drawn now, after the step number `position`."""

    __tablename__ = "drawings"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    origin: Mapped[dict[str, Any]]
    state: Mapped[bytes]
    summary: Mapped[dict[str, Any]]
    position: Mapped[int] = mapped_column(server_default="0")
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    updated_by: Mapped[str]
    updated_at: Mapped[datetime]
    drawn_by: Mapped[str] = mapped_column(server_default="")
    signed_by: Mapped[str] = mapped_column(server_default="")
    signed_on: Mapped[date | None]
    change_id: Mapped[UUID | None] = mapped_column(ForeignKey("border_changes.id", ondelete="SET NULL"))
    version: Mapped[int] = mapped_column(server_default="1")


class DrawingStep(Base):
    """One action on a drawing: `delta` leads forth and back. Steps above the drawing's position were undone."""

    __tablename__ = "drawing_steps"
    __table_args__ = (UniqueConstraint("drawing_id", "request_id"),)

    drawing_id: Mapped[UUID] = mapped_column(ForeignKey("drawings.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    request_id: Mapped[UUID]
    action: Mapped[dict[str, Any]]
    words: Mapped[str]
    delta: Mapped[bytes]
    actor: Mapped[str]
    at: Mapped[datetime]


class DrawingPicture(Base):
    """A photo or scan to trace over, re-encoded; `points` are its control points: px, py, lon, lat."""

    __tablename__ = "drawing_pictures"
    __table_args__ = (
        CheckConstraint(_one_of("kind", ("affine", "projective")), name="kind"),
        Index(None, "drawing_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    drawing_id: Mapped[UUID] = mapped_column(ForeignKey("drawings.id", ondelete="CASCADE"))
    name: Mapped[str]
    sha256: Mapped[str]
    width_px: Mapped[int]
    height_px: Mapped[int]
    content: Mapped[bytes]
    kind: Mapped[str] = mapped_column(server_default="affine")
    points: Mapped[list[Any]] = mapped_column(server_default="[]")
    added_by: Mapped[str]
    added_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(server_default="1")


class ListReading(Base):
    """How a user corrected the reading of a list; used again for the same source.

    A source is a set of headers and the stem of a file name; `header_hash` finds another source with
    the very same header.
    """

    __tablename__ = "list_readings"
    __table_args__ = (Index(None, "header_hash"),)

    source_hash: Mapped[bytes] = mapped_column(primary_key=True)
    header_hash: Mapped[bytes]
    stem: Mapped[str] = mapped_column(server_default="")
    choices: Mapped[dict[str, Any]]
    created_by: Mapped[str]
    created_at: Mapped[datetime]


class KindRule(Base):
    """An office's own keyword rule, or (with `means`) an alias: another word for words of the rules."""

    __tablename__ = "kind_rules"
    __table_args__ = (CheckConstraint(_one_of("sure", ("certain", "likely")), name="sure"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(server_default="")
    words: Mapped[list[Any]]
    unless: Mapped[list[Any]] = mapped_column(server_default="[]")
    beside: Mapped[list[Any]] = mapped_column(server_default="[]")
    means: Mapped[str] = mapped_column(server_default="")
    example: Mapped[str] = mapped_column(server_default="")
    sure: Mapped[str] = mapped_column(server_default="certain")
    active: Mapped[bool] = mapped_column(server_default="true")
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    changed_by: Mapped[str]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(server_default="1")


class CommandRule(Base):
    """An office's exception to "a kind belongs to its command": the first that fits, by rank, wins."""

    __tablename__ = "command_rules"
    __table_args__ = (UniqueConstraint("kind", "place_class"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    rank: Mapped[int]
    kind: Mapped[str] = mapped_column(server_default="")
    place_class: Mapped[str] = mapped_column(server_default="")
    command: Mapped[str]
    changed_by: Mapped[str]
    changed_at: Mapped[datetime]


class GazetteerVersion(Base):
    """A compiled gazetteer that was in force: the highest number is. `undoes` is the version it took back."""

    __tablename__ = "gazetteer_versions"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    file: Mapped[str]
    sha256: Mapped[str]
    counts: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    check_id: Mapped[UUID | None]
    undoes: Mapped[int | None]
    made_by: Mapped[str]
    made_at: Mapped[datetime]


class _Gathered:
    """In force from version `in_version` to before `out_version`; None: drafted, to be checked and accepted."""

    in_version: Mapped[int | None]
    removed_by: Mapped[str] = mapped_column(server_default="")
    removed_at: Mapped[datetime | None]
    out_version: Mapped[int | None]


class GazetteerSource(_Gathered, Base):
    """A file the gazetteer is compiled from; its content as read lies in `sources/` of the data directory."""

    __tablename__ = "gazetteer_sources"
    __table_args__ = (CheckConstraint(_one_of("kind", GAZETTEER_SOURCES), name="kind"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    kind: Mapped[str]
    file_name: Mapped[str]
    sha256: Mapped[str]
    datum: Mapped[str | None]
    crs: Mapped[int | None]
    counts: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    added_by: Mapped[str]
    added_at: Mapped[datetime]


class GazetteerEdit(_Gathered, Base):
    """What somebody drew or corrected: `replaces` are keys of entries (`geodata.gazetteer.edits`) it stands for."""

    __tablename__ = "gazetteer_edits"
    __table_args__ = (CheckConstraint(_one_of("kind", GAZETTEER_EDITS), name="kind"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    kind: Mapped[str]
    entry_class: Mapped[str] = mapped_column(server_default="")
    name: Mapped[str] = mapped_column(server_default="")
    other_names: Mapped[list[Any]] = mapped_column(server_default="[]")
    replaces: Mapped[list[Any]] = mapped_column(server_default="[]")
    # keys of the entries it makes, by which later edits name them
    gives: Mapped[list[Any]] = mapped_column(server_default="[]")
    chainage_m: Mapped[float | None]
    width_m: Mapped[float | None]
    note: Mapped[str] = mapped_column(server_default="")
    shape: Mapped[WKBElement | None] = _shape(nullable=True)
    created_by: Mapped[str]
    created_at: Mapped[datetime]


class GazetteerCheck(Base):
    """A compiled candidate and what it would move; `content` are the ids it was made of.

    `snapshot` holds which records, in which version, were located: others came or changed since.
    """

    __tablename__ = "gazetteer_checks"
    __table_args__ = (CheckConstraint(_one_of("state", GAZETTEER_CHECKS), name="state"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    state: Mapped[str]
    base_version: Mapped[int]
    content: Mapped[dict[str, Any]]
    progress: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    report: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    file: Mapped[str] = mapped_column(server_default="")
    snapshot: Mapped[bytes | None]
    problem: Mapped[str] = mapped_column(server_default="")
    started_by: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(server_default="")
    decided_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default="1")


class GazetteerCheckItem(Base):
    """A record whose answer a check changes, from where to where; `outcome` is what was decided of it."""

    __tablename__ = "gazetteer_check_items"
    __table_args__ = (
        CheckConstraint(_one_of("record_kind", ("case", "place")), name="record_kind"),
        CheckConstraint(_one_of("change", GAZETTEER_CHANGES), name="change"),
        CheckConstraint(_one_of("outcome", ("", "moved", "kept", "back")), name="outcome"),
        UniqueConstraint(
            "check_id", "record_kind", "record_id", name="uq_gazetteer_check_items_check_id_record_id"
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    check_id: Mapped[UUID] = mapped_column(ForeignKey("gazetteer_checks.id", ondelete="CASCADE"))
    record_kind: Mapped[str]
    record_id: Mapped[UUID]
    record_version: Mapped[int]
    change: Mapped[str]
    distance_m: Mapped[float | None]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    before_shape: Mapped[WKBElement | None] = _shape(nullable=True)
    after_shape: Mapped[WKBElement | None] = _shape(nullable=True)
    outcome: Mapped[str] = mapped_column(server_default="")
    move_id: Mapped[UUID | None]
