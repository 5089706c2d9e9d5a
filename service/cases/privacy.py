"""What of a case the public may read: no telephone numbers, identity cards, or names of persons."""

from __future__ import annotations

import re

_HIDDEN = "***"
# Identity cards (18, or 15 digits), mobile and landline numbers, any other long number; then e-mail.
_NUMBERS = re.compile(
    r"(?<![0-9])(?:[0-9]{17}[0-9Xx]|(?:\+?86[- ]?)?1[0-9]{2}[- ]?[0-9]{4}[- ]?[0-9]{4}|0[0-9]{2,3}[- ]?[0-9]{7,8}|[0-9]{7,})"
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
# 王女士, 张先生, 欧阳师傅: a surname and how one addresses a person.
_PERSON = re.compile(r"[一-鿿]{1,2}(?=先生|女士|小姐|师傅|大爷|大妈|阿姨|老师|同志)")


def public_words(text: str) -> str:
    """Return a text without personal data, as far as patterns can tell.

    Examples
    --------
    >>> public_words("王女士 13812345678 反映垃圾未清")
    '***女士 *** 反映垃圾未清'
    """
    masked = _MAIL.sub(_HIDDEN, _NUMBERS.sub(_HIDDEN, text))
    return _PERSON.sub(_HIDDEN, masked)
