"""The audit trail: whole, append-only, and honest about tampering."""

from __future__ import annotations

import hashlib
import json

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from service.audit.trail import Entry, record, record_all, verify
from service.store.engine import make_engine
from service.store.schema import upgrade


@pytest.fixture
def engine(fresh_database):
    engine = make_engine(fresh_database)
    upgrade(engine, srid=4547)
    with engine.begin() as connection:
        for number in range(5):
            record(
                connection,
                actor="甲",
                action="tested",
                object_type="case",
                object_id=str(number),
                detail={"n": number, "x": 1.5},
            )
    yield engine
    engine.dispose()


def test_the_chain_is_whole_and_its_hash_is_what_the_docstring_says(engine):
    with engine.connect() as connection:
        assert verify(connection) == (5, None)
        first = connection.execute(text("select * from audit where id = 1")).one()
    content = [1, first.at.isoformat(), "甲", "tested", "case", "0", {"n": 0, "x": 1.5}]
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert bytes(first.hash) == hashlib.sha256(bytes(32) + canonical).digest()


@pytest.mark.parametrize(
    "statement",
    ["update audit set actor = '乙' where id = 3", "delete from audit where id = 3", "truncate audit"],
)
def test_the_table_refuses_changes(engine, statement):
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("update audit set actor = '乙' where id = 3", 3),
        ("update audit set detail = '{}' where id = 2", 2),
        ("delete from audit where id = 3", 4),
        ("delete from audit where id = 1", 2),
        ("update audit set at = at + interval '1 second' where id = 5", 5),
    ],
)
def test_tampering_by_the_owner_of_the_table_is_found(engine, statement, broken):
    with engine.begin() as connection:
        connection.execute(text("alter table audit disable trigger audit_is_append_only"))
        connection.execute(text(statement))
        assert verify(connection)[1] == broken


def test_a_row_goes_with_its_transaction(engine):
    with engine.connect() as connection:
        record(connection, actor="甲", action="undone", object_type="case", object_id="9")
        connection.rollback()
        assert verify(connection) == (5, None)


def test_writers_at_the_same_time_make_one_chain(engine):
    from concurrent.futures import ThreadPoolExecutor

    def write(number: int) -> None:
        with engine.begin() as connection:
            record(connection, actor=f"{number}", action="raced", object_type="case", object_id="1")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(24)))
    with engine.connect() as connection:
        assert verify(connection) == (29, None)


def test_acts_leave_rows_without_personal_data(site, admin, file_report):
    file_report(admin, "平安路与春光街交叉口", "王女士13812345678投诉")
    engine = make_engine(site.database_url)
    with engine.connect() as connection:
        rows = connection.execute(text("select action, detail::text from audit")).all()
        assert verify(connection)[1] is None
    engine.dispose()
    assert {"initialised", "case_reported"} <= {row.action for row in rows}
    assert not [row for row in rows if "138" in row.detail or "春光街" in row.detail]


def test_several_rows_at_once_are_links_like_any_other(engine):
    with engine.begin() as connection:
        record_all(connection, [Entry("tested", "case", str(n), {"n": n}) for n in range(3)], actor="乙")
        record_all(connection, [], actor="乙")
        record(connection, actor="甲", action="tested", object_type="case", object_id="x")
    with engine.connect() as connection:
        assert verify(connection) == (9, None)
        rows = connection.execute(
            text("select actor, object_id, detail from audit where id > 5 order by id")
        ).all()
    assert [tuple(row) for row in rows] == [
        ("乙", "0", {"n": 0}), ("乙", "1", {"n": 1}), ("乙", "2", {"n": 2}), ("甲", "x", {})
    ]  # fmt: skip
