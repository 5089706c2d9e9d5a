"""One step of a run: the tasks whose files are not there yet, run, and counted as they end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from geodata.errors import PartitionError
from geodata.partition.cluster import Task, Workers
from geodata.partition.manifest import program_versions

# Names and versions of the programs that can change an answer.
Versions = tuple[tuple[str, str], ...]
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

    versions = tuple(program_versions().items())
    workers.run(step, _on_worker, [(versions, function, *task) for task in missing], on_done=count)
    if lost := _still_missing([path for path, _ in tasks]):
        raise PartitionError(
            f"workers said they wrote {', '.join(lost[:3])}, but it is not here: all machines must see the same"
            " folder under the same path",
            zh=f"工作进程说写好了 {'、'.join(lost[:3])}，这里却没有：所有机器要能在同一路径看到同一个文件夹",
        )


def _on_worker(versions: Versions, function: Callable[..., Any], *task: Any) -> None:
    require_versions(versions)
    function(*task)


def _still_missing(paths: Sequence[Path]) -> list[str]:
    """Return the names of files that are not seen here, after the time a network folder needs to show them."""
    for _ in range(_FOLDER_DELAY_S):
        if all(path.exists() for path in paths):
            return []
        time.sleep(1.0)
    return [path.name for path in paths if not path.exists()]


@lru_cache(maxsize=2)
def require_versions(versions: Versions) -> None:
    """Raise on a worker whose programs are not those of the run; compared once in a process.

    Raises
    ------
    PartitionError
        Naming what differs: answers could differ too.
    """
    own, expected = program_versions(), dict(versions)
    if own != expected:
        words = ", ".join(
            f"{name} {own.get(name)} (run: {expected[name]})"
            for name in expected
            if own.get(name) != expected[name]
        )
        raise PartitionError(
            f"a worker has other versions: {words}", zh=f"有的工作进程装的是别的版本：{words}；请装成一样的"
        )


def summed(facts: Iterable[dict[str, Any]], names: Sequence[str]) -> dict[str, int]:
    """Return the sums of counts over partitions."""
    rows = list(facts)
    return {name: sum(int(own[name]) for own in rows) for name in names}


def require_all(rows: int, counts: Mapping[str, int]) -> None:
    """Raise unless every row that came in is counted once.

    Raises
    ------
    PartitionError
        With both numbers.
    """
    if sum(counts.values()) != rows:
        words = " + ".join(f"{name} {count}" for name, count in counts.items())
        raise PartitionError(
            f"{rows} rows came in, but {words} are accounted for",
            zh=f"读入 {rows} 行，去向却是 {words}；请把结果文件夹清空后重做，再不对就报告我们",
        )
