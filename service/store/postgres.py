"""Running one PostgreSQL server: make its data directory, start it, stop it, tell whether it runs.

The server listens on a Unix socket only and is durable (fsync, full page writes, data checksums).
Who may enter is decided by the kernel's word on the connecting process (`peer`): the system user that
owns the cluster, and root.
"""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from service.store.errors import ClusterError
from service.store.home import Home
from service.store.packages import Installation
from service.words import tr

APP_ROLE = "qingtu"
ADMIN_ROLE = "postgres"
_LEAST_FREE_BYTES = 300 * 2**20
_LARGEST_LOG_BYTES = 5 * 2**20
_START_SECONDS = 300  # replaying the log after a power cut takes its time
_STOP_SECONDS = 60
_ORPHAN_SECONDS = 15  # backends of a killed server notice within seconds


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server in one home.

    Parameters
    ----------
    installation
        The programs that run it.
    home
        Where it lives.
    settings
        PostgreSQL settings beyond ours, for instance `{"fsync": "off"}` for a throw-away test cluster.
    """

    installation: Installation
    home: Home
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def initialised(self) -> bool:
        """Whether the data directory is complete."""
        return (self.home.data / "PG_VERSION").is_file()

    def initialise(self) -> None:
        """Make the data directory, whole or not at all."""
        free = shutil.disk_usage(self.home.root).free
        if free < _LEAST_FREE_BYTES:
            raise ClusterError(_disk_full(self.home.root, free))
        fresh = self.home.root / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if self.home.server_user:
            shutil.chown(fresh, self.home.server_user, self.home.server_user)
        done = self._run(
            *("initdb", "--pgdata", str(fresh), "--username", ADMIN_ROLE, "--encoding", "UTF8"),
            *("--locale", "C.UTF-8", "--data-checksums", "--auth", "peer", "--no-instructions"),
            *(["--no-sync"] if self.settings.get("fsync") == "off" else []),
        )
        if done.returncode:
            shutil.rmtree(fresh, ignore_errors=True)
            raise ClusterError(self._failure(tr("建立数据库", "making the database"), done.stderr))
        self._write_access_rules(fresh)
        fresh.rename(self.home.data)

    def start(self) -> None:
        """Start the server and wait until it answers; nothing happens when it runs already."""
        if self.running():
            if self.home.sockets.joinpath(".s.PGSQL.5432").is_socket():
                return
            self.stop()  # its socket was deleted: nobody can reach it any more
        self.home.make_socket_directory()
        self._write_settings()
        self._clear_traces()
        log = self._fresh_log()
        deadline = time.monotonic() + _ORPHAN_SECONDS
        while True:
            before = log.stat().st_size if log.exists() else 0
            done = self._run(
                *("pg_ctl", "--pgdata", str(self.home.data), "--log", str(log)),
                *("--wait", "--timeout", str(_START_SECONDS), "--silent", "start"),
            )
            if done.returncode == 0:
                return
            words = _tail(log, before)
            # the backends of a killed server hold its shared memory until they notice
            if "shared memory block" not in words or time.monotonic() > deadline:
                raise ClusterError(
                    self._failure(tr("启动数据库", "starting the database"), words or done.stderr)
                )
            time.sleep(0.5)

    def stop(self) -> None:
        """Stop the server in order: open transactions are rolled back, everything committed is kept."""
        if not self.running():
            return
        done = self._run(
            *("pg_ctl", "--pgdata", str(self.home.data), "--mode", "fast"),
            *("--wait", "--timeout", str(_STOP_SECONDS), "--silent", "stop"),
        )
        if done.returncode and self.running():
            raise ClusterError(self._failure(tr("停止数据库", "stopping the database"), done.stderr))

    def running(self) -> bool:
        """Whether the server process of this data directory is alive."""
        pid = self._recorded_pid()
        return pid is not None and _works_in(pid, self.home.data)

    def _recorded_pid(self) -> int | None:
        try:
            return int((self.home.data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def _clear_traces(self) -> None:
        """Remove what a dead server left that would keep a new one from starting.

        PostgreSQL takes a recorded process number that exists for a living server. After a reboot it may
        be another process of the same user, for instance another cluster's server; in a container whose
        first process reaps late it may be the dead server itself. We know better: see `running`.
        """
        for path in self.home.sockets.glob(".s.PGSQL.*"):
            path.unlink()
        pid = self._recorded_pid()
        if pid is not None and Path(f"/proc/{pid}").exists():
            (self.home.data / "postmaster.pid").unlink(missing_ok=True)

    def _fresh_log(self) -> Path:
        """Return the log to write to, after moving one that has grown aside."""
        log = self.home.logs / "server.log"
        if log.exists() and log.stat().st_size > _LARGEST_LOG_BYTES:
            log.replace(log.with_suffix(".log.old"))
        return log

    def _write_access_rules(self, data: Path) -> None:
        users = {self.home.server_user or getpass.getuser(), "root"}
        pairs = [f"{APP_ROLE} {user} {role}" for user in sorted(users) for role in (ADMIN_ROLE, APP_ROLE)]
        self._write(data / "pg_ident.conf", "# map, system user, role\n" + "\n".join(pairs) + "\n")
        self._write(data / "pg_hba.conf", f"local all all peer map={APP_ROLE}\n")
        with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("\ninclude_if_exists = 'qingtu.conf'\n")

    def _write_settings(self) -> None:
        zone = "UTC" if Path("/usr/share/zoneinfo/UTC").exists() else "GMT"
        settings = {
            "listen_addresses": "",
            "port": "5432",  # only names the socket's file
            "unix_socket_directories": str(self.home.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "60",
            "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on",
            "jit": "off",  # spatial queries are short; compiling them costs more than it saves
            "timezone": zone,
            "log_timezone": zone,
            "log_line_prefix": "%m [%p] ",
        } | dict(self.settings)
        lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in settings.items()]
        text = "# written by qingtu at every start\n" + "\n".join(lines) + "\n"
        self._write(self.home.data / "qingtu.conf", text)

    def _write(self, path: Path, text: str) -> None:
        path.write_text(text, encoding="utf-8")
        if self.home.server_user:
            shutil.chown(path, self.home.server_user, self.home.server_user)
        path.chmod(0o600)

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        # none of the caller's PG… variables may reach the server or its tools
        environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", **self.installation.environment}
        user = self.home.server_user
        return subprocess.run(  # noqa: S603
            [self.installation.program(program), *arguments],
            env=environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            user=user,
            group=user,
            extra_groups=[] if user else None,
            check=False,
        )

    def _failure(self, doing: str, output: str) -> str:
        words = output.strip()[-800:]
        if "No space left" in words:
            return _disk_full(self.home.root, shutil.disk_usage(self.home.root).free)
        return tr(
            f"{doing}没有成功。PostgreSQL 说：{words}\n日志在 {self.home.logs}",
            f"{doing} failed. PostgreSQL says: {words}\nits logs are in {self.home.logs}",
        )


def _works_in(pid: int, data: Path) -> bool:
    """Whether a process is a server of this data directory: PostgreSQL works inside it."""
    try:
        return Path(f"/proc/{pid}/cwd").samefile(data)
    except OSError:
        return False


def _tail(path: Path, start: int) -> str:
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _disk_full(path: Path, free: int) -> str:
    return tr(
        f"磁盘空间不足：{path} 所在的磁盘只剩 {free // 2**20} MB，数据库需要至少 {_LEAST_FREE_BYTES // 2**20} MB。"
        "请先腾出空间。",
        f"the disk is full: {free // 2**20} MB left at {path}, the database needs at least "
        f"{_LEAST_FREE_BYTES // 2**20} MB. Make room first.",
    )
