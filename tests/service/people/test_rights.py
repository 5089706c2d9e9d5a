"""Who sees people and telephones, and who changes them: every role against every route."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from service.store.tables import ROLES
from tests.service.conftest import B

WHO = {
    "admin": "admin", "auditor": "auditor", "coordinator": "coordinator1", "command_officer": "command1",
    "community_officer": "community1", "community_leader": "communityleader1", "grid_manager": "grid1",
    "verifier": "verifier1", "unit": "unit1", "leader": "leader", "public": "public",
}  # fmt: skip
SEE = {"admin", "coordinator", "auditor", "leader"}
PHONES = {"admin", "coordinator"}


@pytest.fixture
def verifier2(engine, person):
    with engine.begin() as connection:
        connection.execute(text("update users set phone = '13800001111' where name = 'verifier2'"))
    return person("verifier2")["id"]


def test_every_role_is_tried():
    assert set(WHO) == set(ROLES)


@pytest.mark.parametrize("role", ROLES)
def test_reading(site, verifier2, role):
    with site.as_(WHO[role]) as client:
        for path in (
            "/api/people",
            f"/api/people/{verifier2}",
            "/api/people/duties",
            f"/api/people/leaders/community/{B}",
        ):
            assert client.get(path).status_code == (200 if role in SEE else 403), path
        if role in SEE:
            found = client.get(f"/api/people/{verifier2}").json()
            assert found["phone"] == ("13800001111" if role in PHONES else "138****1111")
            assert (found["locked"] is None) == (role != "admin")
            # A masked number is not found digit by digit.
            items = client.get("/api/people", params={"text": "00001"}).json()["items"]
            assert bool(items) == (role in PHONES)


@pytest.mark.parametrize("role", [role for role in ROLES if role != "admin"])
def test_changing_is_the_administrators(site, verifier2, role, person):
    before = person("verifier2")
    with site.as_(WHO[role]) as client:
        answers = [
            client.post("/api/people", json={"display_name": "某人", "role": "admin"}),
            client.patch(f"/api/people/{verifier2}", json={"role": "admin"}),
            client.post(f"/api/people/{verifier2}/password", json={}),
            client.post(f"/api/people/{verifier2}/unlock"),
            client.put(f"/api/people/leaders/community/{B}", json={"leader": "某人"}),
        ]
    assert [answer.status_code for answer in answers] == [403] * 5
    assert person("verifier2") == before


def test_nobody_is_asked_to_log_in_or_sees_nothing(site, verifier2):
    with site.as_(None) as client:  # the public profile is on
        assert client.get("/api/people").status_code == 403
        assert client.patch(f"/api/people/{verifier2}", json={"role": "admin"}).status_code == 403
