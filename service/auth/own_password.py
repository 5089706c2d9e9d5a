"""Changing one's own password: the old one again, the sessions everywhere else ended."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, Engine

from service.audit.trail import record
from service.auth.passwords import hash_password, password_matches, require_new_password
from service.auth.queries import (
    close_all_sessions,
    count_failure,
    find_user,
    open_session,
    update_user,
)
from service.auth.scope import Scope
from service.errors import Forbidden, Refused
from service.store.tables import User
from service.words import tr


def change_own_password(engine: Engine, *, scope: Scope, current: str, new: str) -> str:
    """Give a person a new password and return the token of a fresh session; all others end.

    Raises
    ------
    Forbidden
        If nobody, or a public account that several people share, asks; or while the account is locked.
    Refused
        If the old password is wrong (it counts as a failed log-in), or the new one is no good.
    """
    if scope.user_id is None or scope.is_public:
        raise Forbidden(
            tr("公用账号的密码由管理员设置", "the administrator sets a shared account's password")
        )
    now = datetime.now(UTC)
    with engine.begin() as connection:
        user = find_user(connection, scope.name, lock=True)
        if user is None or not user.active:
            raise Forbidden(tr("账号已停用", "the account is disabled"))
        if user.locked_until is not None and user.locked_until > now:
            raise Forbidden(
                tr("账号暂时锁定，15 分钟后再试", "the account is locked, try again in 15 minutes")
            )
        if password_matches(current, user.password_hash):
            return _change(connection, user, scope=scope, current=current, new=new, now=now)
        # Committed: the count must outlive the refusal, so the error is raised after the block.
        count_failure(connection, user, now)
        record(
            connection, actor=scope.actor, action="login_failed", object_type="user", object_id=str(user.id)
        )
    wrong = tr("原密码不对", "the old password is wrong")
    raise Refused(wrong, fields=[("body.current", wrong)])


def _change(
    connection: Connection, user: User, *, scope: Scope, current: str, new: str, now: datetime
) -> str:
    require_new_password(new, current=current, name=user.name, phone=user.phone)
    update_user(
        connection,
        user.id,
        password_hash=hash_password(new),
        must_change=False,
        failures=0,
        locked_until=None,
    )
    close_all_sessions(connection, user.id)
    token = open_session(connection, user.id, now)
    record(
        connection, actor=scope.actor, action="password_changed", object_type="user", object_id=str(user.id)
    )
    return token
