"""Options that all commands over partitions have: on what they run, and how large the pieces are."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from service.words import tr

if TYPE_CHECKING:
    from geodata.partition import ClusterOptions


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the user states of a run; each field is an option of the command line."""

    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler",
            metavar="tcp://…|tls://…",
            help=tr(
                "已在运行的 Dask 调度器；不写就用本机各核",
                "a running Dask scheduler; left out: this machine's cores",
            ),
        ),
    ] = None
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", min=0, help=tr("本机进程数，0 为不分进程", "local processes; 0: this one only")
        ),
    ] = None
    memory_gb: Annotated[
        float | None,
        typer.Option(
            "--memory-gb", help=tr("每个本机进程的内存上限（GB）", "memory limit of a local process, GB")
        ),
    ] = None
    rows_per_partition: Annotated[
        int | None,
        typer.Option(
            "--rows-per-partition",
            min=1,
            help=tr("每个分区的行数，决定内存", "rows in a partition; bounds memory"),
        ),
    ] = None
    partitions: Annotated[
        int | None,
        typer.Option("--partitions", min=1, help=tr("或：大约分成几个分区", "or: about how many partitions")),
    ] = None
    restart: Annotated[
        bool,
        typer.Option(
            "--restart",
            help=tr("丢掉结果文件夹里以前的结果，从头做", "throw away earlier results in the folder"),
        ),
    ] = False
    tls_ca: Annotated[
        Path | None, typer.Option("--tls-ca", help=tr("TLS：签发者的证书（PEM）", "TLS: the authority (PEM)"))
    ] = None
    tls_cert: Annotated[
        Path | None,
        typer.Option("--tls-cert", help=tr("TLS：本机的证书（PEM）", "TLS: own certificate (PEM)")),
    ] = None
    tls_key: Annotated[
        Path | None, typer.Option("--tls-key", help=tr("TLS：本机的私钥（PEM）", "TLS: own key (PEM)"))
    ] = None

    def cluster(self) -> ClusterOptions:
        """Return where to run; options that do not go together are wrong usage."""
        from geodata.partition import ClusterOptions, TlsFiles

        if self.scheduler is not None and (self.workers is not None or self.memory_gb is not None):
            words = tr(
                "--workers、--memory-gb 只用于本机", "--workers and --memory-gb are for this machine only"
            )
            raise typer.BadParameter(words)
        files = None
        if self.tls_ca is not None and self.tls_cert is not None and self.tls_key is not None:
            files = TlsFiles(self.tls_ca, self.tls_cert, self.tls_key)
        elif self.tls_ca or self.tls_cert or self.tls_key:
            words = tr(
                "--tls-ca、--tls-cert、--tls-key 要一起写", "--tls-ca, --tls-cert, --tls-key go together"
            )
            raise typer.BadParameter(words)
        memory = None if self.memory_gb is None else int(self.memory_gb * 1e9)
        return ClusterOptions(
            scheduler=self.scheduler, workers=self.workers, memory_per_worker=memory, tls=files
        )

    def rows(self, source: Path, default: int) -> int:
        """Return the rows of a partition: as stated, by the number of partitions, else the default."""
        if self.partitions is None:
            return self.rows_per_partition or default
        if self.rows_per_partition is not None:
            words = tr(
                "--rows-per-partition 和 --partitions 只写一个", "give --rows-per-partition or --partitions"
            )
            raise typer.BadParameter(words)
        from geodata.partition.source import read_source

        return max(1, -(-read_source(source).rows // self.partitions))


def takes_run_options(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command with the options of `RunOptions` in place of its parameter `options`.

    To be called when commands are registered: help is written in the language of that moment.
    """
    hints = get_type_hints(RunOptions, include_extras=True)
    more = [
        inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name]
        )
        for field in fields(RunOptions)
    ]
    signature = inspect.signature(command, eval_str=True)
    own = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in signature.parameters.values()
        if parameter.name != "options"
    ]

    @wraps(command)
    def with_options(**given: Any) -> None:
        stated = {field.name: given.pop(field.name) for field in fields(RunOptions)}
        command(**given, options=RunOptions(**stated))

    read_by_typer: Any = with_options
    read_by_typer.__signature__ = inspect.Signature([*own, *more])
    read_by_typer.__annotations__ = {}
    return with_options
