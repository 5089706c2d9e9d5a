"""What every route may ask for: the running service, a connection, the person, the office.

Use them as types, for example `def routes(connection: ConnectionDep, scope: ScopeDep)`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from fastapi.concurrency import contextmanager_in_threadpool
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from service.auth.login import RateLimit
from service.auth.queries import session_scope, token_scope
from service.auth.scope import PUBLIC, Scope
from service.borders.current import OfficeZones
from service.borders.due import DueBorders
from service.clock import Clock, office_day
from service.drawings.streets import StreetBlocks
from service.drawings.warping import PictureShelf
from service.errors import NotLoggedIn, PasswordDue, StoreError
from service.office import Office
from service.settings import Settings
from service.words import tr

if TYPE_CHECKING:
    from fastapi.templating import Jinja2Templates

    from geodata.kinds import KindTable
    from service.kinds.current import OfficeKinds
    from service.registers.vocabulary import Vocabulary
    from service.review.aliases import OfficeGeocoder

SESSION_COOKIE = "qingtu_session"
_PATIENCE_S = 30.0


@dataclass(frozen=True)
class Service:
    """Everything that lives as long as the process: built by `create_app`, found in `app.state`.

    `turns` are the requests that may hold a connection at once, fewer than there are connections.
    """

    settings: Settings
    office: Office
    engine: Engine
    geocoder: OfficeGeocoder
    kinds: KindTable
    kind_rules: OfficeKinds
    templates: Jinja2Templates
    login_limit: RateLimit
    zones: OfficeZones
    due: DueBorders
    vocabulary: Vocabulary
    turns: asyncio.Semaphore
    streets: StreetBlocks = field(default_factory=StreetBlocks)
    pictures: PictureShelf = field(default_factory=PictureShelf)

    @property
    def clock(self) -> Clock:
        """Return the office's clock: it stands still in the demo."""
        return self.office.clock

    @property
    def idle(self) -> timedelta:
        """Return how long a session lives without a request."""
        return timedelta(hours=self.settings.session_hours)

    def today(self) -> date:
        """Return the office's day."""
        return office_day(self.clock.now())


def get_service(request: Request) -> Service:
    """Return the running service."""
    service: Service = request.app.state.service
    return service


ServiceDep = Annotated[Service, Depends(get_service)]


async def get_connection(service: ServiceDep) -> AsyncIterator[Connection]:
    """Yield a connection in one transaction, committed before the answer is sent.

    A request keeps it between its steps, each of which needs a thread, and its other steps (who is asking)
    need a second one for a moment. So requests wait for their turn here, where waiting takes no thread, and
    there are more connections than turns: otherwise 40 waiting threads keep those from going on who have
    what they wait for (80 clients at once stood still for minutes).

    Raises
    ------
    StoreError
        If no turn came in time.
    """
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await service.turns.acquire()
    except TimeoutError as error:
        raise StoreError(tr("服务太忙，请稍后再试", "too busy; try again in a moment")) from error
    try:
        async with contextmanager_in_threadpool(service.engine.begin()) as connection:
            yield connection
    finally:
        service.turns.release()


# scope="function": the default would commit after the answer "saved" has left.
ConnectionDep = Annotated[Connection, Depends(get_connection, scope="function")]


def get_session(connection: ConnectionDep) -> Iterator[Session]:
    """Yield an ORM session on the request's connection and transaction."""
    with Session(bind=connection, join_transaction_mode="create_savepoint") as session:
        yield session
        session.commit()


SessionDep = Annotated[Session, Depends(get_session, scope="function")]


def bearer_token(request: Request) -> str | None:
    """Return the token of `Authorization: Bearer …`, None if there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def get_scope_or_none(request: Request, service: ServiceDep) -> Scope | None:
    """Return who is asking, or None when nobody is logged in and the office is not public.

    Every route that shows or writes anything of the office asks this first; so the first request of a
    day brings in force what was decided for it.
    """
    service.due.settle()
    token, cookie = bearer_token(request), request.cookies.get(SESSION_COOKIE)
    fallback = PUBLIC if service.office.public else None
    if not token and not cookie:
        return fallback
    with service.engine.begin() as connection:
        if token:
            # A wrong token is an error, not the public: a program must notice that it was revoked.
            return token_scope(connection, token)
        found = session_scope(connection, cookie or "", datetime.now(UTC), idle=service.idle)
    return found or fallback


def get_scope(scope: Annotated[Scope | None, Depends(get_scope_or_none)]) -> Scope:
    """Return who is asking.

    Raises
    ------
    NotLoggedIn
        If nobody is, and the office has no public profile.
    PasswordDue
        If they came in by a first password: that is changed before anything else.
    """
    person = get_person(scope)
    if person.must_change:
        raise PasswordDue(tr("请先把初始密码改成自己的", "change the first password to one of your own"))
    return person


def get_person(scope: Annotated[Scope | None, Depends(get_scope_or_none)]) -> Scope:
    """Return who is asking, also while their first password is due: for changing it, and for `who am I`.

    Raises
    ------
    NotLoggedIn
        As `get_scope`.
    """
    if scope is None:
        raise NotLoggedIn(tr("请先登录", "log in first"))
    return scope


def get_office(service: ServiceDep) -> Office:
    """Return the office."""
    return service.office


def get_clock(service: ServiceDep) -> Clock:
    """Return the office's clock."""
    return service.clock


ScopeDep = Annotated[Scope, Depends(get_scope)]
PersonDep = Annotated[Scope, Depends(get_person)]
ScopeOrNone = Annotated[Scope | None, Depends(get_scope_or_none)]
OfficeDep = Annotated[Office, Depends(get_office)]
ClockDep = Annotated[Clock, Depends(get_clock)]
