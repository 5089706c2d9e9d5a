"""The inside of the process that parses one file: its limits, and how it answers.

Imports as little as possible, so that a parser starts fast and a hostile file finds little to work with.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

MEMORY_BYTES = 1 * 2**30
CPU_SECONDS = 30
_CLONE_NEWNET = 0x40000000
_CLONE_NEWUSER = 0x10000000


class RefusedError(Exception):
    """The file cannot be read; `code` is one of those that the asking side has words for."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code, self.detail = code, detail


def confine(*, memory_bytes: int = MEMORY_BYTES, cpu_seconds: int = CPU_SECONDS) -> None:
    """Bound memory, time and output of this process, and take its network away."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    flags = _CLONE_NEWNET if os.geteuid() == 0 else _CLONE_NEWNET | _CLONE_NEWUSER
    # Where the kernel forbids it the other limits still hold; a parser here opens no sockets anyway.
    libc.unshare(flags)


def answer(
    parse: Callable[[Path], dict[str, Any]],
    path: str,
    *,
    memory_bytes: int = MEMORY_BYTES,
    cpu_seconds: int = CPU_SECONDS,
) -> int:
    """Parse a file within the limits and print the result; 0 also when it was refused (the reason is in it)."""
    confine(memory_bytes=memory_bytes, cpu_seconds=cpu_seconds)
    try:
        result = parse(Path(path))
    except RefusedError as refusal:
        result = {"error": refusal.code, "detail": refusal.detail}
    except MemoryError:
        result = {"error": "too_large", "detail": ""}
    except Exception as error:
        result = {"error": "unreadable", "detail": f"{type(error).__name__}: {error}"[:200]}
    sys.stdout.write(json.dumps(result, ensure_ascii=False))
    return 0
