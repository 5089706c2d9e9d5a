"""The demo's logins for people and scripts: `demo-access.json`, readable by its owner only."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypedDict

FILE = "demo-access.json"


class Access(TypedDict):
    """One user of the demo."""

    name: str
    password: str
    role: str
    zone: str
    command: str
    token: str


def write_access(data_dir: Path, *, url: str, users: Sequence[Access]) -> Path:
    """Write the file, whole or not at all, with mode 0600, and return its path."""
    path, draft = data_dir / FILE, data_dir / f"{FILE}.new"
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        json.dump({"url": url, "users": list(users)}, handle, ensure_ascii=False, indent=1)
    draft.replace(path)
    return path


def read_access(data_dir: Path) -> dict[str, Any] | None:
    """Return what the file says, None when there is none."""
    path = data_dir / FILE
    if not path.is_file():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def update_url(data_dir: Path, url: str) -> Path | None:
    """Write the address at which the demo answers now; None when there is no such file."""
    found = read_access(data_dir)
    return None if found is None else write_access(data_dir, url=url, users=found["users"])
