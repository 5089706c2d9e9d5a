"""The schema: migrations equal the models, and only our own databases are touched."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from service.errors import StoreError
from service.store.engine import make_engine, store_url
from service.store.schema import VERSION_TABLE, _config, is_newest, office_record, upgrade
from service.store.tables import Base

CRS = 4547


@pytest.fixture
def engine(fresh_database):
    engine = make_engine(fresh_database)
    yield engine
    engine.dispose()


def test_migrations_make_what_the_models_say(engine):
    upgrade(engine, srid=CRS)
    ours = {"spatial_ref_sys", VERSION_TABLE}
    options = {
        "compare_type": False,
        "compare_server_default": False,
        "include_object": lambda _o, name, kind, _r, _c: not (kind == "table" and name in ours),
    }
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
        assert is_newest(connection)
        assert office_record(connection) is None


def test_upgrade_twice_changes_nothing(engine):
    upgrade(engine, srid=CRS)
    upgrade(engine, srid=CRS)
    with engine.connect() as connection:
        assert connection.scalar(text(f"select count(*) from {VERSION_TABLE}")) == 1


def test_a_database_of_a_newer_version_is_left_alone(engine):
    upgrade(engine, srid=CRS)
    with engine.begin() as connection:
        connection.execute(text(f"update {VERSION_TABLE} set version_num = '9999'"))
    with pytest.raises(StoreError, match="更新版本"):
        upgrade(engine, srid=CRS)


def test_geometry_columns_accept_the_office_crs_only(engine):
    upgrade(engine, srid=CRS)
    with engine.connect() as connection:
        found = dict(
            connection.execute(
                text(
                    "select f_table_name || '.' || f_geometry_column, type || ':' || srid from geometry_columns"
                )
            ).all()
        )
        assert found["zones.shape"] == f"MULTIPOLYGON:{CRS}"
        assert {name for name, kind in found.items() if kind == f"GEOMETRY:{CRS}"} == {
            "cases.shape", "places.shape", "zone_shares.shape", "basemap_features.shape", "aliases.shape",
            "place_versions.before_shape", "round_places.shape", "position_moves.before_shape",
            "position_moves.after_shape", "move_aliases.before_shape", "gazetteer_edits.shape",
            "gazetteer_check_items.before_shape", "gazetteer_check_items.after_shape",
        }  # fmt: skip
        with pytest.raises(DBAPIError, match="SRID"):
            connection.execute(
                text(
                    "insert into basemap_features (layer, shape) "
                    "values ('road', ST_GeomFromText('POINT(113.7 34.7)', 4326))"
                )
            )


def test_every_geometry_column_has_a_gist_index(engine):
    upgrade(engine, srid=CRS)
    with engine.connect() as connection:
        found = connection.scalars(
            text("select tablename from pg_indexes where indexdef like '%USING gist (shape)%'")
        )
        assert sorted(found) == [
            "basemap_features", "cases", "linear_owners", "places", "round_places", "zone_shares", "zones",
        ]  # fmt: skip


def test_a_database_with_foreign_tables_is_left_alone(engine):
    with engine.begin() as connection:
        connection.execute(text("create table payroll (x integer)"))
        connection.execute(text("create schema other"))
        connection.execute(text("create table other.alembic_version (version_num text)"))
    with pytest.raises(StoreError, match="payroll"):
        upgrade(engine, srid=CRS)
    with engine.connect() as connection:
        assert connection.scalar(text("select to_regclass('cases')")) is None


def test_foreign_tables_in_another_schema_count_too(engine):
    with engine.begin() as connection:
        connection.execute(text("create schema other"))
        connection.execute(text("create table other.ledger (x integer)"))
    with pytest.raises(StoreError, match="ledger"):
        upgrade(engine, srid=CRS)


@pytest.mark.parametrize("address", ["", "sqlite:///x.db", "nonsense", "mysql://u@h/d"])
def test_other_addresses_are_refused(address):
    with pytest.raises(StoreError):
        store_url(address)


def test_an_unreachable_database_is_a_plain_error():
    engine = make_engine("postgresql://nobody@/none?host=/nonexistent")
    with pytest.raises(StoreError, match="连不上"):
        upgrade(engine, srid=CRS)
    engine.dispose()


def test_border_changes_can_be_taken_back_and_brought_again(engine):
    upgrade(engine, srid=CRS)
    with engine.begin() as connection:
        connection.execute(
            text(
                "insert into zones (level, code, name, valid_from, recorded_at, shape) values ('community', 'A', '甲',"
                f" '2017-01-01', now(), ST_GeomFromText('MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)))', {CRS}))"
            )
        )
        config = _config()
        config.attributes["connection"] = connection
        config.attributes["srid"] = CRS
        command.downgrade(config, "0001")
    with engine.connect() as connection:
        assert connection.scalar(text("select to_regclass('border_changes')")) is None
        assert connection.scalar(text("select to_regclass('case_moves')")) is None
        assert not is_newest(connection)
    upgrade(engine, srid=CRS)
    with engine.connect() as connection:
        assert is_newest(connection)
        assert connection.execute(text("select code, recorded_at, ended_at from zones")).all() == [
            ("A", None, None)
        ]


def test_registers_can_be_taken_back_and_brought_again(engine):
    upgrade(engine, srid=CRS)
    with engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        config.attributes["srid"] = CRS
        command.downgrade(config, "0005")
        connection.execute(
            text(
                "insert into places (id, source_key, name, place_class, created_at, updated_at) values "
                "(gen_random_uuid(), 'k1', '甲店', '火锅店', now(), now()), "
                "(gen_random_uuid(), 'k2', '乙处', '说不清', now(), now())"
            )
        )
    upgrade(engine, srid=CRS)
    with engine.connect() as connection:
        found = connection.execute(
            text(
                "select name, place_class, trade, status, register_id is not null as kept from places order by name"
            )
        ).all()
        assert found == [
            ("乙处", "", "说不清", "active", True),
            ("甲店", "catering", "火锅店", "active", True),
        ]
        assert connection.scalar(text("select count(*) from place_versions where event = 'created'")) == 2
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0005")
    with engine.connect() as connection:
        assert connection.execute(text("select place_class from places order by name")).all() == [
            ("说不清",), ("火锅店",)
        ]  # fmt: skip
