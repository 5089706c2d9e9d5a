"""The service as a process: signals, ports, kills, a second start, the command line beside it."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from python_calamine import CalamineWorkbook

from service.cli import main
from service.store.cluster import Cluster
from service.words import language

REPOSITORY = Path(__file__).resolve().parents[3]
QINGTU = [sys.executable, "-c", "from service.cli import main; main()"]
LIST = "位置,问题描述\n平安路与春光街交叉口,垃圾成堆\n没有这个地方,垃圾\n,没有位置\n"


def environment(**more):
    clean = {key: value for key, value in os.environ.items() if not key.startswith("QINGTU_")}
    return {**clean, "PYTHONPATH": str(REPOSITORY), **more}


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def run(capsys, monkeypatch):
    """Run a command in this process (a new one spends seconds on imports) and return what it said."""

    def start(*arguments, check=True, **env):
        with monkeypatch.context() as patch:
            for name, value in env.items():
                patch.setenv(name, value)
            before = language.set("zh")
            try:
                main([*map(str, arguments)])
                code = 0
            except SystemExit as end:
                code = end.code or 0
            finally:
                language.reset(before)
        said = capsys.readouterr()
        assert not check or code == 0, said.out + said.err
        return Done(code, said.out, said.err)

    return start


def cluster_processes(data):
    """Ids of the processes that run on the data directory's cluster."""
    cluster = json.loads((data / "cluster.json").read_text())["cluster"]
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and f"{cluster}/".encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


def gone(data, seconds=30):
    deadline = time.monotonic() + seconds
    while cluster_processes(data) and time.monotonic() < deadline:
        time.sleep(0.2)
    return not cluster_processes(data)


@contextmanager
def service(data, *arguments, end=signal.SIGTERM):
    """Run `serve`, yield its address and process, end it with a signal."""
    process = subprocess.Popen(
        [*QINGTU, "serve", "--data", str(data), *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True, env=environment(), cwd="/",
    )  # fmt: skip
    lines = []
    try:
        for line in process.stdout:
            lines.append(line)
            if match := re.search(r"http://\S+", line):
                yield match[0], process
                break
        else:
            raise AssertionError("".join(lines))
    finally:
        if process.poll() is None:
            process.send_signal(end)
        process.wait(timeout=60)
        process.stdout.close()


@pytest.fixture(scope="module")
def office(tiny_profile, tmp_path_factory):
    """A data directory set up by the command line in a cluster of its own, and the admin's password."""
    data = tmp_path_factory.mktemp("cli") / "office"
    # Not marked "tests": another run of the suite at the same time would take it for abandoned.
    done = subprocess.run(
        [*QINGTU, "init", "--data", data, "--profile", tiny_profile],
        capture_output=True, text=True, timeout=300, env=environment(), cwd="/", check=True,
    )  # fmt: skip
    yield data, re.search(r"qingtu-[0-9a-f]{8}", done.stdout)[0]
    Cluster(data).destroy()


@pytest.fixture
def listing(tmp_path):
    path = tmp_path / "清单.csv"
    path.write_text(LIST, encoding="utf-8")
    return path


def test_set_up_again_changes_nothing(run, office, tiny_profile):
    done = run("init", "--data", office[0], "--profile", tiny_profile)
    assert "未作改动" in done.stdout


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda s: s.name)
def test_signals_stop_the_service_and_its_database(office, end):
    data, _ = office
    with service(data, "--port", "0", end=end) as (url, process):
        assert httpx.get(f"{url}readyz", timeout=20).status_code == 200
        assert cluster_processes(data)
    assert process.returncode == 0
    assert gone(data, seconds=1)


def test_a_killed_service_leaves_no_database_behind(office):
    data, _ = office
    with service(data, "--port", "0", end=signal.SIGKILL) as (url, _):
        assert httpx.get(f"{url}healthz", timeout=20).status_code == 200
    assert gone(data)


def test_edits_survive_and_a_busy_port_is_replaced(office):
    data, password = office
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        with service(data, "--port", str(port)) as (url, _), httpx.Client(base_url=url, timeout=30) as client:
            assert f":{port}/" not in url
            assert client.post("/api/login", json={"name": "admin", "password": password}).status_code == 200
            body = {"description": "重启后还在", "location_text": "平安路与春光街交叉口"}
            case = client.post("/api/cases", json=body).json()
    with (
        service(data, "--port", "0", end=signal.SIGKILL) as (url, _),
        httpx.Client(base_url=url, timeout=30) as client,
    ):
        client.post("/api/login", json={"name": "admin", "password": password})
        assert client.get(f"/api/cases/{case['id']}").json()["description"] == "重启后还在"
    assert gone(data)


def test_a_second_service_on_the_same_data_is_refused(run, office):
    data, _ = office
    with service(data, "--port", "0"):
        done = run("serve", "--data", data, check=False)
        assert done.returncode == 1
        assert "已有一个清图服务" in done.stderr
        assert "Traceback" not in done.stderr


def test_lists_go_in_and_out_beside_the_running_service(run, office, listing, tmp_path):
    data, password = office
    with service(data, "--port", "0") as (url, _), httpx.Client(base_url=url, timeout=30) as client:
        report = tmp_path / "issues.xlsx"
        done = json.loads(run("import", listing, "--data", data, "--json", "--report", report).stdout)
        assert {key: done[key] for key in ("rows", "imported", "merged", "refused", "review")} == {
            "rows": 3, "imported": 2, "merged": 0, "refused": 1, "review": 1
        }  # fmt: skip
        rows = CalamineWorkbook.from_path(str(report)).get_sheet_by_index(0).to_python()
        assert [row[2] for row in rows[1:]] == ["已导入", "已导入", "未导入"]
        again = json.loads(run("import", listing, "--data", data, "--json").stdout)
        assert (again["imported"], again["merged"], again["refused"]) == (0, 2, 1)
        client.post("/api/login", json={"name": "admin", "password": password})
        total = client.get("/api/cases").json()["total"]
        out = tmp_path / "cases.xlsx"
        run("export", "cases", "--data", data, "--out", out)
        table = CalamineWorkbook.from_filelike(io.BytesIO(out.read_bytes())).get_sheet_by_index(0).to_python()
        assert sum(isinstance(row[0], float) for row in table) == total
        for import_id, removed in ((again["import_id"], 0), (done["import_id"], 2)):
            undone = json.loads(run("import", "undo", import_id, "--data", data, "--json").stdout)
            assert undone["removed"] == removed
        assert client.get("/api/cases").json()["total"] == total - 2
    assert gone(data, seconds=1)


def test_a_map_is_exported_as_one_file(run, office, tmp_path):
    out = tmp_path / "map.html"
    run("export", "map", "--data", office[0], "--out", out)
    page = out.read_text(encoding="utf-8")
    assert "测试办事处" in page
    assert "http://" not in page
    assert "https://" not in page


def test_refusals_are_plain_words_and_exit_1(run, office, tmp_path):
    data, _ = office
    bad = tmp_path / "x.xlsx"
    bad.write_bytes(os.urandom(100_000))
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "信.txt").write_text("别人的文件", encoding="utf-8")
    for arguments in (
        ("import", bad, "--data", data),
        ("import", tmp_path / "none.csv", "--data", data),
        ("import", "undo", "nonsense", "--data", data),
        ("serve", "--data", foreign),
        ("init", "--data", tmp_path / "new", "--profile", tmp_path / "none"),
        ("user", "add", "x", "--data", data, "--role", "king"),
    ):
        done = run(*arguments, check=False)
        assert done.returncode == 1, (arguments, done.stdout, done.stderr)
        assert done.stderr.startswith("错误："), done.stderr
        assert "Traceback" not in done.stderr
    assert [path.name for path in foreign.iterdir()] == ["信.txt"]
    assert not (tmp_path / "new").exists()


def test_wrong_usage_exits_2(run):
    assert run("import", check=False).returncode == 2
    assert run("--lang", "fr", check=False).returncode == 2


def test_english_on_request(run, office):
    done = run("init", "--data", office[0], "--lang", "en")
    assert "nothing changed" in done.stdout
    assert "nothing changed" in run("init", "--data", office[0], QINGTU_LANG="en").stdout


def test_users_are_added_and_the_trail_is_verified(run, office):
    data, _ = office
    run("user", "add", "zhang", "--data", data, "--role", "grid_manager", "--zone", "410105999001001")
    users = json.loads(run("user", "list", "--data", data, "--json").stdout)
    assert next(user for user in users if user["name"] == "zhang")["zone"] == "410105999001001"
    assert run("user", "add", "zhang", "--data", data, "--role", "leader", check=False).returncode == 1
    assert "完整" in run("audit", "verify", "--data", data).stdout


def test_an_external_database_is_used_and_never_dropped(run, tiny_profile, fresh_database, tmp_path, listing):
    data, env = tmp_path / "office", {"QINGTU_DATABASE_URL": fresh_database}
    run("init", "--data", data, "--profile", tiny_profile, **env)
    assert not (data / "cluster.json").exists()
    assert json.loads(run("import", listing, "--data", data, "--json", **env).stdout)["imported"] == 2
    second = run("init", "--data", tmp_path / "two", "--profile", tiny_profile, check=False, **env)
    assert second.returncode == 1
    assert "已有" in second.stderr
    assert json.loads(run("import", listing, "--data", data, "--json", **env).stdout)["merged"] == 2
