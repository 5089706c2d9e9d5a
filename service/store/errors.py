"""What can go wrong with the database server, said so that an office without a DBA can act on it.

::

    QingtuError
    └── ClusterError          the private database cannot be created, started, stopped or removed
        └── PostgresMissingError   no PostgreSQL with PostGIS on this machine
"""

from __future__ import annotations

from geodata.errors import QingtuError


class ClusterError(QingtuError):
    """The private database cannot be created, started, stopped or removed."""


class PostgresMissingError(ClusterError):
    """No PostgreSQL with PostGIS (of the version asked for) is on this machine."""
