"""Data stays data: what HTML, JSON and JavaScript would act on is inert in a page."""

import json
from html.parser import HTMLParser

import numpy as np
import pytest

from maps.safe import clean_text, escape_html, escape_json, json_block

NASTY = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "${alert(1)}",
    "`${alert(1)}`",
    "{{7*7}}{% raw %}",
    "'\"><svg onload=alert(1)>",
    "<!--",
    "]]>",
    "javascript:alert(1)",
    "\u2028alert(1)//",
    "http://example.com/x",
    "东风渠\x00\x1b北岸\u202e",
    "&lt;b&gt;",
    "\\u003cscript\\u003e",
]


@pytest.mark.parametrize("text", NASTY)
def test_json_comes_back_as_it_was(text):
    written = escape_json({"text": text, text: [text]})
    assert json.loads(written) == {"text": clean_text(text), clean_text(text): [clean_text(text)]}
    assert not set(written) & set("<>&\u2028\u2029")
    assert "//" not in written


@pytest.mark.parametrize("text", NASTY)
def test_block_is_one_element(text):
    tags = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            tags.append(tag)

        def handle_endtag(self, tag):
            tags.append("/" + tag)

    Reader().feed(json_block({"text": text}, element_id="qingtu-data"))
    assert tags == ["script", "/script"]


@pytest.mark.parametrize("text", NASTY)
def test_html_is_text_only(text):
    texts, tags = [], []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            tags.append(tag)

        def handle_data(self, data):
            texts.append(data)

    reader = Reader()
    reader.feed(escape_html(text))
    reader.close()
    assert not tags
    assert "".join(texts) == clean_text(text)
    assert not set(escape_html(text)) & set("<>\"'`$")
    assert "//" not in escape_html(text)


def test_controls_and_lone_surrogates_go():
    assert clean_text("a\ud800b\x7f\ufeffc\u2066") == "abc"
    assert clean_text("行一\n行二\t") == "行一\n行二\t"


def test_numbers_that_json_lacks_become_null():
    assert (
        escape_json([float("nan"), float("inf"), np.float64(1.5), np.int64(3), True])
        == "[null,null,1.5,3,true]"
    )


def test_other_things_are_refused():
    with pytest.raises(TypeError, match="not set"):
        escape_json({1, 2})


@pytest.mark.parametrize("element_id", ["a b", 'x"', "", "数据"])
def test_element_id_is_plain(element_id):
    with pytest.raises(ValueError, match="element id"):
        json_block({}, element_id=element_id)
