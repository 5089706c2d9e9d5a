"""Build a gazetteer: read the sources, bring them to one CRS, merge, mine, compile."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import shapely

from geodata.crs import WGS84, cgcs2000_zone, epsg_of, is_projected, reproject, reproject_xy
from geodata.errors import CrsError, GazetteerError
from geodata.gazetteer.attach import add_named_posts, add_numbers
from geodata.gazetteer.compile import compile_contents
from geodata.gazetteer.from_osm import add_osm, add_pieces, spelled
from geodata.gazetteer.lines import first_lon, read_lines
from geodata.gazetteer.mine import mine
from geodata.gazetteer.model import (
    BasemapRow,
    BuildReport,
    Contents,
    PlaceRow,
    ZoneRow,
)
from geodata.gazetteer.osm import read_osm
from geodata.gazetteer.osm_rows import OsmExtract
from geodata.gazetteer.pieces import Piece
from geodata.gazetteer.spellings import add_spellings
from geodata.gazetteer.tables import PlaceTable, PostTable, read_places, read_posts

_LINES_SIGMA_M = 3.0


def build(
    *,
    osm: Sequence[Path] = (),
    places: Sequence[Path] = (),
    places_datum: str | None = None,
    posts: Sequence[Path] = (),
    zones: Path | None = None,
    lines: Path | None = None,
    crs: int | None = None,
    out: Path,
    may_be_empty: bool = False,
) -> BuildReport:
    """Compile a gazetteer file from an office's sources and return what went in and what was left out.

    Parameters
    ----------
    osm
        OpenStreetMap extracts (.osm, .osm.gz, .osm.pbf).
    places
        Tables or point layers of located places (see `read_places`); their addresses are mined for
        crossings, house numbers and landmarks.
    places_datum
        Datum of the tables' `lon`, `lat`.
    posts
        Tables or point layers of kilometre posts (see `read_posts`) of lines from the other sources.
    zones
        GeoPackage of layers subdistrict, community, grid, for their names.
    lines
        GeoPackage of drawn lines (see `read_lines`).
    crs
        EPSG code of a projected CRS in metres; None for the CGCS2000 3-degree zone nearest the median
        longitude of everything read.
    out
        File to write; replaced only when complete.
    may_be_empty
        Write a gazetteer that knows nothing rather than refuse: an office before its first roads. It
        needs `crs`.

    Raises
    ------
    GazetteerError
        If there is nothing to build from, or a source cannot be read.
    CrsError
        If the CRS is not projected.
    """
    began = time.perf_counter()
    if not (osm or places or lines or zones or may_be_empty):
        raise GazetteerError(
            "nothing to build from: give at least one of osm, places, lines, zones",
            zh="没有可编的数据：--osm、--places、--lines、--zones 至少给一个",
        )
    extracts = [read_osm(path) for path in osm]
    tables = [read_places(path, datum=places_datum) for path in places]
    post_tables = [read_posts(path, datum=places_datum) for path in posts]
    chosen = crs if crs is not None else _choose_crs(extracts, tables, lines, zones)
    if not is_projected(chosen):
        raise CrsError(
            f"EPSG:{chosen} is not projected; a gazetteer needs a CRS in metres",
            zh=f"EPSG:{chosen} 不是投影坐标系；地名库要用以米为单位的坐标系，如 EPSG:4547",
        )
    contents = Contents(chosen)
    for extract in extracts:
        add_osm(contents, extract)
    if lines is not None:
        _add_drawn(contents, lines)
    if zones is not None:
        _add_zones(contents, zones)
    for post_table in post_tables:
        _add_post_table(contents, post_table)
    for table in tables:
        for reason, count in table.dropped.items():
            contents.drop(reason, count)
    mine(contents, tables)
    add_spellings(contents)
    counts = _counts(contents)
    if not any(counts.values()) and not may_be_empty:
        raise GazetteerError(
            "the sources hold nothing that can be found by name", zh="这些数据里没有一个能按名字找到的地方"
        )
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
    raise GazetteerError(
        "the sources hold no positions to choose a CRS by; state one",
        zh="数据里没有位置，选不出坐标系；请用 --crs 写明",
    )


def _add_drawn(contents: Contents, path: Path) -> None:
    drawn = read_lines(path, crs=contents.crs)
    for reason, count in drawn.dropped.items():
        contents.drop(reason, count)
    named = [piece for piece in drawn.pieces if spelled(piece.name)]
    contents.drop("没有名称的线（只作底图）", len(drawn.pieces) - len(named))
    pieces = [
        Piece(spelled(piece.name), piece.line_class, piece.line, piece.half_width_m, piece.node_ids)
        for piece in named
    ]
    add_pieces(contents, pieces, "lines", _LINES_SIGMA_M)
    add_named_posts(contents, [(spelled(post[0]), *post[1:]) for post in drawn.posts])
    add_numbers(contents, [(spelled(number[0]), *number[1:]) for number in drawn.numbers], 5.0)
    for name, category, shape in drawn.places:
        centre = shape.representative_point()
        sigma = max(10.0, float(np.sqrt(shape.area / np.pi)) * 0.7)
        contents.places.append(PlaceRow(spelled(name), category, centre.x, centre.y, sigma))
    for layer, name, category, shape in drawn.basemap:
        contents.basemap.append(BasemapRow(layer, name, category, shape))


def _add_post_table(contents: Contents, table: PostTable) -> None:
    for reason, count in table.dropped.items():
        contents.drop(reason, count)
    xy = reproject_xy(table.lonlat, WGS84, contents.crs)
    names = [spelled(name) for name in table.line]
    add_named_posts(
        contents,
        [
            (name, metres, x, y)
            for name, metres, (x, y) in zip(names, table.chainage_m, xy.tolist(), strict=True)
        ],
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
