"""The service's settings: one frozen object, built once and passed down; never read at import.

Environment variables start with `QINGTU_` (`QINGTU_DATABASE_URL`, `QINGTU_PORT`, …). There is no
secret among the settings: sessions and tokens are random and only their hashes are stored.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where the data lies, how to reach the database, and the limits of the web side."""

    model_config = SettingsConfigDict(env_prefix="QINGTU_", frozen=True, extra="ignore")

    data_dir: Path
    # None means the private cluster in `data_dir`; the CLI fills in its address before the app starts.
    # A plain text, since psycopg accepts addresses (sockets, several hosts) that URL types refuse.
    database_url: str | None = None
    lang: Literal["zh", "en"] = "zh"
    host: str = "127.0.0.1"
    port: int = Field(default=8765, ge=0, le=65535)
    # Set behind HTTPS; a Secure cookie would not come back over plain http on the office network.
    secure_cookies: bool = False
    session_hours: int = Field(default=12, ge=1, le=24 * 30)
    upload_limit_bytes: int = Field(default=32 * 1024 * 1024, ge=1024)
    body_limit_bytes: int = Field(default=1024 * 1024, ge=1024)
    pool_size: int = Field(default=10, ge=1, le=100)

    @property
    def uploads_dir(self) -> Path:
        """Return the folder that keeps uploaded lists."""
        return self.data_dir / "uploads"
