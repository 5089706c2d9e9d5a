"""What scripts and style sheets of the pages need to know of `maps.style`, plus outlines of its shapes.

Colours and words stay in that one table; here they become CSS (`/style.css`) and JSON.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from geodata.kinds import KindTable
from maps.style import (
    COMMAND_STYLE,
    HEAT_RAMP,
    HOTSPOT_STYLE,
    STATE_STYLE,
    Lang,
    command_symbol,
    css_variables,
    style_table,
)

# Outlines in a box of 24 x 24, drawn by canvas (map) and SVG (lists) alike.
SHAPES: dict[str, str] = {
    "circle": "M12 2.5a9.5 9.5 0 1 0 0 19a9.5 9.5 0 1 0 0-19Z",
    "square": "M4.5 3h15a1.5 1.5 0 0 1 1.5 1.5v15a1.5 1.5 0 0 1-1.5 1.5h-15a1.5 1.5 0 0 1-1.5-1.5v-15a1.5 1.5 0 0 1 1.5-1.5Z",
    "diamond": "M12 .8L23.2 12L12 23.2L.8 12Z",
    "hexagon": "M12 1.5L21.3 6.8V17.2L12 22.5L2.7 17.2V6.8Z",
    "shield": "M12 1.5L21 4.2V12c0 5.6-3.9 8.8-9 10.7c-5.1-1.9-9-5.1-9-10.7V4.2Z",
    "drop": "M12 1c4.8 4.9 8.5 8.4 8.5 13.2a8.5 8.5 0 0 1-17 0C3.5 9.4 7.2 5.9 12 1Z",
    "octagon": "M8 2.3h8l5.7 5.7v8l-5.7 5.7h-8l-5.7-5.7v-8Z",
    "triangle": "M12 1.5L23 21.5H1Z",
}


def commands(kinds: KindTable) -> list[dict[str, str]]:
    """Return the office's commands with their looks, in table order, "unclassified" last."""
    rows = [(command.code, command.name, command.short) for command in kinds.commands]
    found = []
    for code, name, short in [*rows, ("", "未分类", "未分类")]:
        symbol = command_symbol(code)
        found.append(
            {
                "code": code, "name": name, "short": short, "colour": symbol.colour, "ink": symbol.ink,
                "shape": symbol.shape, "path": SHAPES[symbol.shape], "glyph": symbol.glyph,
            }
        )  # fmt: skip
    return found


def page_style(kinds: KindTable, lang: Lang) -> dict[str, Any]:
    """Return everything a script in a page draws with, JSON-able."""
    table = style_table(lang)
    return {
        "commands": commands(kinds),
        "states": table["states"],
        "zones": table["zones"],
        "basemap": table["basemap"],
        "places": table["places"],
        "shapes": SHAPES,
    }


@cache
def style_sheet() -> str:
    """Return the table's colours as CSS: variables, and classes that set `--mark` to one of them."""
    classes = [f".command-{code} {{ --mark: var(--command-{code}); }}" for code in COMMAND_STYLE]
    classes += [".command- { --mark: var(--command-none); }"]
    classes += [f".state-{state} {{ --mark: var(--state-{state}); }}" for state in STATE_STYLE]
    classes += [
        f".spot-key-{code} {{ --mark: var(--spot-{code.replace('_', '-')}); }}" for code in HOTSPOT_STYLE
    ]
    steps = ", ".join(f"var(--heat-{at})" for at in range(1, len(HEAT_RAMP) + 1))
    return (
        css_variables()
        + "\n".join(classes)
        + f"\n:root {{ --heat-gradient: linear-gradient(to right, {steps}); }}\n"
    )
