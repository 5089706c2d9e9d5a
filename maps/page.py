"""The problem map: a located list on one page, with everything a reader needs to act on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import geopandas as gpd

from geodata.crs import WGS84, cgcs2000_zone, epsg_of, is_projected, reproject
from geodata.zones import ZoneTree
from maps import ground, layers
from maps.base import OfflineMap, ProblemPage
from maps.heat import density_picture
from maps.layers import As, Unplaced
from maps.style import HEAT_RAMP, Lang, style_table
from maps.words import DENSITY_LEFT, DENSITY_NOTE, DENSITY_TITLE, DENSITY_UNIT, page_words

# A position vaguer than this says nothing about where it is dense.
MOST_UNCERTAIN_M = 500.0
# Background beyond the view, so that a reader who pans a little does not fall off the map.
MARGIN_SHARE = 0.35


def problem_map(
    frame: gpd.GeoDataFrame,
    *,
    title: str,
    zones: ZoneTree | None = None,
    unplaced: Sequence[Unplaced] = (),
    as_: As = "problems",
    note: str | None = None,
    basemap: gpd.GeoDataFrame | None = None,
    made_on: date | None = None,
    bandwidth_m: float | None = None,
    lang: Lang = "zh",
) -> OfflineMap:
    """Return a located list as a map that needs no network.

    Parameters
    ----------
    frame
        One row per row of the list, with a CRS; points, lines or polygons. Rows without a geometry
        are listed as not found. Columns that are used when present: `name`, `text` (location text),
        `area`, `description`, `kind_name`, `command`, `command_name`, `trade`, `unit`,
        `reported_at`, `state`, `status` (located, ambiguous), `method`, `words`, `uncertainty_m`
        (metres), `p_community` (0 to 1), `community`, `community_name`, `grid`, `grid_name`,
        `leader`, `near_border`, `failed` (of places: this item failed its inspection), `shares`,
        `owner`, `length_m`, `sheet`, `line`, `cells` (the row as it stood
        in the list: a mapping), `rivals` (a list of geometry, probability, words). Empty: a page
        without points.
    title
        Heading of the page.
    zones
        Borders to draw, any CRS.
    unplaced
        Rows that are not in `frame`: not found, or refused.
    as_
        `places` (a register: clusters by class; heat of the rows that `failed` only, for a clean shop is no
        problem) or `problems` (heat of all), 件/平方公里.
    note
        A remark everybody must see, for instance that the data are unofficial.
    basemap
        Background features as `Gazetteer.basemap()` gives them.
    made_on
        Date printed in the head.
    bandwidth_m
        Kernel radius of the density layer; None chooses one by the spread of the rows.

    Raises
    ------
    CrsError
        If a frame has no CRS.
    ValueError
        If `as_` is neither places nor problems.

    Examples
    --------
    >>> import shapely
    >>> rows = gpd.GeoDataFrame({"name": ["甲店"]}, geometry=[shapely.Point(113.72, 34.77)], crs=4326)
    >>> problem_map(rows, title="示例", as_="places").get_name()
    'map_problems'
    """
    if as_ not in ("places", "problems"):
        raise ValueError(f"a list is places or problems, not {as_!r}")
    epsg_of(frame.crs)
    placed, missing = layers.split_rows(frame, unplaced)
    rows = layers.encode_rows(placed, as_=as_, lang=lang)
    borders = ground.encode_zones(zones)
    view = ground.window_of(rows["at"], borders)
    words = page_words(lang)
    words["points"] = words[f"points_{as_}"]
    data: dict[str, Any] = {
        "title": title,
        "note": note or "",
        "made_on": made_on.isoformat() if made_on else "",
        "lang": lang,
        "as_": as_,
        "counts": layers.counts(placed, missing),
        "view": view,
        "rows": rows,
        "unplaced": [asdict(row) for row in missing],
        "zones": borders,
        "basemap": ground.encode_basemap(basemap, window=_widened(view)) if view else [],
        "density": _density(placed, as_=as_, bandwidth_m=bandwidth_m, lang=lang),
        "words": words,
        "style": style_table(lang),
    }
    page = OfflineMap(title=title, prefer_canvas=True, min_zoom=3, max_zoom=19, zoom_snap=0.5)
    page._id = "problems"  # the same list gives the same bytes
    page.add_child(ProblemPage(data), name="page")
    return page


def _widened(view: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    min_x, min_y, max_x, max_y = view
    x, y = (max(0.01, (high - low) * MARGIN_SHARE) for low, high in ((min_x, max_x), (min_y, max_y)))
    return (min_x - x, min_y - y, max_x + x, max_y + y)


def _metric(frame: gpd.GeoDataFrame) -> tuple[list[Any], int]:
    """The rows' geometries in metres, and their CRS."""
    crs = epsg_of(frame.crs)
    shapes = frame.geometry.to_numpy()
    if is_projected(crs):
        return list(shapes), crs
    lonlat = reproject(shapes, crs, WGS84)
    metric = cgcs2000_zone(float(lonlat[0].centroid.x))
    return list(reproject(lonlat, WGS84, metric)), metric


def _density(
    frame: gpd.GeoDataFrame, *, as_: As, bandwidth_m: float | None, lang: Lang
) -> dict[str, Any] | None:
    """The density layer's picture and the words under its legend."""
    if as_ == "places":
        # Many shops are no problem; what failed is one.
        frame = frame.loc[frame["failed"].eq(True)] if "failed" in frame else frame.iloc[:0]
    if frame.empty:
        return None
    shapes, crs = _metric(frame)
    if "uncertainty_m" in frame:
        exact = ~(frame["uncertainty_m"].astype(float) > MOST_UNCERTAIN_M).to_numpy()
        shapes = [shape for shape, counted in zip(shapes, exact, strict=True) if counted]
    picture = density_picture(shapes, crs=crs, colours=HEAT_RAMP, bandwidth_m=bandwidth_m)
    if picture is None:
        return None
    left = len(frame) - picture.counted
    words = DENSITY_NOTE.in_language(lang).format(
        n=f"{picture.counted:,}",
        bandwidth=f"{picture.bandwidth_m:g}",
        peak=f"{picture.peak:,.0f}",
        left=DENSITY_LEFT.in_language(lang).format(n=f"{left:,}") if left else "",
    )
    return {
        "uri": picture.uri,
        "bounds": picture.bounds,
        "limits": picture.limits,
        "colours": picture.colours,
        "title": DENSITY_TITLE[as_].in_language(lang),
        "unit": DENSITY_UNIT[as_].in_language(lang),
        "words": words,
    }
