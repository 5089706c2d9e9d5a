"""Write all rows of a list with their results as a table: Excel, CSV or GeoPackage."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from geodata.crs import WGS84, epsg_of, reproject
from maps.encode import anchor_point, plain_text
from maps.style import PLACEMENT_STYLE, method_words
from service.cells import PLAIN_CELLS, neutral, workbook_text
from service.words import language, tr

if TYPE_CHECKING:
    from maps.layers import Unplaced
    from service.intake.model import SourceTable


def result_frame(
    table: SourceTable, frame: gpd.GeoDataFrame, refused: Sequence[Unplaced]
) -> gpd.GeoDataFrame:
    """Return every row of the list in its order: its own columns, then what became of it.

    Geometry in EPSG:4326, None for rows without a place. An input column that clashes with a result
    column becomes `原_…`.
    """
    crs = epsg_of(frame.crs)
    placed = {
        (row["sheet"], row["line"]): {str(k): v for k, v in row.items()} for row in frame.to_dict("records")
    }
    reasons = {(row.sheet, row.line): row for row in refused}
    header = list(table.header)
    records, shapes = [], []
    for row in table.rows:
        key = (row.sheet, row.line)
        result, shape = _result(placed.get(key), reasons.get(key), crs)
        renamed = {(f"原_{name}" if name in result else name): row.cells.get(name, "") for name in header}
        records.append({tr("工作表", "sheet"): row.sheet, tr("行号", "row"): row.line} | renamed | result)
        shapes.append(shape)
    return gpd.GeoDataFrame(records, geometry=shapes, crs=WGS84)


def _result(row: dict[str, Any] | None, refused: Unplaced | None, crs: int) -> tuple[dict[str, Any], Any]:
    status = "refused" if row is None else str(row["status"])
    shape = reproject(row["geometry"], crs, WGS84) if row and row["geometry"] is not None else None
    lon, lat = anchor_point(shape) if shape is not None else (None, None)
    row = row or {}
    method = plain_text(row.get("method"))
    return {
        tr("定位结果", "status"): PLACEMENT_STYLE[status][1].in_language(language.get()),
        tr("定位依据", "method"): method_words(method, language.get()) if method else "",
        tr("经度", "lon"): round(lon, 6) if lon is not None else None,
        tr("纬度", "lat"): round(lat, 6) if lat is not None else None,
        tr("误差_米", "uncertainty_m"): _rounded(row.get("uncertainty_m"), 0),
        tr("社区", "community_name"): plain_text(row.get("community_name")),
        tr("社区编码", "community"): plain_text(row.get("community")),
        tr("网格编码", "grid"): plain_text(row.get("grid")),
        tr("社区把握", "p_community"): _rounded(row.get("p_community"), 3),
        tr("分段", "shares"): plain_text(row.get("shares")),
        tr("线状权属", "linear_owner"): plain_text(row.get("owner")),
        tr("问题类别_判定", "kind"): plain_text(row.get("kind_name")),
        tr("指挥部_判定", "command"): plain_text(row.get("command_name")),
        tr("定位说明", "reason"): refused.reason if refused else plain_text(row.get("words")),
    }, shape


def _rounded(value: Any, digits: int) -> float | None:
    number = pd.to_numeric(value, errors="coerce")
    return None if pd.isna(number) else round(float(number), digits)


def write_table(rows: gpd.GeoDataFrame, path: Path, *, kind: str) -> None:
    """Write rows to a path; `kind` is .xlsx, .csv or .gpkg; the path may have another ending."""
    if kind == ".gpkg":
        import pyogrio

        named = rows.rename(columns={name: str(name) for name in rows.columns})
        pyogrio.write_dataframe(named, path, driver="GPKG", layer="rows", geometry_type="Unknown")
        return
    plain = pd.DataFrame(rows.drop(columns="geometry"))
    if kind == ".csv":
        plain["WKT"] = [shape.wkt if shape is not None else "" for shape in rows.geometry]
        _write_csv(plain, path)
    else:
        _write_xlsx(plain, path)


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return value
    return None if pd.isna(value) else value


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([neutral(str(name)) for name in frame.columns])
        for row in frame.itertuples(index=False, name=None):
            cells = [_cell(value) for value in row]
            writer.writerow(
                [neutral(cell) if isinstance(cell, str) else "" if cell is None else cell for cell in cells]
            )


def _write_xlsx(frame: pd.DataFrame, path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), PLAIN_CELLS) as book:
        sheet = book.add_worksheet(tr("定位结果", "rows"))
        head = book.add_format(
            {"bold": True, "bg_color": "#12414f", "font_color": "#ffffff", "valign": "vcenter"}
        )
        for at, name in enumerate(frame.columns):
            sheet.write_string(0, at, workbook_text(str(name)), head)
            longest = max([len(str(name)), *(len(str(value)) for value in frame[name].head(200))])
            sheet.set_column(at, at, min(46, 3 + 1.7 * longest))
        for line, row in enumerate(frame.itertuples(index=False, name=None), 1):
            for at, value in enumerate(map(_cell, row)):
                if isinstance(value, str):
                    sheet.write_string(line, at, workbook_text(value))
                elif value is not None:
                    sheet.write_number(line, at, value)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(1, len(frame)), len(frame.columns) - 1)
