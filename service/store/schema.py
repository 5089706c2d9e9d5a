"""The schema's life: is this database ours, bring it to the newest migration, is it complete.

A database is ours when it has our version table; the `office` row says that `init` went through.
Anything else that holds tables is left alone.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, inspect, select, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from service.errors import StoreError
from service.store.tables import OfficeRecord
from service.words import tr

VERSION_TABLE = "qingtu_version"
_MIGRATIONS = Path(__file__).with_name("migrations")
# Tables that PostGIS and its companions bring along.
_EXTENSION_TABLES = {
    "spatial_ref_sys",
    "geography_columns",
    "geometry_columns",
    "raster_columns",
    "raster_overviews",
}


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["version_table"] = VERSION_TABLE
    return config


def is_ours(connection: Connection) -> bool:
    """Return whether the database carries our version table."""
    return inspect(connection).has_table(VERSION_TABLE)


def office_record(connection: Connection) -> OfficeRecord | None:
    """Return name, CRS and profile of the office in the database, None before `init` went through."""
    if not is_ours(connection) or not inspect(connection).has_table(OfficeRecord.__tablename__):
        return None
    row = connection.execute(select(OfficeRecord.__table__)).one_or_none()
    return None if row is None else OfficeRecord(**row._mapping)


def require_usable(connection: Connection) -> None:
    """Raise unless the database is ours or empty.

    Raises
    ------
    StoreError
        If there are tables of another program: they are not touched.
    """
    if is_ours(connection):
        return
    names = {
        name
        for schema in inspect(connection).get_schema_names()
        if schema not in ("information_schema", "tiger", "tiger_data", "topology")
        for name in inspect(connection).get_table_names(schema=schema)
    } - _EXTENSION_TABLES
    if names:
        shown = "、".join(sorted(names)[:5])
        raise StoreError(
            tr(
                f"这个数据库里已有别的程序的表（{shown}），清图不会动它；请另建一个空库",
                f"the database holds tables of another program ({shown}); give an empty one",
            )
        )


def _require_postgis(connection: Connection) -> None:
    available = connection.scalar(text("select count(*) from pg_available_extensions where name = 'postgis'"))
    if not available:
        raise StoreError(
            tr(
                "数据库服务器没有 PostGIS 扩展；在 Debian 上安装 postgresql-15-postgis-3（版本号随系统）",
                "the server lacks the PostGIS extension; on Debian install postgresql-15-postgis-3",
            )
        )
    try:
        with connection.begin_nested():
            connection.execute(text("create extension if not exists postgis"))
    except (ProgrammingError, OperationalError) as error:
        raise StoreError(
            tr(
                "没有权限启用 PostGIS；请数据库管理员在此库执行 create extension postgis",
                "no right to enable PostGIS; ask for: create extension postgis",
            )
        ) from error


def upgrade(engine: Engine, *, srid: int) -> None:
    """Bring the schema to the newest migration, in one transaction.

    Parameters
    ----------
    srid
        EPSG code of the office's projected CRS; the geometry columns accept no other.

    Raises
    ------
    StoreError
        If the database belongs to another program, cannot be reached, lacks PostGIS, or was set up
        with another CRS.
    """
    try:
        with engine.begin() as connection:
            require_usable(connection)
            record = office_record(connection)
            if record is not None and record.srid != srid:
                raise StoreError(
                    tr(
                        f"数据库的坐标系是 EPSG:{record.srid}，不是 EPSG:{srid}",
                        f"the database is in EPSG:{record.srid}, not EPSG:{srid}",
                    )
                )
            _require_postgis(connection)
            config = _config()
            config.attributes["connection"] = connection
            config.attributes["srid"] = srid
            command.upgrade(config, "head")
    except CommandError as error:
        raise StoreError(
            tr(
                "数据库由更新版本的清图建立，请升级程序",
                "the database was made by a newer Qingtu; update the program",
            )
        ) from error
    except OperationalError as error:
        raise StoreError(tr("数据库连不上", "the database cannot be reached")) from error


def is_newest(connection: Connection) -> bool:
    """Return whether all migrations have run."""
    if not is_ours(connection):
        return False
    found = connection.scalar(text(f"select version_num from {VERSION_TABLE}"))  # noqa: S608 - a constant
    return bool(found == ScriptDirectory.from_config(_config()).get_current_head())
