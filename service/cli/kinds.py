"""`qingtu kinds classify | check`: what the rules read from a text, or from every row of a list."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.console import JsonOption, answer_json, fail, progress_bar, say
from service.words import tr

if TYPE_CHECKING:
    from geodata.kinds import KindReading
    from service.intake.model import ImportRow, SourceTable
    from service.kinds.table import CurrentKinds

_RulesFrom = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="DIR", help=tr("连同这个单位自己的规则", "with the own rules of this office"), show_default=False
    ),
]  # fmt: skip
_RESULT = ("kinds", "kind_names", "commands", "sure", "reason", "suggested", "cases")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    kinds = typer.Typer(no_args_is_help=True, help=tr("问题类别", "kinds of problems"))
    app.add_typer(kinds, name="kinds")
    kinds.command(
        "classify",
        help=tr(
            "一段描述认作什么类别、为什么。\n\n例如：qingtu kinds classify 垃圾满溢、占道经营 --place 菜市场门口",
            "What kinds a description is read as, and why.\n\nFor example: qingtu kinds classify 垃圾满溢、占道经营",
        ),
    )(_classify)
    kinds.command(
        "check",
        help=tr(
            "整张表的类别：按指挥部计数，列出未定的，逐行写到 CSV。\n\n例如：qingtu kinds check 清单.xlsx --column 问题描述 --out 类别.csv",
            "The kinds of a whole list: counts by command, the undecided, row by row to CSV.\n\nFor example: qingtu kinds check LIST.xlsx --column 问题描述 --out OUT.csv",
        ),
    )(_check)


def _kinds(data: Path | None) -> CurrentKinds:
    from geodata.kinds import load_kinds
    from service.kinds.table import CurrentKinds

    if data is None:
        return CurrentKinds(load_kinds())
    from service.cli.users import opened
    from service.kinds.current import OfficeKinds

    with opened(data) as engine, engine.begin() as connection:
        return OfficeKinds(load_kinds()).on(connection)


def _found(reading: KindReading, kinds: CurrentKinds, place_class: str = "") -> list[dict[str, Any]]:
    return [
        {
            "kind": guess.kind, "name": kinds.table.name(guess.kind), "command": kinds.command_of(guess.kind, place_class),
            "sure": guess.sure, "reason": guess.reason, "word": guess.word, "own": guess.own,
        }
        for guess in reading.found
    ]  # fmt: skip


def _classify(
    text: Annotated[str, typer.Argument(help=tr("问题描述", "the description"))],
    place: Annotated[str, typer.Option(help=tr("位置、店名", "place, name of the shop"))] = "",
    data: _RulesFrom = None,
    json: JsonOption = False,
) -> None:
    kinds = _kinds(data)
    reading = kinds.table.classify_all(text, place=place)
    found = _found(reading, kinds)
    if json:
        answer_json(
            {"text": text, "place": place, "found": found, "sure": reading.sure, "reason": reading.reason}
        )
        return
    if not found:
        say(tr(f"未定：{reading.reason}", f"undecided: {reading.reason}"))
    from service.kinds.reading import sure_words

    for kind in found:
        command = kinds.table.command(kind["command"]).name
        say(f"{kind['kind']} {kind['name']}（{command}）　{sure_words(kind['sure'])}：{kind['reason']}")


def _check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=tr("清单", "the list"))],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="OUT.csv", help=tr("结果 CSV", "the result"))],
    column: Annotated[
        str | None, typer.Option(help=tr("描述列；不写按表头认", "column of descriptions"))
    ] = None,
    place_column: Annotated[
        str | None, typer.Option("--place-column", help=tr("位置列；不写按表头认", "column of places"))
    ] = None,
    data: _RulesFrom = None,
    json: JsonOption = False,
) -> None:
    from service.intake.readers import read_table

    if not file.is_file():
        fail(tr(f"没有这个文件：{file}", f"no such file: {file}"))
    table = read_table(file)
    columns = _columns(table, column, place_column)
    kinds = _kinds(data)
    results = []
    with progress_bar(tr("读类别", "reading kinds")) as bar:
        for done, row in enumerate(table.rows, start=1):
            results.append(_row(row, columns, kinds))
            if done % 200 == 0:
                bar(done, len(table.rows))
    out.write_bytes(_csv(table, results))
    _tell(table, results, columns, kinds, out, json=json)


def _columns(table: SourceTable, column: str | None, place_column: str | None) -> dict[str, str]:
    """Return role -> header: description, and what there is of location, name, place_class."""
    from service.intake.columns import recognise

    stated = {role: name for role, name in (("description", column), ("location", place_column)) if name}
    roles = recognise(table.header, overrides=stated).roles
    if "description" not in roles:
        header = "、".join(table.header[:30])
        fail(
            tr(
                f"没有认出描述列；表头是：{header}。用 --column 指定",
                f"no column of descriptions was recognised; the header is: {header}. State it with --column",
            )
        )
    return {role: roles[role] for role in ("description", "location", "name", "place_class") if role in roles}


def _row(row: ImportRow, columns: dict[str, str], kinds: CurrentKinds) -> dict[str, Any]:
    def text(role: str) -> str:
        return row.cells.get(columns.get(role, ""), "").strip()

    place = " ".join(filter(None, (text("location"), text("name"), text("place_class"))))
    reading = kinds.table.classify_all(text("description"), place=place)
    found = _found(reading, kinds, text("place_class"))
    certain = [kind for kind in found if kind["sure"] == "certain"]
    return {
        "certain": certain, "likely": [kind for kind in found if kind["sure"] == "likely"], "sure": reading.sure,
        "reason": "；".join(kind["reason"] for kind in certain) or (found[0]["reason"] if found else reading.reason),
        "cases": max(len(certain), 1),
    }  # fmt: skip


def _csv(table: SourceTable, results: Sequence[dict[str, Any]]) -> bytes:
    from service.cells import neutral

    header = [f"input_{name}" if name in _RESULT else name for name in table.header]
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([*map(neutral, header), *_RESULT])
    for row, result in zip(table.rows, results, strict=True):
        certain = result["certain"]
        cells = [row.cells.get(name, "") for name in table.header]
        values = [
            "；".join(kind["kind"] for kind in certain), "；".join(kind["name"] for kind in certain),
            "；".join(kind["command"] for kind in certain), result["sure"], result["reason"],
            "；".join(f"{kind['kind']} {kind['name']}" for kind in result["likely"]), str(result["cases"]),
        ]  # fmt: skip
        writer.writerow([neutral(text) for text in (*cells, *values)])
    return ("\ufeff" + buffer.getvalue()).encode()


def _tell(
    table: SourceTable, results: Sequence[dict[str, Any]], columns: dict[str, str], kinds: CurrentKinds, out: Path,
    *, json: bool,
) -> None:  # fmt: skip
    by_command = Counter(kind["command"] for result in results for kind in result["certain"])
    undecided = [
        {
            "sheet": row.sheet, "line": row.line, "text": row.cells.get(columns["description"], ""), "sure": result["sure"],
            "suggested": [kind["kind"] for kind in result["likely"]], "reason": result["reason"],
        }
        for row, result in zip(table.rows, results, strict=True)
        if not result["certain"]
    ]  # fmt: skip
    decided = len(results) - len(undecided)
    cases = sum(by_command.values()) + len(undecided)
    if json:
        answer_json(
            {
                "rows": len(results), "decided": decided, "undecided": len(undecided), "cases": cases,
                "by_command": {c.code: by_command[c.code] for c in kinds.table.commands}, "items": undecided,
            }
        )  # fmt: skip
        return
    say(
        tr(
            f"共 {len(results)} 行 = 定了 {decided} + 未定 {len(undecided)}；立 {cases} 件",
            f"{len(results)} rows = {decided} decided + {len(undecided)} undecided; {cases} cases",
        )
    )
    for command in kinds.table.commands:
        say(f"  {command.code} {command.name}　{by_command[command.code]}")
    for item in undecided[:100]:
        hint = "、".join(f"{code} {kinds.table.name(code)}" for code in item["suggested"])
        likely = tr(f"可能是 {hint}", f"likely {hint}") if hint else item["reason"]
        say(f"  {item['sheet']} {item['line']}：{item['text'] or '—'}　{likely}")
    if len(undecided) > 100:
        say(tr(f"  还有 {len(undecided) - 100} 行，见 {out}", f"  {len(undecided) - 100} more, see {out}"))
    say(tr(f"逐行结果在 {out}", f"row by row in {out}"))
