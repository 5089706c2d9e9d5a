"""Login names and telephone numbers as people type them, brought to one spelling."""

from __future__ import annotations

import re
import unicodedata

_PHONE = re.compile(r"(?:\+?86)?(1\d{10}|0\d{2,3}\d{7,8}|\d{7,8})(?:转(\d{1,6}))?")
_BLANKS = re.compile(r"[\s\u00b7\u3000\u200b-\u200f\ufeff]+")


def fold_name(text: str) -> str:
    """Return a name without blanks, in one width.

    Examples
    --------
    >>> fold_name("张　伟 "), fold_name("ＺＨＡＮＧ３")
    ('张伟', 'ZHANG3')
    """
    return _BLANKS.sub("", unicodedata.normalize("NFKC", text))


def fold_phone(text: str) -> str:
    """Return a telephone number's digits, "" where the text is none.

    Examples
    --------
    >>> fold_phone("+86 138-0000-1111"), fold_phone("（0371）6789 0123"), fold_phone("１３８００００１１１１")
    ('13800001111', '037167890123', '13800001111')
    >>> fold_phone("张伟"), fold_phone("12345"), fold_phone("0371-67890123转801")
    ('', '', '037167890123转801')
    """
    bare = re.sub(r"[\s\-—–.()（）+]", "", unicodedata.normalize("NFKC", text).strip().removeprefix("+"))
    found = _PHONE.fullmatch(bare)
    return "" if found is None else found.group(1) + (f"转{found.group(2)}" if found.group(2) else "")


def mask_phone(phone: str) -> str:
    """Return a telephone number with its middle hidden.

    Examples
    --------
    >>> mask_phone("13800001111"), mask_phone("67890123"), mask_phone("")
    ('138****1111', '67****23', '')
    """
    if not phone:
        return ""
    head, tail = (3, 4) if len(phone) >= 11 else (2, 2)
    return f"{phone[:head]}****{phone[-tail:]}" if len(phone) > head + tail else "****"
