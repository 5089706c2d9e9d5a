"""How a place class looks in lists: name, colour, outline and character, from `maps.style`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maps.style import place_symbol
from service.atlas.looks import SHAPES
from service.words import language, tr

if TYPE_CHECKING:
    from service.deps import Service


def class_look(service: Service, code: str) -> dict[str, str]:
    """Return the looks of a class; a code that the office's table lacks is named by itself."""
    symbol = place_symbol(code)
    name = service.vocabulary.classes.name(code, lang=language.get()) or tr("未分类", "unclassified")
    return {
        "code": code, "name": name, "short": name, "colour": symbol.colour, "ink": symbol.ink, "shape": symbol.shape,
        "path": SHAPES[symbol.shape], "glyph": symbol.glyph,
    }  # fmt: skip
