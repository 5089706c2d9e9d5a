"""Passwords: argon2id, and what a new one must look like."""

from __future__ import annotations

import secrets

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from service.errors import Refused
from service.words import tr

MIN_LENGTH = 8
_LEAST_DIFFERENT = 4
# Read aloud and typed from paper: no 0 o 1 l i, no capitals. Twelve of them are 59 bits.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
MAX_LENGTH = 200
_HASHER = PasswordHash.recommended()
# For our own random passwords: 59 bits need no slow hash, and 300 slips would take a minute.
_FIRST_MEMORY_KIB = 8192
_FIRST_HASHER = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=_FIRST_MEMORY_KIB, parallelism=1),))
# Checked when the name is unknown, so that the answer takes as long as for a known one.
_DECOY = _HASHER.hash(secrets.token_urlsafe(16))


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password.

    Raises
    ------
    Refused
        If it is shorter than `MIN_LENGTH` or longer than `MAX_LENGTH` characters.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Refused(
            tr(
                f"密码须为 {MIN_LENGTH} 到 {MAX_LENGTH} 个字符",
                f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters",
            ),
            fields=[("password", tr("长度不对", "wrong length"))],
        )
    return _HASHER.hash(password)


def first_password() -> str:
    """Return a random password for a slip of paper: three groups of four."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))


def hash_first_password(password: str) -> str:
    """Return the hash of a password made by `first_password`: quicker, it cannot be guessed anyway."""
    return _FIRST_HASHER.hash(password)


def require_new_password(password: str, *, current: str, name: str, phone: str) -> None:
    """Refuse a new password that is the old one, is guessed from its owner, or is one key pressed again and again.

    Raises
    ------
    Refused
        With the reason; `hash_password` checks the length.
    """
    folded = password.casefold()
    if password == current:
        why = tr("新密码不能与原密码相同", "the new password must differ from the old one")
    elif any(part and part.casefold() in folded for part in (name, phone)):
        why = tr("新密码不能含有登录名或电话", "the password must not hold the login name or telephone")
    elif len(set(password)) < _LEAST_DIFFERENT:
        why = tr(
            f"新密码至少要有 {_LEAST_DIFFERENT} 个不同的字符",
            f"the password needs at least {_LEAST_DIFFERENT} different characters",
        )
    else:
        return
    raise Refused(why, fields=[("body.new", why)])


def password_matches(password: str, password_hash: str | None) -> bool:
    """Return whether a password fits a hash; None (no such user) costs the same time and is False."""
    if len(password) > MAX_LENGTH:
        return False
    fits = _HASHER.verify(password, password_hash or _DECOY)
    if password_hash is not None and f"m={_FIRST_MEMORY_KIB}," in password_hash:
        # As long as for any other: time must not tell who has not logged in yet.
        _HASHER.verify(password, _DECOY)
    return fits and password_hash is not None
