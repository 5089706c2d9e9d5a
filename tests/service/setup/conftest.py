"""An office that has nothing yet: a name, a coordinate system, one administrator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.auth.login import log_in
from service.deps import SESSION_COOKIE
from service.office import Office
from service.setup.initialising import initialise
from service.setup.profile import Person, bare_profile

LOGIN, PASSWORD = "chief", "eight letters"


@contextmanager
def logged_in(site: Any, name: str = LOGIN, password: str = PASSWORD) -> Iterator[httpx.Client]:
    """A client with a session of a user."""
    service = site.app.state.service
    token, _ = log_in(service.engine, name=name, password=password, idle=service.idle)
    with httpx.Client(base_url=site.url, cookies={SESSION_COOKIE: token}, timeout=60) as client:
        yield client


def set_up_bare(data_dir: Path, database_url: str, **facts: Any) -> None:
    """Set up an office that has nothing."""
    values: dict[str, Any] = {
        "name": "新办事处",
        "crs": 4547,
        "centre": (113.73, 34.78),
        "division": "410105",
    }
    office = Office(**values | facts)
    with bare_profile(office, Person(LOGIN, "主任", "admin", password=PASSWORD)) as profile:
        initialise(data_dir, profile, database_url=database_url)


@pytest.fixture(scope="module")
def bare(module_database, tmp_path_factory, serve) -> Iterator[Any]:
    """The office without anything, running; one per module."""
    data_dir = tmp_path_factory.mktemp("bare") / "office"
    set_up_bare(data_dir, module_database, public=True)
    with serve(data_dir, module_database) as site:
        yield site


@pytest.fixture
def own_bare(fresh_database, tmp_path, serve) -> Iterator[Any]:
    """The office without anything, with a database of its own."""
    set_up_bare(tmp_path / "office", fresh_database)
    with serve(tmp_path / "office", fresh_database) as site:
        yield site


@pytest.fixture
def chief(own_bare) -> Iterator[httpx.Client]:
    """The administrator of the office without anything."""
    with logged_in(own_bare) as client:
        yield client
