"""A canvas as a file: PNG, SVG, or one HTML page that refers to nothing outside."""

from __future__ import annotations

from html import escape
from pathlib import Path

from geodata.errors import InputError
from maps.canvas import Canvas

PICTURES = (".png", ".svg", ".html")


def write_picture(canvas: Canvas, path: Path, *, title: str) -> None:
    """Write a picture in the format of its file name.

    Raises
    ------
    ValueError
        If the name ends in none of `PICTURES`.
    FontError
        For a PNG, if the machine has no font with Chinese characters.
    """
    suffix = path.suffix.lower()
    if suffix not in PICTURES:
        raise InputError(
            f"a picture is written as {' '.join(PICTURES)}, not {path.name}",
            zh=f"图片只能写成 {' '.join(PICTURES)}，不能是 {path.name}",
        )
    if suffix == ".png":
        path.write_bytes(canvas.png())
        return
    svg = canvas.svg()
    if suffix == ".html":
        svg = (
            '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width">'
            f"<title>{escape(title)}</title><style>body{{margin:0}}svg{{width:100%;min-width:900px;height:auto}}</style>{svg}</html>"
        )
    path.write_text(svg, encoding="utf-8")
