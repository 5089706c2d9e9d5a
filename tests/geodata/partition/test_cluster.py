"""On real Dask processes: the same results, also when a worker dies; nothing listens to the outside."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import pandas as pd
import psutil
import pytest

from geodata.errors import FrameError, PartitionError
from geodata.partition import ClusterOptions, TlsFiles, assign_partitions
from geodata.partition.cluster import joined
from tests.geodata.partition.conftest import made_points

HERE = ClusterOptions(workers=0)
TWO = ClusterOptions(workers=2, memory_per_worker=2_000_000_000)


def run(given, out, zones_file, cluster, **options):
    return assign_partitions(given, out, zones=zones_file, rows_per_partition=400, cluster=cluster, **options)


def rows_of(out) -> pd.DataFrame:
    return pd.concat([pd.read_parquet(path) for path in sorted(out.glob("part-*.parquet"))])


def worker_processes() -> list[psutil.Process]:
    """Processes of a local cluster that do the work (not the trackers beside them)."""
    found = []
    for process in psutil.Process().children(recursive=True):
        words = process.cmdline()
        if any("spawn_main" in word for word in words):
            found.append(process)
    return found


@pytest.fixture(scope="module")
def cluster():
    """Two processes, started once: starting them costs seconds. At the end nothing of them is left."""
    assert worker_processes() == []
    with joined(TWO) as workers:
        yield workers
    assert worker_processes() == []


@pytest.fixture
def there(cluster) -> ClusterOptions:
    """The same two processes, by their scheduler's address."""
    return ClusterOptions(scheduler=cluster.client.scheduler.address)


def test_dask_workers_give_what_one_process_gives_also_when_one_is_killed(
    tmp_path, write_folder, zones_file, there
):
    given = write_folder(made_points())
    run(given, tmp_path / "one.parquet", zones_file, HERE)
    killed: list[int] = []

    def kill_one(step, done, total):
        if step == "spread" and done >= total // 3 and not killed:
            victim = worker_processes()[0]
            os.kill(victim.pid, signal.SIGKILL)
            killed.append(victim.pid)

    report = run(given, tmp_path / "two.parquet", zones_file, there, progress=kill_one)
    assert killed
    assert report.rows == report.written == 3_000
    one, two = rows_of(tmp_path / "one.parquet"), rows_of(tmp_path / "two.parquet")
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_a_local_cluster_listens_to_this_machine_only_and_serves_no_pages(cluster):
    cluster.client.wait_for_workers(2)
    ports = set()
    for process in [psutil.Process(), *worker_processes()]:
        ports |= {own.laddr for own in process.net_connections() if own.status == psutil.CONN_LISTEN}
    assert len(ports) >= 3
    assert {at.ip for at in ports} == {"127.0.0.1"}
    pages = (
        "/status",
        "/info/main/workers.html",
        "/metrics",
        "/json/counts.json",
        "/health",
    )
    addresses = [cluster.client.scheduler_info()["services"].get("dashboard")]
    addresses += [
        own["services"].get("dashboard") for own in cluster.client.scheduler_info()["workers"].values()
    ]
    for port in filter(None, addresses):
        for page in pages:
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(f"http://127.0.0.1:{port}{page}", timeout=20)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/sitemap.json", timeout=20) as page:
            assert set(json.loads(page.read())["paths"]) <= {"/sitemap.json"}
    assert addresses[0]


def test_refusals_come_back_as_they_are_and_the_rest_is_kept(tmp_path, write_folder, zones_file, there):
    given = write_folder(made_points())
    path = max(given.glob("p-*.parquet"), key=lambda own: own.stat().st_size)
    raw = bytearray(path.read_bytes())
    raw[4 : len(raw) // 2] = b"\xff" * (len(raw) // 2 - 4)
    path.write_bytes(raw)
    with pytest.raises(FrameError, match=rf"{path.name} cannot be read"):
        run(given, tmp_path / "out.parquet", zones_file, there)
    assert list((tmp_path / "out.parquet" / "_qingtu" / "scan").iterdir())


def _deadly() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _broken() -> None:
    raise ZeroDivisionError("one over nothing")


def _nap() -> None:
    time.sleep(0.05)


def _fails_for_one(number: int) -> None:
    if number == 1:
        _broken()


def test_a_task_that_fails_is_named_and_the_cluster_stays_good(cluster):
    with pytest.raises(PartitionError, match="task 1 of the step spread failed: ZeroDivisionError: one over"):
        cluster.run("spread", _fails_for_one, [(0,), (1,), (2,)])
    done: list[int] = []
    cluster.run("heat", _nap, [()] * 5, on_done=lambda: done.append(1))
    assert len(done) == 5


def test_no_more_than_a_few_tasks_are_under_way(cluster, monkeypatch):
    cluster.client.wait_for_workers(2)
    most, running = [], [0]
    submit = cluster.client.submit

    def counted(*arguments, **options):
        running[0] += 1
        most.append(running[0])
        return submit(*arguments, **options)

    def done():
        running[0] -= 1

    monkeypatch.setattr(cluster.client, "submit", counted)
    cluster.run("scan", _nap, [()] * 30, on_done=done)
    assert len(most) == 30
    assert max(most) <= 4


def test_a_task_that_kills_every_worker_is_given_up_with_words(cluster, monkeypatch):
    # once is enough here: every loss costs the start of a process
    monkeypatch.setattr(cluster.client.cluster.scheduler, "allowed_failures", 0)
    with pytest.raises(PartitionError, match="task 0 of the step scan ended its worker again and again"):
        cluster.run("scan", _deadly, [()])


def test_a_scheduler_that_is_not_there_or_wants_certificates(monkeypatch, tmp_path):
    monkeypatch.setattr("geodata.partition.cluster._WAIT_FOR_WORKERS_S", 4.0)
    with (
        pytest.raises(PartitionError, match="no scheduler answers at tcp://127"),
        joined(ClusterOptions(scheduler="tcp://127.0.0.1:1")),
    ):
        pass
    with (
        pytest.raises(PartitionError, match="needs certificates"),
        joined(ClusterOptions(scheduler="tls://127.0.0.1:1")),
    ):
        pass
    absent = TlsFiles(ca=tmp_path / "ca.pem", cert=tmp_path / "c.pem", key=tmp_path / "k.pem")
    with (
        pytest.raises(PartitionError, match=r"certificates are missing: ca .*ca\.pem, cert"),
        joined(ClusterOptions(scheduler="tls://127.0.0.1:1", tls=absent)),
    ):
        pass


def make_certificate(folder) -> TlsFiles:
    """Make one self-signed certificate that is its own authority (OpenSSL's program is part of Debian)."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=qingtu",
            "-keyout", key, "-out", cert,
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    return TlsFiles(ca=cert, cert=cert, key=key)


def test_with_certificates_everything_is_encrypted_and_others_are_kept_out(
    tmp_path, write_folder, zones_file
):
    from distributed import LocalCluster

    from geodata.partition.cluster import _security

    tls = make_certificate(tmp_path)
    given = write_folder(made_points(600))
    run(given, tmp_path / "one.parquet", zones_file, HERE)
    security = _security(ClusterOptions(tls=tls))
    with LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0", security=security
    ) as cluster:
        assert cluster.scheduler_address.startswith("tls://")
        run(
            given, tmp_path / "two.parquet", zones_file,
            ClusterOptions(scheduler=cluster.scheduler_address, tls=tls),
        )  # fmt: skip
        # without a certificate there is no way in
        with (
            pytest.raises(PartitionError, match="no scheduler answers"),
            joined(ClusterOptions(scheduler=cluster.scheduler_address.replace("tls://", "tcp://"))),
        ):
            pass
    pd.testing.assert_frame_equal(rows_of(tmp_path / "one.parquet"), rows_of(tmp_path / "two.parquet"))


def test_the_package_does_not_load_dask():
    code = "import geodata.partition, sys; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"dask", "distributed", "dask_geopandas", "numba"}


def test_no_thread_is_left():
    before = threading.active_count()
    with joined(HERE) as workers:
        workers.run("scan", _nap, [()])
    assert threading.active_count() == before
