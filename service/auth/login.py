"""Logging in and out: password check, lock after failures, one audit row each."""

from __future__ import annotations

import threading
import time
from collections import deque
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from service.audit.trail import record
from service.auth.passwords import password_matches
from service.auth.queries import (
    close_session,
    count_failure,
    drop_old_sessions,
    find_login,
    open_session,
    scope_of,
    update_user,
)
from service.auth.scope import Scope
from service.errors import NotLoggedIn, TooManyRequests
from service.words import tr


class RateLimit:
    """At most `tries` per key in `seconds`, per process; a first form that slows down guessing."""

    def __init__(self, *, tries: int, seconds: float, keys: int = 10_000) -> None:
        self._tries, self._seconds, self._keys = tries, seconds, keys
        self._seen: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def check(self, key: str) -> None:
        """Count a try; raise `TooManyRequests` when there were too many."""
        now = time.monotonic()
        with self._lock:
            if len(self._seen) > self._keys:
                self._seen = {
                    k: times for k, times in self._seen.items() if times and times[-1] > now - self._seconds
                }
            times = self._seen.setdefault(key, deque())
            while times and times[0] <= now - self._seconds:
                times.popleft()
            if len(times) >= self._tries:
                raise TooManyRequests(tr("尝试过于频繁，请稍后再试", "too many tries, wait a moment"))
            times.append(now)


def log_in(engine: Engine, *, name: str, password: str, idle: timedelta) -> tuple[str, Scope]:
    """Return a new session's token and the person's scope.

    Raises
    ------
    NotLoggedIn
        For a wrong name or password, with the same words for both; also while locked.
    """
    now = datetime.now(UTC)
    wrong = NotLoggedIn(tr("用户名或密码不对", "wrong name or password"))
    with engine.begin() as connection:
        user = find_login(connection, name)
        locked = user is not None and user.locked_until is not None and user.locked_until > now
        fits = password_matches(password, user.password_hash if user else None)
        if user is None or not user.active or locked or not fits:
            # Committed: the count must outlive the refusal, so the error is raised after the block.
            if user is not None and not locked:
                count_failure(connection, user, now)
                # The account's name, not what was typed: that may be a telephone.
                record(
                    connection,
                    actor=user.name,
                    action="login_failed",
                    object_type="user",
                    object_id=str(user.id),
                )
            token = ""
        else:
            update_user(connection, user.id, failures=0, locked_until=None, last_login_at=now)
            drop_old_sessions(connection, now, idle=idle)
            token = open_session(connection, user.id, now)
            record(connection, actor=user.name, action="login", object_type="user", object_id=str(user.id))
    if user is not None and locked:
        raise NotLoggedIn(
            tr(
                "连续输错次数太多，账号暂时锁定，15 分钟后再试",
                "too many failures: the account is locked for 15 minutes",
            )
        )
    if user is None or not token:
        raise wrong
    return token, scope_of(user)


def log_out(engine: Engine, *, token: str, scope: Scope) -> None:
    """End a session."""
    with engine.begin() as connection:
        close_session(connection, token)
        record(
            connection, actor=scope.actor, action="logout", object_type="user", object_id=str(scope.user_id)
        )
