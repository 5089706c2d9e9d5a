"""Locks between processes that use the same data directory.

All are `flock` locks, so the kernel drops them when their process ends, however it ends; nothing
stale is left to clean up after `kill -9` or a power cut.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Lock:
    """One lock on one existing file or directory.

    Parameters
    ----------
    path
        File or directory to lock. It is opened, never created or changed.

    Raises
    ------
    OSError
        If the path cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        # not inheritable: a server started meanwhile must not keep our lock alive
        self._descriptor: int | None = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def share(self) -> None:
        """Wait for the shared lock: any number of users may hold it."""
        fcntl.flock(self._open(), fcntl.LOCK_SH)

    def take(self) -> None:
        """Wait for the exclusive lock."""
        fcntl.flock(self._open(), fcntl.LOCK_EX)

    def try_take(self) -> bool:
        """Return True if the exclusive lock could be had at once.

        A shared lock held through the same object is turned into the exclusive one; when others
        share it too, it may be lost.
        """
        try:
            fcntl.flock(self._open(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Give the lock back; harmless when it was given back before."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> int:
        if self._descriptor is None:
            raise ValueError("this lock was released")
        return self._descriptor


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the exclusive lock on an existing file or directory for the length of a `with` block."""
    lock = Lock(path)
    try:
        lock.take()
        yield
    finally:
        lock.release()
