"""Drafts to placed records: coordinates of the list first, else the geocoder; then the zones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from geodata.crs import WGS84, reproject
from service.intake.model import Draft, Placed

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from geodata.geocode import Geocoder
    from geodata.geocode.model import Location, Side, Status
    from geodata.zones import ZoneAnswer, ZoneTree

# A coordinate that a person typed or a phone measured.
COORDINATE_UNCERTAINTY_M = 15.0
_CHUNK = 1_000


def place(
    drafts: Sequence[Draft],
    *,
    geocoder: Geocoder | None,
    zones: ZoneTree | None,
    progress: Callable[[int], None] | None = None,
) -> list[Placed]:
    """Return every draft with its place, in the drafts' order.

    Parameters
    ----------
    geocoder
        None leaves drafts without coordinates `not_found`.
    zones
        None leaves `Placed.zone` empty.
    progress
        Called with the number of drafts done so far.
    """
    result: list[Placed] = []
    for start in range(0, len(drafts), _CHUNK):
        result += _place_chunk(drafts[start : start + _CHUNK], geocoder=geocoder, zones=zones)
        if progress:
            progress(len(result))
    return result


def _place_chunk(
    drafts: Sequence[Draft], *, geocoder: Geocoder | None, zones: ZoneTree | None
) -> list[Placed]:
    locations = _locate(drafts, geocoder)
    crs = zones.crs if zones else geocoder.crs if geocoder else WGS84
    shapes = [_geometry_m(draft, location, crs) for draft, location in zip(drafts, locations, strict=True)]
    sigmas = [_uncertainty_m(d, loc) for d, loc in zip(drafts, locations, strict=True)]
    stated = [_stated(d, loc) for d, loc in zip(drafts, locations, strict=True)]
    said = [_said(d, loc) for d, loc in zip(drafts, locations, strict=True)]
    answers = _assign(shapes, sigmas, stated, said, zones)
    return [
        Placed(
            draft=draft,
            status=_status(draft, location),
            location=location,
            geometry=reproject(shape, crs, WGS84) if shape is not None else None,
            geometry_m=shape,
            crs=crs,
            zone=answer,
            placed_by=_placed_by(draft, location),
        )
        for draft, location, shape, answer in zip(drafts, locations, shapes, answers, strict=True)
    ]


def _locate(drafts: Sequence[Draft], geocoder: Geocoder | None) -> list[Location | None]:
    asked = [i for i, draft in enumerate(drafts) if draft.geometry is None and geocoder]
    found: list[Location | None] = [None] * len(drafts)
    if geocoder and asked:
        texts = [drafts[i].location_text for i in asked]
        areas = [drafts[i].area or None for i in asked]
        for i, location in zip(asked, geocoder.locate_many(texts, areas=areas), strict=True):
            found[i] = location
    return found


def _geometry_m(draft: Draft, location: Location | None, crs: int) -> BaseGeometry | None:
    if draft.geometry is not None:
        return reproject(draft.geometry, WGS84, crs)
    if location is None or location.best is None:
        return None
    return reproject(location.best.geometry, location.crs, crs)


def _uncertainty_m(draft: Draft, location: Location | None) -> float:
    if draft.geometry is not None:
        return COORDINATE_UNCERTAINTY_M
    return location.best.uncertainty_m if location and location.best else 0.0


def _stated(draft: Draft, location: Location | None) -> Mapping[int, float] | None:
    """Return what the geocoder says of its answer; None where the list brought the place."""
    return location.p_within if draft.geometry is None and location and location.best else None


def _said(draft: Draft, location: Location | None) -> tuple[Side | None, str]:
    """Return the side that the text named and of which line; none where the list brought the place."""
    if draft.geometry is not None or location is None or location.best is None:
        return None, ""
    return location.best.side, location.best.line_name


def _assign(
    shapes: Sequence[BaseGeometry | None],
    uncertainties_m: Iterable[float],
    stated: Iterable[Mapping[int, float] | None],
    said: Iterable[tuple[Side | None, str]],
    zones: ZoneTree | None,
) -> list[ZoneAnswer | None]:
    answers: list[ZoneAnswer | None] = [None] * len(shapes)
    if zones is None:
        return answers
    every = enumerate(zip(shapes, uncertainties_m, stated, said, strict=True))
    asked = [(i, shape, sigma, p, *sided) for i, (shape, sigma, p, sided) in every if shape is not None]
    if asked:
        index, found, sigmas, within, sides, lines = zip(*asked, strict=True)
        located = zones.shares_many(found, uncertainties_m=sigmas, p_within=within, sides=sides, lines=lines)
        for i, answer in zip(index, located, strict=True):
            answers[i] = answer
    return answers


def _status(draft: Draft, location: Location | None) -> Status:
    if draft.geometry is not None:
        return "located"
    return location.status if location else "not_found"


def _placed_by(draft: Draft, location: Location | None) -> str:
    if draft.geometry is not None:
        return "coordinates"
    return "alias" if location and location.method == "alias" else "geocoder"
