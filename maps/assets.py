"""The page's scripts, styles and images, as text that goes into the page itself.

An exported page opens from a USB stick: nothing may be fetched, so every asset is inlined and every
address in it is written so that the page holds none. Third-party files are under
`assets/vendor/` with their licences, ours under `assets/page/`.
"""

from __future__ import annotations

import base64
import mimetypes
import re
from functools import cache
from pathlib import Path

DIRECTORY = Path(__file__).with_name("assets")
VENDOR = DIRECTORY / "vendor"
PAGE = DIRECTORY / "page"

_SCHEME = re.compile(r"(https?:)//", re.IGNORECASE)
_CSS_URL = re.compile(r"""url\(\s*(['"]?)([^'")]+)\1\s*\)""")
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SOURCE_MAP = re.compile(r"^\s*//[#@]\s*sourceMappingURL=.*$", re.MULTILINE)


class AssetError(Exception):
    """A page needs a file that is not here, or would fetch something from elsewhere."""


def data_uri(path: Path) -> str:
    """Return a file as a data URI.

    Raises
    ------
    AssetError
        If the file is missing or of an unknown kind.
    """
    kind = mimetypes.guess_type(path.name)[0]
    if kind is None or not path.is_file():
        raise AssetError(f"no such image: {path}")
    return bytes_uri(path.read_bytes(), kind)


def bytes_uri(content: bytes, kind: str) -> str:
    """Return bytes of a MIME kind as a data URI."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def inline_script(text: str) -> str:
    """Return a script that can stand inside `<script>` and holds no address.

    An address inside a string keeps its value: `//` after a scheme is written `\\x2f\\x2f`, which a
    script reads as the same two characters (Leaflet needs the SVG namespace as a string).

    Examples
    --------
    >>> inline_script('var ns = "http://www.w3.org/2000/svg";')
    'var ns = "http:\\\\x2f\\\\x2fwww.w3.org/2000/svg";'
    """
    text = _SCHEME.sub(r"\1\\x2f\\x2f", _SOURCE_MAP.sub("", text))
    return text.replace("</script", "<\\/script").replace("<!--", "\\x3c!--")


def inline_style(text: str, *, base: Path) -> str:
    """Return a style sheet with its images as data URIs and without comments.

    Raises
    ------
    AssetError
        If an image is missing, lies outside `base` or would be fetched.
    """

    def image(match: re.Match[str]) -> str:
        target = match[2]
        if target.startswith(("data:", "#")):
            return match[0]
        path = (base / target).resolve()
        if not path.is_relative_to(base.resolve()):
            raise AssetError(f"a style sheet asks for {target}, which is not beside it")
        return f'url("{data_uri(path)}")'

    styled = _CSS_URL.sub(image, _CSS_COMMENT.sub("", text))
    if _SCHEME.search(styled):
        raise AssetError("a style sheet holds an address that would be fetched")
    return styled


@cache
def leaflet_script() -> str:
    """Return Leaflet and its marker clusters as one script."""
    files = ("leaflet/leaflet.js", "leaflet.markercluster/leaflet.markercluster.js")
    return "\n".join(inline_script((VENDOR / name).read_text("utf-8")) for name in files)


@cache
def leaflet_style() -> str:
    """Return the style sheets of Leaflet and its marker clusters."""
    files = (VENDOR / "leaflet/leaflet.css", VENDOR / "leaflet.markercluster/MarkerCluster.css")
    return "\n".join(inline_style(path.read_text("utf-8"), base=path.parent) for path in files)


# In the order they need each other.
_PAGE_SCRIPTS = (
    "data.js",
    "symbols.js",
    "basemap.js",
    "zones.js",
    "features.js",
    "details.js",
    "search.js",
    "legend.js",
    "unplaced.js",
    "page.js",
)


@cache
def page_script() -> str:
    """Return our own scripts, in the order they need each other."""
    return "\n".join(inline_script((PAGE / name).read_text("utf-8")) for name in _PAGE_SCRIPTS)


@cache
def page_style() -> str:
    """Return our own style sheet."""
    return inline_style((PAGE / "page.css").read_text("utf-8"), base=PAGE)


@cache
def licences() -> str:
    """Return the licence texts of the third-party files, without addresses, for a comment."""
    files = ("leaflet/LICENSE", "leaflet.markercluster/MIT-LICENCE.txt")
    texts = [f"{name}\n{(VENDOR / name).read_text('utf-8').strip()}" for name in files]
    return re.sub(r"https?://\S*", "", "\n\n".join(texts)).replace("--", "- -").replace("\x00", "")


@cache
def hotspots_script() -> str:
    """Return the script of the hot-spot layer."""
    return inline_script((DIRECTORY / "hotspots/hotspots.js").read_text("utf-8"))


@cache
def hotspots_style() -> str:
    """Return the style sheet of the hot-spot layer."""
    return inline_style((DIRECTORY / "hotspots/hotspots.css").read_text("utf-8"), base=DIRECTORY / "hotspots")
