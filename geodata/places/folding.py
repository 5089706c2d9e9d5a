"""Names and addresses as they are compared: without width, case, blanks and punctuation."""

from __future__ import annotations

import re
import unicodedata

_DROPPED = re.compile(r"[\s\W_]+")


def fold(text: str) -> str:
    """Return a text for comparison: NFKC, lower case, only letters, digits and characters.

    Nothing that tells two places apart is dropped: numbers, branch names and directions stay.

    Examples
    --------
    >>> fold("须水邓记叫化鸡（锦尚苑店） "), fold("ＡＢＣ 12号")
    ('须水邓记叫化鸡锦尚苑店', 'abc12号')
    """
    return _DROPPED.sub("", unicodedata.normalize("NFKC", text).casefold())
