"""What is committed and what is installed: ours, pinned, without an address of any registry."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
# written in parts, so that this file does not hold what it looks for
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
        ("unpkg", "com"),
        ("jsdelivr", "net"),
        ("cdnjs", "cloudflare", "com"),
        ("tuna", "tsinghua", "edu", "cn"),
        ("mirrors", "aliyun", "com"),
        ("npmmirror", "com"),
    )
]
LOCKS = ["install/requirements.txt", "install/requirements-dev.txt", "install/tools.txt", "install/node.txt"]


def committed() -> list[Path]:
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={REPOSITORY}", "ls-files", "-z"],
        cwd=REPOSITORY, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [path for name in listed.stdout.split("\0") if name and (path := REPOSITORY / name).is_file()]


@pytest.mark.parametrize("name", ["geodata", "maps", "service"])
def test_imported_packages_are_ours(name: str) -> None:
    """Distributions of these names exist and would hide ours."""
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin).resolve() == REPOSITORY / name / "__init__.py"


def test_no_committed_file_names_a_registry() -> None:
    addresses = re.compile("|".join(map(re.escape, REGISTRIES)).encode())
    found = {str(path.relative_to(REPOSITORY)) for path in committed() if addresses.search(path.read_bytes())}
    assert found == set()


@pytest.mark.parametrize("name", [*LOCKS, "package-lock.json"])
def test_lock_files_hold_no_address(name: str) -> None:
    assert "://" not in (REPOSITORY / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_is_pinned_and_hashed(name: str) -> None:
    text = re.sub(r"\\\n\s*", "", (REPOSITORY / name).read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert lines
    assert [line for line in lines if "==" not in line or "--hash=sha256:" not in line] == []


def test_locks_cover_what_the_project_asks_for() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {canonical(line) for line in project["dependencies"]}
    wanted_for_tests = wanted | {canonical(line) for line in project["optional-dependencies"]["dev"]}
    assert wanted <= locked_names("install/requirements.txt")
    assert wanted_for_tests <= locked_names("install/requirements-dev.txt")


def test_both_locks_agree() -> None:
    pins = [
        dict.fromkeys(
            re.findall(r"^([\w.-]+==\S+(?: ;[^\\\n]*)?)", (REPOSITORY / name).read_text(), re.MULTILINE)
        )
        for name in LOCKS[:2]
    ]
    assert set(pins[0]) <= set(pins[1])


def test_page_libraries_are_locked_with_a_checksum() -> None:
    wanted = json.loads((REPOSITORY / "package.json").read_text(encoding="utf-8"))["dependencies"]
    packages = json.loads((REPOSITORY / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert packages[""]["dependencies"] == wanted
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert all(
        "integrity" in package and "resolved" not in package for name, package in packages.items() if name
    )


def canonical(requirement: str) -> str:
    """Return the name of a requirement as lock files write it."""
    match = re.match(r"[\w.-]+", requirement)
    assert match is not None
    return re.sub(r"[-_.]+", "-", match[0]).lower()


def locked_names(name: str) -> set[str]:
    """Return the names a lock file pins."""
    text = (REPOSITORY / name).read_text(encoding="utf-8")
    return {canonical(found) for found in re.findall(r"^[\w.-]+(?===)", text, re.MULTILINE)}


def test_wheel_holds_every_file_of_the_packages(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=REPOSITORY, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("qingtu-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    wanted = {path.relative_to(REPOSITORY) for path in committed()}
    vendor = REPOSITORY / "service" / "static" / "vendor"
    wanted |= {path.relative_to(REPOSITORY) for path in vendor.rglob("*") if path.is_file()}
    packaged = {path.as_posix() for path in wanted if path.parts[0] in ("geodata", "maps", "service")}
    assert packaged - names == set()
    assert any(name.endswith("/licenses/LICENSE") for name in names)
