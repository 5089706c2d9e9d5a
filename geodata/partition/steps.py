"""One step of a run: the tasks whose files are not there yet, run, and counted as they end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from geodata.errors import PartitionError
from geodata.partition.cluster import Task, Workers
from geodata.partition.manifest import program_versions

# Network file systems remember for so long that a file was not there.
_FOLDER_DELAY_S = 30


class Progress(Protocol):
    """Is told how far a step is."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """`step` is scan, spread, or the name of the task; `total` tasks of it are needed."""


def silent(step: str, done: int, total: int) -> None:
    """Tell nobody."""


def run_step(
    workers: Workers,
    step: str,
    function: Callable[..., Any],
    tasks: Sequence[tuple[Path, Task]],
    *,
    progress: Progress,
) -> None:
    """Run the tasks whose files do not exist; afterwards all exist.

    Parameters
    ----------
    tasks
        The file that a task leaves when it is done, and its arguments.
    """
    missing = [task for path, task in tasks if not path.exists()]
    done = len(tasks) - len(missing)
    progress(step, done, len(tasks))

    def count() -> None:
        nonlocal done
        done += 1
        progress(step, done, len(tasks))

    workers.run(step, function, missing, on_done=count)
    if lost := _still_missing([path for path, _ in tasks]):
        raise PartitionError(
            f"workers said they wrote {', '.join(lost[:3])}, but it is not here: all machines must see the same"
            " folder under the same path"
        )


def _still_missing(paths: Sequence[Path]) -> list[str]:
    """Return the names of files that are not seen here, after the time a network folder needs to show them."""
    for _ in range(_FOLDER_DELAY_S):
        if all(path.exists() for path in paths):
            return []
        time.sleep(1.0)
    return [path.name for path in paths if not path.exists()]


def require_versions(expected: dict[str, str]) -> None:
    """Raise on a worker whose programs are not those of the run.

    Raises
    ------
    PartitionError
        Naming what differs: answers could differ too.
    """
    own = program_versions()
    if own != expected:
        words = ", ".join(
            f"{name} {own.get(name)} (run: {expected[name]})"
            for name in expected
            if own.get(name) != expected[name]
        )
        raise PartitionError(f"a worker has other versions: {words}")


def summed(facts: Iterable[dict[str, Any]], names: Sequence[str]) -> dict[str, int]:
    """Return the sums of counts over partitions."""
    rows = list(facts)
    return {name: sum(int(own[name]) for own in rows) for name in names}


def require_all(rows: int, counts: dict[str, int]) -> None:
    """Raise unless every row that came in is counted once.

    Raises
    ------
    PartitionError
        With both numbers.
    """
    if sum(counts.values()) != rows:
        words = " + ".join(f"{name} {count}" for name, count in counts.items())
        raise PartitionError(f"{rows} rows came in, but {words} are accounted for")
