"""The Python side: uv in an environment of its own (.uv), the project's environment (.venv).

Every package is pinned and hashed in the requirements files; where they come from is the machine's
own configuration (pip's index, or Python's usual one), never the repository's.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from commands import REPOSITORY, STATE, run
from debian import has_own_pip
from stamps import fingerprint, forget, is_done, set_done
from words import timed

INSTALL = REPOSITORY / "install"
TOOLS = REPOSITORY / ".uv"
ENVIRONMENT = REPOSITORY / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"


def provide_tools() -> None:
    """Make .uv with uv in it."""
    locked = INSTALL / "tools.txt"
    mark = fingerprint(locked, Path(__file__))
    if is_done("tools", mark) and tool("uv").exists():
        return
    with timed("安装 uv", "install uv"):
        forget("tools")
        if has_own_pip():
            run(sys.executable, "-m", "venv", "--clear", TOOLS)
        else:
            _borrow_pip()
        install_tool(locked)
    set_done("tools", mark)


def install_tool(locked: Path) -> None:
    """Install locked packages into .uv."""
    arguments = ("install", "--quiet", "--require-hashes", "--only-binary", ":all:", "-r", locked)
    borrowed = TOOLS / "pip"
    if borrowed.is_dir():
        # a folder each: pip replaces a `bin` that another installation has left in its target
        target = TOOLS / "lib" / locked.stem
        script = "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); runpy.run_module('pip', run_name='__main__')"
        run(sys.executable, "-c", script, borrowed, *arguments, "--upgrade", "--target", target)
        _link_programs(target / "bin")
    else:
        run(TOOLS / "bin" / "python", "-m", "pip", *arguments)


def tool(name: str) -> Path:
    """Return the path of a program in .uv."""
    return TOOLS / "bin" / name


def provide_packages(*, tests: bool) -> None:
    """Make .venv with the locked packages and the project itself in it."""
    # packages for the tests stay, once they are there: `make demo` after `make test` takes nothing away
    everything = tests or (STATE / "packages-dev.stamp").exists()
    name = "packages-dev" if everything else "packages"
    locked = INSTALL / ("requirements-dev.txt" if everything else "requirements.txt")
    mark = fingerprint(locked, REPOSITORY / "pyproject.toml", Path(__file__))
    if is_done(name, mark) and (ENVIRONMENT / "bin" / "qingtu").exists():
        return
    with timed("安装 Python 软件包", "install the Python packages"):
        forget("packages")
        if everything:
            forget("packages-dev")
        if not PYTHON.exists():
            _uv("venv", "--quiet", "--clear", "--python", sys.executable, ENVIRONMENT)
        _uv("pip", "sync", "--quiet", "--require-hashes", "--python", PYTHON, locked)
        _uv("pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--python", PYTHON, "-e", ".")
    set_done(name, mark)


def lock() -> None:
    """Compile the locked requirements anew, for Python 3.11 and later."""
    compile_ = (
        *("pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"),
        *("--no-emit-index-url", "--custom-compile-command", "make lock", "--upgrade"),
    )
    for source in ("tools", "node"):
        _uv(*compile_, f"install/{source}.in", "-o", f"install/{source}.txt")
    project = ("pyproject.toml", "install/build.in")
    _uv(*compile_, *project, "-o", "install/requirements.txt")
    _uv(
        *compile_,
        *("-c", "install/requirements.txt", "--extra", "dev", *project, "-o", "install/requirements-dev.txt"),
    )


def _uv(*arguments: str | Path) -> None:
    env = {}
    if not any(os.environ.get(name) for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL")):
        # uv does not read pip's configuration, where offices behind a mirror name it
        index = _pip_index()
        if index:
            env["UV_DEFAULT_INDEX"] = index
    run(tool("uv"), "--system-certs", *arguments, env=env)


def _pip_index() -> str:
    if os.environ.get("PIP_INDEX_URL"):
        return os.environ["PIP_INDEX_URL"]
    pip = TOOLS / "bin" / "pip"
    if not pip.exists():
        return ""
    lines = dict(line.split("=", 1) for line in run(pip, "config", "list").splitlines() if "=" in line)
    for scope in ("site", "user", "global"):
        if value := lines.get(f"{scope}.index-url"):
            return value.strip("'\"")
    return ""


def _borrow_pip() -> None:
    """Take pip from Debian's wheel of it, for a user without root on a machine without python3-venv."""
    TOOLS.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=TOOLS) as work:
        from service.store.packages import Apt

        apt = Apt(Path(work))
        apt.update()
        (archive,) = apt.download(["python3-pip-whl"])
        run("dpkg-deb", "-x", archive, work)
        (wheel,) = Path(work).glob("usr/share/python-wheels/pip-*.whl")
        run(sys.executable, "-m", "zipfile", "-e", wheel, TOOLS / "pip")


def _link_programs(programs: Path) -> None:
    (TOOLS / "bin").mkdir(exist_ok=True)
    for program in programs.iterdir():
        link = TOOLS / "bin" / program.name
        link.unlink(missing_ok=True)
        link.symlink_to(program)
