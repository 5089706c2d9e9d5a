"""Write a map as one self-contained HTML file: nothing in it is fetched, nothing in it runs but ours.

The page carries a content security policy that names each of its own scripts by hash, so a script
that data might smuggle in would not run even if every other guard failed.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import tempfile
from pathlib import Path

import folium

from maps.assets import AssetError

_ADDRESS = re.compile(r"""https?:/{2}[^\s"'<>)]*|(?:src|href)\s*=\s*["']?/{2}[^\s"'<>]*""", re.IGNORECASE)
_SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<body>.*?)</script>", re.DOTALL | re.IGNORECASE)
_META = '<meta http-equiv="content-type" content="text/html; charset=UTF-8" />'


def render_html(map_: folium.Map) -> str:
    """Return a map as the text of one self-contained page.

    Raises
    ------
    AssetError
        If the page would fetch something: a tile layer, a folium plug-in with links of its own.
    """
    html: str = map_.get_root().render()
    found = sorted({match[0] for match in _ADDRESS.finditer(html)})
    if found:
        listed = ", ".join(found[:5])
        raise AssetError(f"the page would hold {len(found)} addresses ({listed}); it must hold none")
    html = html.replace("<html>", '<html lang="zh-CN">', 1)
    if html.count(_META) != 1:
        raise AssetError("the page has no head of the known form to put its security policy in")
    return html.replace(_META, f'<meta charset="utf-8">\n{_policy(html)}', 1)


def _policy(html: str) -> str:
    hashes = []
    for match in _SCRIPT.finditer(html):
        if "application/json" in match["attributes"]:
            continue
        digest = hashlib.sha256(match["body"].encode()).digest()
        hashes.append(f"'sha256-{base64.b64encode(digest).decode('ascii')}'")
    scripts = " ".join(hashes) or "'none'"
    return (
        f'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; script-src {scripts}; '
        "style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'\">"
    )


def write_html(map_: folium.Map, path: Path | str) -> int:
    """Write a map as one self-contained HTML file; return its size in bytes.

    The file appears whole or not at all: it is written beside its place and renamed.

    Raises
    ------
    AssetError
        If the page would fetch something.
    OSError
        If the file cannot be written.
    """
    target = Path(path)
    content = render_html(map_).encode("utf-8")
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        part.chmod(0o666 & ~_umask())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return len(content)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
