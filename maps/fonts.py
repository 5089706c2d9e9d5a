"""A font with Chinese characters for pictures that are painted here; browsers find their own."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from PIL import ImageFont

from geodata.errors import QingtuError

FAMILIES = "'Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif"
# Regular and bold, and the number of the simplified Chinese face in a collection.
_CANDIDATES = (
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-{}.ttc", "Regular", "Bold", 2),
    ("/usr/share/fonts/google-noto-cjk/NotoSansCJK-{}.ttc", "Regular", "Bold", 2),
    ("/usr/share/fonts/noto-cjk/NotoSansCJK-{}.ttc", "Regular", "Bold", 2),
    ("/usr/share/fonts/truetype/wqy/{}.ttc", "wqy-microhei", "wqy-microhei", 0),
    ("/System/Library/Fonts/{}.ttc", "PingFang", "PingFang", 0),
    ("C:/Windows/Fonts/{}.ttc", "msyh", "msyhbd", 0),
)


class FontError(QingtuError):
    """No font with Chinese characters was found."""


@lru_cache(maxsize=64)
def load_font(size_px: float, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Return a font for painting.

    Raises
    ------
    FontError
        If the machine has none; SVG pictures need none.
    """
    path, index = _find(bold)
    return ImageFont.truetype(path, size=size_px, index=index)


@lru_cache(maxsize=2)
def _find(bold: bool) -> tuple[str, int]:
    for pattern, regular, heavy, index in _CANDIDATES:
        path = Path(pattern.format(heavy if bold else regular))
        if path.exists():
            return str(path), index
    package = find_spec("pylopdf_fonts_zh_cn")
    for place in package.submodule_search_locations or () if package else ():
        for path in sorted(Path(place).rglob("*.[ot]t[fc]")):
            return str(path), 0
    raise FontError(
        "no Chinese font, so no PNG: install fonts-noto-cjk, or use .svg",
        zh="找不到中文字体，不能画 PNG：安装 fonts-noto-cjk，或改用 .svg",
    )
