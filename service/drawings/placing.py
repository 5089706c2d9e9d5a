"""How a picture lies on the ground: its control points, how well they fit, in words of metres."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from sqlalchemy import RowMapping

from geodata.crs import WGS84, reproject_xy
from geodata.georeference import OFFERED, Kind, Placing, PlacingError, place
from service.drawings.model import PictureItem
from service.words import tr


def placing_of(points: list[list[float]], kind: str, *, crs: int) -> Placing:
    """Return how control points (px, py, lon, lat) place a picture in the office CRS.

    Raises
    ------
    PlacingError
        If they do not: fewer than three (five for `projective`), on a line, twice the same.
    """
    wanted = cast("Kind", kind)
    if len(points) < OFFERED[wanted]:
        raise PlacingError("too_few")
    table = np.asarray(points, dtype=float)
    return place(table[:, :2], reproject_xy(table[:, 2:], WGS84, crs), kind=wanted)


def picture_item(row: RowMapping, *, crs: int) -> PictureItem:
    """Return a picture with its placing, or with the words why it has none yet."""
    fit: dict[str, Any] | None = None
    problem = ""
    try:
        fit = _fit_json(placing_of(row["points"], row["kind"], crs=crs), row, crs=crs)
    except PlacingError as error:
        problem = _problem_words(error, row["kind"], len(row["points"]))
    return PictureItem(
        id=row["id"], name=row["name"], width_px=row["width_px"], height_px=row["height_px"], kind=row["kind"],
        points=row["points"], fit=fit, problem=problem, version=row["version"],
    )  # fmt: skip


def _fit_json(placing: Placing, row: RowMapping, *, crs: int) -> dict[str, Any]:
    width, height = row["width_px"], row["height_px"]
    corners = placing.to_metres([[0, 0], [width, 0], [width, height], [0, height]])
    left_out = placing.left_out_m
    return {
        "residual_m": placing.residual_m.round(3).tolist(),
        "rms_m": round(placing.rms_m, 3),
        "worst": placing.worst,
        "left_out_m": None if left_out is None else [None if np.isnan(e) else round(float(e), 3) for e in left_out],
        "left_out_rms_m": placing.left_out_rms_m and round(placing.left_out_rms_m, 3),
        "exact": len(row["points"]) == {"affine": 3, "projective": 4}.get(row["kind"], 0),
        "mirrored": placing.mirrored,
        "corners": reproject_xy(corners, crs, WGS84).round(7).tolist() if np.isfinite(corners).all() else None,
    }  # fmt: skip


def _problem_words(error: PlacingError, kind: str, count: int) -> str:
    need = OFFERED[cast("Kind", kind)]
    return {
        "too_few": tr(
            f"已有 {count} 个控制点，至少要 {need} 个才能放到地图上", f"{count} control points; at least {need} are needed"
        ),
        "on_a_line": tr("控制点几乎在一条直线上，请再选一个偏离的点", "the points lie on a line; add one beside it"),
        "same_place": tr("有两个控制点在同一处", "two control points coincide"),
        "folds": tr("控制点互相矛盾，图被折叠了；请检查点错的那一个", "the points contradict each other; check them"),
    }[error.code]  # fmt: skip
