"""`qingtu zones drawing list | export`: borders drawn in the browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import DataOption, JsonOption, answer_json, fail, say
from service.cli.users import opened
from service.words import tr

if TYPE_CHECKING:
    from sqlalchemy import Connection, RowMapping

_KINDS = (".gpkg", ".geojson")


def add_commands(group: typer.Typer) -> None:
    """Add the command group `drawing` to the group `zones`."""
    own = typer.Typer(no_args_is_help=True, help=tr("网页上画的边界草图", "borders drawn in the browser"))
    own.command(
        "list",
        help=tr(
            "列出草图。\n\n例：qingtu zones drawing list --data data/office",
            "List the drawings.\n\nExample: qingtu zones drawing list --data data/office",
        ),
    )(list_command)
    own.command(
        "export",
        help=tr(
            "把草图写成 GeoPackage（本单位坐标系）或 GeoJSON（EPSG:4326），都标明“草图”。\n\n"
            "例：qingtu zones drawing export ID --out 草图.gpkg --data data/office",
            "Write a drawing as GeoPackage (office CRS) or GeoJSON (EPSG:4326), marked as a draft.\n\n"
            "Example: qingtu zones drawing export ID --out drawing.gpkg --data data/office",
        ),
    )(export_command)
    group.add_typer(own, name="drawing")


def list_command(data: DataOption, as_json: JsonOption = False) -> None:
    """List the drawings, the last changed first."""
    from service.drawings.present import drawing_item
    from service.drawings.queries import list_drawings
    from service.drawings.words import area_words

    with opened(data) as engine, engine.begin() as connection:
        items = [drawing_item(row) for row in list_drawings(connection)]
    if as_json:
        answer_json([item.model_dump(mode="json") for item in items])
        return
    if not items:
        say(tr("还没有草图。", "There are no drawings yet."))
    for item in items:
        counts = tr(f"{item.communities} 社区 {item.grids} 网格", f"{item.communities} + {item.grids} zones")
        say(
            f"{item.id}  {item.state_words}  {item.name}  {counts}  {area_words(item.area_m2)}  {item.updated_by}"
        )


def export_command(
    drawing: Annotated[
        str,
        typer.Argument(help=tr("草图编号，前几位即可", "drawing id, or its beginning"), show_default=False),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", help=tr("写到 .gpkg 或 .geojson", "a .gpkg or .geojson"), show_default=False
        ),
    ],
    data: DataOption,
    as_json: JsonOption = False,
) -> None:
    """Write a drawing to a file."""
    from service.drawings.exporting import geojson_of, gpkg_bytes
    from service.drawings.queries import find_drawing
    from service.drawings.state import thaw
    from service.errors import Refused

    if out.suffix.lower() not in _KINDS:
        fail(
            tr(
                f"只能写成 {' '.join(_KINDS)}，不能是 {out.name}",
                f"written as {' '.join(_KINDS)}, not {out.name}",
            )
        )
    with opened(data) as engine, engine.begin() as connection:
        row = find_drawing(connection, _find(connection, drawing)["id"])
    if row is None:
        fail(tr(f"没有编号为 {drawing} 的草图", f"no drawing {drawing}"))
    sketch = thaw(row["state"])
    try:
        if out.suffix.lower() == ".gpkg":
            out.write_bytes(gpkg_bytes(sketch))
        else:
            out.write_text(json.dumps(geojson_of(sketch), ensure_ascii=False), encoding="utf-8")
    except Refused as error:
        fail(str(error))
    zones = sum(not zone.shape.is_empty for zone in sketch.zones)
    if as_json:
        answer_json({"id": str(row["id"]), "out": str(out), "zones": zones})
    else:
        say(
            tr(
                f"草图“{row['name']}”的 {zones} 个区划写入 {out}",
                f"{zones} zones of “{row['name']}” written to {out}",
            )
        )


def _find(connection: Connection, text: str) -> RowMapping:
    """Return the only drawing whose id begins so."""
    from service.drawings.queries import list_drawings

    found = [row for row in list_drawings(connection) if str(row["id"]).startswith(text.lower())]
    if len(found) != 1:
        fail(
            tr(f"没有编号为 {text} 的草图", f"no drawing {text}")
            if not found
            else tr(
                f"有 {len(found)} 份草图的编号以 {text} 开头，请写全",
                f"{len(found)} drawings begin with {text}",
            )
        )
    return found[0]
