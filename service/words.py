"""Chinese first, English on request: the words a person reads.

The language is a context variable, set once per command (`--lang`, `QINGTU_LANG`) or request.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Literal

Language = Literal["zh", "en"]

language: ContextVar[Language] = ContextVar("language", default="zh")


def tr(zh: str, en: str) -> str:
    """Return the text in the language of the current command or request."""
    return en if language.get() == "en" else zh


def said(error: Exception) -> str:
    """Return what an exception says, in the language of the current command or request.

    Errors of `geodata` carry both languages; those of the service are made in the reader's.
    """
    return tr(getattr(error, "zh", "") or str(error), str(error))
