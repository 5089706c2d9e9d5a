"""From an action of the API to an edit of the sketch: degrees to metres, clicks to blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.crs import reproject_lonlat
from geodata.zones.sketching import facts, ground
from geodata.zones.sketching.blocks import at_points
from geodata.zones.sketching.model import Sketch, SketchError
from service.drawings import model
from service.drawings.words import refusal_of
from service.errors import Refused
from service.words import tr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from service.drawings.queries import Box
    from service.drawings.streets import Shapes

# Positions farther than this from the ground to work on are a mistake of the program that sends them.
_FAR_M = 50_000.0


def acted(
    sketch: Sketch, action: model.Action, *, frame: Box, blocks: Callable[[], Shapes], top: tuple[str, str]
) -> Sketch:
    """Return the sketch after an action.

    Parameters
    ----------
    blocks
        Gives the blocks of streets, asked for only where they are needed.
    top
        Code and name of the office's subdistrict, for a drawing without one; a blank code is made up.

    Raises
    ------
    Refused
        If it cannot be done; the words say why.
    """
    try:
        return _acted(sketch, action, frame, blocks, top)
    except SketchError as error:
        raise refusal_of(error) from error


def _acted(
    sketch: Sketch, action: model.Action, frame: Box, blocks: Callable[[], Shapes], top: tuple[str, str]
) -> Sketch:
    def metres(lonlat: Sequence[Sequence[float]]) -> NDArray[np.float64]:
        return _metres(lonlat, sketch.crs, frame)

    match action:
        case model.Give():
            area = at_points(blocks(), [shapely.Point(xy) for xy in metres(action.points)])
            if area.is_empty:
                raise SketchError("no_ground")
            return ground.give(sketch, action.level, action.code, area)
        case model.GiveShape():
            return ground.give(sketch, action.level, action.code, shapely.Polygon(metres(action.ring)))
        case model.Fill():
            return ground.fill(sketch, action.level, action.code, shapely.Point(metres([action.at])[0]))
        case model.Split():
            return ground.split(sketch, action.level, action.code, shapely.LineString(metres(action.line)))
        case model.Cut():
            return facts.cut_blocks(sketch, shapely.LineString(metres(action.line)))
        case model.Merge():
            return ground.merge(sketch, action.level, action.into, action.gone)
        case model.Move():
            at, to = metres([action.at, action.to])
            return facts.move_vertex(sketch, (at[0], at[1]), (to[0], to[1]))
        case model.Add():
            return facts.add(
                sketch, action.level, code=action.code or "", name=action.name.strip(), parent=action.parent,
                leader=action.leader.strip(),
            )  # fmt: skip
        case model.Change():
            return facts.change(
                sketch, action.level, action.code, new_code=action.new_code,
                name=None if action.name is None else action.name.strip() or action.code,
                leader=None if action.leader is None else action.leader.strip(), parent=action.parent,
            )  # fmt: skip
        case model.Drop():
            return ground.drop(sketch, action.level, action.code)
        case model.Outline():
            return ground.outline(sketch, code=top[0] or top_code(sketch), name=top[1])


def top_code(sketch: Sketch) -> str:
    """Return the code for a subdistrict that is made of its communities: their codes' beginning.

    Examples
    --------
    >>> top_code(Sketch(crs=4547))
    'S001'
    """
    heads = {zone.code[:9] for zone in sketch.of("community")}
    plain = len(heads) == 1 and all(
        len(zone.code) == 12 and zone.code.isdigit() for zone in sketch.of("community")
    )
    return heads.pop() if plain else "S001"


def _metres(lonlat: Sequence[Sequence[float]], crs: int, frame: Box) -> NDArray[np.float64]:
    xy = reproject_lonlat(np.asarray(lonlat, dtype=float), crs)
    low, high = np.array(frame[:2]) - _FAR_M, np.array(frame[2:]) + _FAR_M
    # Also false for NaN.
    if not ((xy >= low) & (xy <= high)).all():
        raise Refused(
            tr("有位置离工作范围太远", "a position is far from the ground to work on"),
            fields=[("body", "lon, lat")],
        )
    return xy
