"""Remove the demo's data directory and its private database: `.venv/bin/python install/reset_demo.py DIR`.

Only a directory that holds the demo profile is removed, and only the database that qingtu made for it.
"""

from __future__ import annotations

import shutil
import sys
import tomllib
from pathlib import Path

from words import ENGLISH

from service.store.cluster import Cluster, ClusterError
from service.words import language, tr


def main(data_dir: Path) -> int:
    """Remove the demo and return the exit code."""
    language.set("en" if ENGLISH else "zh")
    if not data_dir.exists():
        return 0
    if not is_demo(data_dir):
        print(tr(f"{data_dir} 不是示范数据，不会删除", f"{data_dir} is not the demo; it is not removed"))
        return 1
    try:
        Cluster(data_dir).destroy()
    except ClusterError as error:
        print(error)
        return 1
    shutil.rmtree(data_dir)
    print(tr(f"已删除示范数据 {data_dir}", f"removed the demo in {data_dir}"))
    return 0


def is_demo(data_dir: Path) -> bool:
    """Whether a directory holds the demo, or a set-up of it that did not get far."""
    office = data_dir / "office.toml"
    if not office.exists():
        return (data_dir / "cluster.json").exists() or not any(data_dir.iterdir())
    try:
        return tomllib.loads(office.read_text(encoding="utf-8")).get("profile") == "demo"
    except tomllib.TOMLDecodeError:
        return False


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
