"""Build a gazetteer: read the sources, bring them to one CRS, merge, mine, compile."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry import LineString

from geodata.crs import WGS84, cgcs2000_zone, epsg_of, is_projected, reproject, reproject_xy
from geodata.errors import CrsError, GazetteerError
from geodata.gazetteer.compile import compile_contents
from geodata.gazetteer.junctions import find_crossings, shared_nodes
from geodata.gazetteer.lines import first_lon, read_lines
from geodata.gazetteer.mine import mine
from geodata.gazetteer.model import (
    BasemapRow,
    BuildReport,
    Contents,
    NumberRow,
    PlaceRow,
    PostRow,
    Source,
    ZoneRow,
)
from geodata.gazetteer.osm import OsmExtract, read_osm
from geodata.gazetteer.pieces import Piece, merge_pieces
from geodata.gazetteer.spellings import add_spellings
from geodata.gazetteer.tables import PlaceTable, read_places
from geodata.text.normalize import normalise

_METRES_PER_DEGREE = 111_200.0
# A house number farther from its street than this is on another street of that name.
_NUMBER_REACH_M = 300.0
_OSM_SIGMA_M, _LINES_SIGMA_M = 5.0, 3.0
_LOW_CATEGORIES = ("highway=crossing", "highway=traffic_signals", "power=tower", "highway=motorway_junction")


def build(
    *,
    osm: Sequence[Path] = (),
    places: Sequence[Path] = (),
    places_datum: str | None = None,
    zones: Path | None = None,
    lines: Path | None = None,
    crs: int | None = None,
    out: Path,
) -> BuildReport:
    """Compile a gazetteer file from an office's sources and return what went in and what was left out.

    Parameters
    ----------
    osm
        OpenStreetMap extracts (.osm, .osm.gz, .osm.pbf).
    places
        CSV tables of located places (see `read_places`); their addresses are mined for crossings,
        house numbers and landmarks.
    places_datum
        Datum of the tables' `lon`, `lat`.
    zones
        GeoPackage of layers subdistrict, community, grid, for their names.
    lines
        GeoPackage of drawn lines (see `read_lines`).
    crs
        EPSG code of a projected CRS in metres; None for the CGCS2000 3-degree zone nearest the median
        longitude of everything read.
    out
        File to write; replaced only when complete.

    Raises
    ------
    GazetteerError
        If there is nothing to build from, or a source cannot be read.
    CrsError
        If the CRS is not projected.
    """
    began = time.perf_counter()
    if not (osm or places or lines or zones):
        raise GazetteerError("nothing to build from: give at least one of osm, places, lines, zones")
    extracts = [read_osm(path) for path in osm]
    tables = [read_places(path, datum=places_datum) for path in places]
    chosen = crs if crs is not None else _choose_crs(extracts, tables, lines, zones)
    if not is_projected(chosen):
        raise CrsError(f"EPSG:{chosen} is not projected; a gazetteer needs a CRS in metres")
    contents = Contents(chosen)
    for extract in extracts:
        _add_osm(contents, extract)
    if lines is not None:
        _add_drawn(contents, lines)
    if zones is not None:
        _add_zones(contents, zones)
    for table in tables:
        for reason, count in table.dropped.items():
            contents.drop(reason, count)
    mine(contents, tables)
    add_spellings(contents)
    counts = _counts(contents)
    if not any(counts.values()):
        raise GazetteerError("the sources hold nothing that can be found by name")
    report = BuildReport(chosen, counts, dict(sorted(contents.dropped.items())), time.perf_counter() - began)
    # Without the time, so that the same sources give the same file byte for byte.
    kept = {key: value for key, value in asdict(report).items() if key != "seconds"}
    compile_contents(contents, Path(out), report=kept)
    return BuildReport(chosen, report.counts, report.dropped, time.perf_counter() - began)


def _choose_crs(
    extracts: Sequence[OsmExtract], tables: Sequence[PlaceTable], lines: Path | None, zones: Path | None
) -> int:
    lons = [table.lonlat[:, 0] for table in tables]
    for extract in extracts:
        lons += [way.lonlat[:, 0] for way in extract.ways]
        lons.append(np.array([place.lon for place in extract.places]))
    if lines is not None:
        lon = first_lon(lines)
        lons.append(np.array([] if lon is None else [lon]))
    every = np.concatenate(lons) if lons else np.empty(0)
    if len(every):
        return cgcs2000_zone(float(np.median(every)))
    if zones is not None:
        import geopandas as gpd

        frame = gpd.read_file(zones)
        box = reproject(shapely.box(*frame.total_bounds), epsg_of(frame.crs), WGS84)
        return cgcs2000_zone(float(box.centroid.x))
    raise GazetteerError("the sources hold no positions to choose a CRS by; state one")


def _name(text: str) -> str:
    return normalise(text).text


def _add_osm(contents: Contents, extract: OsmExtract) -> None:
    for reason, count in extract.dropped.items():
        contents.drop(reason, count)
    pieces = []
    for way in extract.ways:
        xy = reproject_xy(way.lonlat, WGS84, contents.crs)
        name = _name(way.name)
        if not name:
            contents.drop("线名没有可用的字")
            continue
        line = LineString(xy)
        if line.length == 0:
            contents.drop("长度为零的线")
            continue
        pieces.append(Piece(name, way.line_class, line, way.half_width_m, way.node_ids, way.category))
        for other in way.other_names:
            contents.alias(_name(other), name)
        contents.basemap.append(BasemapRow(way.line_class, way.name, way.category, line))
    _add_pieces(contents, pieces, "osm", _OSM_SIGMA_M)
    _add_osm_places(contents, extract)
    rows = [(_name(street), number, lon, lat) for street, number, lon, lat in extract.numbers]
    xy = reproject_xy([(row[2], row[3]) for row in rows], WGS84, contents.crs)
    _add_numbers(contents, [(row[0], row[1], x, y) for row, (x, y) in zip(rows, xy, strict=True)], 10.0)
    for layer, name, category, shape in extract.basemap:
        moved = reproject(shape, WGS84, contents.crs)
        contents.basemap.append(BasemapRow(layer, name, category, moved))


def _add_osm_places(contents: Contents, extract: OsmExtract) -> None:
    xy = reproject_xy([(place.lon, place.lat) for place in extract.places], WGS84, contents.crs)
    for place, (x, y) in zip(extract.places, xy.tolist(), strict=True):
        name = _name(place.name)
        if len(name) < 2 or place.category in _LOW_CATEGORIES:
            contents.drop("没有用处的地点（信号灯、铁塔、单字名）")
            continue
        sigma = max(15.0, place.radius_deg * _METRES_PER_DEGREE * 0.7)
        if place.category.startswith("place="):
            sigma = max(sigma, 500.0)
        contents.places.append(PlaceRow(name, place.category, x, y, sigma))
        for other in place.other_names:
            alias = _name(other)
            if len(alias) >= 2:
                contents.alias(alias, name)


def _add_pieces(contents: Contents, pieces: Sequence[Piece], source: Source, sigma_m: float) -> None:
    lines, line_of = merge_pieces(pieces, source=source, sigma_m=sigma_m)
    base = len(contents.lines)
    crossings = find_crossings(lines, shared_nodes(pieces, line_of), source=source)
    contents.lines += lines
    for row in crossings:
        moved = {field: getattr(row, field) for field in row.__slots__}
        moved |= {"first": row.first + base, "second": row.second + base}
        contents.crossings.append(type(row)(**moved))


def _nearest_line(contents: Contents, name: str, x: float, y: float, reach_m: float) -> int | None:
    point = shapely.points(x, y)
    near = [
        (float(shapely.distance(line.shape, point)), index)
        for index, line in enumerate(contents.lines)
        if line.name == name
    ]
    best = min(near, default=(np.inf, -1))
    return best[1] if best[0] <= reach_m else None


def _add_numbers(contents: Contents, rows: Sequence[tuple[str, int, float, float]], sigma_m: float) -> None:
    for name, number, x, y in rows:
        line = _nearest_line(contents, name, x, y, _NUMBER_REACH_M)
        if line is None:
            contents.drop("门牌附近没有这条路")
        else:
            contents.numbers.append(NumberRow(line, number, x, y, sigma_m))


def _add_drawn(contents: Contents, path: Path) -> None:
    drawn = read_lines(path, crs=contents.crs)
    for reason, count in drawn.dropped.items():
        contents.drop(reason, count)
    named = [piece for piece in drawn.pieces if _name(piece.name)]
    contents.drop("没有名称的线（只作底图）", len(drawn.pieces) - len(named))
    pieces = [
        Piece(_name(piece.name), piece.line_class, piece.line, piece.half_width_m, piece.node_ids)
        for piece in named
    ]
    _add_pieces(contents, pieces, "lines", _LINES_SIGMA_M)
    for name, chainage, x, y in drawn.posts:
        line = _nearest_line(contents, _name(name), x, y, _NUMBER_REACH_M)
        if line is None:
            contents.drop("里程桩附近没有这条线")
        else:
            contents.posts.append(PostRow(line, chainage, x, y))
    _add_numbers(contents, [(_name(road), *rest) for road, *rest in drawn.numbers], 5.0)  # type: ignore[misc]
    for name, category, shape in drawn.places:
        centre = shape.representative_point()
        sigma = max(10.0, float(np.sqrt(shape.area / np.pi)) * 0.7)
        contents.places.append(PlaceRow(_name(name), category, centre.x, centre.y, sigma))
    for layer, name, category, shape in drawn.basemap:
        contents.basemap.append(BasemapRow(layer, name, category, shape))


def _add_zones(contents: Contents, path: Path) -> None:
    import geopandas as gpd
    import pyogrio

    try:
        layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        frames = [(layer, gpd.read_file(path, layer=layer)) for layer in layers]
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
        raise GazetteerError(f"cannot read the zones {path}: {error}") from error
    for layer, frame in frames:
        if "name" not in frame.columns or not isinstance(frame, gpd.GeoDataFrame):
            continue
        shapes = reproject(frame.geometry.to_numpy(), epsg_of(frame.crs), contents.crs)
        for name, shape in zip(frame["name"].fillna("").astype(str), shapes, strict=True):
            if _name(name) and shape is not None and not shape.is_empty:
                contents.zones.append(ZoneRow(_name(name), layer, shape))


def _counts(contents: Contents) -> dict[str, int]:
    return {
        "地点": len(contents.places),
        "线路": len(contents.lines),
        "路口": len(contents.crossings),
        "门牌": len(contents.numbers),
        "里程桩": len(contents.posts),
        "区划": len(contents.zones),
        "已定位地址": len(contents.documents),
        "别名": len(contents.aliases),
    }
