"""What every test may use: a private database cluster of this run, and the test data that may not ship.

The cluster is made for the run (for each of its processes, when there are several), has an id of its own,
and is removed at its end. Tests never see the database of an office: only databases that a fixture here
created are handed out or dropped.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path

import psutil
import pytest
from hypothesis import settings
from sqlalchemy.engine import make_url

from service.store.cluster import Cluster, remove_abandoned

REPOSITORY = Path(__file__).resolve().parents[1]
IN_CI = os.environ.get("CI", "").lower() in ("1", "true")
TEST_DATA = Path(os.environ.get("QINGTU_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
_PURPOSE = "tests"
# A throw-away cluster need not survive a power cut.
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "100"}

# A busy machine must not fail a test, and CI must find today what it found yesterday.
settings.register_profile("qingtu", deadline=None, derandomize=IN_CI)
settings.load_profile("qingtu")

DatabaseMaker = Callable[..., AbstractContextManager[str]]


# What a process of the suite takes at its peak, with its database and its browser.
_WORKER_BYTES = 2 * 2**30
_MOST_WORKERS = 8


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One process per core that this one may use, as many as fit into the free memory."""
    free = psutil.virtual_memory().available // _WORKER_BYTES
    return max(1, min(len(os.sched_getaffinity(0)), free, _MOST_WORKERS))


def pytest_configure(config: pytest.Config) -> None:
    """Keep settings of the person who runs the tests out of them."""
    for name in [
        name for name in os.environ if name.startswith("QINGTU_") and not name.startswith("QINGTU_TEST_")
    ]:
        del os.environ[name]
    # Chromium and fontconfig would leave their files in the home of whoever runs the tests.
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        os.environ[name] = str(REPOSITORY / ".setup" / "home" / name.lower())


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what this machine cannot run, but never in CI: there it is a failure."""
    lacking = []
    if item.get_closest_marker("testdata") and not TEST_DATA.is_dir():
        lacking.append(f"no test data at {TEST_DATA} (QINGTU_TEST_DATA)")
    if item.get_closest_marker("browser") and chromium_path() is None:
        lacking.append("no Chromium (apt-get install chromium)")
    if lacking and IN_CI:
        pytest.fail("; ".join(lacking), pytrace=False)
    if lacking:
        pytest.skip("; ".join(lacking))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many tests were skipped for want of test data or a browser, and why."""
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        words = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[words] = reasons.get(words, 0) + 1
    for words, number in sorted(reasons.items()):
        terminalreporter.write_line(f"{number} skipped: {words}")


def chromium_path() -> str | None:
    """Return Debian's Chromium, None without one."""
    return shutil.which("chromium")


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Directory of the data that may not ship; use together with the mark `testdata`."""
    return TEST_DATA


@pytest.fixture(scope="session")
def database_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The private cluster of this test run."""
    remove_abandoned(purpose=_PURPOSE)
    cluster = Cluster(tmp_path_factory.mktemp("office"), purpose=_PURPOSE, settings=_FAST)
    try:
        cluster.ensure()
        yield cluster
    finally:
        cluster.destroy()


@pytest.fixture(scope="session")
def database_url(database_cluster: Cluster) -> str:
    """SQLAlchemy URL of the run's own database, with PostGIS and no tables."""
    return database_cluster.url


@pytest.fixture(scope="session")
def database_maker(database_cluster: Cluster) -> DatabaseMaker:
    """Make a database for the length of a `with` block, which gets its URL.

    It is empty but for PostGIS, or the copy of another one nobody is connected to: `template=url`.
    """
    numbers = count(1)

    @contextmanager
    def make(*, template: str | None = None) -> Iterator[str]:
        name = f"test_{next(numbers)}"
        original = make_url(template).database if template else None
        url = database_cluster.create_database(name, template=original or "template1")
        try:
            yield url
        finally:
            database_cluster.drop_database(name)

    return make


@pytest.fixture
def fresh_database(database_maker: DatabaseMaker) -> Iterator[str]:
    """URL of an empty database with PostGIS, for one test."""
    with database_maker() as url:
        yield url


@pytest.fixture(scope="module")
def module_database(database_maker: DatabaseMaker) -> Iterator[str]:
    """URL of an empty database with PostGIS, shared by the tests of one module."""
    with database_maker() as url:
        yield url
