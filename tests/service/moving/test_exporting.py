"""Positions that people decided leave as samples that `qingtu gazetteer calibrate` reads by itself."""

from __future__ import annotations

import pytest

from service.cli.reviewed_rows import read_reviewed
from service.moving.exporting import samples_file

ROLES = dict.fromkeys(("location", "area", "lon", "lat"))


@pytest.mark.parametrize("workbook", [False, True])
def test_the_samples_are_read_back(
    admin, filed, file_report, mover, lonlat, as_connection, tmp_path, workbook
):
    moved, twin = filed(900, 300, "老槐树底下"), filed(880, 300, "老槐树底下")
    mover(admin, moved, mover.pin(1300, 700), also=True)
    formula = filed(700, 300, "=1+1")
    mover(admin, formula, mover.line((700, 100), (900, 100)), learn=False)
    filed(100, 100, "只有手机坐标")
    file_report(admin, "平安路与秋实街交叉口")
    taken_back = filed(300, 300, "移错了")
    mover(admin, taken_back, mover.pin(1300, 300))
    admin.post(f"/api/cases/{taken_back['id']}/moves/undo", json={})
    content, count = samples_file(as_connection, workbook=workbook)
    path = tmp_path / ("样本.xlsx" if workbook else "样本.csv")
    path.write_bytes(content)
    rows = read_reviewed(path, ROLES, "wgs84")
    # The twin says the same as the first: one sample.
    assert (count, len(rows.texts), sum(rows.left_out.values())) == (2, 2, 0)
    by_text = {text.lstrip("'"): tuple(at) for text, at in zip(rows.texts, rows.lonlat.tolist(), strict=True)}
    assert by_text["老槐树底下"] == pytest.approx(lonlat(1300, 700), abs=1e-6)
    assert by_text["=1+1"] == pytest.approx(lonlat(800, 100), abs=1e-6)
    assert twin["id"] != moved["id"]


def test_no_samples_is_a_header_alone(as_connection):
    content, count = samples_file(as_connection, workbook=False)
    assert (count, content.decode("utf-8-sig").strip()) == (0, "位置描述,所属区域,经度,纬度,确定方式")
