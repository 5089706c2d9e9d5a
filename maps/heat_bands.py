"""Classes of a density as polygons with their limits, colours and words: for files, tiles and folium."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import folium
import geopandas as gpd
import numpy as np

from geodata.crs import WGS84
from geodata.patterns.contours import density_bands
from maps.safe import escape_html
from maps.style import HEAT_RAMP, Lang

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from geodata.patterns import DensityGrid

_OPACITY = 0.7


def class_words(lower: float, upper: float, *, unit: str) -> str:
    """Return the words of a class.

    Examples
    --------
    >>> class_words(20.0, 35.0, unit="处/km²"), class_words(60.0, math.inf, unit="处/km²")
    ('20–35 处/km²', '≥ 60 处/km²')
    """
    return f"≥ {lower:g} {unit}" if math.isinf(upper) else f"{lower:g}–{upper:g} {unit}"


def class_colours(count: int, colours: Sequence[str] = HEAT_RAMP) -> tuple[str, ...]:
    """Return a colour per class, lowest first.

    Fewer classes than colours take the darkest; with more the lowest classes share the lightest.

    Examples
    --------
    >>> class_colours(2, ["a", "b", "c"]), class_colours(4, ["a", "b", "c"])
    (('b', 'c'), ('a', 'a', 'b', 'c'))
    """
    spare = max(0, count - len(colours))
    return (*[colours[0]] * spare, *colours[len(colours) - (count - spare) :])


def band_frame(
    grid: DensityGrid,
    *,
    crs: int,
    limits: Sequence[float],
    colours: Sequence[str] = HEAT_RAMP,
    within: BaseGeometry | None = None,
    unit: str = "处/km²",
) -> gpd.GeoDataFrame:
    """Return one row per class of a density: `lower`, `upper` (NaN: open), `colour`, `label`, polygon.

    Parameters
    ----------
    grid
        In a projected CRS in metres.
    crs
        Its EPSG code, and the frame's.
    limits
        Lower limits per km², rising.
    colours
        Lowest first; see `class_colours`.
    within
        Study area to cut by.
    """
    names = ("lower", "upper", "colour", "label")
    by_limit = dict(zip(map(float, limits), class_colours(len(limits), colours), strict=True))
    bands = density_bands(grid, limits, within=within)
    rows = [
        (
            band.lower,
            band.upper if math.isfinite(band.upper) else np.nan,
            by_limit[band.lower],
            class_words(band.lower, band.upper, unit=unit),
        )
        for band in bands
    ]
    columns: dict[str, list[Any]] = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    return gpd.GeoDataFrame(columns, geometry=[band.polygon for band in bands], crs=crs)


def heat_layer(bands: gpd.GeoDataFrame, *, name: str, lang: Lang = "zh") -> folium.FeatureGroup:
    """Return classes from `band_frame` as a folium layer for notebooks and exports; no address in it.

    Parameters
    ----------
    bands
        In any CRS.
    name
        Shown in a layer control.
    lang
        Of the tooltip's word.
    """
    layer = folium.FeatureGroup(name=escape_html(name))
    if len(bands):
        folium.GeoJson(
            bands.to_crs(WGS84)[["label", "colour", "geometry"]].to_json(drop_id=True),
            style_function=_look,
            tooltip=folium.GeoJsonTooltip(
                fields=["label"], aliases=["密度" if lang == "zh" else "density"], sticky=True
            ),
            smooth_factor=0.5,
        ).add_to(layer)
    return layer


def _look(feature: dict[str, Any]) -> dict[str, Any]:
    return {
        "fillColor": feature["properties"]["colour"],
        "fillOpacity": _OPACITY,
        "color": feature["properties"]["colour"],
        "weight": 0.5,
    }
