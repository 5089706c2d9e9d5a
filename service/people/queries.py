"""SQL of the people: list, find, lock, change. Who may see them is asked by the routes: all or nobody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, RowMapping, func, or_, select, text, update

from service.setup.queries import in_force
from service.store.tables import ApiToken, ClientRequest, User, Zone

# Any constant: people are changed one after the other, so that two admins cannot disable each other.
_LOCK = 0x70656F70
_COLUMNS = (
    User.id, User.name, User.display_name, User.role, User.zone_code, User.command, User.unit, User.phone,
    User.active, User.must_change, User.locked_until, User.last_login_at, User.version,
)  # fmt: skip


def lock_people(connection: Connection) -> None:
    """Let nobody else change people until the transaction ends."""
    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def _tokens() -> Any:
    return (
        select(func.count())
        .select_from(ApiToken)
        .where(ApiToken.user_id == User.id)
        .scalar_subquery()
        .label("tokens")
    )


def find_person(connection: Connection, person_id: int) -> RowMapping | None:
    """Return a person's row, without what a password is checked by."""
    query = select(*_COLUMNS, _tokens()).where(User.id == person_id)
    return connection.execute(query).mappings().one_or_none()


def list_people(
    connection: Connection,
    *,
    role: str = "",
    words: str = "",
    with_phones: bool = False,
    active: bool | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[RowMapping]:
    """Return people by id.

    Parameters
    ----------
    words
        Part of a name, login name or unit; of a telephone only `with_phones`: else it could be guessed
        digit by digit.
    active
        None takes disabled ones as well.
    """
    query = select(*_COLUMNS, _tokens()).where(User.id > after).order_by(User.id)
    if role:
        query = query.where(User.role == role)
    if active is not None:
        query = query.where(User.active.is_(active))
    if words.strip():
        fields = (User.display_name, User.name, User.unit, *((User.phone,) if with_phones else ()))
        query = query.where(or_(*(field.icontains(words.strip(), autoescape=True) for field in fields)))
    return list(connection.execute(query.limit(limit)).mappings())


def update_person(connection: Connection, person_id: int, **values: object) -> None:
    """Change columns of a person; the version goes up by one."""
    connection.execute(update(User).where(User.id == person_id).values(version=User.version + 1, **values))


def count_other_admins(connection: Connection, ids: Sequence[int]) -> int:
    """Return how many active administrators there are beside some people."""
    query = select(func.count()).select_from(User).where(User.role == "admin", User.active)
    return int(connection.scalar(query.where(User.id.not_in(list(ids)))) or 0)


def login_names(connection: Connection) -> set[str]:
    """Return all login names, of disabled people too: a name is never given to another person."""
    return set(connection.scalars(select(User.name)))


def zones_in_force(connection: Connection, *, today: date) -> list[RowMapping]:
    """Return level, code, name, parent and leader of the communities and grids of a day, by code."""
    query = (
        select(Zone.level, Zone.code, Zone.name, Zone.parent_code, Zone.leader)
        .where(Zone.level.in_(("community", "grid")), in_force(Zone, today))
        .order_by(Zone.code)
    )
    return list(connection.execute(query).mappings())


def find_list_answer(
    connection: Connection, *, actor: str, key: str, upload: str
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return content and answer of the import of a previewed list that came under a key; None when it is new."""
    query = select(ClientRequest.content, ClientRequest.answer).where(
        ClientRequest.actor == actor, ClientRequest.key == key, ClientRequest.status < 400,
        ClientRequest.content["upload"].astext == upload,
    )  # fmt: skip
    row = connection.execute(query).one_or_none()
    return None if row is None else (dict(row.content), dict(row.answer))
