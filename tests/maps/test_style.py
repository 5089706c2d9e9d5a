"""Colours must stay apart for every kind of colour vision; second source: Machado et al. (2009) matrices."""

from itertools import combinations

import numpy as np
import pytest

from maps.style import (
    BASEMAP_STYLE,
    COMMAND_STYLE,
    DENSITY_RAMP,
    HEAT_RAMP,
    PLACE_STYLE,
    UNCLASSIFIED,
    command_symbol,
    contrast,
    css_variables,
    luminance,
    method_words,
    place_class,
    style_table,
)

# Machado, Oliveira, Fernandes (2009), table 1, severity 1.0, linear RGB.
VISION = {
    "normal": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def _lab(colour, vision):
    channels = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.asarray(VISION[vision]) @ linear, 0, 1)
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    xyz = to_xyz @ seen / np.array([0.95047, 1, 1.08883])
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("vision", VISION)
def test_command_colours_stay_apart(vision):
    colours = [symbol.colour for symbol in (*COMMAND_STYLE.values(), UNCLASSIFIED)]
    closest = min(np.linalg.norm(_lab(a, vision) - _lab(b, vision)) for a, b in combinations(colours, 2))
    assert closest > 27


def test_symbols_differ_in_more_than_colour():
    assert len({symbol.glyph for symbol in COMMAND_STYLE.values()}) == 8
    assert len({symbol.shape for symbol in COMMAND_STYLE.values()}) == 8
    assert len({(symbol.glyph, symbol.shape) for symbol in PLACE_STYLE.values()}) == len(PLACE_STYLE)


def test_characters_can_be_read_on_their_colour():
    for symbol in (*COMMAND_STYLE.values(), *PLACE_STYLE.values(), UNCLASSIFIED):
        assert contrast(symbol.ink, symbol.colour) >= 4.5, symbol


def test_contrast_matches_published_values():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    # WebAIM's contrast checker gives 4.54 for #767676 on white.
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("ramp", [HEAT_RAMP, DENSITY_RAMP])
def test_ramps_darken_step_by_step(ramp):
    steps = [luminance(colour) for colour in ramp]
    assert steps == sorted(steps, reverse=True)
    assert luminance(BASEMAP_STYLE["land"]) > steps[0]


def test_unknown_command_has_a_look_and_blank_is_unclassified():
    assert command_symbol("") is UNCLASSIFIED
    assert command_symbol("D7").glyph == "D"
    assert command_symbol("D7") == command_symbol("D7")


@pytest.mark.parametrize(
    ("trade", "expected"),
    [
        ("小餐饮", "catering"),
        (" 小旅店 ", "hotel"),
        ("中餐厅", "catering"),
        ("殡葬用品", None),
        ("", None),
        ("店", None),
    ],
)
def test_place_class(trade, expected):
    assert place_class(trade) == expected


def test_words_in_two_languages():
    assert method_words("crossing", "en") == "Crossing"
    assert method_words("new-frame:odd") == "new-frame（odd）"
    assert style_table("en")["states"]["closed"]["word"] == "Closed"
    assert style_table()["commands"]["C7"]["words"] == "铁路河渠"


def test_css_names_every_command():
    css = css_variables()
    assert all(f"--command-{code}:" in css for code in COMMAND_STYLE)
