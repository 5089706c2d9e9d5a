"""The whole demo as a newcomer meets it: `qingtu demo`, twice, with an edit in between."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from service.store.cluster import Cluster

REPOSITORY = Path(__file__).resolve().parents[2]
ROLES = {
    "admin", "auditor", "coordinator", "command_officer", "community_officer", "community_leader",
    "grid_manager", "verifier", "unit", "leader", "public",
}  # fmt: skip


@contextmanager
def demo(data):
    """Run `qingtu demo`, yield what its access file says, end it with Ctrl-C."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("QINGTU_")}
    process = subprocess.Popen(
        [sys.executable, "-c", "from service.cli import main; main()", "demo", "--data", str(data), "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd="/",
        env={**clean, "PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip
    try:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if match := re.search(r"(/\S+demo-access\.json)", line):
                assert any(re.search(r"http://127\.0\.0\.1:\d+/", earlier) for earlier in lines)
                yield Path(match[1])
                break
        else:
            raise AssertionError("".join(lines))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
        process.stdout.close()


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    directory = tmp_path_factory.mktemp("demo") / "data"
    yield directory
    Cluster(directory).destroy()


def test_the_demo_runs_keeps_edits_and_shows_its_story(data):
    with demo(data) as path:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        access = json.loads(path.read_text(encoding="utf-8"))
        assert {user["role"] for user in access["users"]} == ROLES
        with httpx.Client(base_url=access["url"], timeout=60) as public:
            assert public.get("/").status_code == 200
            assert public.get("/readyz").json()["ready"] is True
            office = public.get("/api/office").json()
            assert "非官方" in office["name"] + office["note"]
            assert office["now"] == public.get("/api/office").json()["now"]
        admin = next(user for user in access["users"] if user["role"] == "admin")
        head = {"authorization": f"Bearer {admin['token']}"}
        with httpx.Client(base_url=access["url"], headers=head, timeout=60) as client:
            page = client.get("/api/cases?limit=1").json()
            # 2,000 told problems, and those that failed inspections of the registers opened.
            total = page["total"]
            assert 2000 < total < 2300
            places = client.get("/api/places?limit=1").json()["total"]
            assert places > 200
            rates = client.get("/api/pass-rates").json()["items"]
            everything = next(r for r in rates if r["community"] == r["place_class"] == "*")
            assert everything["exposure"] == places
            assert everything["failed"] >= total - 2000
            rounds = client.get("/api/rounds").json()["items"]
            assert [one["state"] for one in rounds] == ["open", "closed"]
            located = client.get("/api/cases?placement=located&limit=1").json()["total"]
            assert located >= 1800
            commands = client.get("/api/counts?by=command").json()
            assert [row["command"] for row in commands["items"]] == [f"C{n}" for n in range(1, 9)]
            assert commands["total"] == total
            communities = client.get("/api/counts?by=community&placement=located").json()["items"]
            assert len([row for row in communities if row["community"]]) == 7
            lines = [
                item
                for item in client.get("/api/cases?limit=300").json()["items"]
                if item["geometry_type"] == "LineString"
            ]
            case = client.get(f"/api/cases/{lines[0]['id']}").json()
            for level in ("community", "grid"):
                shares = [share for share in case["shares"] if share["level"] == level]
                assert sum(share["share"] for share in shares) == pytest.approx(1)
            body = {"description": "第二次启动还在", "location_text": case["location_text"]}
            made = client.post("/api/cases", json=body).json()
    with demo(data) as path:
        access = json.loads(path.read_text(encoding="utf-8"))
        with httpx.Client(base_url=access["url"], headers=head, timeout=60) as client:
            assert client.get(f"/api/cases/{made['id']}").json()["description"] == "第二次启动还在"
            assert client.get("/api/cases?limit=1").json()["total"] == total + 1
