"""Run one of our parsers in a process of its own: no environment, no input, bounded time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

TIMEOUT_S = 40
_ROOT = Path(__file__).resolve().parents[2]


class TooSlowError(Exception):
    """The parser did not finish in time."""


class DiedError(Exception):
    """The parser was ended by one of its limits."""


def run_confined(module: str, path: Path, *, timeout_s: float = TIMEOUT_S) -> dict[str, Any]:
    """Return the JSON document that `python -m module path` prints.

    Raises
    ------
    TooSlowError, DiedError
        If it gave no answer; the file is at fault.
    """
    command = [sys.executable, "-B", "-m", module, str(path.resolve())]
    # The child gets no environment: no proxy, no credentials, no library path to play with. One
    # thread: a thread pool would take its share of the bounded address space.
    environment = {"PYTHONIOENCODING": "utf-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(  # noqa: S603 - our own module, the path is an argument, no shell
            command, cwd=_ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
            timeout=timeout_s, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise TooSlowError from error
    if done.returncode != 0:
        raise DiedError
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
