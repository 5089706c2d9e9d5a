"""What Debian has to bring: PostgreSQL with PostGIS, and for the tests Chromium and a Chinese font.

As root, what is missing is installed and named; without root PostGIS is unpacked below the user's home.
Nothing that is there already is upgraded, configured or removed.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from commands import REPOSITORY, run
from words import SetupError, say, timed, tr

sys.path.insert(0, str(REPOSITORY))
from service.store.errors import ClusterError
from service.store.packages import find_installation, unpack

IS_ROOT = os.geteuid() == 0
_CJK_FONT = "fonts/opentype/noto/NotoSansCJK-Regular.ttc"
_NEW_CLUSTER_RULES = Path("/etc/postgresql-common/createcluster.d")


def provide(*, tests: bool) -> None:
    """Install or unpack what is missing.

    Raises
    ------
    SetupError
        If something is missing that cannot be brought; the message says what to run.
    """
    missing = _missing(tests=tests)
    if not missing:
        return
    if IS_ROOT and shutil.which("apt-get"):
        _install(missing)
        return
    if "postgis" in missing:
        try:
            with timed("解包 PostGIS（不需要 root）", "unpack PostGIS (without root)"):
                unpack(say=lambda line: say(line, line))
        except ClusterError as error:
            raise SetupError(str(error)) from error
        missing.remove("postgis")
    if missing:
        packages = " ".join(_package_names(missing))
        raise SetupError(
            tr(
                f"缺少软件包，请以 root 运行：apt-get install {packages}",
                f"run as root: apt-get install {packages}",
            )
        )


def has_own_pip() -> bool:
    """Whether this Python can make an environment with pip; Debian's needs python3-venv for that."""
    return importlib.util.find_spec("ensurepip") is not None


def _missing(*, tests: bool) -> list[str]:
    missing = []
    # without root the tools are set up from pip's wheel alone, see environment.py
    if not has_own_pip() and IS_ROOT:
        missing.append("venv")
    try:
        find_installation()
    except ClusterError:
        missing.append("postgis")
    if tests and shutil.which("chromium") is None:
        missing.append("chromium")
    if tests and not Path("/usr/share", _CJK_FONT).exists():
        missing.append("fonts-noto-cjk")
    if tests and not any(Path("/usr/lib").glob("*-linux-*/libatomic.so.1")):
        missing.append("libatomic1")  # Playwright's own Node.js needs it
    return missing


def _install(missing: list[str]) -> None:
    with timed("更新 Debian 软件包列表", "update Debian's package lists"):
        run("apt-get", "update", "-qq", "-o", "Acquire::Retries=3")
    packages = _package_names(missing)
    names = " ".join(packages)
    with timed(f"安装 Debian 软件包 {names}", f"install Debian packages {names}"), _no_default_cluster():
        printed = run(
            *("apt-get", "install", "-y", "--no-install-recommends", "-o", "Acquire::Retries=3"),
            *("-o", "Dpkg::Use-Pty=0", *packages),
        )
    added = sorted(set(re.findall(r"^Setting up ([^ :]+)", printed, flags=re.MULTILINE)))
    say(
        f"已安装 {len(added)} 个软件包：{' '.join(added)}",
        f"installed {len(added)} packages: {' '.join(added)}",
    )


def _package_names(missing: list[str]) -> list[str]:
    return [_package_name(one) for one in missing]


def _package_name(missing: str) -> str:
    if missing == "venv":
        own = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        return own if sys.executable.startswith("/usr/bin/") else "python3-venv"
    if missing == "postgis":
        # the major version of PostgreSQL differs from one release of Debian to the next
        match = re.search(r"Depends: postgresql-(\d+)", run("apt-cache", "depends", "postgresql"))
        return f"postgresql-{match[1]}-postgis-3" if match else "postgresql-postgis"
    return missing


@contextmanager
def _no_default_cluster() -> Iterator[None]:
    """Keep Debian's PostgreSQL from making its default cluster `main` on port 5432 while installing.

    A cluster that exists is left alone. The rule is taken away afterwards, so that whoever installs
    another PostgreSQL later gets Debian's ordinary behaviour.
    """
    rule = _NEW_CLUSTER_RULES / "qingtu.conf"
    made_directories = [path for path in (_NEW_CLUSTER_RULES.parent, _NEW_CLUSTER_RULES) if not path.exists()]
    _NEW_CLUSTER_RULES.mkdir(parents=True, exist_ok=True)
    rule.write_text("create_main_cluster = false\n", encoding="ascii")
    try:
        yield
    finally:
        rule.unlink(missing_ok=True)
        for path in reversed(made_directories):
            if not any(path.iterdir()):
                path.rmdir()
