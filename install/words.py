"""What set-up says to a person: Chinese, or English with QINGTU_LANG=en. Needs nothing but Python."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

ENGLISH = os.environ.get("QINGTU_LANG", "").startswith("en")


class SetupError(Exception):
    """Set-up cannot go on; the message says what to do."""


def tr(zh: str, en: str) -> str:
    """Return the text in the chosen language."""
    return en if ENGLISH else zh


def say(zh: str, en: str) -> None:
    """Print one line at once."""
    print(tr(f"[准备] {zh}", f"[set-up] {en}"), flush=True)


@contextmanager
def timed(zh: str, en: str) -> Iterator[None]:
    """Print what is done, and afterwards how long it took."""
    say(f"{zh} …", f"{en} …")
    start = time.monotonic()
    yield
    seconds = time.monotonic() - start
    say(f"{zh}：完成，{seconds:.0f} 秒", f"{en}: done in {seconds:.0f} s")
