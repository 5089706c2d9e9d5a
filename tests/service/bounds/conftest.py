"""An office with the demo district's roads and nothing else: what it needs before its borders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import httpx
import pytest

from geodata.demo.profile import write_profile
from service.office import Office
from service.setup.initialising import initialise
from service.setup.profile import Person, Profile
from tests.service.setup.conftest import LOGIN, PASSWORD, logged_in, set_up_bare


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory) -> Any:
    """The demo district's files."""
    folder = tmp_path_factory.mktemp("demo-files")
    write_profile(folder)
    return folder


@pytest.fixture(scope="session")
def truth(demo_folder) -> Any:
    """The drawn communities by name, office CRS."""
    return gpd.read_file(demo_folder / "zones.gpkg", layer="community").set_index("name").geometry


@pytest.fixture
def roads_only(demo_folder, fresh_database, tmp_path, serve) -> Iterator[Any]:
    """The office with roads, running."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "lines.gpkg").symlink_to(demo_folder / "lines.gpkg")
    office = Office(name="新办事处", crs=4547, centre=(113.73, 34.78), division="410105")
    people = (Person(LOGIN, "主任", "admin", password=PASSWORD),)
    initialise(tmp_path / "office", Profile(source, office, people=people), database_url=fresh_database)
    with serve(tmp_path / "office", fresh_database) as site:
        yield site


@pytest.fixture
def chief(roads_only) -> Iterator[httpx.Client]:
    """The administrator of the office with roads."""
    with logged_in(roads_only) as client:
        yield client


@pytest.fixture(scope="module")
def bare(module_database, tmp_path_factory, serve) -> Iterator[Any]:
    """The office without anything, running; one per module."""
    data_dir = tmp_path_factory.mktemp("bare") / "office"
    set_up_bare(data_dir, module_database)
    with serve(data_dir, module_database) as site:
        yield site
