"""`qingtu locate`: where one text is, or every row of a list."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import fail
from service.words import said, tr

if TYPE_CHECKING:
    from geodata.geocode.model import Location
    from geodata.zones import ZoneAnswer, ZoneTree


def register(app: typer.Typer) -> None:
    """Add the command `locate`."""
    app.command("locate")(locate_command)


def locate_command(
    text: Annotated[str | None, typer.Argument(help="位置描述，例如 陇海路与桐柏路交叉口西北角")] = None,
    gazetteer: Annotated[
        Path, typer.Option("--gazetteer", "-g", help="地名库，由 qingtu gazetteer build 生成")
    ] = Path("gazetteer.qgz"),
    zones: Annotated[
        Path | None, typer.Option("--zones", "-z", help="街道、社区、网格边界（GeoPackage）")
    ] = None,
    area: Annotated[str | None, typer.Option("--area", help="所属区县或街道，缩小范围用")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="打印推理过程")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="结果以 JSON 输出")] = False,
    batch: Annotated[
        Path | None, typer.Option("--batch", help="逐行定位一个清单：.xlsx .csv", metavar="IN")
    ] = None,
    column: Annotated[
        str | None, typer.Option("--column", help="清单中位置描述所在的列；不写就按表头判断")
    ] = None,
    area_column: Annotated[str | None, typer.Option("--area-column", help="清单中所属区县所在的列")] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="清单里“同上”“其东侧”“再往东100米”这样的行接着上一行读")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="结果 CSV 文件", metavar="OUT.csv")] = None,
) -> None:
    """定位一条位置描述，或用 --batch 定位整个清单。

    例：qingtu locate 陇海路与桐柏路交叉口西北角 --gazetteer 地名库.qgz --explain

    例：qingtu locate --batch 清单.xlsx --column 地址 --area-column 区 --out 结果.csv --gazetteer 地名库.qgz
    """
    from geodata.errors import QingtuError

    if follow and batch is None:
        raise typer.BadParameter(tr("--follow 只用于 --batch 清单", "--follow is for --batch lists"))
    if (text is None) == (batch is None):
        raise typer.BadParameter(
            tr("给出一条位置描述，或 --batch 清单，二者之一", "give one text, or --batch FILE")
        )
    try:
        if batch is not None:
            _batch(batch, column, area_column, out, gazetteer, zones, as_json=as_json, follow=follow)
        elif text is not None:
            _single(text, area, gazetteer, zones, explain=explain, as_json=as_json)
    except QingtuError as error:
        fail(said(error))
    except OSError as error:
        fail(tr(f"文件读写失败：{error}", f"cannot read or write: {error}"))


def _single(
    text: str, area: str | None, gazetteer: Path, zones: Path | None, *, explain: bool, as_json: bool
) -> None:
    from geodata.geocode import Geocoder, trace_json
    from geodata.geocode.columns import zone_answers, zone_data

    geocoder = Geocoder.open(gazetteer)
    location = geocoder.locate(text, area=area)
    tree = open_zones(zones, geocoder.crs)
    (answer,) = zone_answers([location], tree)
    if as_json:
        about = {name: "" if value is None else value for name, value in zone_data(answer).items()}
        data = trace_json(location) | about
        if not explain:
            data.pop("steps")
        typer.echo(json.dumps(data, ensure_ascii=False))
        return
    for line in _words(location, answer):
        typer.echo(line)
    if explain:
        for number, step in enumerate(location.trace, start=1):
            typer.echo(f"{number:3d}. [{step.stage}] {step.words}")


def open_zones(path: Path | None, crs: int) -> ZoneTree | None:
    """Return the zones of a file in the gazetteer's CRS; None without a file."""
    if path is None:
        return None
    from geodata.zones import ZoneTree

    return ZoneTree.read(path).to_crs(crs)


def _words(location: Location, answer: ZoneAnswer | None) -> list[str]:
    from geodata.geocode.trace import lonlat_of

    status = {
        "located": tr("已定位", "located"),
        "ambiguous": tr("有歧义", "ambiguous"),
        "not_found": tr("未找到", "not found"),
    }[location.status]
    if location.best is None:
        return [f"{status}：{location.trace[-1].words}"]
    lon, lat = lonlat_of(location.best, location.crs)
    shares = "，".join(f"{radius} m {p:.0%}" for radius, p in location.p_within.items())
    lines = [
        tr(
            f"{status}：{lon:.6f}, {lat:.6f}（WGS84），误差约 {location.best.uncertainty_m:.0f} 米",
            f"{status}: {lon:.6f}, {lat:.6f} (WGS84), uncertainty about {location.best.uncertainty_m:.0f} m",
        ),
        tr("依据：", "by: ") + f"{location.method}，{location.best.words}",
        tr("把握：", "within: ") + shares,
    ]
    if answer is not None and not answer.outside:
        name = f"{answer.community_name}（{answer.community}）"
        lines.append(
            tr(
                f"社区：{name}，网格 {answer.grid or '—'}，把握 {answer.p_community:.0%}",
                f"community: {name}, grid {answer.grid or '—'}, probability {answer.p_community:.0%}",
            )
        )
    lines += _owner_words(answer)
    for other in location.others[:5]:
        lon, lat = lonlat_of(other, location.crs)
        lines.append(tr("也可能：", "or: ") + f"{lon:.6f}, {lat:.6f}  {other.probability:.0%}  {other.words}")
    return lines


def _owner_words(answer: ZoneAnswer | None) -> list[str]:
    """Return whose it is where linear owners have some of it, and why a person should look at that."""
    if answer is None or answer.owned is None:
        return []
    doubt = {
        "": "",
        "near_edge": tr("（靠近边缘，请核对）", " (near an edge, please check)"),
        "no_line": tr("（说了侧，但附近没有这样的线）", " (a side was said, but of no line near)"),
        "along_line": tr("（所说的方向与线同向，不能定侧）", " (the side said leads along the line)"),
    }[answer.owned.doubt]
    if answer.owned.owner is None and not doubt:
        return []
    names = {part.code: part.name for part in answer.parts_of("community")}
    shares = [
        f"{part.owner_name or names.get(part.zone) or part.zone or tr('界外', 'outside')} {part.share:.0%}"
        for part in answer.owned.shares
    ]
    return [tr("权属：", "owners: ") + tr("，", ", ").join(shares) + doubt]


def _batch(
    source: Path,
    column: str | None,
    area_column: str | None,
    out: Path | None,
    gazetteer: Path,
    zones: Path | None,
    *,
    as_json: bool,
    follow: bool,
) -> None:
    from geodata.geocode import Geocoder
    from service.cli.locate_batch import locate_rows, read_rows, write_rows

    if out is None:
        raise typer.BadParameter(tr("--batch 需要 --out 结果.csv", "--batch needs --out OUT.csv"))
    if out.resolve() == source.resolve():
        fail(tr("结果不能写回输入文件，请换一个 --out", "--out must not be the input file"))
    header, rows = read_rows(source, column, area_column)
    geocoder = Geocoder.open(gazetteer)
    tree = open_zones(zones, geocoder.crs)
    results, seconds = locate_rows(rows, geocoder, tree, quiet=as_json, follow=follow)
    write_rows(out, header, rows, results)
    counts = {
        status: sum(one["status"] == status for one in results)
        for status in ("located", "ambiguous", "not_found")
    }
    speed = len(rows) / max(seconds, 1e-9)
    if as_json:
        data = {"rows": len(rows), **counts, "rows_per_s": round(speed, 1), "out": str(out)}
        typer.echo(json.dumps(data, ensure_ascii=False))
        return
    typer.echo(
        tr(
            f"{len(rows)} 行：已定位 {counts['located']}，有歧义 {counts['ambiguous']}，未找到 {counts['not_found']}；"
            f"{speed:.0f} 行/秒（rows/s）；写入 {out}",
            f"{len(rows)} rows: located {counts['located']}, ambiguous {counts['ambiguous']}, "
            f"not found {counts['not_found']}; {speed:.0f} rows/s; written to {out}",
        )
    )
