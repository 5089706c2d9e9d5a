"""`qingtu map`: a list goes in, one self-contained HTML map comes out; no service is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from service.cli.console import JsonOption, fail, say
from service.cli.map_draw import MapOrder, draw
from service.cli.map_words import result_json, result_words
from service.words import said, tr


def register(app: typer.Typer) -> None:
    """Add the command `map`."""
    words = tr(
        "把一张清单画成一个 HTML 地图文件，不联网也能打开。",
        "Draw a list as one HTML map that opens without a network.",
    )
    example = "qingtu map problems.xlsx --gazetteer G --zones borders.gpkg --out map.html --table rows.xlsx"
    app.command("map", help=f"{words}\n\n{tr('例如：', 'Example: ')}{example}")(map_command)


# Annotations are read when the command runs, so that `tr` speaks the language of `--lang`.
def map_command(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help=tr(
                "清单：.xlsx .xls .et .csv .txt .docx .geojson",
                "the list: .xlsx .xls .et .csv .txt .docx .geojson",
            ),
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help=tr("写到哪个 HTML 文件", "HTML file to write"))
    ] = Path("map.html"),
    as_: Annotated[
        Literal["places", "problems"] | None,
        typer.Option(
            "--as",
            help=tr(
                "场所台账（places）还是问题（problems）；不写就按表头判断",
                "places (a register) or problems; guessed from the header",
            ),
        ),
    ] = None,
    gazetteer: Annotated[
        Path | None,
        typer.Option(
            "--gazetteer",
            "-g",
            help=tr("地名库，由 qingtu gazetteer build 生成", "gazetteer made by qingtu gazetteer build"),
        ),
    ] = None,
    zones: Annotated[
        Path | None,
        typer.Option(
            "--zones",
            "-z",
            help=tr(
                "街道、社区、网格边界（GeoPackage）", "borders: subdistrict, community, grid (GeoPackage)"
            ),
        ),
    ] = None,
    datum: Annotated[
        str | None,
        typer.Option(
            "--datum",
            help=tr(
                "表中坐标的基准：wgs84 cgcs2000 gcj02 bd09 EPSG:n",
                "datum of the list's coordinates: wgs84 cgcs2000 gcj02 bd09 EPSG:n",
            ),
        ),
    ] = None,
    trust_datum: Annotated[
        bool,
        typer.Option(
            "--trust-datum",
            help=tr("坐标与文字对不上时仍按 --datum 使用", "use --datum even where the texts contradict it"),
        ),
    ] = False,
    table: Annotated[
        Path | None,
        typer.Option(
            "--table",
            help=tr("另存逐行结果：.xlsx .csv .gpkg", "also write all rows with results: .xlsx .csv .gpkg"),
        ),
    ] = None,
    title: Annotated[str | None, typer.Option("--title", help=tr("地图标题", "title of the map"))] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            help=tr(
                "指定列的含义，例如 位置=地点；几列合成位置：位置=路段+位置+店名；可写多次",
                "what a column means, for example location=Where or location=Road+Spot; may be repeated",
            ),
        ),
    ] = None,
    year: Annotated[
        int | None,
        typer.Option(
            "--year",
            min=1990,
            max=2100,
            help=tr("日期没写年份时是哪一年", "the year of dates that state none"),
        ),
    ] = None,
    bandwidth_m: Annotated[
        float | None,
        typer.Option(
            "--bandwidth-m",
            min=20,
            max=5000,
            help=tr(
                "密度（热力）的核半径，米；不写就按范围取",
                "kernel radius of the density, metres; chosen by extent",
            ),
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Draw a list as one HTML map; see `register` for its help."""
    from geodata.errors import QingtuError
    from maps.assets import AssetError

    order = MapOrder(
        file=file, out=out, as_=as_, gazetteer=gazetteer, zones=zones, datum=datum, trust_datum=trust_datum,
        table=table, title=title, columns=tuple(column or ()), year=year, bandwidth_m=bandwidth_m,
    )  # fmt: skip
    try:
        result = draw(order, say=_silent if as_json else say)
    except (QingtuError, AssetError) as error:
        fail(said(error))
    except OSError as error:
        fail(tr(f"文件写不进去：{error}", f"cannot write: {error}"))
    say(result_json(result) if as_json else result_words(result))


def _silent(words: str) -> None:
    """Say nothing: the answer is JSON."""
