"""HTTP of the map: `/tiles/{layer}/{z}/{x}/{y}.mvt`, `/api/heat`, `/api/hotspots`, `/style.css`."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from shapely.geometry import Polygon
from sqlalchemy import Connection

from service.atlas import queries
from service.atlas.cache import cache_of
from service.atlas.exposure import Exposure, chosen_exposure, places_on
from service.atlas.heat import MAX_BANDWIDTH_M, MIN_BANDWIDTH_M, case_heat, heat_tile
from service.atlas.hotspots import MAX_CELL_M, MAX_DISTANCE_M, MIN_CELL_M, NO_SPOTS, case_hot_spots
from service.atlas.looks import page_style, style_sheet
from service.atlas.tiles import Tile, read_tile
from service.auth.scope import Scope
from service.borders.current import borders_version
from service.cases.filters import CaseFilter, CaseFilterDep
from service.cases.queries import visible
from service.clock import office_day
from service.deps import ConnectionDep, ScopeDep, Service, ServiceDep
from service.fields import Line
from service.registers.queries import PlaceFilter, place_conditions
from service.roads.versions import gazetteer_number
from service.words import language, tr

router = APIRouter()

LayerName = Literal["basemap", "zones", "cases", "places", "heat"]
BandwidthQuery = Annotated[
    float, Query(ge=MIN_BANDWIDTH_M, le=MAX_BANDWIDTH_M, description="热力的核半径，米")
]
MVT = "application/vnd.mapbox-vector-tile"
# A tile farther than this from the district holds nothing of ours, and the district's projection
# may not reach it (EPSG:3857 units).
_MARGIN = 60_000.0
# The background changes only by `init`; borders and problems at any moment.
_CACHE = {"basemap": "private, max-age=600"}


def answer_with_tag(request: Request, body: bytes, *, media_type: str, cache: str) -> Response:
    """Return a body with its ETag, or 304 when the client already has it."""
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": cache, "Vary": "Cookie, Authorization"}
    held = {part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")}
    if tag in held:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


@router.get(
    "/tiles/{layer}/{z}/{x}/{y}.mvt",
    response_class=Response,
    responses={200: {"content": {MVT: {}}}, 204: {"description": "空瓦片"}, 304: {"description": "未改变"}},
)
def tile(
    request: Request, layer: LayerName, z: int, x: int, y: int, filters: CaseFilterDep,
    connection: ConnectionDep, service: ServiceDep, scope: ScopeDep, bandwidth_m: BandwidthQuery = 150,
    place_class: Annotated[Line, Query(alias="class", description="台账图层的场所类别代码，可用逗号连接")] = "",
) -> Response:  # fmt: skip
    """Return a vector tile in EPSG:3857; cases and heat take the filter of `/api/cases`."""
    wanted = read_tile(z, x, y)
    district = queries.district_bounds(connection)
    # Before any borders whatever the office has may be anywhere.
    if district is not None and not wanted.touches(district, margin=_MARGIN):
        return Response(status_code=204)
    if layer == "heat":
        conditions = visible(scope, filters, srid=service.office.crs, now=service.clock.now())
        found = case_heat(connection, srid=service.office.crs, bandwidth_m=bandwidth_m, conditions=conditions)
        body = heat_tile(connection, wanted, found)
    else:
        places = PlaceFilter(place_class=place_class)
        body = _tile_body(
            layer, wanted, connection=connection, service=service, scope=scope, filters=filters, places=places
        )
    if not body:
        return Response(status_code=204)
    return answer_with_tag(request, body, media_type=MVT, cache=_CACHE.get(layer, "private, no-cache"))


def _tile_body(
    layer: LayerName,
    wanted: Tile,
    *,
    connection: Connection,
    service: Service,
    scope: Scope,
    filters: CaseFilter,
    places: PlaceFilter,
) -> bytes:
    srid, now = service.office.crs, service.clock.now()
    cache, today = cache_of(service.engine), office_day(now)
    if layer == "basemap":
        make = partial(queries.basemap_tile, connection, wanted, srid=srid)
        return cache.get((layer, wanted, gazetteer_number(connection)), make)
    if layer == "zones":
        make = partial(queries.zone_tile, connection, wanted, srid=srid, today=today)
        return cache.get((layer, wanted, today, borders_version(connection)), make)
    if layer == "places":
        return queries.place_tile(connection, wanted, srid=srid, conditions=place_conditions(scope, places))
    conditions = visible(scope, filters, srid=srid, now=now)
    return queries.case_tile(connection, wanted, srid=srid, now=now, conditions=conditions)


class HeatClass(BaseModel):
    """One class of the legend: from this density up."""

    from_per_km2: float
    colour: str


class HeatAnswer(BaseModel):
    """The numbers of a density: the legend of the tiles of the layer `heat`."""

    unit: str
    bandwidth_m: float
    counted: int
    cut: bool
    peak_per_km2: float
    classes: list[HeatClass]


@router.get("/api/heat")
def heat(
    filters: CaseFilterDep, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep,
    bandwidth_m: BandwidthQuery = 150,
) -> HeatAnswer:  # fmt: skip
    """Return peak and classes of the kernel density (quartic, metres, 处/km²) of the filtered cases.

    At most 50,000 are counted. The classes themselves are the tiles `/tiles/heat/{z}/{x}/{y}.mvt` with
    the same filter and radius.
    """
    srid, now = service.office.crs, service.clock.now()
    conditions = visible(scope, filters, srid=srid, now=now)
    found = case_heat(connection, srid=srid, bandwidth_m=bandwidth_m, conditions=conditions)
    return HeatAnswer(
        unit=tr("处/km²", "per km²"), bandwidth_m=bandwidth_m, counted=found.counted, cut=found.cut,
        peak_per_km2=found.peak,
        classes=[HeatClass(from_per_km2=each.lower, colour=each.colour) for each in found.classes],
    )  # fmt: skip


class SpotClass(BaseModel):
    """One class of the legend; `outline`: not filled, it may be chance or was not judged."""

    verdict: str
    label: str
    colour: str
    outline: bool
    cells: int


class HotSpotAnswer(BaseModel):
    """Hot spots as GeoJSON in EPSG:4326: `cells` with their numbers, `outlines` one per class.

    `exposure` is what problems are measured by, `exposures` what may be asked for; `places` of the
    register count, those of `place_classes` (all when empty). `left_out` problems lie in no studied cell.
    """

    cell_m: float
    distance_m: float
    fdr: float
    exposure: Exposure
    exposures: list[Exposure]
    places: int
    place_classes: list[str]
    counted: int
    left_out: float
    cut: bool
    classes: list[SpotClass]
    cells: dict[str, Any]
    outlines: dict[str, Any]


@router.get("/api/hotspots")
def hotspots(
    filters: CaseFilterDep, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep,
    cell_m: Annotated[float, Query(ge=MIN_CELL_M, le=MAX_CELL_M, description="方格边长，米")] = 100,
    distance_m: Annotated[float, Query(ge=0, le=MAX_DISTANCE_M, description="邻域半径，米")] = 200,
    fdr: Annotated[float, Query(ge=0.001, le=0.2, description="错误发现率")] = 0.05,
    exposure: Annotated[Exposure | None, Query(description="基数：面积或台账场所数；不写由系统选")] = None,
) -> HotSpotAnswer:  # fmt: skip
    """Return where the filtered cases lie denser or thinner than chance explains (exact test, false discovery rate).

    Measured by area or by the register's places; without `exposure` by places where the filtered kinds
    are about places and enough of them are there. Cells without a place are then not studied.
    """
    srid, now = service.office.crs, service.clock.now()
    ground = queries.study_area(connection, codes=scope.zone_codes, today=office_day(now)) or Polygon()
    choice = chosen_exposure(places_on(connection, ground, scope=scope), filters, service.kinds, exposure)
    found = NO_SPOTS if ground.is_empty else case_hot_spots(
        connection, srid=srid, ground=ground, cell_m=cell_m, distance_m=distance_m, fdr=fdr,
        places=choice.places if choice.by == "places" else None,
        conditions=visible(scope, filters, srid=srid, now=now),
    )  # fmt: skip
    return HotSpotAnswer(
        cell_m=cell_m, distance_m=distance_m, fdr=fdr, exposure=choice.by, exposures=list(choice.offered),
        places=len(choice.places), place_classes=list(choice.classes), counted=found.counted,
        left_out=round(found.left_out, 1), cut=found.cut, classes=[SpotClass(**each) for each in found.classes],
        cells=found.cells, outlines=found.outlines,
    )  # fmt: skip


@router.get("/static-style.json")
def style_json(service: ServiceDep) -> dict[str, Any]:
    """Return the one table of colours, shapes and words as JSON."""
    return page_style(service.kinds, language.get())


@router.get("/style.css", response_class=Response, responses={200: {"content": {"text/css": {}}}})
def style_css(request: Request) -> Response:
    """Return the one table of colours as CSS custom properties."""
    return answer_with_tag(request, style_sheet().encode(), media_type="text/css", cache="no-cache")
