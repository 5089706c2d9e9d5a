"""The reliability diagram as plain SVG: stated against true, one panel per distance and one for communities.

Dots are ten bins of equal mass, their area by rows; the band is where a perfect model's dots would lie
19 times of 20; the bars below say how many rows state which probability.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

import numpy as np

from geodata.geocode.model import THRESHOLDS_M
from geodata.geocode.reliability import (
    bins_of_equal_mass,
    bins_of_equal_width,
    brier_skill,
    calibration_error,
)

INK, SOFT, GRID, BAND = "#1f2933", "#5f6c7b", "#e3e8ee", "#d5e2f1"
COLOURS = ("#2563a8", "#1f7a8c", "#2e7d4f", "#8a5a00", "#8c3b60")
FONT = "'Noto Sans CJK SC','Noto Sans SC','Source Han Sans SC','Microsoft YaHei',sans-serif"
SIDE, GAP, LEFT, TOP, BARS = 200, 46, 58, 112, 40
WIDTH, HEIGHT = LEFT + 5 * SIDE + 4 * GAP + 24, TOP + SIDE + BARS + 112


def draw(p: np.ndarray, error: np.ndarray, community: tuple[np.ndarray, np.ndarray]) -> str:
    """Return the diagram.

    Parameters
    ----------
    p
        Stated probabilities at each distance, shape (n, 4).
    error
        Errors in metres, shape (n,).
    community
        Stated probabilities and outcomes (0 or 1) for the right community.
    """
    panels = [
        (f"{radius} 米以内", f"within {radius} m", p[:, i], (error <= radius).astype(float))
        for i, radius in enumerate(THRESHOLDS_M)
    ]
    panels.append(("社区判对", "right community*", *community))
    body = [_heading(len(error))]
    for number, (chinese, english, stated, true) in enumerate(panels):
        body.append(_panel(number, chinese, english, stated, true))
    body.append(_legend())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" font-family="{FONT}" role="img" aria-label="可靠性图 reliability diagram">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>\n' + "\n".join(body) + "\n</svg>\n"
    )


def _text(x: float, y: float, words: str, *, size: float = 12, fill: str = INK, **more: str) -> str:
    rest = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in more.items())
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{fill}"{rest}>{escape(words)}</text>'


def _heading(rows: int) -> str:
    return "\n".join(
        [
            _text(LEFT, 34, "说有几成把握，就有几成是对的", size=20, font_weight="600"),
            _text(
                LEFT, 58,
                f"六小门店 {rows:,} 行，标定从未见过它们的地点 · stated confidence against what came true, "
                f"{rows:,} shops at places the calibration never saw",
                size=12.5, fill=SOFT,
            ),
        ]
    )  # fmt: skip


def _panel(number: int, chinese: str, english: str, stated: np.ndarray, true: np.ndarray) -> str:
    left, colour = LEFT + number * (SIDE + GAP), COLOURS[number]
    bins = bins_of_equal_mass(stated, true)
    ece, skill = calibration_error(bins), brier_skill(stated, true)
    parts = [
        _text(left, TOP - 12, chinese, size=14, font_weight="600"),
        _text(left + SIDE, TOP - 12, english, size=11.5, fill=SOFT, text_anchor="end"),
        f'<rect x="{left}" y="{TOP}" width="{SIDE}" height="{SIDE}" fill="#fafbfc" stroke="{GRID}"/>',
        _band(left, len(stated) // len(bins)),
    ]
    for tick in (0.25, 0.5, 0.75):
        at = tick * SIDE
        parts.append(
            f'<path d="M{left + at} {TOP}v{SIDE}M{left} {TOP + SIDE - at}h{SIDE}" stroke="{GRID}" fill="none"/>'
        )
    parts.append(
        f'<path d="M{left} {TOP + SIDE}l{SIDE} {-SIDE}" stroke="{SOFT}" stroke-dasharray="4 4" fill="none"/>'
    )
    points = [(left + own.stated * SIDE, TOP + SIDE - own.true * SIDE) for own in bins]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    parts.append(
        f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.6" opacity="0.55"/>'
    )
    parts += [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.4" fill="{colour}" stroke="#ffffff" stroke-width="1.2"/>'
        for x, y in points
    ]
    parts.append(_bars(left, stated, true, colour))
    parts.append(_axis(left, number))
    parts.append(_text(left, TOP + SIDE + BARS + 44, f"ECE {ece:.3f}", size=12.5, font_weight="600"))
    parts.append(
        _text(
            left + SIDE, TOP + SIDE + BARS + 44, f"技巧 skill {skill:.2f}",
            size=12, fill=SOFT, text_anchor="end",
        )
    )  # fmt: skip
    return "\n".join(parts)


def _band(left: float, rows: int) -> str:
    """Return where a bin's true share would lie 19 times of 20 if the stated one were exact."""
    x = np.linspace(0, 1, 41)
    half = 1.96 * np.sqrt(x * (1 - x) / max(rows, 1))
    upper = [(left + a * SIDE, TOP + SIDE - min(a + b, 1) * SIDE) for a, b in zip(x, half, strict=True)]
    lower = [(left + a * SIDE, TOP + SIDE - max(a - b, 0) * SIDE) for a, b in zip(x, half, strict=True)]
    outline = " ".join(f"{a:.1f},{b:.1f}" for a, b in upper + lower[::-1])
    return f'<polygon points="{outline}" fill="{BAND}"/>'


def _bars(left: float, stated: np.ndarray, true: np.ndarray, colour: str) -> str:
    """Return how many rows state which probability, under the panel."""
    bins = bins_of_equal_width(stated, true)
    most = max(own.rows for own in bins)
    parts = []
    for own in bins:
        tall = 30 * own.rows / most
        x = left + min(int(own.stated * 10), 9) * SIDE / 10
        y = TOP + SIDE + 8
        parts.append(
            f'<rect x="{x + 1:.1f}" y="{y:.1f}" width="{SIDE / 10 - 2:.1f}" height="{max(tall, 0.8):.1f}" '
            f'fill="{colour}" opacity="0.35"/>'
        )
    return "".join(parts)


def _axis(left: float, number: int) -> str:
    parts = []
    for tick in (0, 50, 100):
        x = left + SIDE * tick / 100
        anchor = {0: "start", 50: "middle", 100: "end"}[tick]
        parts.append(_text(x, TOP + SIDE + BARS + 16, f"{tick}%", size=10.5, fill=SOFT, text_anchor=anchor))
        if number == 0:
            y = TOP + SIDE - SIDE * tick / 100 + {0: 0, 50: 4, 100: 8}[tick]
            parts.append(_text(left - 8, y, f"{tick}%", size=10.5, fill=SOFT, text_anchor="end"))
    if number == 0:
        y = TOP + SIDE / 2
        parts.append(
            f'<g transform="rotate(-90 {left - 40} {y})">'
            + _text(left - 40, y, "实际为真 came true", size=11.5, text_anchor="middle")
            + "</g>"
        )
    return "".join(parts)


def _legend() -> str:
    y = HEIGHT - 34
    return "\n".join(
        [
            f'<rect x="{LEFT}" y="{y - 10}" width="22" height="12" fill="{BAND}"/>',
            _text(
                LEFT + 30, y,
                "横轴：说出的把握 stated；点：每十分之一的行 a tenth of the rows each；"
                "浅带：全凭运气也会有的偏差（95%）what chance alone allows；下方：各把握的行数 rows；"
                "ECE 标定误差；技巧 Brier skill",
                size=11.5, fill=SOFT,
            ),
            _text(
                LEFT, y + 20,
                "* 社区为人造（约 800 米的泰森多边形），只用于检验；有答案的行 "
                "made communities (Voronoi cells of about 800 m), for checking only; answered rows",
                size=11.5, fill=SOFT,
            ),
        ]
    )  # fmt: skip
