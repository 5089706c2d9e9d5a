"""The private cluster: real servers, really killed."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from pyproj import Transformer
from sqlalchemy import create_engine, text

from service.store import home as home_module
from service.store import packages, postgres
from service.store.cluster import Cluster, ClusterError, PostgresMissingError, remove_abandoned
from service.store.packages import find_installation

# of this process: another run of the suite must not take a cluster that is down for an abandoned one
PURPOSE = f"tests-of-cluster-{os.getpid()}"
ABANDONED = f"{PURPOSE}-abandoned"
# Only the power cut is left out of these tests, and waiting for the disk is most of their time.
FAST = {"fsync": "off"}


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "office"
    remove_abandoned(purpose=PURPOSE)


@pytest.fixture(scope="module")
def shared_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    # a purpose of its own: while it is down it must not be taken for an abandoned one
    data_dir = tmp_path_factory.mktemp("shared") / "office"
    cluster = Cluster(data_dir, purpose=f"{PURPOSE}-shared", settings=FAST)
    cluster.ensure()
    yield cluster
    cluster.destroy()


@pytest.fixture
def cluster(shared_cluster: Cluster) -> Iterator[Cluster]:
    """A cluster that exists and is down, for tests that leave it whole."""
    shared_cluster.stop()
    yield shared_cluster
    shared_cluster.stop()


@pytest.fixture
def new_cluster(data_dir: Path) -> Iterator[Cluster]:
    """A cluster that does not exist yet."""
    cluster = Cluster(data_dir, purpose=PURPOSE, settings=FAST)
    yield cluster
    cluster.destroy()


def ask(url: str, query: str) -> object:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            return connection.execute(text(query)).scalar()
    finally:
        engine.dispose()


def store(url: str, command: str) -> None:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(text(command))
    finally:
        engine.dispose()


def server_pid(cluster: Cluster) -> int:
    return int((cluster.home.data / "postmaster.pid").read_text().split("\n")[0])


def runs(pid: int) -> bool:
    """Whether a process is alive: one that ended and was not yet asked for by its parent is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_has_postgis_and_an_ordinary_role(cluster: Cluster) -> None:
    url = cluster.ensure()
    assert url.startswith("postgresql+psycopg://qingtu@/qingtu?host=")
    # hand calculation: a 3-4-5 triangle
    assert ask(url, "SELECT ST_Length('SRID=4547;LINESTRING(0 0, 3 4)'::geometry)") == 5.0
    assert (
        ask(url, "SELECT rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
        is False
    )
    assert (
        ask(
            url,
            "SELECT datcollate || pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'qingtu'",
        )
        == "C.UTF-8UTF8"
    )


def test_transforms_as_pyproj_does(cluster: Cluster) -> None:
    """The server finds PROJ's tables, also when its packages were unpacked by hand."""
    x, y = Transformer.from_crs(4326, 4547, always_xy=True).transform(113.72, 34.77)
    point = "ST_Transform('SRID=4326;POINT(113.72 34.77)'::geometry, 4547)"
    url = cluster.ensure()
    assert ask(url, f"SELECT ST_X({point})") == pytest.approx(x, abs=1e-3)
    assert ask(url, f"SELECT ST_Y({point})") == pytest.approx(y, abs=1e-3)


def test_is_durable_and_has_no_tcp_port(data_dir: Path) -> None:
    with Cluster(data_dir, purpose=PURPOSE) as cluster:
        check_durable_and_without_port(cluster, cluster.url)


def check_durable_and_without_port(cluster: Cluster, url: str) -> None:
    expected = {
        "listen_addresses": "", "fsync": "on", "full_page_writes": "on", "synchronous_commit": "on",
        "data_checksums": "on", "unix_socket_permissions": "0700",
    }  # fmt: skip
    assert {name: ask(url, f"SHOW {name}") for name in expected} == expected
    tables = [Path(f"/proc/{server_pid(cluster)}/net/{name}") for name in ("tcp", "tcp6")]
    inodes = {
        line.split()[9] for table in tables if table.exists() for line in table.read_text().splitlines()[1:]
    }
    links = [os.readlink(link) for link in Path(f"/proc/{server_pid(cluster)}/fd").iterdir()]
    assert not [link for link in links if link.removeprefix("socket:[").removesuffix("]") in inodes]


def test_lets_in_only_its_owner(cluster: Cluster) -> None:
    cluster.ensure()
    sockets = cluster.home.sockets
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert len(str(sockets / ".s.PGSQL.5432")) < 90
    if os.geteuid() != 0:
        return
    assert sockets.owner() == "postgres"
    # even a process that somehow reaches the socket is refused for its system user
    sockets.chmod(0o777)
    (sockets / ".s.PGSQL.5432").chmod(0o777)
    ask_as_nobody = subprocess.run(
        [find_installation().program("psql"), "-h", str(sockets), "-U", "qingtu", "-c", "SELECT 1", "qingtu"],
        user="nobody", group="nogroup", extra_groups=[], cwd="/", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Peer authentication failed" in ask_as_nobody.stderr


def test_keeps_data_over_stop_and_start(cluster: Cluster) -> None:
    url = cluster.ensure()
    store(url, "CREATE TABLE IF NOT EXISTS kept (n int); DELETE FROM kept; INSERT INTO kept VALUES (7)")
    cluster.stop()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(host=str(cluster.home.sockets), user="qingtu", dbname="qingtu", connect_timeout=5)
    assert Cluster(cluster.data_dir).home == cluster.home
    with Cluster(cluster.data_dir, purpose=PURPOSE) as again:
        assert again.url == url
        assert ask(url, "SELECT n FROM kept") == 7


def test_ensure_twice_changes_nothing(cluster: Cluster) -> None:
    url = cluster.ensure()
    pid = server_pid(cluster)
    assert cluster.ensure() == url
    assert server_pid(cluster) == pid


def test_survives_a_killed_server(cluster: Cluster) -> None:
    url = cluster.ensure()
    store(url, "CREATE TABLE IF NOT EXISTS kept (n int); DELETE FROM kept; INSERT INTO kept VALUES (7)")
    os.kill(server_pid(cluster), signal.SIGKILL)
    assert cluster.ensure() == url
    assert ask(url, "SELECT n FROM kept") == 7


def test_survives_a_reboot_that_reused_the_process_number(cluster: Cluster) -> None:
    url = cluster.ensure()
    cluster.stop()
    sleeper = subprocess.Popen(["sleep", "60"], user=cluster.home.server_user)
    try:
        stale = cluster.home.data / "postmaster.pid"
        stale.write_text(f"{sleeper.pid}\n{cluster.home.data}\n0\n5432\n{cluster.home.sockets}\n\n")
        if cluster.home.server_user:
            shutil.chown(stale, cluster.home.server_user)
        shutil.rmtree(cluster.home.sockets)  # /run is empty after a reboot
        assert ask(cluster.ensure(), "SELECT 1") == 1
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()
    assert cluster.url == url


def test_starts_again_when_its_socket_was_deleted(cluster: Cluster) -> None:
    cluster.ensure()
    shutil.rmtree(cluster.home.sockets)
    assert ask(cluster.ensure(), "SELECT 1") == 1


def test_finishes_what_a_crash_left_half_made(new_cluster: Cluster) -> None:
    new_cluster.ensure()
    new_cluster.stop()
    shutil.rmtree(new_cluster.home.data)
    (new_cluster.home.root / "data.new").mkdir()
    (new_cluster.home.root / "data.new" / "rubbish").touch()
    assert ask(new_cluster.ensure(), "SELECT 1") == 1
    assert not (new_cluster.home.root / "data.new").exists()


def test_the_last_user_stops_it(cluster: Cluster) -> None:
    cluster.ensure()
    other = Cluster(cluster.data_dir, purpose=PURPOSE)
    other.ensure()
    cluster.stop()
    assert ask(other.url, "SELECT 1") == 1
    pid = server_pid(other)
    other.stop()
    assert not runs(pid)


def test_a_killed_user_does_not_keep_it_running(cluster: Cluster) -> None:
    code = (
        "import sys, time; from pathlib import Path; from service.store.cluster import Cluster;"
        f"Cluster(Path(sys.argv[1]), purpose={PURPOSE!r}).ensure(); print('up', flush=True); time.sleep(60)"
    )
    user = subprocess.Popen(
        [sys.executable, "-c", code, str(cluster.data_dir)],
        cwd=Path(__file__).parents[3], stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with user:
        assert user.stdout is not None
        assert user.stdout.readline() == "up\n"
        cluster.ensure()
        pid = server_pid(cluster)
        user.kill()
    cluster.stop()
    assert not runs(pid)


def test_one_service_per_data_directory(cluster: Cluster) -> None:
    cluster.ensure(exclusive=True)
    second = Cluster(cluster.data_dir, purpose=PURPOSE)
    with pytest.raises(ClusterError, match=str(os.getpid())):
        second.ensure(exclusive=True)
    second.ensure()  # a command may work beside the service
    second.stop()
    assert ask(cluster.url, "SELECT 1") == 1
    cluster.stop()
    second.ensure(exclusive=True)
    second.stop()


def test_does_not_remove_what_is_in_use_or_not_ours(cluster: Cluster) -> None:
    cluster.ensure()
    other = Cluster(cluster.data_dir, purpose=PURPOSE)
    other.ensure()
    with pytest.raises(ClusterError, match="正在使用"):
        other.destroy()
    other.stop()
    cluster.stop()
    mark = cluster.home.mark.read_bytes()
    cluster.home.mark.unlink()
    with pytest.raises(ClusterError, match="不是清图建立的"):
        cluster.destroy()
    assert cluster.home.data.is_dir()
    cluster.home.mark.write_bytes(mark)


def test_destroy_leaves_nothing(new_cluster: Cluster) -> None:
    new_cluster.ensure()
    home = new_cluster.home
    new_cluster.destroy()
    assert not home.root.exists()
    assert not home.sockets.exists()
    assert not list(new_cluster.data_dir.iterdir())
    new_cluster.destroy()  # and again is harmless


def test_a_new_directory_of_an_old_path_gets_a_new_database(new_cluster: Cluster) -> None:
    store(new_cluster.ensure(), "CREATE TABLE old (n int)")
    old = new_cluster.home
    new_cluster.stop()
    shutil.rmtree(new_cluster.data_dir)
    fresh = Cluster(new_cluster.data_dir, purpose=PURPOSE)
    try:
        assert ask(fresh.ensure(), "SELECT to_regclass('old')") is None
        assert fresh.home != old
        assert old.data.is_dir()
    finally:
        fresh.destroy()


def test_a_moved_directory_keeps_its_database(new_cluster: Cluster, tmp_path: Path) -> None:
    store(new_cluster.ensure(), "CREATE TABLE old (n int)")
    new_cluster.stop()
    new_cluster.data_dir.rename(tmp_path / "moved")
    moved = Cluster(tmp_path / "moved", purpose=PURPOSE)
    try:
        assert ask(moved.ensure(), "SELECT to_regclass('old')") == "old"
    finally:
        moved.destroy()


def test_a_copied_directory_is_refused(cluster: Cluster, tmp_path: Path) -> None:
    cluster.ensure()
    shutil.copytree(cluster.data_dir, tmp_path / "copy")
    with pytest.raises(ClusterError, match="副本"):
        Cluster(tmp_path / "copy").ensure()


def test_another_users_directory_is_refused(cluster: Cluster) -> None:
    cluster.ensure()
    cluster.stop()
    record = cluster.data_dir / "cluster.json"
    kept = record.read_text()
    record.write_text(kept.replace(str(cluster.home.root.parent), "/home/someone/.local/share/qingtu"))
    with pytest.raises(ClusterError, match="另一个用户"):
        Cluster(cluster.data_dir).ensure()
    record.write_text(kept)


def test_environment_of_the_caller_does_not_count(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PGPORT": "6000", "PGDATA": "/nowhere", "PGUSER": "x", "PGDATABASE": "y"}.items():
        monkeypatch.setenv(name, value)
    url = cluster.ensure()
    assert ask(url, "SELECT current_user || '@' || current_database()") == "qingtu@qingtu"
    assert ask(url, "SHOW port") == "5432"


def test_says_what_to_run_without_postgis(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "_SYSTEM", tmp_path / "none")
    monkeypatch.setattr(packages, "_unpacked_home", lambda: tmp_path / "none")
    with pytest.raises(PostgresMissingError, match="apt-get install postgresql-postgis"):
        Cluster(data_dir, purpose=PURPOSE).ensure()
    assert not list(data_dir.iterdir())


def test_says_what_to_run_for_an_older_cluster(cluster: Cluster) -> None:
    cluster.ensure()
    cluster.stop()
    version = cluster.home.data / "PG_VERSION"
    kept = version.read_text()
    version.write_text("9\n")
    with pytest.raises(PostgresMissingError, match="apt-get install postgresql-9-postgis-3"):
        cluster.ensure()
    version.write_text(kept)


def test_a_full_disk_is_said_and_leaves_nothing_half_made(
    new_cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_LEAST_FREE_BYTES", 2**62)
    with pytest.raises(ClusterError, match="磁盘空间不足"):
        new_cluster.ensure()
    monkeypatch.undo()
    assert ask(new_cluster.ensure(), "SELECT 1") == 1


def test_a_directory_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ClusterError, match="不能建立数据库目录"):
        Cluster(tmp_path / "file" / "office").ensure()


def test_a_long_home_gets_a_short_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / ("long" * 20)))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    home = home_module.home_of("0123456789ab")
    assert len(str(home.sockets / ".s.PGSQL.5432")) < 90
    assert home.root == tmp_path / ("long" * 20) / "qingtu" / "0123456789ab"
    assert home.server_user is None


def test_abandoned_test_clusters_are_removed(data_dir: Path) -> None:
    cluster = Cluster(data_dir, purpose=ABANDONED, settings=FAST)
    cluster.ensure()
    assert remove_abandoned(purpose=ABANDONED) == 0
    home = cluster.home
    cluster._let_go()  # as if this process had been killed
    assert remove_abandoned(purpose=ABANDONED) == 1
    assert not home.root.exists()


def test_a_cluster_that_another_run_removes_meanwhile_is_passed_over(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = home_module.home_of("no-such-cluster")
    assert not gone.root.exists()
    monkeypatch.setattr("service.store.cluster.marked_homes", lambda *, purpose: iter([gone]))
    assert remove_abandoned(purpose=ABANDONED) == 0
