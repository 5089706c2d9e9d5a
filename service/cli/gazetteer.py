"""`qingtu gazetteer`: build the gazetteer, say what is in it, add other names, calibrate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from service.cli.calibrate import calibrate_command
from service.cli.console import fail
from service.words import said, tr


def register(app: typer.Typer) -> None:
    """Add the command group `gazetteer`."""
    group = typer.Typer(no_args_is_help=True, help="地名库：编译、统计、加别名、标定")
    group.command("build")(build_command)
    group.command("stats")(stats_command)
    group.command("add-alias")(add_alias_command)
    group.command("calibrate")(calibrate_command)
    app.add_typer(group, name="gazetteer")


def build_command(
    out: Annotated[Path, typer.Option("--out", "-o", help="写到哪个文件")],
    osm: Annotated[
        list[Path] | None, typer.Option("--osm", help="OSM 摘录：.osm .osm.gz .osm.pbf；可写多次")
    ] = None,
    places: Annotated[
        list[Path] | None,
        typer.Option(
            "--places",
            help="已定位的场所：CSV、Excel 表或点图层，列 name,type,address,district 与坐标；可写多次",
        ),
    ] = None,
    posts: Annotated[
        list[Path] | None,
        typer.Option("--posts", help="里程桩表或点图层：line,chainage（K645+300 或米数）与坐标；可写多次"),
    ] = None,
    places_datum: Annotated[
        str | None, typer.Option("--places-datum", help="表中坐标的基准：wgs84 cgcs2000 gcj02 bd09 EPSG:n")
    ] = None,
    zones: Annotated[Path | None, typer.Option("--zones", "-z", help="边界文件，取其中的区划名称")] = None,
    lines: Annotated[
        Path | None, typer.Option("--lines", help="自绘线路：图层 line、post、number、place（GeoPackage）")
    ] = None,
    crs: Annotated[
        str | None, typer.Option("--crs", help="投影坐标系 EPSG 代码；不写取最近的 CGCS2000 三度带")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="结果以 JSON 输出")] = False,
) -> None:
    """编译地名库，并报告舍弃了什么、为什么。

    例：qingtu gazetteer build --places 已定位.csv --places-datum gcj02 --out 地名库.qgz
    """
    from dataclasses import asdict

    from rich.console import Console

    from geodata.errors import QingtuError
    from geodata.gazetteer import build

    try:
        with Console(stderr=True, quiet=as_json).status(tr("正在编译地名库…", "building the gazetteer…")):
            report = build(
                osm=osm or (), places=places or (), places_datum=places_datum, posts=posts or (),
                zones=zones, lines=lines,
                crs=_epsg(crs), out=out,
            )  # fmt: skip
    except QingtuError as error:
        fail(said(error))
    if as_json:
        typer.echo(json.dumps({**asdict(report), "out": str(out)}, ensure_ascii=False))
        return
    typer.echo(
        tr(
            f"已写入 {out}（EPSG:{report.crs}，{report.seconds:.1f} 秒）",
            f"written to {out} (EPSG:{report.crs}, {report.seconds:.1f} s)",
        )
    )
    for name, count in report.counts.items():
        typer.echo(f"  {name}  {count}")
    if report.dropped:
        typer.echo(tr("舍弃或降级：", "left out:"))
        for reason, count in report.dropped.items():
            typer.echo(f"  {reason}  {count}")


def _epsg(crs: str | None) -> int | None:
    if crs is None:
        return None
    number = crs.upper().removeprefix("EPSG:")
    if not number.isdigit():
        raise typer.BadParameter(tr(f"坐标系应写作 EPSG:4547，而不是 {crs}", f"write EPSG:4547, not {crs}"))
    return int(number)


def stats_command(
    gazetteer: Annotated[Path, typer.Argument(help="地名库文件")],
    as_json: Annotated[bool, typer.Option("--json", help="结果以 JSON 输出")] = False,
) -> None:
    """列出地名库里有什么。

    例：qingtu gazetteer stats 地名库.qgz
    """
    from geodata.errors import QingtuError
    from geodata.gazetteer import Gazetteer
    from geodata.geocode.confidence_table import calibration_of

    try:
        opened = Gazetteer.open(gazetteer)
        stats = opened.stats() | {"confidence": dict(calibration_of(opened).about)}
    except QingtuError as error:
        fail(said(error))
    if as_json:
        typer.echo(json.dumps(stats, ensure_ascii=False))
        return
    for line in _stats_lines(stats):
        typer.echo(line)


def _stats_words() -> dict[str, str]:
    return {
        "crs": tr("坐标系", "CRS"),
        "names": tr("名称", "names"),
        "places": tr("地点", "places"),
        "own": tr("自有", "own"),
        "landmark": tr("地标", "landmarks"),
        "brand": tr("店名品牌", "brands"),
        "lines": tr("线路", "lines"),
        "road": tr("道路", "roads"),
        "rail": tr("铁路", "railways"),
        "water": tr("河渠", "waters"),
        "line_sources": tr("线路来源", "sources of lines"),
        "osm": "OSM",
        "mined": tr("由地址学得", "mined from addresses"),
        "crossings": tr("路口", "crossings"),
        "numbers": tr("门牌", "house numbers"),
        "posts": tr("里程桩", "posts"),
        "posted_lines": tr("有里程桩的线路", "lines with posts"),
        "structures": tr("构筑物和出入口", "structures and entrances"),
        "bridge": tr("桥", "bridges"),
        "tunnel": tr("隧道、涵洞", "tunnels and culverts"),
        "interchange": tr("立交、匝道口", "interchanges"),
        "gate": tr("门", "gates"),
        "station": tr("车站", "stations"),
        "exit": tr("车站出入口", "station exits"),
        "level_crossing": tr("铁路道口", "level crossings"),
        "road×water": tr("路与河渠", "road × water"),
        "road×rail": tr("路与铁路", "road × rail"),
        "road×road": tr("路与路", "road × road"),
        "rail×water": tr("铁路与河渠", "rail × water"),
        "rail×rail": tr("铁路与铁路", "rail × rail"),
        "water×water": tr("河渠与河渠", "water × water"),
        "crossing_kinds": tr("路口类别", "kinds of crossings"),
        "zones": tr("区划", "zones"),
        "documents": tr("已定位地址", "located addresses"),
        "aliases": tr("别名", "aliases"),
        "confidence": tr("把握的标定", "calibration"),
        "dropped": tr("舍弃或降级", "left out"),
    }


def _calibration_words(about: dict[str, str]) -> str:
    """Return which calibration is in force: its name, version, and how many cases it rests on."""
    chinese, _, english = about.get("name", "").partition(" ")
    version, cases = about.get("version", "?"), about.get("cases", "?")
    return tr(f"{chinese}，第 {version} 版，{cases} 条案件", f"{english}, version {version}, {cases} cases")


def _stats_lines(stats: dict[str, Any]) -> list[str]:
    """Return the counts in words, one subject a line; what was left out comes last."""
    words = _stats_words() | {"lines.lines": tr("自绘", "drawn")}
    lines = []
    for key, value in stats.items():
        if key == "report":
            continue
        if key == "confidence":
            lines.append(f"{words[key]}  {_calibration_words(value)}")
            continue
        if isinstance(value, dict):
            # `lines` is a subject, and among the sources the name of the office's own drawing.
            named = (words.get(f"lines.{k}" if key == "line_sources" else k, words.get(k, k)) for k in value)
            value = "，".join(f"{name} {count}" for name, count in zip(named, value.values(), strict=True))
        lines.append(f"{words.get(key, key)}  {value}")
    dropped = stats["report"].get("dropped", {})
    if dropped:
        lines.append(f"{words['dropped']}：")
        lines += [f"  {reason}  {count}" for reason, count in dropped.items()]
    return lines


def add_alias_command(
    gazetteer: Annotated[Path, typer.Argument(help="地名库文件")],
    alias: Annotated[str, typer.Argument(help="别名、旧名、简称")],
    name: Annotated[str, typer.Argument(help="地名库里已有的名称")],
) -> None:
    """给一个已有的名称加别名。

    例：qingtu gazetteer add-alias 地名库.qgz 雁鸣路 凤栖街
    """
    from geodata.errors import QingtuError
    from geodata.gazetteer import add_alias

    try:
        add_alias(gazetteer, alias, name)
    except QingtuError as error:
        fail(said(error))
    typer.echo(tr(f"“{alias}”现在就是“{name}”", f"{alias} now means {name}"))
