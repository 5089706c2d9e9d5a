"""SQL for users, sessions and tokens. Only hashes of tokens are stored."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from service.auth.names import fold_name, fold_phone
from service.auth.scope import Scope, zone_codes_of
from service.store.tables import ApiToken, LoginSession, User

LOCK_AFTER_FAILURES = 5
LOCK_FOR = timedelta(minutes=15)
# Writing "last seen" on every request would make each read a write.
_SEEN_STEP = timedelta(minutes=5)


def hash_token(token: str) -> bytes:
    """Return what is stored of a token; it is random, so a fast hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def scope_of(user: Row[tuple[User]] | User | object) -> Scope:
    """Return the scope of a row of `users`."""
    return Scope(
        role=getattr(user, "role"),  # noqa: B009 - a result row
        name=getattr(user, "name"),  # noqa: B009
        display_name=getattr(user, "display_name"),  # noqa: B009
        user_id=getattr(user, "id"),  # noqa: B009
        zone_codes=zone_codes_of(getattr(user, "zone_code", None)),
        command=getattr(user, "command", None),
        unit=getattr(user, "unit", None),
        must_change=getattr(user, "must_change", False),
    )


def find_user(connection: Connection, name: str, *, lock: bool = False) -> User | None:
    """Return a user by name; `lock` holds the row so that failures are counted one by one."""
    query = select(User.__table__).where(User.name == name)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else User(**row._mapping)


def find_login(connection: Connection, typed: str) -> User | None:
    """Return whose account is meant by what was typed as login name, its row locked.

    That is the login name, with blanks and width as typed or not, else the telephone of exactly one
    active account: names are easier to mistype on a phone than numbers.
    """
    found = find_user(connection, typed, lock=True)
    folded = fold_name(typed)
    if found is None and folded != typed:
        found = find_user(connection, folded, lock=True)
    phone = fold_phone(typed)
    if found is None and phone:
        query = select(User.name).where(User.phone == phone, User.active).limit(2)
        names = connection.scalars(query).all()
        found = find_user(connection, names[0], lock=True) if len(names) == 1 else None
    return found


def list_users(connection: Connection) -> list[User]:
    """Return all users by name."""
    return [User(**row._mapping) for row in connection.execute(select(User.__table__).order_by(User.name))]


def insert_user(
    connection: Connection,
    *,
    name: str,
    display_name: str,
    role: str,
    password_hash: str,
    zone_code: str | None = None,
    command: str | None = None,
    unit: str | None = None,
    phone: str = "",
    must_change: bool = False,
) -> int:
    """Insert a user and return the id."""
    statement = (
        insert(User)
        .values(
            name=name, display_name=display_name, role=role, password_hash=password_hash,
            zone_code=zone_code, command=command, unit=unit, phone=phone, must_change=must_change,
        )
        .returning(User.id)
    )  # fmt: skip
    return int(connection.execute(statement).scalar_one())


def update_user(connection: Connection, user_id: int, **values: object) -> None:
    """Change columns of a user."""
    connection.execute(update(User).where(User.id == user_id).values(**values))


def count_failure(connection: Connection, user: User, now: datetime) -> None:
    """Count a failed login; lock the account after too many in a row."""
    failures = user.failures + 1
    locked = now + LOCK_FOR if failures >= LOCK_AFTER_FAILURES else None
    update_user(connection, user.id, failures=0 if locked else failures, locked_until=locked)


def open_session(connection: Connection, user_id: int, now: datetime) -> str:
    """Start a session and return its token, the only time it is known."""
    token = secrets.token_urlsafe(32)
    connection.execute(
        insert(LoginSession).values(
            token_hash=hash_token(token), user_id=user_id, created_at=now, last_seen_at=now
        )
    )
    return token


def session_scope(connection: Connection, token: str, now: datetime, *, idle: timedelta) -> Scope | None:
    """Return whose session a token opens, None if it is unknown, idle for too long, or the user is off."""
    row = connection.execute(
        select(User.__table__, LoginSession.last_seen_at)
        .join(LoginSession, LoginSession.user_id == User.id)
        .where(
            LoginSession.token_hash == hash_token(token), User.active, LoginSession.last_seen_at > now - idle
        )
    ).one_or_none()
    if row is None:
        return None
    if now - row.last_seen_at > _SEEN_STEP:
        connection.execute(
            update(LoginSession).where(LoginSession.token_hash == hash_token(token)).values(last_seen_at=now)
        )
    return scope_of(row)


def close_session(connection: Connection, token: str) -> None:
    """End a session."""
    connection.execute(delete(LoginSession).where(LoginSession.token_hash == hash_token(token)))


def drop_old_sessions(connection: Connection, now: datetime, *, idle: timedelta) -> None:
    """Delete sessions that no longer open anything."""
    connection.execute(delete(LoginSession).where(LoginSession.last_seen_at <= now - idle))


def issue_token(connection: Connection, user_id: int, *, label: str) -> str:
    """Create a bearer token for programs and return it, the only time it is known."""
    token = f"qt_{secrets.token_urlsafe(32)}"
    connection.execute(insert(ApiToken).values(token_hash=hash_token(token), user_id=user_id, label=label))
    return token


def token_scope(connection: Connection, token: str) -> Scope | None:
    """Return whose bearer token this is, None if unknown or the user is off.

    A token is a key of its own, not given out with the first password: it opens while that is due.
    """
    row = connection.execute(
        select(User.__table__)
        .join(ApiToken, ApiToken.user_id == User.id)
        .where(ApiToken.token_hash == hash_token(token), User.active)
    ).one_or_none()
    return None if row is None else replace(scope_of(row), must_change=False)


def count_users(connection: Connection) -> int:
    """Return how many users there are."""
    return int(connection.scalar(select(func.count()).select_from(User)) or 0)


def drop_tokens(connection: Connection, user_id: int) -> int:
    """Withdraw all bearer tokens of a user; return how many there were."""
    return int(connection.execute(delete(ApiToken).where(ApiToken.user_id == user_id)).rowcount)


def close_all_sessions(connection: Connection, user_id: int) -> None:
    """End all sessions of a user, for example after a new password."""
    connection.execute(delete(LoginSession).where(LoginSession.user_id == user_id))
