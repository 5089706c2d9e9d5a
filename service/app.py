"""Wiring only: settings in, app out. Each feature brings a router; nothing is decided here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

import service.atlas.routes
import service.auth.password_routes
import service.auth.routes
import service.borders.pages
import service.borders.routes
import service.bounds.routes
import service.cases.routes
import service.drawings.pages
import service.drawings.picture_routes
import service.drawings.routes
import service.frame
import service.grids.routes
import service.health
import service.inspections.routes
import service.intake.routes
import service.kinds.pages
import service.kinds.routes
import service.moving.pages
import service.moving.routes
import service.pages
import service.patrols.routes
import service.people.list_routes
import service.people.pages
import service.people.routes
import service.registers.pages
import service.registers.routes
import service.reports.routes
import service.reports.spot_routes
import service.review.kind_routes
import service.review.routes
import service.roads.pages
import service.roads.routes
import service.rounds.routes
import service.setup.office_routes
import service.setup.pages
import service.setup.routes
from geodata.kinds import load_kinds
from service import errors
from service.auth.login import RateLimit
from service.borders.current import OfficeZones
from service.borders.due import DueBorders
from service.deps import Service
from service.guard import Guard, Metrics
from service.kinds.current import OfficeKinds
from service.office import GAZETTEER_FILE, read_office
from service.registers.vocabulary import read_vocabulary
from service.review.aliases import OfficeGeocoder
from service.settings import Settings
from service.store.engine import make_engine
from service.templating import STATIC_DIR, make_templates
from service.words import tr

# Every feature's router; a new feature adds its line.
ROUTERS = (
    service.health.router,
    service.auth.routes.router,
    service.auth.password_routes.router,
    service.cases.routes.router,
    service.review.kind_routes.router,
    service.review.routes.router,
    service.kinds.routes.router,
    service.kinds.pages.router,
    service.moving.routes.router,
    service.moving.pages.router,
    service.intake.routes.router,
    service.registers.routes.router,
    service.registers.pages.router,
    service.inspections.routes.router,
    service.rounds.routes.router,
    service.setup.routes.router,
    service.people.list_routes.router,
    service.people.routes.router,
    service.people.pages.router,
    service.setup.office_routes.router,
    service.setup.pages.router,
    service.borders.routes.router,
    service.borders.pages.router,
    service.bounds.routes.router,
    service.grids.routes.router,
    service.roads.routes.router,
    service.roads.pages.router,
    service.drawings.routes.router,
    service.drawings.picture_routes.router,
    service.drawings.pages.router,
    service.atlas.routes.router,
    service.pages.router,
    service.patrols.routes.router,
    service.reports.routes.router,
    service.reports.spot_routes.router,
)


def create_app(settings: Settings) -> FastAPI:
    """Return the app of an initialised data directory.

    Parameters
    ----------
    settings
        With `database_url` filled in: whoever starts the app also runs the private cluster.

    Raises
    ------
    NotReady
        If the data directory is not initialised or there is no database address.
    """
    if settings.database_url is None:
        raise errors.NotReady(tr("没有数据库地址", "no database address"))
    office = read_office(settings.data_dir)
    engine = make_engine(settings.database_url, pool_size=settings.pool_size)
    zones, kinds = OfficeZones(crs=office.crs), load_kinds()
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        engine.dispose()

    # The bundled documentation pages load scripts from a CDN, so they stay off; /openapi.json stays on.
    app = FastAPI(
        title="清图 Qingtu", version="0.1.0", lifespan=lifespan, docs_url=None, redoc_url=None,
        responses=errors.RESPONSES,
    )  # fmt: skip
    app.state.metrics = metrics
    app.state.service = Service(
        settings=settings,
        office=office,
        engine=engine,
        geocoder=OfficeGeocoder(settings.data_dir / GAZETTEER_FILE, crs=office.crs),
        kinds=kinds,
        kind_rules=OfficeKinds(kinds),
        templates=make_templates(),
        login_limit=RateLimit(tries=20, seconds=60),
        zones=zones,
        due=DueBorders(engine, zones=zones, clock=office.clock),
        vocabulary=read_vocabulary(settings.data_dir, kinds),
        turns=asyncio.Semaphore(settings.pool_size),
    )
    errors.install(app)
    for router in ROUTERS:
        app.include_router(router)
    service.frame.install(app)
    if STATIC_DIR.is_dir():
        app.mount("/static", StaticFiles(directory=STATIC_DIR), name="static")
    app.add_middleware(
        Guard, body_limit=settings.body_limit_bytes, upload_limit=settings.upload_limit_bytes,
        lang=settings.lang, metrics=metrics,
    )  # fmt: skip
    return app
