"""From a list to its map file: read, recognise, place, draw; nothing is written on an error."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from service.cli.console import progress_bar, say
from service.cli.map_words import MapResult, found_words, remark_words
from service.words import language, tr

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.gazetteer import Gazetteer
    from geodata.geocode import Geocoder
    from geodata.zones import ZoneTree
    from maps.layers import Unplaced
    from service.intake.columns import ColumnMap
    from service.intake.model import Drafts, ListKind, SourceTable

TABLE_FORMATS = (".xlsx", ".csv", ".gpkg")
# Rows between two movements of the progress bar.
_CHUNK = 250


@dataclass(frozen=True, slots=True)
class MapOrder:
    """What to draw and where to; None means "as recognised" or "leave it out"."""

    file: Path
    out: Path
    as_: ListKind | None = None
    gazetteer: Path | None = None
    zones: Path | None = None
    datum: str | None = None
    trust_datum: bool = False
    table: Path | None = None
    title: str | None = None
    columns: tuple[str, ...] = ()
    year: int | None = None
    bandwidth_m: float | None = None


def draw(order: MapOrder, *, say: Callable[[str], object] = say) -> MapResult:
    """Read a list, place its rows, write the map and the table; nothing is written on an error.

    Raises
    ------
    QingtuError
        With a plain reason: the file, its columns, the gazetteer or the zones cannot be used.
    """
    from service.cli.list_choices import stated_choices
    from service.intake.readers import read_list
    from service.intake.understanding import understand

    _check_paths(order)
    raw = read_list(order.file)
    found = understand(raw, stated_choices(order.columns, year=order.year))
    table, columns = found.table, found.columns
    # Only now what takes seconds to load: a file that is no list is refused at once.
    from geodata.kinds import load_kinds
    from maps import problem_map
    from maps.export import write_html
    from service.intake.drafts import make_drafts
    from service.kinds.table import CurrentKinds

    kinds = load_kinds()
    drafts = make_drafts(table, columns, CurrentKinds(kinds), datum=order.datum, as_=order.as_)
    say(found_words(found, drafts))
    zones = _open_zones(order.zones)
    gazetteer, geocoder = _open_gazetteer(order.gazetteer, drafts)
    frame = _place(drafts, order, geocoder=geocoder, zones=zones)
    if "result" in columns.roles:
        _mark_failed(frame, drafts, columns)
    refused = _refused(table, drafts, columns)
    page = problem_map(
        frame,
        title=order.title or _title(order.file, drafts.list_kind),
        zones=zones,
        unplaced=refused,
        as_="problems" if drafts.list_kind == "problems" else "places",
        note=_note(zones),
        basemap=_background(gazetteer),
        made_on=date.today(),
        bandwidth_m=order.bandwidth_m,
        lang=language.get(),
    )
    with _table_written(order.table, table, frame, refused):
        size = write_html(page, order.out)
    return _result(order, table, columns, drafts, frame, refused, size)


def _check_paths(order: MapOrder) -> None:
    from geodata.errors import QingtuError

    for path in filter(None, (order.out, order.table)):
        if path.is_dir() or not path.resolve().parent.is_dir():
            raise QingtuError(
                tr(
                    f"不能写到 {path}：没有这个文件夹，或它本身是文件夹",
                    f"cannot write to {path}: no such folder, or it is one",
                )
            )
        if path.resolve() == order.file.resolve():
            raise QingtuError(
                tr(f"输出 {path} 会盖掉清单本身", f"the output {path} would overwrite the list")
            )
    if order.table and order.table.suffix.lower() not in TABLE_FORMATS:
        accepted = " ".join(TABLE_FORMATS)
        raise QingtuError(
            tr(
                f"--table 只能是 {accepted}，不是 {order.table.name}",
                f"--table takes {accepted}, not {order.table.name}",
            )
        )


def _open_zones(path: Path | None) -> ZoneTree | None:
    from geodata.errors import QingtuError
    from geodata.zones import ZoneTree

    if path is None:
        return None
    if not path.is_file():
        raise QingtuError(tr(f"找不到边界文件 {path}", f"there is no zones file {path}"))
    return ZoneTree.read(path)


def _open_gazetteer(path: Path | None, drafts: Drafts) -> tuple[Gazetteer | None, Geocoder | None]:
    from geodata.errors import QingtuError

    if path is None:
        if drafts.drafts and all(draft.geometry is None for draft in drafts.drafts):
            raise QingtuError(
                tr(
                    "表里没有坐标，要按文字找位置就得给地名库：--gazetteer 地名库.qgz"
                    "（用 qingtu gazetteer build 从 OSM 或已定位的台账生成）",
                    "the list has no coordinates; to place its texts give a gazetteer: --gazetteer FILE "
                    "(made by qingtu gazetteer build from OSM or located registers)",
                )
            )
        return None, None
    if not path.is_file():
        raise QingtuError(tr(f"找不到地名库 {path}", f"there is no gazetteer {path}"))
    from geodata.gazetteer import Gazetteer
    from geodata.geocode import Geocoder

    opened = Gazetteer.open(path)
    return opened, Geocoder(opened)


def _background(gazetteer: Gazetteer | None) -> gpd.GeoDataFrame | None:
    """The gazetteer's background; for one mined from addresses the rough axes it worked out."""
    import geopandas as gpd

    if gazetteer is None:
        return None
    drawn = gazetteer.basemap()
    if len(drawn):
        return drawn
    lines = [gazetteer.line(at) for at in range(sum(gazetteer.stats()["lines"].values()))]
    lines = [line for line in lines if not line.axis.is_empty]
    columns = {
        "layer": [line.line_class for line in lines],
        "name": [line.name for line in lines],
        "class": ["mined"] * len(lines),
    }
    return gpd.GeoDataFrame(columns, geometry=[line.axis for line in lines], crs=gazetteer.crs)


def _place(
    drafts: Drafts, order: MapOrder, *, geocoder: Geocoder | None, zones: ZoneTree | None
) -> gpd.GeoDataFrame:
    from geodata.kinds import load_kinds
    from service.cli.map_rows import rows_frame
    from service.intake.datum import require_datum
    from service.intake.drafts import DEFAULT_DATUM
    from service.intake.placing import place

    require_datum(
        drafts.drafts, geocoder=geocoder, stated=order.datum or DEFAULT_DATUM, trusted=order.trust_datum
    )
    total = len(drafts.drafts)
    with progress_bar(tr("定位", "placing")) as report:
        placed = []
        for at in range(0, total, _CHUNK):
            placed += place(drafts.drafts[at : at + _CHUNK], geocoder=geocoder, zones=zones)
            report(len(placed), total)
    crs = placed[0].crs if placed else 4326
    return rows_frame(placed, kinds=load_kinds(), zones=zones, crs=crs)


def _mark_failed(frame: gpd.GeoDataFrame, drafts: Drafts, columns: ColumnMap) -> None:
    """Say of every row of a list of results whether it failed: only these make heat."""
    from service.inspections.listed import read_result

    frame["failed"] = [read_result(columns.text(draft.cells, "result")) == "fail" for draft in drafts.drafts]


def _refused(table: SourceTable, drafts: Drafts, columns: ColumnMap) -> list[Unplaced]:
    from service.cli.map_rows import refused_rows

    return refused_rows(table, drafts, columns)


def _title(file: Path, list_kind: ListKind) -> str:
    kind = tr("问题地图", "problem map") if list_kind == "problems" else tr("台账地图", "register map")
    return f"{file.stem} · {kind}"


def _note(zones: ZoneTree | None) -> str | None:
    if zones is None or zones.is_official:
        return None
    return zones.note or tr("边界非官方", "unofficial borders")


@contextmanager
def _table_written(
    path: Path | None, table: SourceTable, frame: gpd.GeoDataFrame, refused: list[Unplaced]
) -> Iterator[None]:
    """Write the table beside its place first, and put it there only when the map is there too."""
    if path is None:
        yield
        return
    from service.cli.map_table import result_frame, write_table

    kind = path.suffix.lower()
    with tempfile.TemporaryDirectory(dir=path.resolve().parent, prefix=".qingtu-") as folder:
        part = Path(folder) / f"rows{kind}"
        write_table(result_frame(table, frame, refused), part, kind=kind)
        yield
        os.replace(part, path)


def _result(
    order: MapOrder,
    table: SourceTable,
    columns: ColumnMap,
    drafts: Drafts,
    frame: gpd.GeoDataFrame,
    refused: list[Unplaced],
    size: int,
) -> MapResult:
    status = list(frame["status"]) if len(frame) else []
    return MapResult(
        rows=len(table.rows),
        located=status.count("located"),
        ambiguous=status.count("ambiguous"),
        not_found=status.count("not_found"),
        refused=len(refused),
        as_="problems" if drafts.list_kind == "problems" else "places",
        as_reason=drafts.list_kind_reason,
        columns=dict(columns.roles),
        remarks=remark_words(drafts.issues),
        out=order.out,
        out_bytes=size,
    )
