"""The layers: geodata <- maps <- service, no cycle, each without what it must not know."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGES = ("geodata", "maps", "service")


def test_import_contracts_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-cache"], cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_crs_py_calls_pyproj_to_transform() -> None:
    callers = {
        str(path.relative_to(REPOSITORY))
        for path in (REPOSITORY / "geodata").rglob("*.py")
        if "pyproj" in imported_packages(path)
    }
    assert callers <= {"geodata/crs.py"}


def test_finding_postgresql_needs_only_the_standard_library() -> None:
    """Set-up asks these modules before any package is there."""
    code = "import service.store.packages, sys; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    roots = {name.partition(".")[0] for name in done.stdout.split()}
    foreign = {
        root
        for root in roots
        if root not in sys.stdlib_module_names and not root.startswith(("_", "sitecustomize"))
    }
    assert foreign == {"geodata", "service"}


def imported_packages(path: Path) -> set[str]:
    """Return the top-level names that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names
