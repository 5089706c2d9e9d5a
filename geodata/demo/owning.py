"""Who answers for the demo's canals and its fictional railway: made-up offices along the drawn lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
from shapely import MultiLineString

from geodata.demo.authored import Line


def build_owners(lines: Sequence[Line], table: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """Return the layer linear_owner: canals drawn downstream, the railway with rising chainage.

    Parameters
    ----------
    lines
        The district's lines, district CRS.
    table
        The table `district.toml`.
    """
    drawn = {line.name: line for line in lines}
    rows = []
    for owner in table["linear_owner"]:
        line = drawn[owner["line"]]
        rows.append(
            {
                "code": owner["code"], "name": owner["name"],
                "line_name": "、".join([owner["line"], *owner["also"]]),
                "half_width_m": line.width_m / 2, "left_m": None, "right_m": None,
                "valid_from": table["zones_valid_from"], "valid_to": None, "official": False,
                "note": table["zones_note"], "geometry": MultiLineString([line.geometry]),
            }
        )  # fmt: skip
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=table["crs"])
    return frame.astype({"left_m": float, "right_m": float})
