"""Running other programs during set-up, without leaving anything outside the repository."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from words import SetupError, tr

REPOSITORY = Path(__file__).resolve().parents[1]
STATE = REPOSITORY / ".setup"


def run(*command: str | Path, env: dict[str, str] | None = None, cwd: Path = REPOSITORY) -> str:
    """Run a program to its end and return what it printed.

    Raises
    ------
    SetupError
        If it cannot be run or fails; the message ends with what it said.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            env=os.environ | cache_environment() | (env or {}),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise SetupError(f"{words[0]}: {error.strerror}") from error
    if done.returncode:
        raise SetupError(
            tr(
                f"命令失败（返回 {done.returncode}）：{' '.join(words)}\n{done.stdout[-4000:]}",
                f"command failed with {done.returncode}: {' '.join(words)}\n{done.stdout[-4000:]}",
            )
        )
    return done.stdout


def cache_environment() -> dict[str, str]:
    """Return the variables that keep downloads and caches of all tools inside the repository."""
    cache = STATE / "cache"
    ours = {
        "PIP_CACHE_DIR": str(cache / "pip"),
        "UV_CACHE_DIR": str(cache / "uv"),
        "npm_config_cache": str(cache / "npm"),
        "NODE_COMPILE_CACHE": str(cache / "node"),
    }
    # somebody who has chosen a place for them keeps it
    chosen = {name: value for name in ours if (value := os.environ.get(name))}
    fixed = {
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        "UV_PYTHON_DOWNLOADS": "never",
        "DEBIAN_FRONTEND": "noninteractive",
    }
    return ours | chosen | fixed
