"""Build a gazetteer: read the sources, bring them to one CRS, merge, mine, compile."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import shapely

from geodata.crs import WGS84, cgcs2000_zone, epsg_of, is_projected, reproject
from geodata.errors import CrsError, GazetteerError
from geodata.gazetteer.collecting import Sources, collect
from geodata.gazetteer.compile import compile_contents
from geodata.gazetteer.lines import first_lon, read_lines
from geodata.gazetteer.model import BuildReport, Contents
from geodata.gazetteer.osm import read_osm
from geodata.gazetteer.osm_rows import OsmExtract
from geodata.gazetteer.tables import PlaceTable, read_places, read_posts


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
    drawn = [] if lines is None else [read_lines(lines, crs=chosen)]
    contents = collect(Sources(extracts, drawn, tables, post_tables, zones), crs=chosen)
    if not any(counts_of(contents).values()) and not may_be_empty:
        raise GazetteerError(
            "the sources hold nothing that can be found by name", zh="这些数据里没有一个能按名字找到的地方"
        )
    report = compile_collected(contents, Path(out))
    return BuildReport(chosen, report.counts, report.dropped, time.perf_counter() - began)


def compile_collected(contents: Contents, out: Path) -> BuildReport:
    """Compile what was collected to a file; the same sources give the same file byte for byte."""
    began = time.perf_counter()
    dropped = dict(sorted(contents.dropped.items()))
    report = {"crs": contents.crs, "counts": counts_of(contents), "dropped": dropped}
    compile_contents(contents, out, report=report)
    return BuildReport(contents.crs, counts_of(contents), dropped, time.perf_counter() - began)


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


def counts_of(contents: Contents) -> dict[str, int]:
    """Return how much of each kind was collected, by its Chinese name."""
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
