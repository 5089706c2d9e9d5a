"""Finding PostgreSQL with PostGIS on this machine, or unpacking it without being root.

Debian's packages are used as they are. Without root they are downloaded with `apt-get download` and
unpacked with `dpkg -x` below the user's own data directory; PostgreSQL finds its share and library
directories relative to its executable, so an unpacked tree works as long as the server is unpacked
with it. Nothing is installed, and no package script runs.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from service.store.errors import ClusterError, PostgresMissingError
from service.words import tr

_SYSTEM = Path("/usr/lib/postgresql")
_PROGRAMS = ("initdb", "pg_ctl", "postgres")
# Package scripts do not run, and just-in-time compilation is off: these are never loaded.
_NOT_NEEDED = re.compile(
    r"^(libllvm|libperl|perl|adduser|passwd|ssl-cert|postgresql-common|postgresql-client-common|mysql-common"
    r"|mariadb-common|lsb-base|sysvinit-utils|init-system-helpers|debconf|fonts-|fontconfig|ucf|sensible-utils"
    r"|logrotate|cron|netbase|openssl|locales|libjson-perl|libc6|libc-bin|dpkg|tar|libcommon-sense-perl"
    r"|libtypes-serialiser-perl|libjson-xs-perl|poppler-data|tzdata-legacy)"
)


@dataclass(frozen=True)
class Installation:
    """One PostgreSQL server with PostGIS.

    Parameters
    ----------
    programs
        Directory of initdb, pg_ctl and postgres.
    version
        Major version, for instance 15.
    environment
        Variables the server needs beyond the ordinary ones (libraries and PROJ data of an unpacked tree).
    """

    programs: Path
    version: int
    environment: Mapping[str, str] = field(default_factory=dict)

    def program(self, name: str) -> str:
        """Return the path of one of the server's programs."""
        return str(self.programs / name)


def user_home() -> Path:
    """Return the directory below which qingtu keeps everything of a user who is not root."""
    shared = os.environ.get("XDG_DATA_HOME", "")
    base = Path(shared) if shared.startswith("/") else Path.home() / ".local" / "share"
    return base / "qingtu"


def find_installation(*, version: int | None = None) -> Installation:
    """Return the newest PostgreSQL that has PostGIS.

    Parameters
    ----------
    version
        The major version an existing cluster was made with; None takes the newest.

    Raises
    ------
    PostgresMissingError
        If there is none; the message says what to run.
    """
    found = {one.version: one for one in _installations()}
    if version is None and found:
        return found[max(found)]
    if version in found:
        return found[version]
    raise PostgresMissingError(_what_to_run(version, sorted(found)))


def _installations() -> Iterator[Installation]:
    # a system package wins over an unpacked one of the same version, so it comes last
    roots = [(path, True) for path in sorted(_unpacked_home().glob("*/usr/lib/postgresql"))]
    for root, unpacked in [*roots, (_SYSTEM, False)]:
        for programs in root.glob("*/bin"):
            version = programs.parent.name
            share = root.parent.parent / "share" / "postgresql" / version
            complete = all((programs / name).exists() for name in _PROGRAMS)
            if version.isdecimal() and complete and (share / "extension" / "postgis.control").exists():
                tree = root.parent.parent.parent
                yield Installation(programs, int(version), _tree_environment(tree) if unpacked else {})


def _tree_environment(tree: Path) -> dict[str, str]:
    """Return what a server in an unpacked tree needs to find its libraries and PROJ's tables."""
    libraries = sorted({str(path.parent) for path in (tree / "usr" / "lib").glob("*-linux-*/*.so.*")})
    environment = {"LD_LIBRARY_PATH": ":".join(libraries)}
    projections = tree / "usr" / "share" / "proj"
    if projections.is_dir():
        # PROJ_LIB is PROJ_DATA's name before PROJ 9.1
        environment |= {"PROJ_DATA": str(projections), "PROJ_LIB": str(projections)}
    return environment


def _unpacked_home() -> Path:
    return user_home() / "postgresql"


def _what_to_run(version: int | None, present: list[int]) -> str:
    package = f"postgresql-{version}-postgis-3" if version else "postgresql-postgis"
    run_zh, run_en = f"apt-get install {package}", f"apt-get install {package}"
    if version and present:
        have = "、".join(map(str, present))
        return tr(
            f"这个数据库由 PostgreSQL {version} 建立，本机只有版本 {have}。请以 root 运行：{run_zh}",
            f"this database was made by PostgreSQL {version}; this machine has {have}. Run as root: {run_en}",
        )
    return tr(
        f"本机没有带 PostGIS 的 PostgreSQL。请以 root 运行：{run_zh}"
        "；没有 root 权限时运行 make demo，它会把 PostGIS 解包到 ~/.local/share/qingtu",
        f"no PostgreSQL with PostGIS on this machine. Run as root: {run_en}; "
        "without root, `make demo` unpacks PostGIS below ~/.local/share/qingtu",
    )


def unpack(*, say: Callable[[str], None] = print) -> Installation:
    """Download Debian's PostgreSQL and PostGIS and unpack them for this user, without root.

    Parameters
    ----------
    say
        Called with each line a person should see.

    Returns
    -------
    Installation
        The unpacked server, below `user_home()`.

    Raises
    ------
    ClusterError
        If apt-get or dpkg is missing, or a package cannot be had; the message says what to run instead.
    """
    for program in ("apt-get", "dpkg-deb"):
        if shutil.which(program) is None:
            raise ClusterError(tr(f"找不到 {program}：", f"{program} not found: ") + _what_to_run(None, []))
    home = _unpacked_home()
    home.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=home, prefix="download-") as work:
        apt = Apt(Path(work))
        apt.update()
        version = apt.server_version()
        packages = apt.needed(version)
        say(
            tr(
                f"不用 root：下载并解包 {len(packages)} 个 Debian 软件包（PostgreSQL {version}、PostGIS）到 {home}",
                f"without root: unpacking {len(packages)} Debian packages "
                f"(PostgreSQL {version}, PostGIS) below {home}",
            )
        )
        tree = Path(work) / "tree"
        for archive in apt.download(packages):
            _run(["dpkg-deb", "-x", str(archive), str(tree)], cwd=Path(work))
        extensions = tree / "usr" / "share" / "postgresql" / str(version) / "extension"
        # Debian makes this name with update-alternatives, in a package script that does not run here
        if not (extensions / "postgis.control").exists():
            (extensions / "postgis.control").symlink_to("postgis-3.control")
        final = home / f"{version}-{platform.machine()}"
        if final.exists():
            shutil.rmtree(final)
        tree.rename(final)
    return find_installation(version=version)


class Apt:
    """apt-get with package lists of our own, so that it works for a user and before any `apt-get update`."""

    def __init__(self, work: Path) -> None:
        self._work = work
        for name in ("lists/partial", "cache/archives/partial"):
            (work / name).mkdir(parents=True)
        self._options = [
            *("-o", f"Dir::State::lists={work}/lists", "-o", f"Dir::Cache={work}/cache"),
            *("-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=", "-o", "Acquire::Retries=3"),
        ]

    def update(self) -> None:
        """Fetch the package lists into our own directory."""
        self._apt("update", "-qq")

    def server_version(self) -> int:
        """Return the major version of PostgreSQL that this Debian release ships."""
        text = _run(["apt-cache", *self._options, "depends", "postgresql"], cwd=self._work)
        match = re.search(r"Depends: postgresql-(\d+)", text)
        if match is None:
            raise ClusterError(_what_to_run(None, []))
        return int(match[1])

    def needed(self, version: int) -> list[str]:
        """Return the packages to unpack: what is not installed, and the server itself in any case."""
        wanted = f"postgresql-{version}-postgis-3"
        plan = self._apt("install", "--simulate", "--no-install-recommends", wanted)
        missing = {line.split()[1].split(":")[0] for line in plan.splitlines() if line.startswith("Inst ")}
        server = {f"postgresql-{version}", f"postgresql-client-{version}", wanted, f"{wanted}-scripts"}
        return sorted(name for name in missing | server if not _NOT_NEEDED.match(name))

    def download(self, packages: list[str]) -> list[Path]:
        """Download the packages and return the files."""
        target = self._work / "archives"
        target.mkdir()
        self._apt("download", "-qq", *packages, cwd=target)
        return sorted(target.glob("*.deb"))

    def _apt(self, *arguments: str, cwd: Path | None = None) -> str:
        return _run(["apt-get", *self._options, *arguments], cwd=cwd or self._work)


def _run(command: list[str], *, cwd: Path) -> str:
    environment = os.environ | {"LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        words = done.stderr.strip()[-600:] or done.stdout.strip()[-600:]
        raise ClusterError(
            tr(f"{command[0]} 失败：{words}\n", f"{command[0]} failed: {words}\n") + _what_to_run(None, [])
        )
    return done.stdout
