"""Assets stand in the page whole, and hold no address."""

import re

import pytest

from maps import assets


@pytest.mark.parametrize(
    "text",
    [
        assets.leaflet_script(),
        assets.leaflet_style(),
        assets.page_script(),
        assets.page_style(),
        assets.licences(),
    ],
)
def test_no_address_is_left(text):
    assert not re.search(r"https?:/{2}", text, re.IGNORECASE)
    assert "sourceMappingURL" not in text
    assert "</script" not in text.lower()
    assert "</style" not in text.lower()


def test_namespace_keeps_its_value():
    assert '"http:\\x2f\\x2fwww.w3.org/2000/svg"' in assets.leaflet_script()


def test_images_become_data():
    style = assets.leaflet_style()
    assert "url(images/" not in style
    assert style.count("data:image/png;base64,") == 3


def test_style_may_not_reach_out(tmp_path):
    with pytest.raises(assets.AssetError, match="not beside"):
        assets.inline_style("a { background: url(../x.png) }", base=tmp_path)
    with pytest.raises(assets.AssetError, match="no such image"):
        assets.inline_style("a { background: url(x.png) }", base=tmp_path)
    with pytest.raises(assets.AssetError):
        assets.inline_style("@import 'https://example.com/a.css';", base=tmp_path)


def test_every_page_script_is_used():
    assert {path.name for path in assets.PAGE.glob("*.js")} == set(assets._PAGE_SCRIPTS)


def test_our_scripts_never_write_html():
    text = assets.page_script()
    for forbidden in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
    ):
        assert forbidden not in text, forbidden


def test_licences_stand_in_the_page():
    assert "Copyright (c) 2010-2023, Volodymyr Agafonkin" in assets.licences()
    assert "Copyright 2012 David Leaver" in assets.licences()
