"""Where the store is: an external database if the settings name one, else the private cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from service.settings import Settings
from service.store.cluster import Cluster


@contextmanager
def open_store(settings: Settings, *, exclusive: bool = False) -> Iterator[str]:
    """Yield the address of the office's database, running for the length of the `with` block.

    Parameters
    ----------
    exclusive
        Also claim the data directory for the one long-running service; without effect on an external
        database, which several services may share.

    Raises
    ------
    ClusterError
        If the private cluster cannot be created or started.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    cluster = Cluster(settings.data_dir)
    try:
        yield cluster.ensure(exclusive=exclusive)
    finally:
        cluster.stop()
