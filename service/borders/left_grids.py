"""Grids that stay behind: their community is drawn anew, they are not.

Until grids are drawn anew too, land that the community gained has no grid, and a grid that reaches out of
it covers land of somebody else; a case there is assigned to no grid, or to one of another community.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.zones.checking.tiling import against_parents
from service.words import tr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Row = Mapping[str, Any]

# Borders that come in degrees are out of step by rounding; nobody can see or mend that.
_DUST_M2 = 1.0


@dataclass(frozen=True, slots=True)
class LeftGrid:
    """Land out of step, m²: of a grid outside its community, or, `code` empty, of a community without a grid."""

    code: str
    parent: str
    area_m2: float


def left_grids(zones: Sequence[Row], changed: Mapping[tuple[str, str], str]) -> list[LeftGrid]:
    """Return what is out of step in the communities that are drawn anew, largest first.

    Parameters
    ----------
    zones
        All zones of the proposal with `level`, `code`, `parent` and `shape` (metres).
    changed
        (level, code) -> kind of change, of the zones that change.

    Notes
    -----
    A grid counts when it is not itself drawn anew; bare land counts in any redrawn community of an office
    that has grids. What a grid of a community that ended covers is outside as a whole.
    """
    grids = [zone for zone in zones if zone["level"] == "grid"]
    if not grids:
        return []
    redrawn = [
        zone
        for zone in zones
        if zone["level"] == "community" and changed.get(("community", zone["code"])) in ("new", "moved")
    ]
    communities = {zone["code"] for zone in zones if zone["level"] == "community"}
    stayed = {zone["code"] for zone in grids if changed.get(("grid", zone["code"])) not in ("new", "moved")}
    found = [
        LeftGrid(zone["code"], zone["parent"], float(zone["shape"].area))
        for zone in grids
        if zone["parent"] not in communities
    ]
    family = [zone for zone in grids if zone["parent"] in communities]
    defects = against_parents(
        "grid",
        ([zone["code"] for zone in redrawn], _shapes(redrawn)),
        ([zone["code"] for zone in family], [zone["parent"] for zone in family], _shapes(family)),
    )
    for defect in defects:
        if len(defect.codes) == 1:
            found.append(LeftGrid("", defect.codes[0], defect.area_m2))
        elif defect.codes[0] in stayed:
            found.append(LeftGrid(defect.codes[0], defect.codes[1], defect.area_m2))
    return sorted((each for each in found if each.area_m2 >= _DUST_M2), key=lambda each: -each.area_m2)


def _shapes(zones: Sequence[Row]) -> NDArray[np.object_]:
    shapes = np.empty(len(zones), dtype=object)
    shapes[:] = [zone["shape"] for zone in zones]
    return shapes


def what_to_do() -> str:
    """Return in words what grids that stay behind mean, and how to mend it."""
    return tr(
        "这些社区重画了，网格没有跟着改；采用后，没有网格的地块上的案件会显示“没有网格”。"
        "请先按新社区画网格：qingtu zones draw-grids 新社区.gpkg --gazetteer 地名库.qgz --count 网格数 --out 新边界.gpkg，"
        "再用写出的文件（社区和网格都在里面）重新提出。",
        "These communities are drawn anew, their grids are not; once accepted, cases on land without a grid show "
        "“no grid”. Draw grids for the new communities first: qingtu zones draw-grids communities.gpkg --gazetteer "
        "G.qgz --count N --out borders.gpkg, then propose the file it writes (communities and grids in one).",
    )
