"""Is the process alive, can it work, how much has it done: for the office's monitoring."""

from __future__ import annotations

import shutil

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from service.deps import Service, ServiceDep
from service.store.schema import is_newest

router = APIRouter(tags=["health"])
MIN_FREE_BYTES = 200 * 1024 * 1024


class Alive(BaseModel):
    """The process answers."""

    status: str


class Ready(BaseModel):
    """Whether each thing the service needs is there."""

    ready: bool
    database: bool
    writable: bool
    migrations: bool
    disk: bool
    gazetteer: bool


@router.get("/healthz")
def healthz() -> Alive:
    """Answer without touching the database."""
    return Alive(status="ok")


def _probe_store(service: Service) -> tuple[bool, bool, bool]:
    """Return whether the database answers, takes a write, and is at the newest migration."""
    try:
        with service.engine.connect() as connection:
            newest = is_newest(connection)
            # Rolled back with the connection: shows that the disk and the rights allow a write.
            connection.execute(text("create temporary table ready_probe (x integer) on commit drop"))
            connection.execute(text("insert into ready_probe values (1)"))
            read_only = connection.scalar(text("show transaction_read_only")) == "on"
            return True, not read_only, newest
    except SQLAlchemyError:
        return False, False, False


@router.get("/readyz", responses={503: {"model": Ready}})
def readyz(service: ServiceDep, response: Response) -> Ready:
    """Answer 200 when the service can work, else 503 with what is missing."""
    database, writable, migrations = _probe_store(service)
    disk = shutil.disk_usage(service.settings.data_dir).free > MIN_FREE_BYTES
    gazetteer = service.geocoder.path.is_file()
    ready = all((database, writable, migrations, disk, gazetteer))
    response.status_code = 200 if ready else 503
    return Ready(
        ready=ready,
        database=database,
        writable=writable,
        migrations=migrations,
        disk=disk,
        gazetteer=gazetteer,
    )


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(request: Request) -> Response:
    """Return the counters in Prometheus' text form."""
    return Response(generate_latest(request.app.state.metrics.registry), media_type=CONTENT_TYPE_LATEST)
