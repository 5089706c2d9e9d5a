"""The web pages' words: Chinese sentence -> English sentence, one table beside the templates.

Templates and scripts write the Chinese sentence and call `t`; a sentence the table lacks stays
Chinese, and a test names it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("templates") / "words.toml"


@cache
def english() -> Mapping[str, str]:
    """Return the table."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def translator(lang: str) -> Callable[..., str]:
    """Return `t(sentence, **values)` for a language; `{name}` in the sentence is filled in.

    Examples
    --------
    >>> translator("en")("共 {n} 件", n=3)
    '3 cases'
    """
    table = english() if lang == "en" else {}

    def t(sentence: str, **values: object) -> str:
        found = table.get(sentence, sentence)
        for name, value in values.items():
            found = found.replace("{" + name + "}", str(value))
        return found

    return t
