"""What a run is: its input, parameters and reference files by hash, and the folder that holds its results.

The folder's `_qingtu/manifest.json` says which run the partitions belong to. A run goes on only in a
folder of the same run: with another input, parameter, gazetteer, zone file or program version it is
refused with the differences, because a folder of mixed answers looks like a good one.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from geodata.errors import Fault, PartitionError, listed
from geodata.partition.source import Source
from geodata.partition.whole_files import remove_leftovers, write_json

_FORMAT = 1
_HIDDEN = "_qingtu"
# Whose version can change an answer.
_PROGRAMS = ("qingtu", "numpy", "shapely", "pyproj", "pyarrow", "pandas", "geopandas")
_SHOWN = 8
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of results: partitions in it, hand-over files and the manifest in a hidden one."""

    path: Path
    digest: str

    @property
    def hidden(self) -> Path:
        """Folder that readers of Parquet folders leave out."""
        return self.path / _HIDDEN

    def part(self, number: int) -> Path:
        """Return the path of a finished partition."""
        return self.path / f"part-{number:05d}.parquet"

    def step(self, step: str, number: int) -> Path:
        """Return the path of a hand-over file."""
        return self.hidden / step / f"{number:05d}.arrow"

    def plan(self) -> Path:
        """Return the path of the plan: which square belongs to which partition."""
        return self.hidden / "plan.arrow"


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file.

    Raises
    ------
    PartitionError
        If it cannot be read.
    """
    found = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                found.update(block)
    except OSError as error:
        why = error.strerror or error
        raise PartitionError(f"cannot read {path}: {why}", zh=f"{path} 读不了：{why}") from error
    return found.hexdigest()


def program_versions() -> dict[str, str]:
    """Return the versions of what can change an answer; workers compare theirs with the run's."""
    found = {}
    for name in _PROGRAMS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "?"
    return found


def identity_of(
    task: str, source: Source, *, parameters: Mapping[str, Any], references: Mapping[str, Path]
) -> dict[str, Any]:
    """Return everything that decides the results of a run, JSON-able.

    Parameters
    ----------
    references
        Files that are looked up (gazetteer, zones), by role.
    """
    return {
        "format": _FORMAT,
        "task": task,
        "parameters": dict(parameters),
        "references": {
            role: {"name": path.name, "sha256": file_hash(path)} for role, path in references.items()
        },
        "input": list(source.files),
        "programs": program_versions(),
    }


@contextmanager
def opened(out: Path, identity: dict[str, Any], *, restart: bool) -> Iterator[RunFolder]:
    """Open a folder for a run, alone: empty, or the same run's from before.

    Parameters
    ----------
    restart
        Throw away what another run of this program left there; other files are never touched.

    Raises
    ------
    PartitionError
        If the folder belongs to another run, holds foreign files, or a run is under way in it.
    """
    # through JSON, so that it compares equal to what is read back
    identity = json.loads(json.dumps(identity, ensure_ascii=False))
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
    folder = RunFolder(out, digest)
    _make(folder)
    with (folder.hidden / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise PartitionError(
                f"another run is writing to {out}; wait for it, or choose another folder",
                zh=f"另一次运行正在写 {out}；请等它结束，或换一个文件夹",
            ) from error
        manifest = folder.hidden / "manifest.json"
        if restart:
            _clear(folder)
        before = _read(manifest)
        if before is not None and before["run"] != identity:
            en, zh = listed(_differences(before["run"], identity), most=_SHOWN)
            raise PartitionError(
                f"{out} holds results of another run ({en}). Choose another folder, or throw them away with --restart",
                zh=f"{out} 里是另一次运行的结果（{zh}）。请换一个文件夹，或用 --restart 丢掉它们",
            )
        if before is None:
            _require_ours(folder)
            write_json(manifest, {"run": identity, "finished": None})
        remove_leftovers(out)
        yield folder


def _make(folder: RunFolder) -> None:
    try:
        folder.hidden.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PartitionError(
            f"cannot make the folder {folder.path}: {error.strerror}",
            zh=f"建不了文件夹 {folder.path}：{error.strerror}",
        ) from error


def _require_ours(folder: RunFolder) -> None:
    foreign = sorted(path.name for path in folder.path.iterdir() if path.name != _HIDDEN)
    if foreign:
        raise PartitionError(
            f"{folder.path} is not empty ({', '.join(foreign[:3])} …); choose another folder",
            zh=f"{folder.path} 不是空的（{'、'.join(foreign[:3])} …）；请换一个文件夹",
        )


def _read(manifest: Path) -> dict[str, Any] | None:
    if not manifest.exists():
        return None
    try:
        found: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
        found["run"], found["finished"]
    except (ValueError, KeyError, TypeError) as error:
        raise PartitionError(
            f"{manifest} is damaged: {error}; choose another folder, or --restart",
            zh=f"{manifest} 已损坏：{error}；请换一个文件夹，或用 --restart 从头做",
        ) from error
    return found


def _clear(folder: RunFolder) -> None:
    for path in folder.path.glob("part-*.parquet"):
        path.unlink()
    drop_steps(folder)
    (folder.hidden / "manifest.json").unlink(missing_ok=True)


def drop_steps(folder: RunFolder) -> None:
    """Remove the hand-over files."""
    for path in folder.hidden.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
    folder.plan().unlink(missing_ok=True)


def finish(folder: RunFolder, figures: Mapping[str, Any]) -> None:
    """Say in the manifest that all partitions are there, then remove the hand-over files."""
    manifest = folder.hidden / "manifest.json"
    run = json.loads(manifest.read_text(encoding="utf-8"))["run"]
    write_json(manifest, {"run": run, "finished": dict(figures)})
    drop_steps(folder)


def finished_figures(folder: RunFolder) -> dict[str, Any] | None:
    """Return the figures of a run that has ended, None while it has not."""
    found = _read(folder.hidden / "manifest.json")
    figures: dict[str, Any] | None = None if found is None else found["finished"]
    return figures


def _differences(before: Any, now: Any, path: str = "") -> list[Fault]:
    """Return what differs between two runs, in words: `parameters.cell_m was 10, is 20`."""
    if isinstance(before, dict) and isinstance(now, dict):
        keys = [*before, *(key for key in now if key not in before)]
        return [
            fault
            for key in keys
            for fault in _differences(before.get(key), now.get(key), f"{path}.{key}" if path else str(key))
        ]
    if path == "input":
        return _changed_files(before, now)
    same = before == now
    return [] if same else [Fault(f"{path} was {before}, is {now}", f"{path} 原来是 {before}，现在是 {now}")]


def _changed_files(before: list[dict[str, Any]], now: list[dict[str, Any]]) -> list[Fault]:
    old, new = ({file["name"]: file for file in files} for files in (before, now))
    names = [*old, *(name for name in new if name not in old)]
    changed = [name for name in names if old.get(name) != new.get(name)]
    if not changed:
        return []
    words = ", ".join(changed[:3]) + (" …" if len(changed) > 3 else "")
    return [Fault(f"input files changed: {words}", f"输入文件变了：{words}")]
