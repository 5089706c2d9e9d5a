"""Where a private cluster lives: its directories, its owner, and the files that say it is ours.

::

    <root>/<id>/                 /var/lib/qingtu/<id> as root, ~/.local/share/qingtu/<id> otherwise
        qingtu-cluster.json      the mark: made by qingtu, for which data directory, for what purpose
        data/                    PostgreSQL's data directory
        log/                     its log
        service.lock             held by the one service of the data directory
    <sockets>/.s.PGSQL.5432      /run/qingtu/<id> as root; the only way in, there is no TCP port

As root the server runs as `postgres`, which may enter neither root's home nor a mode-0700 temporary
directory, so a cluster is never kept inside the data directory itself.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from service.store.errors import ClusterError
from service.store.packages import user_home
from service.words import tr

SERVER_USER = "postgres"
_SYSTEM_ROOT = Path("/var/lib/qingtu")
_SYSTEM_SOCKETS = Path("/run/qingtu")
# The kernel allows 107 bytes; libpq, PostgreSQL's lock file and other clients add to it.
_LONGEST_SOCKET_PATH = 90
_SOCKET_NAME = ".s.PGSQL.5432"
_MARK = "qingtu-cluster.json"


@dataclass(frozen=True)
class Home:
    """The directories of one cluster.

    Parameters
    ----------
    root
        Holds everything that lasts.
    sockets
        Directory of the Unix socket; may vanish at a reboot and is made again.
    server_user
        The system user the server runs as, None for the current one.
    """

    root: Path
    sockets: Path
    server_user: str | None

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.root / "data"

    @property
    def logs(self) -> Path:
        """Directory of the server's log."""
        return self.root / "log"

    @property
    def mark(self) -> Path:
        """The file that says that qingtu made this cluster."""
        return self.root / _MARK

    def make_directories(self) -> None:
        """Create what is missing, with owners and modes that let nobody else in."""
        for path in (self.root.parent, self.sockets.parent):
            path.mkdir(parents=True, exist_ok=True)
        # `postgres` must be able to pass through the root directory, not to read or change it
        self._directory(self.root, 0o711 if self.server_user else 0o700, owner=None)
        self._directory(self.logs, 0o700, owner=self.server_user)
        self.make_socket_directory()

    def make_socket_directory(self) -> None:
        """Create the socket directory, also after a reboot has wiped it."""
        self.sockets.parent.mkdir(parents=True, exist_ok=True)
        self._directory(self.sockets, 0o700, owner=self.server_user)

    def _directory(self, path: Path, mode: int, *, owner: str | None) -> None:
        if path.is_symlink():
            raise ClusterError(
                tr(f"{path} 是一个链接，不能用作数据库目录", f"{path} is a link and cannot be used")
            )
        path.mkdir(mode=mode, exist_ok=True)
        if owner:
            shutil.chown(path, owner, owner)
        elif path.stat().st_uid != os.getuid():
            raise ClusterError(tr(f"{path} 属于另一个用户", f"{path} belongs to another user"))
        path.chmod(mode)

    def write_mark(self, *, data_dir: Path, purpose: str) -> None:
        """Say that this cluster is ours, and whose."""
        write_json(self.mark, {"data_dir": str(data_dir), "purpose": purpose})

    def remove(self) -> None:
        """Remove the cluster's directories.

        Raises
        ------
        ClusterError
            If the mark is missing: what qingtu did not make is not removed.
        """
        if not self.mark.is_file():
            raise ClusterError(
                tr(
                    f"{self.root} 不是清图建立的，不会删除",
                    f"{self.root} was not made by qingtu; it is not removed",
                )
            )
        shutil.rmtree(self.sockets, ignore_errors=True)
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.rmtree(self.root)


def home_of(cluster_id: str) -> Home:
    """Return where the current user's cluster of this id lives."""
    if os.geteuid() == 0:
        return Home(_SYSTEM_ROOT / cluster_id, _SYSTEM_SOCKETS / cluster_id, SERVER_USER)
    root = user_home() / cluster_id
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    places = [root / "run", Path(f"/tmp/qingtu-{os.getuid()}-{cluster_id}")]  # noqa: S108 - checked for its owner
    if runtime.startswith("/"):
        places.insert(1, Path(runtime) / "qingtu" / cluster_id)
    fitting = [path for path in places if len(os.fsencode(path / _SOCKET_NAME)) < _LONGEST_SOCKET_PATH]
    return Home(root, fitting[0], None)


def marked_homes(*, purpose: str) -> Iterator[Home]:
    """Yield the current user's clusters that were made for one purpose."""
    for mark in sorted(home_of("any").root.parent.glob(f"*/{_MARK}")):
        if read_json(mark).get("purpose") == purpose:
            yield home_of(mark.parent.name)


def new_cluster_id(data_dir: Path) -> str:
    """Return an id for a data directory that has no cluster yet.

    It follows from the directory's path. When a cluster of that id is still there, from an earlier
    directory of the same path, that one is kept as it is and the new one gets another id.
    """
    number = 0
    while True:
        text = f"{data_dir}\n{number}" if number else str(data_dir)
        cluster_id = hashlib.sha256(os.fsencode(text)).hexdigest()[:12]
        if not home_of(cluster_id).root.exists():
            return cluster_id
        number += 1


def read_json(path: Path) -> dict[str, str]:
    """Return a small file of text values; an unreadable or missing one is empty."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in values.items()} if isinstance(values, dict) else {}


def write_json(path: Path, values: dict[str, str]) -> None:
    """Write a small file of text values, whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(values, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
