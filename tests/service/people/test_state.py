"""Who is missing: every duty counted against the accounts and zones of the little office."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from geodata.kinds import load_kinds
from service.people.state import find_people_state
from service.store.engine import make_engine
from tests.service.conftest import GRIDS, A, B

TODAY = date(2017, 11, 10)


@pytest.fixture
def connection(site):
    """A transaction that is rolled back: each test changes people for itself."""
    engine = make_engine(site.database_url)
    with engine.connect() as connection:
        yield connection
        connection.rollback()
    engine.dispose()


def state(connection, today=TODAY):
    return find_people_state(connection, kinds=load_kinds(), today=today)


def codes(vacancies):
    return [one.code for one in vacancies]


def test_the_little_office_lacks_what_its_list_of_people_lacks(connection):
    found = state(connection)
    assert found.users == 13  # 14 accounts, one of them the public's
    assert found.by_role["grid_manager"] == 2
    assert found.by_role["public"] == 0
    assert codes(found.grids_without) == [f"{B}002"]
    assert found.grids_without[0].under == B
    assert found.communities_without == ()  # every border carries a leader's name
    assert codes(found.commands_without_officer) == [f"C{n}" for n in range(2, 9)]
    assert codes(found.commands_without_leader) == [f"C{n}" for n in range(1, 9)]
    assert not found.no_verifier
    assert not found.complete


def test_a_disabled_manager_leaves_the_grid_without_anybody(connection):
    connection.execute(text("update users set active = false where name = 'grid1'"))
    found = state(connection)
    assert codes(found.grids_without) == [f"{A}001", f"{A}002", f"{B}002"]
    assert found.disabled == 1


def test_a_community_has_a_leader_by_name_or_by_account(connection):
    connection.execute(text("update zones set leader = ' ' where level = 'community'"))
    assert codes(state(connection).communities_without_leader) == [B]  # communityleader1 has A
    connection.execute(text("update users set zone_code = :b where name = 'leader'"), {"b": B})
    assert state(connection).communities_without_leader == ()
    connection.execute(text("update users set active = false where name = 'community2'"))
    assert codes(state(connection).communities_without) == [B]


def test_a_leader_with_a_command_is_its_business_leader(connection):
    connection.execute(text("update users set command = 'C3' where name = 'leader'"))
    assert "C3" not in codes(state(connection).commands_without_leader)


def test_no_verifier_and_verifiers_of_the_rectifying_unit_are_named(connection):
    connection.execute(text("update users set unit = '测试环卫公司' where name = 'verifier2'"))
    assert [one.about for one in state(connection).own_verifiers] == ["测试环卫公司"]
    connection.execute(text("update users set active = false where role = 'verifier'"))
    found = state(connection)
    assert found.no_verifier
    assert found.own_verifiers == ()


def test_people_whose_zones_hold_no_more_are_named(connection):
    connection.execute(text("update zones set valid_to = '2017-11-10' where code = :c"), {"c": f"{B}001"})
    found = state(connection)
    assert [one.name for one in found.lost] == ["grid3"]
    assert codes(found.grids_without) == [f"{B}002"]
    assert state(connection, date(2017, 11, 9)).lost == ()


def test_roles_that_need_a_zone_command_or_unit_are_named_without(connection):
    sql = "update users set zone_code = null, command = null, unit = null"
    connection.execute(text(sql))
    found = {one.name for one in state(connection).without_duty}
    assert found == {"grid1", "grid3", "community1", "community2", "communityleader1", "command1", "unit1"}


def test_an_office_without_zones_and_people_is_no_error(connection):
    connection.execute(text("update zones set valid_to = '2017-01-02'"))
    connection.execute(text("update users set active = false where role <> 'admin'"))
    found = state(connection)
    assert found.only_admins
    assert found.grids_without == found.communities_without == ()
    assert len(GRIDS) == 4
