"""Keep the private database of a data directory running until Ctrl-C: `hold_cluster.py DIR`.

For restoring a backup, and for looking into a database with psql while no service runs.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from words import ENGLISH

from service.store.cluster import Cluster, ClusterError
from service.words import language, tr


def main(data_dir: Path) -> int:
    """Run the cluster until a signal ends it, and return the exit code."""
    language.set("en" if ENGLISH else "zh")
    ending = {signal.SIGINT, signal.SIGTERM}
    try:
        with Cluster(data_dir) as cluster:
            signal.pthread_sigmask(signal.SIG_BLOCK, ending)
            sockets = cluster.home.sockets
            print(
                tr(
                    f"数据库在运行，套接字目录 {sockets}，按 Ctrl-C 停止",
                    f"the database runs, its socket is in {sockets}; Ctrl-C stops it",
                ),
                flush=True,
            )
            signal.sigwait(ending)
    except ClusterError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
