"""Stops the private cluster when its service was killed: no database process is left behind.

The service keeps a pipe to this process; the pipe ends with the service, however that ends. On an
orderly exit the service says so first, and nothing is left to do.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_DONE = b"done\n"


@contextmanager
def kept(data_dir: Path) -> Iterator[None]:
    """Keep watch over the cluster of a data directory for the length of the `with` block."""
    # A session of its own: Ctrl-C in the terminal and a killed process group do not reach it.
    keeper = subprocess.Popen(  # noqa: S603 - our own module, no shell
        [sys.executable, "-m", "service.store.keeper", str(data_dir)],
        stdin=subprocess.PIPE,
        start_new_session=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    try:
        yield
    finally:
        if keeper.poll() is None:
            keeper.communicate(_DONE)


def watch(data_dir: Path) -> None:
    """Wait for the service's end and stop the cluster unless the end was orderly."""
    if sys.stdin.buffer.read() == _DONE or not (data_dir / "cluster.json").is_file():
        return
    from service.store.cluster import Cluster

    # The lock of the killed service went with it; ours is then the last use of the cluster.
    cluster = Cluster(data_dir)
    cluster.ensure()
    cluster.stop()


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
