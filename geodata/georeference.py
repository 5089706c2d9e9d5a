"""Placing a picture on the ground by control points: least squares, residuals in metres, leave-one-out.

A picture's pixel (column, row; row counts downwards) is mapped to east, north in metres of a projected
CRS. Not for datums (`geodata.datums`), nor for warping rubber-like: a paper map that was folded or
photographed from aside is what `projective` is for, nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from geodata.errors import QingtuError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

Kind: TypeAlias = Literal["similarity", "affine", "projective"]
# Least number of points that fix a kind, and from how many on it is offered: the rest is a check.
EXACT: dict[Kind, int] = {"similarity": 2, "affine": 3, "projective": 4}
OFFERED: dict[Kind, int] = {"similarity": 2, "affine": 3, "projective": 5}
# Points whose spread across is below this part of their spread along lie on one line.
_FLAT = 0.01


class PlacingError(QingtuError):
    """Control points cannot place a picture; `code` says why."""

    def __init__(self, code: Literal["too_few", "on_a_line", "same_place", "folds"]) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, eq=False)
class Placing:
    """A transform from pixels to metres and how well it fits its control points.

    Attributes
    ----------
    matrix
        3 × 3, homogeneous: pixels to metres from `origin_m`.
    residual_m
        Per point the distance between where it was clicked and where the transform puts it.
    rms_m
        Root mean square of the residuals; 0 for exactly as many points as the transform needs, which
        says nothing about its truth.
    left_out_m
        Per point its distance when the transform is fitted without it, None for fewer than four points
        (five for `projective`); NaN where the others alone fix nothing.
    mirrored
        The picture would lie face down: surely two points were exchanged.
    """

    kind: Kind
    matrix: Floats
    origin_m: tuple[float, float]
    residual_m: Floats
    rms_m: float
    left_out_m: Floats | None
    mirrored: bool

    @property
    def worst(self) -> int:
        """Return the number of the point that fits worst: without it if that is known, else as fitted."""
        errors = self.residual_m if self.left_out_m is None else np.nan_to_num(self.left_out_m)
        return int(np.argmax(errors))

    @property
    def left_out_rms_m(self) -> float | None:
        """Return the root mean square of the leave-one-out errors, None where there are none."""
        if self.left_out_m is None or np.isnan(self.left_out_m).all():
            return None
        return float(np.sqrt(np.nanmean(self.left_out_m**2)))

    def to_metres(self, pixels: ArrayLike) -> Floats:
        """Return east, north of pixels, shape (n, 2); NaN on the horizon of a projective transform."""
        metres: Floats = _mapped(self.matrix, np.asarray(pixels, dtype=float)) + np.array(self.origin_m)
        return metres

    def to_pixels(self, metres: ArrayLike) -> Floats:
        """Return the pixels of east, north, shape (n, 2); NaN where a projective transform has none."""
        back: Floats = np.linalg.inv(self.matrix).astype(float)
        return _mapped(back, np.asarray(metres, dtype=float) - np.array(self.origin_m))


def place(pixels: ArrayLike, metres: ArrayLike, *, kind: Kind = "affine") -> Placing:
    """Return the transform that fits control points best.

    Parameters
    ----------
    pixels, metres
        Column, row and east, north of each point, shape (n, 2).
    kind
        `similarity` (turn, scale, shift: 4 unknowns), `affine` (6), `projective` (8).

    Raises
    ------
    PlacingError
        "too_few" points, "same_place" (two points coincide), "on_a_line", "folds" (a control point lies
        on the other side of the horizon).
    ValueError
        If the shapes differ or a number is not finite.

    Notes
    -----
    Least squares of the distances in metres. Coordinates are centred and scaled first (Hartley 1997),
    so that a known affine transform is recovered to 1e-6 m at coordinates of millions. The projective
    fit starts from the direct linear transform and is refined by Gauss-Newton (Hartley & Zisserman
    2004, §4.1 and A6).
    """
    source, target = np.asarray(pixels, dtype=float), np.asarray(metres, dtype=float)
    if source.shape != target.shape or source.ndim != 2 or source.shape[-1] != 2:
        raise ValueError(f"control points need shape (n, 2) twice, got {source.shape} and {target.shape}")
    if not (np.isfinite(source).all() and np.isfinite(target).all()):
        raise ValueError("control points must be finite numbers")
    _require_spread(source, target, kind)
    matrix, origin = _fitted(source, target, kind)
    residual = np.hypot(*(_mapped(matrix, source) + origin - target).T)
    if np.isnan(residual).any() or _folds(matrix, source):
        raise PlacingError("folds")
    return Placing(
        kind=kind,
        matrix=matrix,
        origin_m=(float(origin[0]), float(origin[1])),
        residual_m=residual,
        rms_m=float(np.sqrt(np.mean(residual**2))),
        left_out_m=_left_out(source, target, kind),
        # Rows count downwards, north upwards: an upright picture has a negative determinant.
        mirrored=kind != "similarity" and _determinant_at(matrix, source.mean(axis=0)) > 0,
    )


def _require_spread(source: Floats, target: Floats, kind: Kind) -> None:
    if len(source) < EXACT[kind]:
        raise PlacingError("too_few")
    for points in (source, target):
        if len(np.unique(points, axis=0)) < len(points):
            raise PlacingError("same_place")
        if kind != "similarity":
            singular = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
            if singular[1] < _FLAT * singular[0]:
                raise PlacingError("on_a_line")


def _left_out(source: Floats, target: Floats, kind: Kind) -> Floats | None:
    """Return each point's error when fitted by the others; NaN where they do not fix the transform."""
    count = len(source)
    if count < max(EXACT[kind] + 1, 4):
        return None
    errors = np.full(count, np.nan)
    for number in range(count):
        rest = np.arange(count) != number
        try:
            _require_spread(source[rest], target[rest], kind)
            matrix, origin = _fitted(source[rest], target[rest], kind)
        except PlacingError:
            continue
        found = _mapped(matrix, source[number : number + 1])[0] + origin
        errors[number] = float(np.hypot(*(found - target[number])))
    return errors


def _fitted(source: Floats, target: Floats, kind: Kind) -> tuple[Floats, Floats]:
    """Return the homogeneous matrix from pixels to metres from an origin, and the origin."""
    origin = target.mean(axis=0)
    scale_in, scale_out = _scaling(source), _scaling(target - origin)
    inner, outer = _mapped(scale_in, source), _mapped(scale_out, target - origin)
    if kind == "similarity":
        core = _similarity(inner, outer)
    elif kind == "affine":
        core = _affine(inner, outer)
    else:
        core = _projective(inner, outer)
    matrix = np.linalg.inv(scale_out) @ core @ scale_in
    return matrix / matrix[2, 2], origin


def _scaling(points: Floats) -> Floats:
    centre = points.mean(axis=0)
    size = float(np.sqrt(np.mean(np.sum((points - centre) ** 2, axis=1)))) or 1.0
    return np.array([[1 / size, 0, -centre[0] / size], [0, 1 / size, -centre[1] / size], [0, 0, 1]])


def _similarity(source: Floats, target: Floats) -> Floats:
    """Turn, scale, shift of an upright picture: rows are turned upwards first."""
    x, y = source[:, 0], -source[:, 1]
    one, none = np.ones(len(x)), np.zeros(len(x))
    rows = np.vstack([np.column_stack([x, -y, one, none]), np.column_stack([y, x, none, one])])
    (a, b, east, north), *_ = np.linalg.lstsq(rows, target.T.ravel(), rcond=None)
    return np.array([[a, b, east], [b, -a, north], [0, 0, 1]])


def _affine(source: Floats, target: Floats) -> Floats:
    rows = np.column_stack([source, np.ones(len(source))])
    found, *_ = np.linalg.lstsq(rows, target, rcond=None)
    return np.vstack([found.T, [0, 0, 1]])


def _projective(source: Floats, target: Floats) -> Floats:
    homogeneous = np.column_stack([source, np.ones(len(source))])
    none = np.zeros_like(homogeneous)
    rows = np.vstack(
        [
            np.column_stack([homogeneous, none, -target[:, :1] * homogeneous]),
            np.column_stack([none, homogeneous, -target[:, 1:] * homogeneous]),
        ]
    )
    matrix: Floats = np.linalg.svd(rows)[2][-1].reshape(3, 3)
    if abs(matrix[2, 2]) < 1e-12:
        raise PlacingError("folds")
    matrix = matrix / matrix[2, 2]
    for _ in range(25):
        depth = homogeneous @ matrix[2]
        if (np.abs(depth) < 1e-12).any():
            raise PlacingError("folds")
        found = (homogeneous @ matrix[:2].T) / depth[:, None]
        by_depth = homogeneous / depth[:, None]
        slopes = np.vstack(
            [
                np.column_stack([by_depth, none, -found[:, :1] * by_depth[:, :2]]),
                np.column_stack([none, by_depth, -found[:, 1:] * by_depth[:, :2]]),
            ]
        )
        step, *_ = np.linalg.lstsq(slopes, (target - found).T.ravel(), rcond=None)
        matrix = matrix + np.append(step, 0.0).reshape(3, 3)
        if np.abs(step).max() < 1e-14:
            break
    return matrix


def _mapped(matrix: Floats, points: Floats) -> Floats:
    homogeneous = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    depth = homogeneous[:, 2:]
    with np.errstate(divide="ignore", invalid="ignore"):
        mapped = homogeneous[:, :2] / depth
    mapped[np.abs(depth[:, 0]) < 1e-12] = np.nan
    return mapped


def _folds(matrix: Floats, points: Floats) -> bool:
    depth = np.column_stack([points, np.ones(len(points))]) @ matrix[2]
    return bool(depth.min() <= 0 <= depth.max())


def _determinant_at(matrix: Floats, point: Floats) -> float:
    """Return the sign of the area a small square at a point gets."""
    step = point + np.array([[0, 0], [1e-3, 0], [0, 1e-3]])
    mapped = _mapped(matrix, step)
    right, down = mapped[1] - mapped[0], mapped[2] - mapped[0]
    return float(right[0] * down[1] - right[1] * down[0])
