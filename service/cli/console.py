"""What commands share: plain refusals, progress bars, machine-readable answers, the data directory."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from service.words import tr

_ERRORS = Console(stderr=True, highlight=False, soft_wrap=True)

DataOption = Annotated[
    Path, typer.Option("--data", metavar="DIR", help=tr("数据目录", "data directory"), show_default=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help=tr("以 JSON 输出", "answer as JSON"))]


def fail(words: str) -> NoReturn:
    """Print a refusal on standard error and exit with 1."""
    print(tr("错误：", "error: ") + words, file=sys.stderr)
    raise typer.Exit(1)


def say(words: str) -> None:
    """Print a line for people on standard output, at once."""
    print(words, flush=True)


def answer_json(value: Any) -> None:
    """Print a value as one JSON document."""
    print(json.dumps(value, ensure_ascii=False, default=str))


@contextmanager
def progress_bar(words: str) -> Iterator[Callable[..., None]]:
    """Yield a function `report(done, total, words=None)` that moves a bar on standard error.

    On anything but a terminal nothing is drawn.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_ERRORS, transient=True, disable=not _ERRORS.is_terminal) as bar:
        task = bar.add_task(words, total=None)

        def report(done: int, total: int, words: str | None = None) -> None:
            bar.update(task, completed=done, total=total or None, description=words)

        yield report
