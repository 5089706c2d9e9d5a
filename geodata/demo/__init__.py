"""The demo district 如意湖办事处: drawn here, unofficial, the same on every machine.

No official polygons of the real subdistrict are public, so streets, borders, numbers and problems
are authored (非官方示范数据); the railway is fictional (虚构).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from geodata.demo.district import build_district, line_layers
from geodata.demo.writing import write_layers

__all__ = ["write_profile"]


def write_profile(out: Path, *, rng_seed: int = 2017) -> None:
    """Write the demo profile to a directory, which is made if it is missing.

    Parameters
    ----------
    out
        Directory; files of an earlier run are replaced.
    rng_seed
        Seed of everything that is left to chance. Two runs with one seed write the same bytes.

    Notes
    -----
    Writes `zones.gpkg` (layers subdistrict, community, grid) and `lines.gpkg` (line, post, number,
    place, water, building, green), both EPSG:4547.
    """
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(rng_seed)
    district = build_district(rng)
    write_layers(district.zones, out / "zones.gpkg")
    write_layers(line_layers(district), out / "lines.gpkg")
