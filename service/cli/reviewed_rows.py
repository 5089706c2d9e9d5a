"""The list of reviewed cases behind `qingtu gazetteer calibrate`: texts with their true positions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from geodata.errors import CalibrationError
from service.words import tr

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Reviewed rows: text, area or None, position (EPSG:4326); and why other rows were left out."""

    texts: list[str]
    areas: list[str | None]
    lonlat: NDArray[np.float64]
    left_out: Counter[str]


def read_reviewed(path: Path, columns: Mapping[str, str | None], datum: str) -> Reviewed:
    """Return the rows of a list that have a text and a position.

    Parameters
    ----------
    columns
        Header by role (`location`, `area`, `lon`, `lat`); None: recognised from the header.

    Raises
    ------
    QingtuError
        If the list cannot be read, lacks a column, or the datum is unknown.
    """
    import numpy as np
    import shapely

    from geodata.datums import check_datum
    from service.intake.columns import recognise
    from service.intake.positions import PositionError, read_point
    from service.intake.readers import read_table

    check_datum(datum)
    table = read_table(path)
    stated = {role: header for role, header in columns.items() if header is not None}
    recognised = recognise(table.header, overrides=stated)
    missing = [role for role in ("location", "lon", "lat") if role not in recognised.roles]
    if missing:
        have = "、".join(table.header)
        words = {
            "location": tr("位置描述", "location"),
            "lon": tr("经度", "longitude"),
            "lat": tr("纬度", "latitude"),
        }
        names = "、".join(words[role] for role in missing)
        raise CalibrationError(
            tr(
                f"清单里认不出这些列：{names}；表中有：{have}。用 --column、--lon-column、--lat-column 指定",
                f"columns not recognised: {names}; the list has: {have}. State them with --column, "
                "--lon-column, --lat-column",
            )
        )
    found = Reviewed([], [], np.zeros((0, 2)), Counter())
    points = []
    for row in table.rows:
        text = recognised.text(row.cells, "location")
        lon, lat = recognised.text(row.cells, "lon"), recognised.text(row.cells, "lat")
        if not text or not lon or not lat:
            found.left_out[tr("没有位置描述或坐标", "no text or no position")] += 1
            continue
        try:
            points.append(read_point(lon, lat, datum))
        except PositionError:
            found.left_out[tr("坐标不能用", "unusable position")] += 1
            continue
        found.texts.append(text)
        found.areas.append(recognised.text(row.cells, "area") or None)
    return Reviewed(found.texts, found.areas, shapely.get_coordinates(points), found.left_out)
