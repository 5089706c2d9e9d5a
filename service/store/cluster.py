"""The private PostgreSQL cluster of one data directory: created, run and stopped by qingtu itself.

For offices that have no database administrator. It has no TCP port, runs only while somebody uses it,
and several processes (the service, an import on the command line) share it: the first starts it, the
last stops it. An external database (`QINGTU_DATABASE_URL`) does not come through here.
"""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import LiteralString, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from service.store.errors import ClusterError, PostgresMissingError
from service.store.home import SERVER_USER, Home, home_of, marked_homes, new_cluster_id, read_json, write_json
from service.store.locks import Lock, locked
from service.store.packages import find_installation
from service.store.postgres import ADMIN_ROLE, APP_ROLE, Server
from service.words import tr

__all__ = ["Cluster", "ClusterError", "PostgresMissingError", "remove_abandoned"]

_DATABASE = "qingtu"
_RECORD = "cluster.json"
_TRIES = 20


class Cluster:
    """The private cluster of a data directory.

    Parameters
    ----------
    data_dir
        The office's data directory; created when missing. `cluster.json` in it names the cluster.
    purpose
        Written into the cluster's mark, so that abandoned test clusters can be told from an office's.
    settings
        PostgreSQL settings beyond ours, only for throw-away clusters.

    Examples
    --------
    ::

        with Cluster(Path("data/demo")) as cluster:
            engine = make_engine(cluster.url)
    """

    def __init__(
        self, data_dir: Path, *, purpose: str = "office", settings: Mapping[str, str] | None = None
    ) -> None:
        self.data_dir = data_dir.resolve()
        self._purpose = purpose
        self._settings = dict(settings or {})
        self._home: Home | None = None
        self._use: Lock | None = None
        self._service: Lock | None = None

    def __enter__(self) -> Self:
        """Make sure the cluster runs."""
        self.ensure()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the cluster up; it stops when nobody else uses it."""
        self.stop()

    @property
    def home(self) -> Home:
        """Where the cluster lives.

        Raises
        ------
        ClusterError
            If the data directory has no cluster yet.
        """
        if self._home is None:
            self._home = self._recorded_home()
        if self._home is None:
            raise ClusterError(
                tr(f"{self.data_dir} 还没有数据库", f"{self.data_dir} has no database yet"),
            )
        return self._home

    @property
    def url(self) -> str:
        """SQLAlchemy URL of the office's database, as the role `qingtu`."""
        return self.url_of(_DATABASE)

    def url_of(self, database: str) -> str:
        """Return the SQLAlchemy URL of another database of this cluster."""
        # the port only names the socket's file; without it PGPORT in the environment would count
        return f"postgresql+psycopg://{APP_ROLE}@/{database}?host={quote(str(self.home.sockets))}&port=5432"

    def ensure(self, *, exclusive: bool = False) -> str:
        """Create the cluster if it is missing, start it if it is down, and return its URL.

        Safe to call again, also after `kill -9`, a power cut or a reboot.

        Parameters
        ----------
        exclusive
            Also claim the data directory for the one long-running service.

        Raises
        ------
        PostgresMissingError
            If this machine has no PostgreSQL with PostGIS; the message says what to run.
        ClusterError
            If the cluster cannot be made or started, belongs to another user, or another service runs.
        """
        _require_server_user()
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            with locked(self.data_dir):
                recorded = self._recorded_home()
                if recorded is None:
                    find_installation()  # without PostgreSQL nothing is made
                home = self._home = recorded or self._new_home()
                home.make_directories()
                if self._use is None:
                    self._use = Lock(home.root)
                    self._use.share()
                if exclusive:
                    self._claim_service(home)
                self._run_server(home)
        except OSError as error:
            self._let_go()
            raise ClusterError(_not_permitted(error)) from error
        except ClusterError:
            self._let_go()
            raise
        return self.url

    def stop(self) -> None:
        """Give the cluster up: it is stopped in order unless another process still uses it."""
        if self._use is None or self._home is None:
            return
        try:
            with locked(self.data_dir if self.data_dir.is_dir() else self._home.root.parent):
                if self._use.try_take():
                    self._server(self._home).stop()
        finally:
            self._let_go()

    def destroy(self) -> None:
        """Stop the cluster and remove it with all its data, if qingtu made it.

        Raises
        ------
        ClusterError
            If another process uses it, or it does not carry qingtu's mark.
        """
        home = self._home or self._recorded_home()
        if home is None or not home.root.exists():
            self._let_go()
            return
        if self._use is None:
            self._use = Lock(home.root)
        try:
            if not self._use.try_take():
                raise ClusterError(
                    tr(
                        f"{self.data_dir} 的数据库正在使用，先停止清图服务",
                        f"{self.data_dir} is in use: stop it first",
                    )
                )
            if home.mark.is_file() and (home.data / "PG_VERSION").is_file():
                self._server(home).stop()
            home.remove()
            (self.data_dir / _RECORD).unlink(missing_ok=True)
            self._home = None
        finally:
            self._let_go()

    def create_database(self, name: str, *, template: str = "template1") -> str:
        """Create a database owned by the role `qingtu` as a copy of a template, and return its URL."""
        self._administer(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(APP_ROLE), sql.Identifier(template)
            )
        )
        return self.url_of(name)

    def drop_database(self, name: str) -> None:
        """Drop a database of this cluster, closing its connections."""
        self._administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _recorded_home(self) -> Home | None:
        record = read_json(self.data_dir / _RECORD)
        if not record:
            return None
        home = home_of(record.get("id", ""))
        if str(home.root) != record.get("cluster"):
            raise ClusterError(_another_users(self.data_dir, record.get("cluster", "")))
        before = Path(record.get("data_dir", ""))
        if before != self.data_dir:
            if read_json(before / _RECORD).get("id") == record["id"]:
                raise ClusterError(_copied(self.data_dir, before))
            self._record(home)  # the directory was moved, and its database stays with it
        return home

    def _new_home(self) -> Home:
        # recorded before anything is made: what a crash leaves half-made is found and finished next time
        home = home_of(new_cluster_id(self.data_dir))
        self._record(home)
        return home

    def _record(self, home: Home) -> None:
        if home.root.is_dir():
            home.write_mark(data_dir=self.data_dir, purpose=self._purpose)
        values = {"id": home.root.name, "cluster": str(home.root), "data_dir": str(self.data_dir)}
        write_json(self.data_dir / _RECORD, values)

    def _run_server(self, home: Home) -> None:
        server = self._server(home)
        if not home.mark.is_file():
            home.write_mark(data_dir=self.data_dir, purpose=self._purpose)
        if not server.initialised:
            server.initialise()
        for patience in reversed(range(_TRIES)):
            server.start()
            try:
                _provision(home)
                return
            except psycopg.OperationalError as error:
                # a server that was killed, or is being stopped by hand, looks alive for another moment
                if not patience:
                    raise ClusterError(_no_answer(home, error)) from error
                time.sleep(0.5)

    def _server(self, home: Home) -> Server:
        version_file = home.data / "PG_VERSION"
        version = int(version_file.read_text(encoding="ascii")) if version_file.is_file() else None
        return Server(find_installation(version=version), home, self._settings)

    def _claim_service(self, home: Home) -> None:
        if self._service is not None:
            return
        file = home.root / "service.lock"
        file.touch(mode=0o600)
        lock = Lock(file)
        if not lock.try_take():
            lock.release()
            pid = file.read_text(encoding="ascii")
            raise ClusterError(
                tr(
                    f"已有一个清图服务在用 {self.data_dir}（进程 {pid}），先停止它",
                    f"another qingtu service (process {pid}) uses {self.data_dir}; stop it first",
                )
            )
        file.write_text(str(os.getpid()), encoding="ascii")
        self._service = lock

    def _let_go(self) -> None:
        for lock in (self._use, self._service):
            if lock is not None:
                lock.release()
        self._use = self._service = None

    def _administer(self, command: sql.Composed) -> None:
        with _admin(self.home, "postgres") as connection:
            connection.execute(command)


def remove_abandoned(*, purpose: str) -> int:
    """Remove the current user's clusters of one purpose that no process uses, and return how many.

    For test runs that were killed before they could clean up after themselves.
    """
    removed = 0
    for home in marked_homes(purpose=purpose):
        try:
            lock = Lock(home.root)
        except FileNotFoundError:
            continue  # another run, which began at the same moment, has just removed it
        try:
            if lock.try_take() and home.mark.is_file():
                if (home.data / "PG_VERSION").is_file():
                    Server(find_installation(), home).stop()
                home.remove()
                removed += 1
        finally:
            lock.release()
    return removed


def _admin(home: Home, database: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        host=str(home.sockets),
        port=5432,
        user=ADMIN_ROLE,
        dbname=database,
        autocommit=True,
        connect_timeout=30,
    )


def _provision(home: Home) -> None:
    """Make the role, the database and PostGIS where they are missing; each step can be repeated."""

    def missing(connection: psycopg.Connection[tuple[object, ...]], query: LiteralString, name: str) -> bool:
        return connection.execute(query, (name,)).fetchone() is None

    role, database = sql.Identifier(APP_ROLE), sql.Identifier(_DATABASE)
    with _admin(home, "template1") as connection:
        # in the template, so that every later database of this cluster has it too
        connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    with _admin(home, "postgres") as connection:
        if missing(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", APP_ROLE):
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
        if missing(connection, "SELECT 1 FROM pg_database WHERE datname = %s", _DATABASE):
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template1").format(database, role)
            )
    with _admin(home, _DATABASE) as connection:
        behind = connection.execute(
            "SELECT 1 FROM pg_available_extensions"
            " WHERE name = 'postgis' AND installed_version <> default_version"
        ).fetchone()
        if behind:  # Debian has upgraded PostGIS under the database
            connection.execute("SELECT postgis_extensions_upgrade()")


def _require_server_user() -> None:
    if os.geteuid() == 0:
        try:
            pwd.getpwnam(SERVER_USER)
        except KeyError:
            find_installation()  # says what to install, when that is the reason
            raise ClusterError(
                tr(
                    "以 root 运行时数据库由系统用户 postgres 运行，但没有这个用户。请运行：apt-get install --reinstall "
                    "postgresql-common",
                    "as root the database runs as the system user `postgres`, which does not exist. Run: "
                    "apt-get install --reinstall postgresql-common",
                )
            ) from None


def _not_permitted(error: OSError) -> str:
    return tr(
        f"不能建立数据库目录：{error.strerror}（{error.filename}）",
        f"cannot make the database's directories: {error.strerror} ({error.filename})",
    )


def _no_answer(home: Home, error: psycopg.Error) -> str:
    return tr(
        f"数据库已启动但连接不上：{error}\n日志在 {home.logs}",
        f"the database runs but does not answer: {error}\nits logs are in {home.logs}",
    )


def _another_users(data_dir: Path, cluster: str) -> str:
    return tr(
        f"{data_dir} 的数据库在 {cluster}，属于另一个用户。请用当初建立它的用户（例如 root）运行，或换一个 --data 目录。",
        f"the database of {data_dir} is in {cluster} and belongs to another user. Run qingtu as the user "
        "who made it (root, for instance), or take another --data directory.",
    )


def _copied(data_dir: Path, original: Path) -> str:
    return tr(
        f"{data_dir} 是 {original} 的副本，两者会用同一个数据库。请用 qingtu backup 和 qingtu restore 复制，"
        f"或删除 {data_dir / _RECORD} 建立新的空数据库。",
        f"{data_dir} is a copy of {original}, and both would use one database. Copy with `qingtu backup` and "
        f"`qingtu restore`, or delete {data_dir / _RECORD} for a new, empty one.",
    )
