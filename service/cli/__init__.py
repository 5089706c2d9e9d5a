"""The command line: wiring only. Each module of this folder brings its commands by `register(app)`."""

from __future__ import annotations

import os
import sys

import typer

from service.cli import (
    assign,
    gazetteer,
    heat,
    hotspots,
    intake,
    kinds,
    locate,
    map,
    partition,
    roads,
    server,
    users,
    zones,
)
from service.words import language, said, tr

# In the order of `qingtu --help`. They load what is heavy inside their commands.
MODULES = (
    map,
    locate,
    gazetteer,
    zones,
    assign,
    heat,
    hotspots,
    partition,
    server,
    intake,
    roads,
    kinds,
    users,
)


def build_app() -> typer.Typer:
    """Return the command line in the current language."""
    app = typer.Typer(
        name="qingtu", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
        help=tr("清图：找到每个问题在哪里、归谁管，并画在图上。", "Qingtu: where each listed problem is and whose, on a map."),
        epilog=tr("任何命令都可加 --lang en 显示英文。", "Add --lang zh for Chinese."),
    )  # fmt: skip

    @app.callback()
    def main_options() -> None:
        """Take no options of its own: `--lang` is read before the words of the help are made."""

    for module in MODULES:
        module.register(app)
    return app


def take_language(arguments: list[str]) -> list[str]:
    """Set the language from `--lang` anywhere, else QINGTU_LANG, and return the other arguments.

    `LANG` is ignored on purpose: Debian's is C.UTF-8 whatever people speak.
    """
    chosen, rest = os.environ.get("QINGTU_LANG", "zh"), []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--lang":
            chosen = next(waiting, "")
        elif argument.startswith("--lang="):
            chosen = argument.partition("=")[2]
        else:
            rest.append(argument)
    if chosen not in ("zh", "en"):
        print("--lang: zh | en", file=sys.stderr)
        raise SystemExit(2)
    language.set("en" if chosen == "en" else "zh")
    return rest


def main(arguments: list[str] | None = None) -> None:
    """Run a command: exit 0 done, 1 refused with a plain reason, 2 wrong usage."""
    from geodata.errors import QingtuError

    rest = take_language(sys.argv[1:] if arguments is None else arguments)
    try:
        build_app()(args=rest, prog_name="qingtu")
    except QingtuError as error:
        print(tr("错误：", "error: ") + said(error), file=sys.stderr)
        raise SystemExit(1) from None


app = build_app()
