"""Passwords: argon2id, and what a new one must look like."""

from __future__ import annotations

import secrets

from pwdlib import PasswordHash

from service.errors import Refused
from service.words import tr

MIN_LENGTH = 8
MAX_LENGTH = 200
_HASHER = PasswordHash.recommended()
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


def password_matches(password: str, password_hash: str | None) -> bool:
    """Return whether a password fits a hash; None (no such user) costs the same time and is False."""
    if len(password) > MAX_LENGTH:
        return False
    fits = _HASHER.verify(password, password_hash or _DECOY)
    return fits and password_hash is not None
