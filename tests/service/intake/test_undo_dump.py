"""The bar for lists, on a real store: every row accounted for, twice changes nothing, undo leaves it byte-equal.

The dump is an ordered text copy of every table; what an import and its undoing may leave behind is
named here, table by table.
"""

from __future__ import annotations

import pytest
from sqlalchemy import text

from service.intake.choices import Choices
from service.intake.importing import Order, run_import
from service.intake.routes import tools_of
from service.intake.undo import foresee_undo, undo_import
from service.store.engine import make_engine
from tests.fixtures.ugly_lists.generate import files

FILES = {name: (content, expectation) for name, content, expectation in files()}
# The book-keeping of imports: that there was one, what became of its rows, who did it. A service's own
# clockwork (jobs, sessions) goes on meanwhile.
BOOK_KEEPING = {"imports", "import_rows", "audit", "client_requests", "sessions"}


def dump(engine) -> dict[str, list[str]]:
    """Every row of every table as text, ordered by that text.

    Tables that the service's role may not write are left out: PostGIS's 8,500 coordinate systems.
    """
    with engine.connect() as connection:
        names = connection.execute(
            text(
                "select tablename from pg_tables where schemaname = 'public'"
                " and has_table_privilege(format('%I.%I', schemaname, tablename), 'insert') order by 1"
            )
        ).scalars()
        own = [name for name in names if name not in BOOK_KEEPING and not name.startswith("procrastinate")]
        tables = " union all ".join(
            f"select '{name}' as name, array(select t::text from \"{name}\" t order by 1) as rows"
            for name in own
        )
        return {row.name: row.rows for row in connection.execute(text(tables))}


@pytest.fixture(scope="module")
def store(site):
    engine = make_engine(site.database_url)
    yield engine, tools_of(site.app.state.service)
    engine.dispose()


def bring(tools, folder, name, **more):
    path = folder / name
    path.write_bytes(FILES[name][0])
    return run_import(Order(path=path, name=name, actor="test", **more), tools)


def undo(engine, summary):
    with engine.begin() as connection:
        foreseen = foresee_undo(connection, summary.import_id)
        done = undo_import(connection, summary.import_id, actor="test")
    assert (foreseen.removed, foreseen.kept) == (done.removed, done.kept)
    return done


def test_the_dump_sees_every_table_of_the_store(store):
    engine, _ = store
    seen = set(dump(engine))
    assert {
        "cases",
        "case_events",
        "places",
        "zone_shares",
        "zones",
        "list_readings",
        "aliases",
        "users",
    } <= seen


@pytest.mark.parametrize("name", FILES)
def test_rows_are_accounted_for_twice_changes_nothing_and_undo_leaves_no_trace(store, tmp_path, name):
    engine, tools = store
    rows = FILES[name][1]["rows"]
    refused = sum("refused" in reads for *_, reads in rows)
    before = dump(engine)
    first = bring(tools, tmp_path, name)
    assert first.imported + first.merged + first.refused == first.rows == len(rows)
    assert (first.imported, first.merged, first.refused) == (len(rows) - refused, 0, refused)
    assert all(outcome.reason for outcome in first.outcomes if outcome.outcome == "refused")
    after = dump(engine)
    assert after != before
    second = bring(tools, tmp_path, name)
    assert (second.imported, second.merged, second.refused) == (0, len(rows) - refused, refused)
    assert dump(engine) == after
    assert undo(engine, second).removed == 0
    assert dump(engine) == after
    assert undo(engine, first).removed == len(rows) - refused
    assert dump(engine) == before


def test_a_remembered_correction_outlives_the_undoing(store, tmp_path):
    """The one thing an undone import leaves beside its own book-keeping: how its source is read."""
    engine, tools = store
    before = dump(engine)
    choices = Choices.model_validate({"dates": {"year": 2017}})
    summary = bring(tools, tmp_path, "不知哪年.xlsx", choices=choices)
    undo(engine, summary)
    after = dump(engine)
    assert {name for name in after if after[name] != before[name]} == {"list_readings"}
    again = bring(tools, tmp_path, "不知哪年.xlsx")
    assert again.imported == 2
    assert not [line for line in again.said if "哪一年" in line]
    undo(engine, again)
