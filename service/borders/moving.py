"""Which open cases new borders would move: from whom to whom, point by point and line by line."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from sqlalchemy import Connection, RowMapping

from service.auth.scope import BORDER_REACH_M, Scope
from service.borders.current import as_of
from service.borders.queries import list_cases_near, list_places_near, load_proposed
from service.intake.placing import COORDINATE_UNCERTAINTY_M
from service.store.shapes import from_store

if TYPE_CHECKING:
    from uuid import UUID

    import geopandas as gpd

    from geodata.zones import BorderChanges, Level, PlaceChange, ZoneTree

MoveKind = Literal["owner", "parts"]


@dataclass(frozen=True, slots=True)
class Move:
    """A case that new borders move: `case` is its row; `owner` changes hands, `parts` is cut otherwise.

    `from_…` is the owner in the case, `to_…` what the new borders say; `keepable` says that the old
    owner will exist under the new borders.
    """

    case: RowMapping
    kind: MoveKind
    from_community: str
    from_grid: str
    to_community: str
    to_grid: str
    keepable: bool
    change: PlaceChange


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change of borders does: to zones, to cases, and to cases whose odds alone change."""

    before: ZoneTree
    after: ZoneTree
    versions: ZoneTree
    changes: BorderChanges
    moves: tuple[Move, ...]
    odds: tuple[tuple[RowMapping, PlaceChange], ...]

    @property
    def fingerprint(self) -> str:
        """Return a text that differs whenever the list of cases differs in any way that matters."""
        lines = [
            f"{move.case['id']} {move.case['version']} {move.kind} {move.from_community} {move.from_grid}"
            f" {move.to_community} {move.to_grid}"
            for move in self.moves
        ]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def proposed_layers(connection: Connection, change_id: UUID, *, crs: int) -> dict[Level, gpd.GeoDataFrame]:
    """Return the layers of a proposal."""
    from service.borders.current import zone_tree

    tree = zone_tree(load_proposed(connection, change_id), crs=crs)
    return {level: layer for level, layer in tree.layers().items() if len(layer)}


def effect_of(
    connection: Connection,
    change: RowMapping,
    *,
    versions: ZoneTree,
    scope: Scope,
    today: date,
    lock: bool = False,
) -> Effect:
    """Return what a proposal would do now.

    Parameters
    ----------
    change
        A row of `border_changes`.
    versions
        The office's zones with their days.
    scope
        Only cases this person may see are listed.
    today
        The office's day; borders that hold from a past day on move what is open today.
    lock
        Hold the cases until commit.

    Raises
    ------
    ZoneError
        If the borders do not fit the office's versions any more.
    """
    from geodata.zones import compare_layers

    layers = proposed_layers(connection, change["id"], crs=versions.crs)
    after_versions = versions.with_change(layers, valid_from=change["valid_from"])
    day = max(today, change["valid_from"])
    before, after = as_of(versions, day), as_of(after_versions, day)
    changes = compare_layers(before.layers(), after.layers())
    rows = (
        []
        if changes.region.is_empty
        else list_cases_near(connection, changes.region, scope=scope, srid=versions.crs, lock=lock)
    )
    found = row_changes(rows, before, after)
    moves, odds = _sorted(rows, found, after)
    return Effect(before, after, after_versions, changes, moves, odds)


def _sorted(
    rows: Sequence[RowMapping], found: Sequence[PlaceChange], after: ZoneTree
) -> tuple[tuple[Move, ...], tuple[tuple[RowMapping, PlaceChange], ...]]:
    """Return the cases that move, and those whose odds alone change."""
    codes = {level: set(layer["code"]) for level, layer in after.layers().items()}
    moves: list[Move] = []
    odds: list[tuple[RowMapping, PlaceChange]] = []
    for row, place in zip(rows, found, strict=True):
        kind = _kind(row, place)
        community, grid = _owner(row)
        if kind is not None:
            keepable = community in codes["community"] and (not grid or grid in codes["grid"])
            moves.append(
                Move(
                    row, kind, community, grid, place.after.community, place.after.grid,
                    keepable=keepable, change=place,
                )
            )  # fmt: skip
        elif place.kind != "same" and (community, grid) == (place.after.community, place.after.grid):
            odds.append((row, place))
    return tuple(moves), tuple(odds)


def row_changes(rows: Sequence[RowMapping], before: ZoneTree, after: ZoneTree) -> list[PlaceChange]:
    """Return for rows of cases or places which zones they had and get."""
    from geodata.zones import place_changes

    if not rows:
        return []
    # Only what the geocoder said of its own answer counts as a stated probability: see `intake.placing`.
    stated = [
        {int(m): float(p) for m, p in row["p_within"].items()}
        if row["placed_by"] == "geocoder" and row["p_within"]
        else None
        for row in rows
    ]
    return place_changes(
        before,
        after,
        [from_store(row["shape"]) for row in rows],
        uncertainties_m=[uncertainty_of(row) for row in rows],
        p_within=stated,
        sides=[row["side"] or None for row in rows],
        lines=[row["line_name"] for row in rows],
    )


def place_moves(connection: Connection, effect: Effect) -> list[tuple[UUID, PlaceChange]]:
    """Return the register's places whose zones or odds the change alters; their rows are held."""
    if effect.changes.region.is_empty:
        return []
    rows = list_places_near(connection, effect.changes.region, srid=effect.before.crs)
    found = row_changes(rows, effect.before, effect.after)
    return [(row["id"], place) for row, place in zip(rows, found, strict=True) if place.kind != "same"]


def uncertainty_of(row: RowMapping) -> float:
    """Return the standard deviation of a case's or place's position, metres.

    Rows whose coordinates came with them carry none: they were placed with that of coordinates.
    """
    return COORDINATE_UNCERTAINTY_M if row["uncertainty_m"] is None else float(row["uncertainty_m"])


def seen_by(case: RowMapping, change: PlaceChange, before: ZoneTree) -> list[str]:
    """Return the codes of all zones from which a case was seen, as `service.auth.scope` decides it."""
    codes = {case["community_code"], case["grid_code"], *(part.code for part in change.before.parts)}
    if case["near_border"]:
        reach = from_store(case["shape"]).buffer(max(case["uncertainty_m"] or 0.0, BORDER_REACH_M))
        for level in before.snapshot().levels.values():
            codes |= {level.code(number) for number in level.zones.overlapping(reach).tolist()}
    return sorted(codes - {""})


def _owner(row: RowMapping) -> tuple[str, str]:
    return row["community_code"], row["grid_code"]


def _kind(row: RowMapping, place: PlaceChange) -> MoveKind | None:
    """Return how a case is moved, None when it is not.

    A case that an earlier ruling left with another owner than the borders name counts by its owner: it
    is asked about again only when the borders at its place change.
    """
    if place.kind not in ("owner", "parts"):
        return None
    becomes = (place.after.community, place.after.grid)
    if _owner(row) != becomes:
        return "owner"
    return "parts" if place.kind == "parts" else None
