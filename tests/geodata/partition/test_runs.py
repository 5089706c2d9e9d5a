"""Runs that stop half-way, go on, are run again, or do not belong where they are pointed at."""

import hashlib
import json
import multiprocessing
import os
import signal
import time

import numpy as np
import pandas as pd
import pytest

from geodata.errors import FrameError, PartitionError
from geodata.partition import ClusterOptions, assign_partitions, density_partitions
from geodata.partition import assigning as module
from geodata.partition.whole_files import write_whole
from tests.geodata.partition.conftest import CRS, made_points

HERE = ClusterOptions(workers=0)


class Stopped(Exception):
    """What stands for a power cut in these tests."""


def stop_at(step: str, count: int):
    def progress(name, done, total):
        if name == step and done == count:
            assert done < total
            raise Stopped

    return progress


def contents(out) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in out.glob("part-*.parquet")}


@pytest.fixture
def given(write_folder):
    return write_folder(made_points(2_000))


@pytest.fixture
def run(tmp_path, given, zones_file):
    def call(out="out.parquet", **options):
        options = {"zones": zones_file, "rows_per_partition": 200, "cluster": HERE} | options
        return assign_partitions(given, tmp_path / out, **options)

    return call


@pytest.mark.parametrize(("step", "count", "kept"), [("scan", 3, 0), ("spread", 5, 0), ("assign", 4, 4)])
def test_a_stopped_run_goes_on_and_ends_the_same(tmp_path, run, step, count, kept):
    whole = run("whole.parquet")
    assert whole.kept == 0
    with pytest.raises(Stopped):
        run(progress=stop_at(step, count))
    out = tmp_path / "out.parquet"
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")}
    assert len(before) == kept
    (out / ".part-00099.parquet.killed.tmp").write_bytes(b"half a file")
    report = run()
    assert report.kept == kept
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert report.counts == whole.counts
    names = contents(tmp_path / "whole.parquet").keys()
    assert contents(out).keys() == names
    for name in names:
        mine, theirs = (pd.read_parquet(tmp_path / of / name) for of in ("out.parquet", "whole.parquet"))
        pd.testing.assert_frame_equal(mine, theirs, check_exact=True)
    assert not list(out.glob(".*.tmp"))
    assert sorted(path.name for path in (out / "_qingtu").iterdir()) == ["lock", "manifest.json"]


def test_a_run_that_has_ended_is_not_done_again(tmp_path, run, monkeypatch):
    first = run()
    before = contents(tmp_path / "out.parquet")
    for name in ("_scan", "_spread", "_assign"):
        monkeypatch.setattr(module, name, None)
    again = run()
    assert (again.counts, again.figures, again.kept) == (first.counts, first.figures, first.partitions)
    assert contents(tmp_path / "out.parquet") == before


def test_a_partition_that_was_taken_away_is_made_again(tmp_path, run):
    first = run()
    before = contents(tmp_path / "out.parquet")
    (tmp_path / "out.parquet" / "part-00003.parquet").unlink()
    again = run()
    assert again.kept == first.partitions - 1
    assert contents(tmp_path / "out.parquet") == before


def test_results_of_another_run_are_not_mixed(tmp_path, run, given, zones_file):
    run()
    before = contents(tmp_path / "out.parquet")
    with pytest.raises(PartitionError, match=r"parameters\.rows_per_partition was 200, is 300"):
        run(rows_per_partition=300)
    with pytest.raises(PartitionError, match=r"parameters\.tolerance_m was 20\.0, is 5\.0.*--restart"):
        run(tolerance_m=5.0)
    copy = tmp_path / "zones.gpkg"
    copy.write_bytes(zones_file.read_bytes() + b"\x00")
    with pytest.raises(PartitionError, match=r"references\.zones\.sha256"):
        run(zones=copy)
    with pytest.raises(PartitionError, match="results of another run"):
        density_partitions(given, tmp_path / "out.parquet", bandwidth_m=50, cell_m=10, crs=CRS, cluster=HERE)
    (file, *_) = sorted(given.glob("p-*.parquet"))
    os.utime(file, ns=(1, 1))
    with pytest.raises(PartitionError, match=rf"input files changed: {file.name}\)"):
        run()
    assert contents(tmp_path / "out.parquet") == before


def test_restart_throws_away_its_own_files_only(tmp_path, run):
    run()
    other = tmp_path / "out.parquet" / "notes.txt"
    other.write_text("mine", encoding="utf-8")
    with pytest.raises(PartitionError, match=r"not empty \(notes\.txt"):
        run(rows_per_partition=500, restart=True)
    assert other.read_text(encoding="utf-8") == "mine"
    other.unlink()
    report = run(rows_per_partition=500, restart=True)
    assert report.kept == 0
    assert len(contents(tmp_path / "out.parquet")) == report.partitions


def test_a_folder_with_other_files_is_left_alone(tmp_path, run):
    out = tmp_path / "out.parquet"
    out.mkdir()
    made_points(5).to_parquet(out / "part-00000.parquet")
    with pytest.raises(PartitionError, match="not empty"):
        run()
    assert len(pd.read_parquet(out / "part-00000.parquet")) == 5


def test_a_partition_of_another_run_or_a_damaged_one_is_named(tmp_path, run):
    run()
    run("other.parquet", tolerance_m=1.0)
    out = tmp_path / "out.parquet"
    (out / "part-00002.parquet").write_bytes((tmp_path / "other.parquet" / "part-00002.parquet").read_bytes())
    with pytest.raises(PartitionError, match=r"part-00002\.parquet belongs to another run"):
        run()
    (out / "part-00002.parquet").write_bytes(b"PAR1")
    with pytest.raises(PartitionError, match=r"part-00002\.parquet is damaged"):
        run()
    (out / "part-00002.parquet").unlink()
    assert run().kept > 0
    (out / "_qingtu" / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(PartitionError, match=r"manifest\.json is damaged"):
        run()


def test_two_runs_at_once_in_one_folder(run):
    refused = []

    def progress(step, done, total):
        if not refused:
            with pytest.raises(PartitionError, match="another run is writing"):
                run()
            refused.append(step)

    run(progress=progress)
    assert refused == ["scan"]


def test_a_file_that_goes_bad_is_named_and_what_is_done_stays(tmp_path, run, given):
    with pytest.raises(Stopped):
        run(progress=stop_at("spread", 6))
    path = max(given.glob("p-*.parquet"), key=lambda own: (own.stat().st_size > 10_000, own.name))
    facts = path.stat()
    sound = path.read_bytes()
    raw = bytearray(sound)
    raw[4 : len(raw) // 2] = b"\xff" * (len(raw) // 2 - 4)
    path.write_bytes(raw)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    done = len(list((tmp_path / "out.parquet" / "_qingtu" / "spread").iterdir()))
    with pytest.raises(FrameError, match=rf"{path.name} cannot be read"):
        run()
    assert len(list((tmp_path / "out.parquet" / "_qingtu" / "spread").iterdir())) >= done == 6
    path.write_bytes(sound)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert run().rows == 2_000


def _killed_child(given, out, zones_file) -> None:
    def slow(step, done, total):
        time.sleep(0.02)

    assign_partitions(given, out, zones=zones_file, rows_per_partition=100, cluster=HERE, progress=slow)


def test_a_run_killed_outright_goes_on(tmp_path, run, given, zones_file):
    out = tmp_path / "out.parquet"
    child = multiprocessing.get_context("spawn").Process(target=_killed_child, args=(given, out, zones_file))
    child.start()
    while child.is_alive() and not (out / "part-00001.parquet").exists():
        time.sleep(0.005)
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    report = run(rows_per_partition=100)
    assert 0 < report.kept < report.partitions
    whole = run("whole.parquet", rows_per_partition=100)
    assert contents(out).keys() == contents(tmp_path / "whole.parquet").keys()
    assert report.counts == whole.counts


def test_a_failed_write_leaves_nothing(tmp_path):
    path = tmp_path / "folder" / "file"

    def fail(temporary):
        temporary.write_bytes(b"half")
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        write_whole(path, fail)
    assert list(path.parent.iterdir()) == []


def test_the_manifest_says_what_the_run_was(tmp_path, run):
    report = run()
    manifest = json.loads((tmp_path / "out.parquet" / "_qingtu" / "manifest.json").read_text("utf-8"))
    assert manifest["run"]["parameters"]["rows_per_partition"] == 200
    assert len(manifest["run"]["references"]["zones"]["sha256"]) == 64
    assert manifest["run"]["programs"]["numpy"] == np.__version__
    assert manifest["finished"]["rows"] == report.rows
    assert [file["name"] for file in manifest["run"]["input"]] == [
        f"p-{number}.parquet" for number in range(5)
    ]
