"""What locating, assigning and heating have in common: a job, its steps on workers, its report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geodata.errors import FrameError
from geodata.partition.cluster import ClusterOptions, Workers, joined
from geodata.partition.manifest import RunFolder, finish, finished_figures
from geodata.partition.results import PartitionReport, finished_parts
from geodata.partition.source import Chunk, Source
from geodata.partition.steps import Progress, require_all, run_step, summed

# The figures of partitions by number.
Parts = Mapping[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Job:
    """What every task of a run needs to know; small, it travels with each.

    `chunks` is the number of pieces in which the input is read.
    """

    folder: RunFolder
    source: Source
    chunks: int


@dataclass(frozen=True, slots=True)
class Run:
    """A job on its way: what runs its tasks, and who is told how far they are."""

    job: Job
    chunks: Sequence[Chunk]
    workers: Workers
    progress: Progress

    def by_chunk(
        self, step: str, function: Callable[..., None], *, to: Callable[[int], Path] | None = None
    ) -> list[Path]:
        """Run `function(job, chunk)` for all chunks whose file is missing; return the files.

        `to` names the file of a chunk by its number; left out, it is the step's hand-over file.
        """
        path_of = to or (lambda number: self.job.folder.step(step, number))
        tasks = [(path_of(chunk.number), (self.job, chunk)) for chunk in self.chunks]
        run_step(self.workers, step, function, tasks, progress=self.progress)
        return [path for path, _ in tasks]

    def by_number(
        self, step: str, function: Callable[..., None], numbers: Sequence[int], *, to: Callable[[int], Path]
    ) -> None:
        """Run `function(job, number)` for all numbers whose file is missing."""
        tasks = [(to(number), (self.job, number)) for number in numbers]
        run_step(self.workers, step, function, tasks, progress=self.progress)

    def by_part(
        self, step: str, function: Callable[..., None], count: int, *, spread: Callable[..., None]
    ) -> tuple[Parts, int]:
        """Spread the rows of all chunks and work out the parts, one at least.

        `spread(job, chunk)` is left out where no part is missing.

        Returns
        -------
        tuple
            The parts, and how many of them were there before.
        """
        folder, numbers = self.job.folder, range(max(count, 1))
        kept = len(finished_parts(folder, numbers))
        if kept < len(numbers):
            self.by_chunk("spread", spread)
        self.by_number(step, function, numbers, to=folder.part)
        return finished_parts(folder, numbers), kept


@contextmanager
def running(job: Job, chunks: Sequence[Chunk], cluster: ClusterOptions, progress: Progress) -> Iterator[Run]:
    """Yield a job's run on the workers of a cluster; they are let go at the end."""
    with joined(cluster) as workers:
        yield Run(job, chunks, workers, progress)


def finished(folder: RunFolder) -> tuple[Parts, Mapping[str, Any]] | None:
    """Return the partitions and figures of a run that has ended, None if there is anything left to do."""
    figures = finished_figures(folder)
    if figures is None:
        return None
    parts = finished_parts(folder, range(int(figures["partitions"])))
    return (parts, figures) if len(parts) == figures["partitions"] else None


def report_of(
    job: Job,
    parts: Parts,
    counts: Mapping[str, int],
    *,
    kept: int,
    figures: Mapping[str, float] | None = None,
) -> PartitionReport:
    """Return the report of a run; raises PartitionError unless every row is counted once."""
    require_all(job.source.rows, counts)
    written = summed(parts.values(), ["written"])["written"]
    return PartitionReport(job.source.rows, written, len(parts), kept, counts, figures or {})


def ended(job: Job, report: PartitionReport) -> PartitionReport:
    """Write into the folder that the run has ended, drop its hand-over files and return the report."""
    finish(job.folder, {"partitions": report.partitions, "rows": report.rows, **report.counts})
    return report


def require_rows(rows_per_partition: int) -> None:
    """Raise FrameError unless a partition may have a row at least."""
    if rows_per_partition < 1:
        raise FrameError(
            f"rows_per_partition must be at least 1, not {rows_per_partition}",
            zh=f"每个分区至少 1 行，不能是 {rows_per_partition}",
        )
