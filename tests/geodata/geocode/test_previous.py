"""Texts that only make sense after the row above, and those that must be left alone."""

from __future__ import annotations

import pytest

from geodata.geocode.reading.previous import complete, needs_previous
from geodata.geocode.reading.wording import text_of
from geodata.text.normalize import normalise
from tests.geodata.geocode.test_readings import golden, notation, readings

CROSSING = "众意路与农业东路交叉口"

# above, row, what the row means, whether the row itself points back
LINKED = [
    (CROSSING, "同上", "众意路×农业东路", True),
    (CROSSING + "东北角", "〃", "众意路×农业东路 NE角", True),
    (CROSSING, "同一地点", "众意路×农业东路", True),
    (CROSSING, "同上述位置东50米", "(众意路×农业东路)→E 50", True),
    ("如意湖办事处", "同上", "区 如意湖办事处", True),
    (CROSSING + "东南角", "上述路口西南角", "众意路×农业东路 SW角", True),
    (CROSSING + "东北角", "同上路口西南角", "众意路×农业东路 SW角", True),
    (CROSSING + "向东100米", "该路口", "众意路×农业东路", True),
    ("众意路", "该路段北侧", "线 众意路=whole |N", True),
    (
        "众意路（农业东路至九如路）东侧",
        "该路段西侧",
        "线 众意路[众意路×农业东路—众意路×九如路] |W",
        True,
    ),
    ("众意路12号", "该路28号", "众意路#28", True),
    ("天赋小区", "其东侧", "天赋小区 @beside |E", True),
    (CROSSING, "其西侧工地", "(众意路×农业东路)→W ?", True),
    ("天赋小区西侧", "该小区南门", "天赋小区[南门]", True),
    ("东风渠众意路桥", "该桥下游100米", "(东风渠×众意路 桥)→both 100", True),
    (CROSSING + "向东100米路北", "再往东100米", "((众意路×农业东路)→E 100 |N)→E 100", True),
    (CROSSING, "再向北50米路西小院", "(众意路×农业东路)→N 50 |W", True),
    (CROSSING, "路东50米", "(众意路×农业东路)→E 50", False),
    (CROSSING + "东南角", "西南角", "众意路×农业东路 SW角", False),
    # a bare direction starts from the same crossing, not from the end of the walk above
    (CROSSING + "向南50米", "向北100米", "(众意路×农业东路)→N 100", False),
    ("众意路北段", "东侧", "线 众意路=N |E", False),
    ("东风渠", "左岸", "线 东风渠=whole |left", False),
    ("天赋小区东门", "对面", "天赋小区 @opposite", False),
    ("天赋小区3号楼", "5号楼", "天赋小区[5号楼]", False),
    ("众意路12号", "14号", "众意路#14", False),
    ("众意路12号", "16号院门口", "众意路#16", False),
    ("示范铁路K645+300", "K646+100处", "桩 示范铁路 K:646100", False),
    ("工贸路", "与康庄路交叉口东北角", "工贸路×康庄路 NE角", False),
    (
        "南阳路与群办路交叉口向西的群办路上",
        "群办路交叉口向西约500米路南的肉联家属院门前",
        "(南阳路×群办路)→W 500 |S",
        False,
    ),
]

LEFT_ALONE = [
    (CROSSING, "农业东路"),
    (CROSSING, "众意路12号"),
    (CROSSING, "东风渠北岸"),
    (CROSSING, "东大街"),
    (CROSSING, "北环路与南阳路交叉口"),
    (CROSSING, "对面众意路28号"),
    (CROSSING, "南边天赋小区"),
    # the row above does not say what is missing
    (CROSSING, "该小区南门"),
    (CROSSING, "该路北侧"),
    (CROSSING + "向东100米", "对面"),
    ("众意路", "再往东100米"),
    ("天赋小区", "14号"),
    ("众意路", "K646+100"),
    ("东风路与南阳路交叉口", "群办路交叉口向西500米"),
    ("不详", "同上"),
    ("", "其东侧"),
]


def link(above: str, row: str):  # type: ignore[no-untyped-def]
    own, before = readings(row), readings(above)
    return complete(normalise(row).text, own[0] if own else None, before[0] if before else None)


@pytest.mark.parametrize(("above", "row", "meant", "said"), LINKED)
def test_goes_on_from_the_row_above(above: str, row: str, meant: str, said: bool) -> None:
    assert needs_previous(normalise(row).text)
    found = link(above, row)
    assert found is not None
    assert (notation(readings(found.text)[0].frames[0]), found.said) == (meant, said)
    assert "接上一行" in found.words


@pytest.mark.parametrize(("above", "row"), LEFT_ALONE)
def test_leaves_a_row_alone(above: str, row: str) -> None:
    assert link(above, row) is None


def test_no_reviewed_text_that_stands_alone_is_touched() -> None:
    texts = [text for text, frames, _ in golden() if frames]
    touched = {
        text for text in texts if link(CROSSING, text) or link("天赋小区", text) or link("众意路12号", text)
    }
    assert touched == set()


@pytest.mark.parametrize("text", [text for text, frames, _ in golden() if frames])
def test_the_wording_of_a_frame_is_read_as_that_frame(text: str) -> None:
    frame = readings(text)[0].frames[0]
    assert notation(readings(text_of(frame))[0].frames[0]) == notation(frame)
