"""Cases out of the store as files: the filtered list to Excel, all of it to one HTML map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from sqlalchemy import Connection, select

from geodata.gazetteer import Gazetteer
from geodata.kinds import KindTable
from maps import problem_map
from maps.export import write_html
from service.auth.scope import Scope
from service.borders.current import as_of, load_versions
from service.cases.export import MAX_ROWS, cases_workbook
from service.cases.filters import CaseFilter
from service.cases.present import case_item, kind_name
from service.cases.queries import list_cases, visible, zone_names
from service.cases.transitions import state_words
from service.clock import OFFICE_ZONE, office_day
from service.office import Office
from service.roads.versions import current
from service.store.shapes import from_store
from service.store.tables import Case
from service.words import language, tr


def export_workbook(
    connection: Connection,
    *,
    office: Office,
    kinds: KindTable,
    scope: Scope,
    filters: CaseFilter | None = None,
) -> tuple[bytes, int]:
    """Return the filtered cases as an .xlsx, and how many there are."""
    now = office.clock.now()
    rows, more = list_cases(
        connection, scope=scope, filters=filters or CaseFilter(), srid=office.crs, now=now, limit=MAX_ROWS
    )
    names = zone_names(connection)
    notes = [f"{office.name} · {tr('截至', 'as of')} {now.astimezone(OFFICE_ZONE):%Y-%m-%d %H:%M}"]
    if more:
        notes.append(
            tr(f"只含最近的 {MAX_ROWS} 件，请缩小筛选范围", f"only the newest {MAX_ROWS}, narrow the filter")
        )
    if office.note:
        notes.append(office.note)
    items = (case_item(row, scope=scope, kinds=kinds, names=names) for row in rows)
    return cases_workbook(items, notes=notes), len(rows)


def export_map(
    connection: Connection, *, office: Office, kinds: KindTable, scope: Scope, data_dir: Path, out: Path
) -> int:
    """Write the cases as one self-contained HTML map; return how many there are.

    Raises
    ------
    AssetError
        If the page would fetch something.
    """
    frame = _frame(connection, office=office, kinds=kinds, scope=scope)
    page = problem_map(
        frame,
        title=office.name,
        zones=as_of(load_versions(connection, crs=office.crs), office_day(office.clock.now())),
        note=office.note or None,
        basemap=Gazetteer.open(current(connection, data_dir).path).basemap(),
        made_on=office_day(office.clock.now()),
        lang=language.get(),
    )
    write_html(page, out)
    return len(frame)


def _frame(connection: Connection, *, office: Office, kinds: KindTable, scope: Scope) -> gpd.GeoDataFrame:
    """Return the visible cases with the columns that `maps.problem_map` draws, office CRS."""
    now = office.clock.now()
    query = (
        select(Case.__table__)
        .where(*visible(scope, CaseFilter(), srid=office.crs, now=now))
        .order_by(Case.reported_at, Case.id)
    )
    rows = list(connection.execute(query).mappings())
    names = zone_names(connection)
    shorts = {command.code: command.short for command in kinds.commands}
    records: list[dict[str, Any]] = [
        {
            "name": f"{tr('案件', 'case')} {row['number']}",
            "text": row["location_text"],
            "area": row["area_text"],
            "description": row["description"],
            "kind_name": kind_name(kinds, row["kind"]),
            "command": row["command"],
            "command_name": shorts.get(row["command"], ""),
            "unit": row["unit"],
            "reported_at": office_day(row["reported_at"]).isoformat(),
            "state": state_words(row["state"]),
            "status": row["placement"],
            "method": row["method"],
            "uncertainty_m": row["uncertainty_m"],
            "p_community": row["p_community"],
            "community": row["community_code"],
            "community_name": names.get(row["community_code"], ("", ""))[0],
            "grid": row["grid_code"],
            "leader": names.get(row["community_code"], ("", ""))[1],
            "near_border": row["near_border"],
        }
        for row in rows
    ]
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [from_store(row["shape"]) if row["shape"] is not None else None for row in rows]
    return gpd.GeoDataFrame(records or {"status": []}, geometry=shapes, crs=office.crs)
