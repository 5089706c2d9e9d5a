"""The people of the little office, changed over HTTP; every test begins with the accounts of the set-up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, text

from service.store.engine import make_engine


@pytest.fixture(scope="module")
def engine(site: Any) -> Iterator[Engine]:
    engine = make_engine(site.database_url)
    yield engine
    engine.dispose()


@pytest.fixture(autouse=True)
def fresh_people(request: pytest.FixtureRequest) -> Iterator[None]:
    """Put accounts and zones back as the set-up made them."""
    engine = request.getfixturevalue("engine")
    with engine.begin() as connection:
        connection.execute(text("create table if not exists users_as_made as table users"))
        connection.execute(text("create table if not exists zones_as_made as table zones"))
    yield
    with engine.begin() as connection:
        connection.execute(text("delete from users where id not in (select id from users_as_made)"))
        connection.execute(
            text(
                "update users u set display_name = m.display_name, role = m.role, zone_code = m.zone_code,"
                " command = m.command, unit = m.unit, active = m.active, phone = m.phone,"
                " must_change = m.must_change, password_hash = m.password_hash, failures = 0, locked_until = null,"
                " version = m.version from users_as_made m where m.id = u.id"
            )
        )
        connection.execute(text("delete from leader_changes"))
        connection.execute(text("delete from zones"))
        connection.execute(text("insert into zones overriding system value select * from zones_as_made"))


@pytest.fixture
def coordinator(site: Any) -> Iterator[httpx.Client]:
    with site.as_("coordinator1") as client:
        yield client


@pytest.fixture
def person(admin: httpx.Client) -> Callable[[str], dict[str, Any]]:
    """A function that returns a person by login name."""

    def find(name: str) -> dict[str, Any]:
        items = admin.get("/api/people").json()["items"]
        return next(dict(item) for item in items if item["name"] == name)

    return find


@pytest.fixture
def audit(engine: Engine) -> Callable[..., list[Any]]:
    """A function that returns the newest rows of the trail for an action."""

    def rows(action: str) -> list[Any]:
        with engine.connect() as connection:
            return list(
                connection.execute(
                    text("select actor, object_id, detail from audit where action = :a order by id desc"),
                    {"a": action},
                )
            )

    return rows
