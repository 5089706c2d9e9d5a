"""Work in shares on all cores: the same answer as in one piece, sooner.

A share runs in a fresh Python process that imports this package alone. Forking would copy the locks of
whoever else is running here (a service's threads), and `multiprocessing` would run the caller's script
again. A share whose process fails is done here, so that an error is raised where it can be read.
"""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import IO, Any, TypeVar

T = TypeVar("T")
# Fewer rows are read sooner than a process is started.
_LEAST_ROWS = 20_000
_MOST_SHARES = 8
_RUN = "from geodata.gazetteer.shares import run_share; run_share()"


def share_bounds(rows: int) -> list[tuple[int, int]]:
    """Return the ranges of rows to work on side by side: as many as there are cores, or one for few rows."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    count = 1 if rows < _LEAST_ROWS else min(cores, _MOST_SHARES)
    cuts = [rows * share // count for share in range(count + 1)]
    return list(pairwise(cuts))


def in_shares(function: Callable[..., T], shares: Sequence[tuple[Any, ...]]) -> list[T]:
    """Return the function's results for the arguments of each share, in their order.

    Parameters
    ----------
    function
        Of a module of this package, a pure function of its arguments.
    shares
        Picklable arguments, the first for this process.
    """
    started = [_start(function, arguments) for arguments in shares[1:]]
    try:
        results = [function(*arguments) for arguments in shares[:1]]
        for (process, output), arguments in zip(started, shares[1:], strict=True):
            done = process.wait() == 0
            output.seek(0)
            # The result of our own process, not a file of somebody else's.
            results.append(pickle.load(output) if done else function(*arguments))  # noqa: S301
        return results
    finally:
        for process, output in started:
            process.kill()
            process.wait()
            output.close()


def _start(
    function: Callable[..., Any], arguments: tuple[Any, ...]
) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    output = tempfile.TemporaryFile()  # noqa: SIM115 (outlives this function)
    with tempfile.TemporaryFile() as given:
        pickle.dump((function, arguments), given, protocol=pickle.HIGHEST_PROTOCOL)
        given.seek(0)
        search = os.pathsep.join(path for path in sys.path if path) or os.curdir
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", _RUN],
            stdin=given,
            stdout=output,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": search},
        )
    return process, output


def run_share() -> None:
    """Do the share on standard input and write its result to standard output."""
    # Millions of rows and no cycles among them: looking for some costs a tenth of the time.
    gc.disable()
    function, arguments = pickle.load(sys.stdin.buffer)  # noqa: S301
    pickle.dump(function(*arguments), sys.stdout.buffer, protocol=pickle.HIGHEST_PROTOCOL)
