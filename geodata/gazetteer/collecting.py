"""From read sources and people's edits to the contents of one gazetteer.

All drawn lines, of whatever source, are merged together: a road drawn by hand meets those of an extract.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from shapely.geometry.base import BaseGeometry

from geodata.crs import WGS84, epsg_of, reproject, reproject_xy
from geodata.errors import GazetteerError
from geodata.gazetteer.attach import add_named_posts, add_numbers
from geodata.gazetteer.base import Base
from geodata.gazetteer.edits import Edit, add_other_names, edit_lines, edit_points, spelled
from geodata.gazetteer.from_osm import add_osm, osm_pieces
from geodata.gazetteer.junctions import find_crossings, shared_nodes
from geodata.gazetteer.lines import DrawnLines
from geodata.gazetteer.mine import mine
from geodata.gazetteer.model import BasemapRow, Contents, PlaceRow, ZoneRow
from geodata.gazetteer.osm_rows import OsmExtract
from geodata.gazetteer.pieces import Piece, merge_pieces
from geodata.gazetteer.spellings import add_spellings
from geodata.gazetteer.tables import PlaceTable, PostTable

_LINES_SIGMA_M = 3.0
_NUMBER_SIGMA_M = 5.0


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything a gazetteer is made of, read: `drawn` in its CRS, extracts and tables in WGS84.

    `base` is a compiled gazetteer that the others are added to; its own zones count then.
    """

    extracts: Sequence[OsmExtract] = ()
    drawn: Sequence[DrawnLines] = ()
    places: Sequence[PlaceTable] = ()
    posts: Sequence[PostTable] = ()
    zones: Path | None = None
    edits: Sequence[Edit] = ()
    base: Path | None = None


def collect(sources: Sources, *, crs: int) -> Contents:
    """Return the contents of a gazetteer in a projected CRS.

    Raises
    ------
    GazetteerError
        If the zones or the base cannot be read.
    CrsError
        If the base is in another CRS.
    """
    base = Base.open(sources.base, crs=crs) if sources.base is not None else None
    contents = base.contents if base is not None else Contents(crs)
    pieces = [piece for extract in sources.extracts for piece in osm_pieces(contents, extract)]
    pieces += [piece for drawn in sources.drawn for piece in _drawn_pieces(contents, drawn)]
    if base is not None:
        pieces = base.loosened(pieces, sources.edits) + pieces
    work = edit_lines(pieces, contents.basemap, sources.edits)
    contents.basemap, contents.renamed = work.rows, dict(work.renamed)
    contents.drop("修改所指的线已不在数据里", work.unmet)
    _add_lines(contents, [piece for piece in work.pieces if piece.name], base)
    for extract in sources.extracts:
        add_osm(contents, extract)
    for drawn in sources.drawn:
        _add_drawn(contents, drawn)
    if sources.zones is not None and base is None:
        _add_zones(contents, sources.zones)
    _add_posts(contents, sources)
    for table in sources.places:
        for reason, count in table.dropped.items():
            contents.drop(reason, count)
    mine(contents, sources.places)
    contents.drop("修改所指的地点或里程桩已不在数据里", edit_points(contents, sources.edits))
    add_other_names(contents, sources.edits, contents.drop)
    add_spellings(contents)
    return contents


def _add_lines(contents: Contents, pieces: Sequence[Piece], base: Base | None) -> None:
    """Merge drawn pieces to lines, find their crossings, and add both."""
    lines, line_of = merge_pieces(pieces)
    since = len(contents.lines)
    nodes = shared_nodes(pieces, [at + since for at in line_of])
    contents.lines += lines
    if base is not None:
        base.add_nodes(nodes, pieces, [at + since for at in line_of])
    contents.crossings += find_crossings(contents.lines, nodes, since=since)
    if base is not None:
        base.reattach(contents)


def _drawn_pieces(contents: Contents, drawn: DrawnLines) -> list[Piece]:
    for reason, count in drawn.dropped.items():
        contents.drop(reason, count)
    pieces = [
        replace(piece, name=spelled(piece.name), category="", source="lines", sigma_m=_LINES_SIGMA_M)
        for piece in drawn.pieces
        if spelled(piece.name)
    ]
    contents.drop("没有名称的线（只作底图）", len(drawn.pieces) - len(pieces))
    for layer, name, category, shape in drawn.basemap:
        contents.basemap.append(BasemapRow(layer, name, category, shape))
    for alias, name in drawn.other_names:
        contents.alias(spelled(alias), spelled(name))
    return pieces


def _add_drawn(contents: Contents, drawn: DrawnLines) -> None:
    add_named_posts(contents, [(spelled(post[0]), *post[1:]) for post in drawn.posts])
    add_numbers(contents, [(spelled(number[0]), *number[1:]) for number in drawn.numbers], _NUMBER_SIGMA_M)
    for name, category, shape in drawn.places:
        contents.places.append(_place(name, category, shape))


def _place(name: str, category: str, shape: BaseGeometry) -> PlaceRow:
    centre = shape.representative_point()
    sigma_m = max(10.0, float(np.sqrt(shape.area / np.pi)) * 0.7)
    return PlaceRow(spelled(name), category, centre.x, centre.y, sigma_m)


def _add_posts(contents: Contents, sources: Sources) -> None:
    for table in sources.posts:
        for reason, count in table.dropped.items():
            contents.drop(reason, count)
        xy = reproject_xy(table.lonlat, WGS84, contents.crs)
        names = [spelled(name) for name in table.line]
        rows = zip(names, table.chainage_m, xy.tolist(), strict=True)
        add_named_posts(contents, [(name, metres, x, y) for name, metres, (x, y) in rows])
    own = [edit for edit in sources.edits if edit.kind == "post" and edit.shape is not None]
    points = [(edit, edit.shape.centroid) for edit in own if edit.shape is not None]
    add_named_posts(
        contents, [(spelled(edit.name), edit.chainage_m or 0.0, at.x, at.y) for edit, at in points]
    )


def _add_zones(contents: Contents, path: Path) -> None:
    import geopandas as gpd
    import pyogrio

    try:
        layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        frames = [(layer, gpd.read_file(path, layer=layer)) for layer in layers]
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
        raise GazetteerError(
            f"cannot read the zones {path}: {error}", zh=f"边界 {path} 读不了：{error}"
        ) from error
    for layer, frame in frames:
        if "name" not in frame.columns or not isinstance(frame, gpd.GeoDataFrame):
            continue
        shapes = reproject(frame.geometry.to_numpy(), epsg_of(frame.crs), contents.crs)
        for name, shape in zip(frame["name"].fillna("").astype(str), shapes, strict=True):
            if spelled(name) and shape is not None and not shape.is_empty:
                contents.zones.append(ZoneRow(spelled(name), layer, shape))
