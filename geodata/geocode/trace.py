"""A location's reasoning as plain data, for the command line and the review page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import shapely

from geodata.crs import WGS84, reproject, reproject_xy
from geodata.geocode.evidence import representative
from geodata.geocode.model import Candidate, Frame, Location


def trace_json(location: Location) -> dict[str, Any]:
    """Return a location as JSON-able data; geometries as GeoJSON in EPSG:4326 (lon, lat).

    Keys: text, status, method, lon, lat, uncertainty_m, p (by metres), candidates (best first), steps.
    """
    candidates = [location.best, *location.others] if location.best is not None else []
    lon, lat = lonlat_of(location.best, location.crs) if location.best is not None else (None, None)
    return {
        "text": location.text,
        "status": location.status,
        "method": location.method,
        "lon": lon,
        "lat": lat,
        "uncertainty_m": round(location.best.uncertainty_m, 1) if location.best is not None else None,
        "p": {str(radius): round(p, 4) for radius, p in location.p_within.items()},
        "candidates": [_candidate(candidate, location.crs) for candidate in candidates],
        "steps": [
            {"stage": step.stage, "words": step.words, "data": dict(step.data)} for step in location.trace
        ],
    }


def lonlat_of(candidate: Candidate, crs: int) -> tuple[float, float]:
    """Return WGS84 lon, lat of a candidate's representative point (a line's midpoint along it)."""
    return lonlats_of([candidate], crs)[0]


def lonlats_of(candidates: Sequence[Candidate], crs: int) -> list[tuple[float, float]]:
    """Return `lonlat_of` every candidate, all of them in one CRS."""
    xy = [representative(candidate.geometry) for candidate in candidates]
    return [(round(lon, 7), round(lat, 7)) for lon, lat in reproject_xy(xy, crs, WGS84).tolist()]


def _candidate(candidate: Candidate, crs: int) -> dict[str, Any]:
    geometry = reproject(candidate.geometry, crs, WGS84)
    lon, lat = lonlat_of(candidate, crs)
    return {
        "geometry": json.loads(shapely.to_geojson(shapely.set_precision(geometry, 1e-7))),
        "lon": lon,
        "lat": lat,
        "uncertainty_m": round(candidate.uncertainty_m, 1),
        "probability": round(candidate.probability, 4),
        "method": candidate.method,
        "words": candidate.words,
        "side": candidate.side,
        "line_name": candidate.line_name,
    }


def frame_data(frame: Frame) -> dict[str, Any]:
    """Return a frame as JSON-able data, its kind under `frame`; names as their texts."""
    data: dict[str, Any] = {"frame": type(frame).__name__.lower()}
    for own in fields(frame):
        value = _plain(getattr(frame, own.name))
        if value is not None:
            data[own.name] = value
    return data


def _plain(value: Any) -> Any:
    if hasattr(value, "classes") and hasattr(value, "text"):
        return value.text if value.known else f"{value.text}（未知）"
    if is_dataclass(value):
        return frame_data(value)  # type: ignore[arg-type]
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    return value
