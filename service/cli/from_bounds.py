"""`qingtu zones from-bounds`: communities from a table of their bounds (四至), as a draft."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.console import answer_json, fail, progress_bar, say
from service.words import language, said, tr

if TYPE_CHECKING:
    from geodata.zones.bounds.drafting import Draft
    from geodata.zones.bounds.model import Outcome

_SIDES = {"E": ("东", "east"), "S": ("南", "south"), "W": ("西", "west"), "N": ("北", "north")}
_PICTURES = (".png", ".svg", ".html")


def register(group: typer.Typer) -> None:
    """Add the command `from-bounds` to the group `zones`."""
    group.command("from-bounds", help=_help())(bounds_command)


def _help() -> str:
    return tr(
        "没有边界图的办事处：把各社区的四至（东至、南至、西至、北至，写路、河、铁路或邻社区的名字）围成社区草图。"
        "围不起来的逐个说明缺哪一边、怎么办，能围的照样写出；一个也围不起来时退出码为 1。\n\n"
        "例：qingtu zones from-bounds 四至.xlsx --gazetteer 地名库.qgz --prefix 410105560 --out 社区.gpkg --picture 草图.png",
        "For an office without a map of its borders: communities from a table of their bounds (columns 社区, 东至,"
        " 南至, 西至, 北至), marked as a draft. What cannot be closed is named with the side and what to do; exit 1"
        " if nothing closes.\n\n"
        "Example: qingtu zones from-bounds bounds.xlsx --gazetteer names.qgz --prefix 410105560 --out c.gpkg",
    )


def bounds_command(
    table: Annotated[
        Path, typer.Argument(help=tr("四至表（.xlsx .xls .csv）", "table of bounds"), show_default=False)
    ],
    gazetteer: Annotated[
        Path, typer.Option("--gazetteer", "-g", help=tr("地名库", "gazetteer"), show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help=tr("结果 .gpkg", "result"), show_default=False)],
    crs: Annotated[
        int | None,
        typer.Option(
            "--crs",
            help=tr("结果的投影坐标系 EPSG 代码；默认用地名库的", "EPSG code; the gazetteer's if not given"),
        ),
    ] = None,
    prefix: Annotated[
        str,
        typer.Option(
            "--prefix",
            help=tr(
                "街道代码（9 位，或 12 位统计代码）：表里没有代码时依次编号",
                "subdistrict code (9 or 12 digits): numbers communities without a code",
            ),
        ),
    ] = "",
    name: Annotated[str, typer.Option("--name", help=tr("街道名称", "name of the subdistrict"))] = "",
    picture: Annotated[
        Path | None, typer.Option("--picture", help=tr("草图图片（.png .svg .html）", "picture"))
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=tr("以 JSON 输出", "answer as JSON"))] = False,
) -> None:
    """Write what closed; exit 1 with the reasons if nothing did."""
    from geodata.errors import QingtuError
    from geodata.gazetteer import Gazetteer
    from geodata.zones.bounds.drafting import draft_communities
    from geodata.zones.bounds.table import read_bounds
    from service.intake.readers import read_table

    if out.suffix.lower() != ".gpkg":
        fail(tr(f"边界写成 .gpkg，不能是 {out.name}", f"zones are written as .gpkg, not {out.name}"))
    if picture is not None and picture.suffix.lower() not in _PICTURES:
        kinds = " ".join(_PICTURES)
        fail(tr(f"图片写成 {kinds}，不能是 {picture.name}", f"pictures are {kinds}, not {picture.name}"))
    try:
        _require_metres(crs)
        source = read_table(table)
        cells = [{header: row.cells.get(header, "") for header in source.header} for row in source.rows]
        rows = read_bounds(cells, lines=[row.line for row in source.rows])
        names = Gazetteer.open(gazetteer)
        with progress_bar(tr("围合社区", "closing communities")) as report:
            draft = draft_communities(rows, names, prefix=prefix, subdistrict_name=name, progress=report)
        written = _write(draft, out, crs or names.crs)
        if picture is not None:
            _draw(picture, draft, names, name=table.stem)
    except QingtuError as error:
        fail(tr("围不成社区：", "no communities can be drafted: ") + said(error))
    if as_json:
        answer_json(_as_json(draft, crs or names.crs))
    else:
        _print(draft, out if written else None, picture)
    if not written:
        raise typer.Exit(1)


def _require_metres(crs: int | None) -> None:
    from geodata.crs import WEB_MERCATOR, is_projected
    from geodata.errors import CrsError

    if crs is not None and (crs == WEB_MERCATOR or not is_projected(crs)):
        raise CrsError(
            tr(
                f"EPSG:{crs} 不是以米为单位的投影坐标系，例如 4547",
                f"EPSG:{crs} has no true metres; 4547 has",
            )
        )


def _write(draft: Draft, out: Path, crs: int) -> bool:
    """Write the layers that have zones; return whether there are any."""
    from geodata.zones.reading.files import projected, write_layers

    if not len(draft.community):
        return False
    moved = projected(
        {"subdistrict": draft.subdistrict, "community": draft.community}, crs=crs, name=out.name
    )
    write_layers(moved, out)
    return True


def _draw(picture: Path, draft: Draft, gazetteer: Any, *, name: str) -> None:
    from geodata.zones.bounds.drafting import NOTE
    from maps.bounds_figure import bounds_figure
    from maps.picture_file import write_picture

    title = tr(f"社区草图：{name}", f"Draft of communities: {name}")
    note = tr(NOTE, "Draft: enclosed from the words of the bounds, reviewed by nobody, unofficial")
    drawn = gazetteer.basemap()
    lines = drawn[drawn["layer"].isin(["road", "rail", "water"])]
    figure = bounds_figure(draft, lines, title=title, note=note, lang=language.get())
    write_picture(figure, picture, title=title)


def _as_json(draft: Draft, crs: int) -> dict[str, Any]:
    return {
        "crs": crs,
        "closed": len(draft.community),
        "rows": len(draft.outcomes),
        "communities": [
            {"name": o.row.name, "code": o.code, "line": o.row.line, "closed": o.shape is not None,
             "area_m2": round(o.shape.area, 1) if o.shape is not None else None, "problems": [tr(p.zh, p.en) for p in o.problems],
             "sides": [
                 {"side": f.side, "text": f.text, "status": f.status, "words": tr(f.words.zh, f.words.en),
                  "bridged_m": list(f.bridged_m), "prolonged_m": list(f.prolonged_m)}
                 for f in o.findings
             ]}
            for o in draft.outcomes
        ],
        "defects": [
            {"kind": d.kind, "codes": d.codes, "area_m2": round(d.area_m2, 3), "words": tr(d.said.zh, d.said.en)}
            for d in (draft.report.defects if draft.report else ())
        ],
    }  # fmt: skip


def _print(draft: Draft, out: Path | None, picture: Path | None) -> None:
    from geodata.zones.bounds.model import STATUS_WORDS

    closed, rows = len(draft.community), len(draft.outcomes)
    where = tr(f"，写入 {out}", f", written to {out}") if out else ""
    say(
        tr(
            f"草图：{rows} 个社区围成 {closed} 个{where}",
            f"draft: {closed} of {rows} communities closed{where}",
        )
    )
    for outcome in draft.outcomes:
        say(_headline(outcome))
        for finding in outcome.findings:
            notable = finding.status != "found" or finding.bridged_m or finding.prolonged_m
            if outcome.shape is None or notable:
                side = tr(*_SIDES[finding.side])
                say(
                    f"      {side}“{finding.text}”：{tr(*STATUS_WORDS[finding.status])}，{tr(finding.words.zh, finding.words.en)}"
                )
    for defect in draft.report.defects if draft.report else ():
        say(f"  ! {tr(defect.said.zh, defect.said.en)}")
    if picture is not None:
        say(tr(f"图片写入 {picture}", f"picture written to {picture}"))
    say(tr("未经审定，非官方。", "Reviewed by nobody, unofficial."))


def _headline(outcome: Outcome) -> str:
    if outcome.shape is not None:
        return f"  ✓ {outcome.row.name} {outcome.code}：{outcome.shape.area / 1e4:,.1f} " + tr("公顷", "ha")
    return tr(f"  ✗ {outcome.row.name}：没有围成。", f"  ✗ {outcome.row.name}: not closed. ") + tr(
        "；", "; "
    ).join(tr(problem.zh, problem.en) for problem in outcome.problems)
