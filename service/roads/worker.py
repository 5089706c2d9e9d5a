"""Run one check in a process of its own: `python -m service.roads.worker DATA_DIR CHECK_ID`.

A compilation works for seconds to minutes; in the server's process all requests would wait for it. The
address of the store comes in the environment, as the server itself gets it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

from service.borders.current import OfficeZones
from service.office import read_office
from service.roads.checking import Workshop, launch, run_check
from service.store.engine import make_engine

_ADDRESS = "QINGTU_DATABASE_URL"


def run_beside(data_dir: Path, database_url: str, check_id: UUID) -> None:
    """Run a check beside the server; it tells how far it is in the store."""
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "service.roads.worker", str(data_dir.resolve()), str(check_id)]
    environment = {**os.environ, _ADDRESS: database_url}
    launch(
        lambda: subprocess.run(  # noqa: S603 - our own module, no shell
            command,
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=False,
        )
    )


def main(arguments: list[str]) -> int:
    """Run the check that the arguments name."""
    data_dir, check_id = Path(arguments[0]), UUID(arguments[1])
    office = read_office(data_dir)
    engine = make_engine(os.environ[_ADDRESS], pool_size=3)
    try:
        run_check(Workshop(engine, data_dir, office, OfficeZones(crs=office.crs)), check_id)
    finally:
        engine.dispose()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
