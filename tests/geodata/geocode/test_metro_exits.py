"""Real descriptions of metro exits, which may not ship: the reader against a second, simpler rule.

The rule knows nothing of the grammar. It checks that the roads read are all that stands before a tail of
a few fixed words, that no road word was swallowed inside a name, and that the corner is the one written.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from geodata.geocode.model import Crossing, Frame, Offset, Place, Stretch
from geodata.geocode.readings import read
from geodata.text.normalize import normalise

_CORNERS = {"东北": "NE", "西北": "NW", "东南": "SE", "西南": "SW"}
_ROAD = re.compile(r".+?(?:大道|大街|路|街|环|国道|乡道|连接线|立交|河)")
_TWO_ROADS = re.compile(r".{2,}(?:大道|大街|路|街)(?!路$|街$).+(?:大道|大街|路|街|乡道)")
_BRACKET = r"(?:[（(][^）)]*[）)])?"
_TAIL = re.compile(
    rf"[）)]?站?路?(?:交叉口|交叉路|路口|口)?路?(?:[东西]?[南北]|[东西])?(?:角|侧|方向)?{_BRACKET}"
    r"(?:向?[东西南北])?(?:约?\d+米)?(?:左右)?(?:路?[东西南北])?(?:[一-龥]{2,3}(?:旁|广场))?"
)


def spot(text: str) -> tuple[list[str], str | None]:
    """Return the roads that the reader finds, as written, and the corner or direction that goes with them."""
    found = read(normalise(text), [])
    frame: Frame | None = found[0].frames[0] if found else None
    toward = None
    while isinstance(frame, Offset):
        toward, frame = frame.bearing, frame.anchor
    if isinstance(frame, Crossing):
        return [frame.first.text, frame.second.text], frame.corner or toward
    if isinstance(frame, Stretch):
        return [frame.line.text], frame.side or toward
    return [], None


def corner_written(text: str) -> str | None:
    """Return the corner a text ends with, or the one its two bracketed sides make."""
    sides = frozenset(re.findall(r"[（(]([东西南北])[）)]", text))
    if len(sides) == 2:
        return next((code for word, code in _CORNERS.items() if frozenset(word) == sides), None)
    match = re.search(r"(东北|西北|东南|西南)(?:角|侧|方向|$|[（(])", text)
    return _CORNERS[match[1]] if match else None


def agrees(text: str) -> bool:
    """Return whether reader and rule agree on a text."""
    roads, corner = spot(text)
    if not roads:
        frames = [frame for reading in read(normalise(text), []) for frame in reading.frames]
        return len(text) < 2 or all(isinstance(frame, Place) for frame in frames)
    if any(_ROAD.match(road) is None or _TWO_ROADS.fullmatch(road) for road in roads):
        return False
    joined = rf"(?:[东西][南北][（(]|站?{_BRACKET}[与和、]?)".join(map(re.escape, roads))
    written = re.match(joined, text)
    if written is None or _TAIL.fullmatch(text, written.end()) is None:
        return False
    wanted = corner_written(text)
    return wanted is None or corner == wanted


def test_the_rule_sees_a_wrong_split_and_a_wrong_corner(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "众意路与九如路交叉口西北角"
    assert agrees(text)
    for wrong in (
        (["众意路与九如路"], "NW"),
        (["众意路"], "NW"),
        (["众意路", "九如路"], "SE"),
        (["众意路", "如路"], "NW"),
    ):
        monkeypatch.setitem(agrees.__globals__, "spot", lambda _, wrong=wrong: wrong)
        assert not agrees(text)


@pytest.mark.testdata
def test_metro_exits(test_data: Path) -> None:
    path = test_data / "zhengzhou" / "metro_exits.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        texts = [row["location_text"] for row in csv.DictReader(file)]
    assert len(texts) > 200
    assert [text for text in texts if not agrees(text)] == []
