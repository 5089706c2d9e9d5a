"""Where tasks run: in this process, on a cluster of this machine's cores, or on a real one.

A Dask scheduler asks nobody for a password: whoever reaches its port runs code as its user. So a
local cluster listens on 127.0.0.1 only and serves no web pages, and a scheduler elsewhere is joined
with TLS certificates or over a network that only its machines can reach.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geodata.errors import PartitionError, QingtuError

if TYPE_CHECKING:
    from distributed import Client
    from distributed.security import Security

Task = tuple[Any, ...]
# Enough that a worker never waits for the next task, few enough that little is lost with it.
_IN_FLIGHT_PER_WORKER = 2
_WAIT_FOR_WORKERS_S = 60.0
# No pages: not the dashboard, not the counters, not even the state of health.
_QUIET = {
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.scheduler.allowed-failures": 3,
    "distributed.diagnostics.computations.max-history": 1,
}


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Certificates for a scheduler with TLS (PEM): the authority, and this side's certificate and key."""

    ca: Path
    cert: Path
    key: Path


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """Where to run.

    `scheduler` is the address of a running one (`tcp://…`, `tls://…`); without it `workers` processes
    of one thread each are started here (None: one per usable core; 0: none, everything in this
    process). `memory_per_worker` is a limit in bytes for each local process; None shares the
    machine's. `tls` is needed for `tls://` and makes a local cluster speak TLS too.
    """

    scheduler: str | None = None
    workers: int | None = None
    memory_per_worker: int | None = None
    tls: TlsFiles | None = None


class Workers:
    """Runs tasks in this process, one after another; the base of the ways to run them elsewhere."""

    def run(
        self,
        step: str,
        function: Callable[..., Any],
        tasks: Sequence[Task],
        *,
        on_done: Callable[[], None] = lambda: None,
    ) -> None:
        """Run `function(*task)` for every task, in any order; what they return is dropped.

        A task may run more than once (its worker was lost); it must leave the same file each time.

        Raises
        ------
        QingtuError
            The first that a task raised, after those under way have ended.
        PartitionError
            If workers are lost again and again on one task, or there are none.
        """
        del step
        for task in tasks:
            function(*task)
            on_done()


class DaskWorkers(Workers):
    """Runs tasks on Dask, never more than a few per worker at a time."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def run(
        self,
        step: str,
        function: Callable[..., Any],
        tasks: Sequence[Task],
        *,
        on_done: Callable[[], None] = lambda: None,
    ) -> None:
        """See `Workers.run`."""
        from distributed import as_completed

        waiting = iter(enumerate(tasks))
        running: dict[Any, int] = {}
        done = as_completed()
        failure: BaseException | None = None

        def fill() -> None:
            room = self._most() - len(running)
            for number, task in islice(waiting, max(room, 0)):
                key = f"{step}-{number}-{os.urandom(4).hex()}"
                future = self.client.submit(_run, function, task, pure=False, key=key)
                running[future] = number
                done.add(future)

        fill()
        while running:
            future = next(done)
            number = running.pop(future)
            if future.status != "finished":
                failure = failure or _reason(step, number, future)
            else:
                on_done()
            future.release()
            if failure is None:
                fill()
        if failure is not None:
            raise failure

    def _most(self) -> int:
        threads: int = sum(self.client.nthreads().values())
        return _IN_FLIGHT_PER_WORKER * max(1, threads)


def _run(function: Callable[..., Any], task: Task) -> None:
    """Run a task on a worker that leaves the other cores to other workers; nothing travels back."""
    import pyarrow as pa

    pa.set_cpu_count(1)
    function(*task)


def _reason(step: str, number: int, future: Any) -> BaseException:
    from distributed.scheduler import KilledWorker

    error = future.exception()
    if isinstance(error, QingtuError):
        return error
    if isinstance(error, KilledWorker):
        return PartitionError(
            f"task {number} of the step {step} ended its worker again and again; if memory was short, give fewer rows"
            " per partition. What is finished is kept: the same command goes on from there",
            zh=f"步骤 {step} 的第 {number} 个任务一再使工作进程退出；如果是内存不够，请减少每个分区的行数"
            "（--rows-per-partition）。做完的部分留着，用同一条命令接着做",
        )
    why = f"{type(error).__name__}: {error}"
    return PartitionError(
        f"task {number} of the step {step} failed: {why}", zh=f"步骤 {step} 的第 {number} 个任务失败：{why}"
    )


@contextmanager
def joined(options: ClusterOptions) -> Iterator[Workers]:
    """Yield something to run tasks on; a local cluster is stopped at the end, whatever happens.

    Raises
    ------
    PartitionError
        If the scheduler does not answer or has no workers, or certificates are missing.
    """
    if options.scheduler is None and options.workers == 0:
        yield Workers()
        return
    import dask.config
    from distributed import Client, LocalCluster

    security = _security(options)
    with ExitStack() as stack:
        if options.scheduler is None:
            stack.enter_context(dask.config.set(_QUIET))
            cluster = stack.enter_context(
                LocalCluster(
                    n_workers=options.workers or _usable_cores(),
                    threads_per_worker=1,
                    processes=True,
                    host="127.0.0.1",
                    dashboard_address="127.0.0.1:0",
                    worker_dashboard_address=None,
                    scheduler_kwargs={"dashboard": False},
                    memory_limit=options.memory_per_worker or "auto",
                    security=security,
                    silence_logs=50,
                )
            )
            client = stack.enter_context(Client(cluster))
        else:
            client = stack.enter_context(_client(options.scheduler, security))
        yield DaskWorkers(client)


def _client(address: str, security: Security | None) -> Client:
    from distributed import Client

    try:
        client = Client(address, security=security, timeout=_WAIT_FOR_WORKERS_S / 4)
    except (OSError, TimeoutError, ValueError) as error:
        raise PartitionError(
            f"no scheduler answers at {address}: {error}", zh=f"{address} 没有调度器应答：{error}"
        ) from error
    try:
        client.wait_for_workers(1, timeout=_WAIT_FOR_WORKERS_S)
    except TimeoutError as error:
        client.close()
        raise PartitionError(
            f"the scheduler at {address} has no worker; start some: dask worker {address}",
            zh=f"{address} 的调度器下没有工作进程；请先启动：dask worker {address}",
        ) from error
    return client


def _security(options: ClusterOptions) -> Security | None:
    if options.tls is None:
        if options.scheduler is not None and options.scheduler.startswith("tls://"):
            raise PartitionError(
                f"{options.scheduler} needs certificates: --tls-ca, --tls-cert, --tls-key",
                zh=f"{options.scheduler} 要有证书：--tls-ca、--tls-cert、--tls-key",
            )
        return None
    from distributed.security import Security

    files = {"ca": options.tls.ca, "cert": options.tls.cert, "key": options.tls.key}
    if missing := [f"{name} {path}" for name, path in files.items() if not path.is_file()]:
        raise PartitionError(
            f"certificates are missing: {', '.join(missing)}", zh=f"找不到证书文件：{'、'.join(missing)}"
        )
    cert, key = str(options.tls.cert), str(options.tls.key)
    return Security(
        tls_ca_file=str(options.tls.ca),
        tls_client_cert=cert, tls_client_key=key,
        tls_scheduler_cert=cert, tls_scheduler_key=key,
        tls_worker_cert=cert, tls_worker_key=key,
        require_encryption=True,
    )  # fmt: skip


def _usable_cores() -> int:
    from geodata.geocode.batch import usable_processes

    return usable_processes()
