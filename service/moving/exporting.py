"""Where people put texts, as a list: samples for `qingtu gazetteer calibrate`, or for another office's eyes."""

from __future__ import annotations

import csv
import io
from typing import Any

from sqlalchemy import Connection

from service.cases.export import write_workbook
from service.cells import neutral
from service.moving.queries import list_samples

# The headers that `qingtu gazetteer calibrate` recognises by itself.
HEADER = ("位置描述", "所属区域", "经度", "纬度", "确定方式")


def samples_file(connection: Connection, *, workbook: bool) -> tuple[bytes, int]:
    """Return the positions that people decided (EPSG:4326), one row per text, area and position, and how many.

    Only positions by hand count: what the geocoder, a list or an alias said proves nothing of the geocoder.
    A line stands by its middle.

    Parameters
    ----------
    workbook
        True: .xlsx; False: CSV in UTF-8 with BOM, formulas neutralised.
    """
    rows = [
        (row["location_text"], row["area_text"], float(row["lon"]), float(row["lat"]), row["method"])
        for row in list_samples(connection)
    ]
    if workbook:
        return write_workbook("位置样本", HEADER, rows), len(rows)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    for row in rows:
        plain: list[Any] = [neutral(value) if isinstance(value, str) else value for value in row]
        writer.writerow(plain)
    return text.getvalue().encode("utf-8-sig"), len(rows)
