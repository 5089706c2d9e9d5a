"""Set-up: what can be tried without installing anything. The whole of it is tried on bare machines."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.store.cluster import Cluster

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture
def setup_path(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set-up's modules are scripts beside each other, not a package."""
    monkeypatch.syspath_prepend(REPOSITORY / "install")
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name in ("commands", "debian", "environment", "frontend", "stamps", "words"):
            del sys.modules[name]


def reset_demo(data_dir: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "install/reset_demo.py", str(data_dir)],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_reset_removes_the_demo_and_its_database(tmp_path: Path) -> None:
    data_dir = tmp_path / "demo"
    with Cluster(data_dir, purpose="tests-of-install") as cluster:
        home = cluster.home
    (data_dir / "office.toml").write_text('name = "x"\nprofile = "demo"\n', encoding="utf-8")
    done = reset_demo(data_dir)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not data_dir.exists()
    assert not home.root.exists()
    assert reset_demo(data_dir).returncode == 0


def test_reset_refuses_an_office(tmp_path: Path) -> None:
    (tmp_path / "office.toml").write_text('name = "x"\nprofile = "office"\n', encoding="utf-8")
    done = reset_demo(tmp_path)
    assert done.returncode == 1
    assert "不是示范数据" in done.stdout
    assert (tmp_path / "office.toml").exists()


def test_reset_refuses_a_running_demo(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "demo", purpose="tests-of-install")
    cluster.ensure()
    try:
        done = reset_demo(cluster.data_dir)
        assert done.returncode == 1
        assert "正在使用" in done.stdout
    finally:
        cluster.destroy()


@pytest.mark.usefixtures("setup_path")
def test_default_cluster_rule_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import debian

    rules = tmp_path / "postgresql-common" / "createcluster.d"
    monkeypatch.setattr(debian, "_NEW_CLUSTER_RULES", rules)
    with debian._no_default_cluster():
        assert [path.read_text() for path in rules.iterdir()] == ["create_main_cluster = false\n"]
    assert not rules.parent.exists()
    rules.mkdir(parents=True)
    (rules / "theirs.conf").touch()
    with debian._no_default_cluster():
        assert len(list(rules.iterdir())) == 2
    assert [path.name for path in rules.iterdir()] == ["theirs.conf"]


@pytest.mark.usefixtures("setup_path")
def test_a_stamp_follows_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import stamps

    monkeypatch.setattr(stamps, "STATE", tmp_path / "state")
    lock = tmp_path / "lock"
    lock.write_text("a==1")
    mark = stamps.fingerprint(lock)
    assert not stamps.is_done("step", mark)
    stamps.set_done("step", mark)
    assert stamps.is_done("step", mark)
    lock.write_text("a==2")
    assert not stamps.is_done("step", stamps.fingerprint(lock))
    stamps.forget("step")
    assert not stamps.is_done("step", mark)


@pytest.mark.usefixtures("setup_path")
def test_a_failing_command_says_what_it_said() -> None:
    import commands
    from words import SetupError

    with pytest.raises(SetupError, match="because of this"):
        commands.run(sys.executable, "-c", "import sys; sys.exit('because of this')")
    with pytest.raises(SetupError, match="no-such-program"):
        commands.run("no-such-program")
