"""Stamps: what a finished step was made from, so that a warm start does nothing twice."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from commands import REPOSITORY, STATE


def fingerprint(*files: Path) -> str:
    """Return a hash of files, the Python in use and where the repository lies."""
    total = hashlib.sha256(f"{sys.version_info}\n{sys.executable}\n{REPOSITORY}\n".encode())
    for file in files:
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def is_done(step: str, mark: str) -> bool:
    """Whether a step was finished with the same fingerprint."""
    stamp = STATE / f"{step}.stamp"
    return stamp.is_file() and stamp.read_text(encoding="ascii") == mark


def set_done(step: str, mark: str) -> None:
    """Note that a step is finished."""
    STATE.mkdir(exist_ok=True)
    (STATE / f"{step}.stamp").write_text(mark, encoding="ascii")


def forget(step: str) -> None:
    """Note that a step has to be done again."""
    (STATE / f"{step}.stamp").unlink(missing_ok=True)
