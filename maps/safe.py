"""Bring data into a page so that it stays data.

folium writes popups, tooltips and layer names into HTML and into JavaScript template literals, where
`html.escape` and `parse_html=True` leave `${…}` and backticks alive; and branca renders what a macro
returns as a Jinja template once more, so `{{…}}` in a datum runs in *this* process. So no datum of
ours goes that way: all data travels in **one** JSON block (`json_block`), and the page's own script puts it on
screen with `textContent`. `escape_html` is for the few words that stand in the page itself.

Not for: neutralising spreadsheet formulas (that is done where a spreadsheet is written).
"""

from __future__ import annotations

import html
import json
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

# "<", ">" and "&" keep the HTML parser out; "/" keeps addresses and "</script" out; U+2028 and
# U+2029 end a line in older JavaScript. All are plain JSON escapes, so JSON.parse gives them back.
_JSON_ESCAPES = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "/": "\\/", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)
_HTML_EXTRA = str.maketrans({"`": "&#96;", "$": "&#36;", "{": "&#123;", "}": "&#125;", "/": "&#47;"})
# Controls have no glyph; bidirectional marks let a text pretend to be another one.
_CONTROLS = (*range(0x00, 0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0))
_DIRECTION_MARKS = (0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF)
_UNWANTED = dict.fromkeys((*_CONTROLS, *_DIRECTION_MARKS))


def clean_text(value: str) -> str:
    """Return a text without control characters, direction marks and lone surrogates.

    Examples
    --------
    >>> clean_text("东风渠\\x00\\u202e北岸")
    '东风渠北岸'
    """
    return value.translate(_UNWANTED).encode("utf-8", "ignore").decode("utf-8")


def escape_html(value: object) -> str:
    """Return a value as text that is inert in HTML text, quoted attributes and JS templates.

    Examples
    --------
    >>> escape_html("<b>${1}`")
    '&lt;b&gt;&#36;&#123;1&#125;&#96;'
    """
    return html.escape(clean_text(str(value)), quote=True).translate(_HTML_EXTRA)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {clean_text(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):  # numpy scalars and arrays
        return _plain(value.tolist())
    raise TypeError(f"a page takes text, numbers, dates, lists and mappings, not {type(value).__name__}")


def escape_json(data: Any) -> str:
    """Return data as JSON that is inert inside an HTML `<script>` element.

    Parameters
    ----------
    data
        Nested mappings, sequences, text, numbers, dates, None. NaN and infinities become null.

    Raises
    ------
    TypeError
        If something else is in it.

    Examples
    --------
    >>> escape_json({"店名": "</script>"})
    '{"店名":"\\\\u003c\\\\/script\\\\u003e"}'
    """
    text = json.dumps(_plain(data), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.translate(_JSON_ESCAPES)


def json_block(data: Any, *, element_id: str) -> str:
    """Return a `<script type="application/json">` element that holds data and runs nothing.

    Raises
    ------
    ValueError
        If the element's id is not a plain identifier.
    """
    if not element_id.replace("-", "").isalnum() or not element_id.isascii():
        raise ValueError(f"an element id is letters, digits and hyphens, not {element_id!r}")
    return f'<script type="application/json" id="{element_id}">{escape_json(data)}</script>'
