"""A list to try an import with: forty rows as an office writes them, some of which cannot be placed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import xlsxwriter

from geodata.demo.authored import read_table
from geodata.demo.problems import Campaign, choosers_of

HEADER = ("序号", "位置", "问题描述", "责任单位", "日期")
ROWS = 40
UNPLACEABLE = (
    "小区后门旁边", "虚构大街与无名路交叉口", "菜市场门口", "河边步道中段", "领导检查路线上",
)  # fmt: skip


def write_sample_list(campaign: Campaign, path: Path, *, rng: np.random.Generator) -> None:
    """Write the list as xlsx: 序号, 位置, 问题描述, 责任单位, 日期; five rows cannot be placed.

    Parameters
    ----------
    campaign
        The campaign whose names and phrases the rows use.
    path
        The file; replaced.
    rng
        Source of chance.
    """
    chooser = choosers_of(campaign.table, read_table("district.toml")["origin_m"], rng)[-1]
    hopeless = dict(zip(range(6, ROWS, 8), UNPLACEABLE, strict=True))
    with xlsxwriter.Workbook(str(path)) as book:
        # The date inside the file is fixed, so that two runs write the same bytes.
        book.set_properties({"title": "示范问题清单", "created": dt.datetime(2017, 11, 10, 8, 0)})
        sheet = book.add_worksheet("问题清单")
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, HEADER, bold)
        sheet.set_column(1, 2, 42)
        sheet.set_column(3, 4, 16)
        for row in range(ROWS):
            told, code, text = campaign.new_place(chooser, clear=True)
            sheet.write_number(row + 1, 0, row + 1)
            sheet.write_string(row + 1, 1, hopeless.get(row, text))
            sheet.write_string(row + 1, 2, campaign.describe(code, chooser))
            sheet.write_string(row + 1, 3, campaign.unit_of(code, told, chooser)["name"])
            sheet.write_datetime(row + 1, 4, dt.datetime(2017, 11, 6 + row // 10), day)
