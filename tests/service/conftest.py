"""A small made-up office in a real database, behind a real server.

Two communities side by side, two grids each, one long street (平安路) that crosses both and four
cross streets; two markets share a name, so that name alone is ambiguous::

         春光街  夏雨街 │ 秋实街  冬青街      y
            │      │   │   │      │        1000
    平安路 ─┼──────┼───┼───┼──────┼──       500
            │      │   │   │      │           0
    x 0    250    750 1000 1250  1750  2000
       甲一   甲二     乙一    乙二
"""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import httpx
import pytest
import uvicorn
from shapely.geometry import LineString, Point, box
from shapely.geometry.base import BaseGeometry

from geodata.crs import reproject
from service.app import create_app
from service.settings import Settings
from service.setup.initialising import initialise
from service.setup.profile import read_profile

CRS = 4547
ORIGIN = (474_000.0, 3_849_000.0)
A, B = "410105999001", "410105999002"
GRIDS = {f"{A}001": (0, 500), f"{A}002": (500, 1000), f"{B}001": (1000, 1500), f"{B}002": (1500, 2000)}

OFFICE_TOML = f"""
name = "测试办事处"
crs = {CRS}
public = true
demo_now = 2017-11-10T10:00:00+08:00
note = "测试数据"
"""

PEOPLE = f"""
[[user]]
name = "admin"
role = "admin"
[[user]]
name = "coordinator1"
role = "coordinator"
[[user]]
name = "auditor"
role = "auditor"
[[user]]
name = "leader"
role = "leader"
[[user]]
name = "verifier1"
role = "verifier"
[[user]]
name = "verifier2"
role = "verifier"
[[user]]
name = "command1"
role = "command_officer"
command = "C1"
[[user]]
name = "community1"
role = "community_officer"
zone = "{A}"
[[user]]
name = "community2"
role = "community_officer"
zone = "{B}"
[[user]]
name = "communityleader1"
role = "community_leader"
zone = "{A}"
[[user]]
name = "grid1"
role = "grid_manager"
zone = "{A}001"
grids = ["{A}001", "{A}002"]
[[user]]
name = "grid3"
role = "grid_manager"
zone = "{B}001"
[[user]]
name = "unit1"
role = "unit"
unit = "测试环卫公司"
[[user]]
name = "public"
role = "public"
"""


def at(x: float, y: float) -> Point:
    """A point of the little district, in metres from its corner, office CRS."""
    return Point(ORIGIN[0] + x, ORIGIN[1] + y)


@pytest.fixture(scope="session")
def lonlat() -> Callable[[float, float], tuple[float, float]]:
    """Longitude and latitude of a point given in metres from the district's corner."""

    def convert(x: float, y: float) -> tuple[float, float]:
        point = reproject(at(x, y), CRS, 4326)
        return point.x, point.y

    return convert


def _area(x0: float, x1: float) -> BaseGeometry:
    return box(ORIGIN[0] + x0, ORIGIN[1], ORIGIN[0] + x1, ORIGIN[1] + 1000)


def write_tiny_profile(directory: Path, *, problems: list[dict[str, Any]] | None = None) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "office.toml").write_text(OFFICE_TOML, encoding="utf-8")
    (directory / "people.toml").write_text(PEOPLE, encoding="utf-8")
    zones = {
        "subdistrict": [("410105999", "测试办事处", "", _area(0, 2000))],
        "community": [
            (A, "甲社区", "410105999", _area(0, 1000)),
            (B, "乙社区", "410105999", _area(1000, 2000)),
        ],
        "grid": [(code, f"{code[-4:]}网格", code[:12], _area(*x)) for code, x in GRIDS.items()],
    }
    for level, rows in zones.items():
        columns = {
            "code": [r[0] for r in rows],
            "name": [r[1] for r in rows],
            "parent": [r[2] for r in rows],
            "valid_from": ["2017-01-01"] * len(rows),
            "valid_to": [None] * len(rows),
            "leader": ["示范领导"] * len(rows),
        }
        frame = gpd.GeoDataFrame(columns, geometry=[r[3] for r in rows], crs=CRS)
        frame.to_file(directory / "zones.gpkg", layer=level, driver="GPKG")
    streets = {"春光街": 250, "夏雨街": 750, "秋实街": 1250, "冬青街": 1750}
    lines = [("平安路", LineString([at(-100, 500), at(2100, 500)]))]
    lines += [(name, LineString([at(x, -100), at(x, 1100)])) for name, x in streets.items()]
    _layer(directory, "line", lines, {"class": "road", "width_m": 20.0})
    places = [("幸福市场", at(300, 300)), ("幸福市场", at(1700, 300)), ("甲字小学", at(600, 700))]
    _layer(directory, "place", places, {"class": "market"})
    if problems:
        text = "".join(json.dumps(problem, ensure_ascii=False) + "\n" for problem in problems)
        (directory / "problems.jsonl").write_text(text, encoding="utf-8")
    return directory


def _layer(directory: Path, layer: str, rows: list[tuple[str, BaseGeometry]], more: dict[str, Any]) -> None:
    columns = {
        "name": [name for name, _ in rows],
        **{key: [value] * len(rows) for key, value in more.items()},
    }
    frame = gpd.GeoDataFrame(columns, geometry=[shape for _, shape in rows], crs=CRS)
    frame.to_file(directory / "lines.gpkg", layer=layer, driver="GPKG")


@dataclass(frozen=True)
class Site:
    """A running service of the little office."""

    url: str
    data_dir: Path
    database_url: str
    access: dict[str, dict[str, str]]
    app: Any

    @contextmanager
    def as_(self, name: str | None) -> Iterator[httpx.Client]:
        """A client of a user by token; None is nobody."""
        headers = {"authorization": f"Bearer {self.access[name]['token']}"} if name else {}
        # plain http: without `verify` it would read the machine's certificates, 27 ms each time
        with httpx.Client(base_url=self.url, headers=headers, timeout=60, verify=False) as client:
            yield client


@contextmanager
def running(data_dir: Path, database_url: str, **settings: Any) -> Iterator[Site]:
    """Serve a data directory on a free port for the length of the block."""
    app = create_app(Settings(data_dir=data_dir, database_url=database_url, **settings))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    access_file = data_dir / "demo-access.json"
    access = json.loads(access_file.read_text(encoding="utf-8")) if access_file.is_file() else {"users": []}
    try:
        yield Site(
            f"http://127.0.0.1:{port}",
            data_dir,
            database_url,
            {user["name"]: user for user in access["users"]},
            app,
        )
    finally:
        server.should_exit = True
        thread.join(timeout=20)


@pytest.fixture(scope="session")
def tiny_profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The profile folder of the little office."""
    return write_tiny_profile(tmp_path_factory.mktemp("profile") / "tiny")


@pytest.fixture(scope="session")
def set_up_office(
    tiny_profile: Path, database_maker: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Path], AbstractContextManager[str]]]:
    """Set the little office up (a demo: public, with logins) for the length of a `with` block.

    `with set_up_office(data_dir) as database_url`. Really set up once; each use copies that one's
    directory and database, 0.1 s where setting up takes 1.4 s.
    """
    original_dir = tmp_path_factory.mktemp("original") / "office"
    with database_maker() as original_url:
        initialise(original_dir, read_profile(tiny_profile, demo=True), database_url=original_url)

        @contextmanager
        def copied(data_dir: Path) -> Iterator[str]:
            shutil.copytree(original_dir, data_dir)
            with database_maker(template=original_url) as url:
                yield url

        yield copied


@pytest.fixture(scope="module")
def site(
    set_up_office: Callable[[Path], AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The little office, running; one per module."""
    data_dir = tmp_path_factory.mktemp("data") / "office"
    with set_up_office(data_dir) as url, running(data_dir, url) as started:
        yield started


@pytest.fixture
def office(set_up_office: Callable[[Path], AbstractContextManager[str]], tmp_path: Path) -> Iterator[Site]:
    """The little office, running; one per test."""
    data_dir = tmp_path / "office"
    with set_up_office(data_dir) as url, running(data_dir, url) as started:
        yield started


@pytest.fixture
def admin(site: Site) -> Iterator[httpx.Client]:
    with site.as_("admin") as client:
        yield client


@pytest.fixture
def file_report() -> Callable[..., dict[str, Any]]:
    """A function that files one report and returns the case."""

    def report(
        client: httpx.Client, text: str = "", description: str = "垃圾成堆", **more: Any
    ) -> dict[str, Any]:
        answer = client.post("/api/cases", json={"location_text": text, "description": description, **more})
        assert answer.status_code == 201, answer.text
        case: dict[str, Any] = answer.json()
        return case

    return report


@pytest.fixture(scope="session")
def serve() -> Callable[..., AbstractContextManager[Site]]:
    """A context manager that serves a data directory with a database: `serve(data_dir, url)`."""
    return running
