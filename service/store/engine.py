"""Connections to the store: one engine per process, PostgreSQL with PostGIS through psycopg 3."""

from __future__ import annotations

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL, make_url

from service.errors import StoreError
from service.words import tr


def store_url(address: str) -> URL:
    """Return an address as a SQLAlchemy URL with the psycopg 3 driver.

    Raises
    ------
    StoreError
        If it is not an address of a PostgreSQL database.
    """
    try:
        url = make_url(address)
    except Exception as error:
        raise StoreError(
            tr(
                "数据库地址读不懂，应形如 postgresql://用户@主机/库名",
                "the database address is not like postgresql://user@host/name",
            )
        ) from error
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise StoreError(
            tr("只支持 PostgreSQL（带 PostGIS）数据库", "only PostgreSQL with PostGIS is supported")
        )
    return url.set(drivername="postgresql+psycopg")


def make_engine(address: str, *, pool_size: int = 10) -> Engine:
    """Return an engine; nothing is connected yet.

    Parameters
    ----------
    address
        `postgresql://…`; Unix sockets by `?host=/directory`.
    pool_size
        Connections kept; twice as many may be opened under load.
    """
    return create_engine(
        store_url(address),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        pool_pre_ping=True,
        # JIT costs more than it saves on queries of some milliseconds.
        connect_args={
            "options": "-c timezone=UTC -c jit=off -c lock_timeout=15s -c statement_timeout=120s",
            "connect_timeout": 10,
        },
    )
