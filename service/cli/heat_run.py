"""The two densities of `qingtu heat`, from places to files and figures: over the ground, along lines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

import geopandas as gpd
import numpy as np
import pyogrio

from geodata.crs import WGS84
from geodata.errors import FrameError
from geodata.patterns import line_network, network_density, studied_density
from geodata.patterns.density import density_grid
from geodata.patterns.edges import Edge, study_polygon
from geodata.patterns.kernels import Kernel
from maps.heat import class_limits, weighted_points
from maps.heat_bands import class_colours, class_words
from maps.style import HEAT_RAMP
from service.cli.heat_files import HeatFacts, write_heat
from service.cli.heat_inputs import chosen_bandwidth, one_point_each, read_ground, read_lines
from service.words import tr

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geodata.patterns import DensityGrid, NetworkDensity
    from geodata.patterns.bandwidths import BandwidthAdvice
    from service.cli.point_rows import Places

    Floats = NDArray[np.float64]

_SHEETS = (".tif", ".tiff", ".png", ".gpkg", ".geojson")
_CLASSES = (".gpkg", ".geojson")
_LINES = (".gpkg", ".geojson", ".parquet")


@dataclass(frozen=True, slots=True)
class HeatWish:
    """The command's options, as stated."""

    out: Path
    bandwidth: str
    cell_m: float
    kernel: str
    edge: str | None
    study: Path | None
    mask: Path | None
    contours: Path | None
    limits: tuple[float, ...] | None
    network: Path | None
    line_classes: tuple[str, ...]
    snap_m: float
    lixel_m: float
    threads: int

    def __post_init__(self) -> None:
        kinds = _LINES if self.network else _SHEETS
        if self.out.suffix.lower() not in kinds:
            known = " ".join(kinds)
            raise FrameError(
                tr(f"结果写成 {known}，不能是 {self.out.name}", f"the result is {known}, not {self.out.name}")
            )
        if self.contours and self.contours.suffix.lower() not in _CLASSES:
            raise FrameError(
                tr(
                    f"分级面写成 .gpkg 或 .geojson，不能是 {self.contours.name}",
                    f"classes are .gpkg or .geojson, not {self.contours.name}",
                )
            )
        if self.network and (
            self.study or self.mask or self.edge or self.contours or self.kernel != "quartic"
        ):
            raise FrameError(
                tr(
                    "--network 用四次核、沿线计算，不与 --kernel --study --mask --edge --contours 同用",
                    "--network has its own kernel: no --kernel, --study, --mask, --edge, --contours with it",
                )
            )
        for option, stated, names in (
            ("kernel", self.kernel, get_args(Kernel)),
            ("edge", self.edge, get_args(Edge)),
        ):
            if stated is not None and stated not in names:
                words = " | ".join(names)
                raise FrameError(
                    tr(f"--{option} 可以是 {words}，不能是 {stated}", f"--{option} is {words}, not {stated}")
                )
        if not self.cell_m > 0:
            raise FrameError(
                tr("--cell-m 和 --bandwidth-m 要大于 0", "--cell-m and --bandwidth-m must be above 0")
            )


@dataclass(frozen=True, slots=True)
class HeatAnswer:
    """Figures for programs, lines for people."""

    figures: dict[str, Any]
    words: list[str]


def stated_limits(words: str | None) -> tuple[float, ...] | None:
    """Return class limits written as `20,50,100`.

    Raises
    ------
    FrameError
        If they are no rising positive numbers.
    """
    if words is None:
        return None
    try:
        found = tuple(float(part) for part in words.replace("，", ",").split(","))
    except ValueError:
        found = ()
    if not found or list(found) != sorted(set(found)) or not (found[0] > 0 and np.isfinite(found).all()):
        raise FrameError(
            tr(
                f"--limits 写从小到大的正数，如 20,50,100，不能是 {words}",
                f"--limits is rising positive numbers, not {words}",
            )
        )
    return found


def heat_over_area(wish: HeatWish, found: Places, weights: Floats | None) -> HeatAnswer:
    """Write the density per km²."""
    xy, weight, bandwidth_m, advice = _placed(wish, found, weights)
    study = read_ground(wish.study, crs=found.crs) if wish.study else None
    mask = read_ground(wish.mask, crs=found.crs) if wish.mask else None
    margin = bandwidth_m * (1.0 if wish.kernel == "quartic" else 4.0)
    low, high = (xy.min(axis=0) - margin, xy.max(axis=0) + margin)
    if study is not None:
        low, high = np.asarray(study.bounds[:2]), np.asarray(study.bounds[2:])
    box = _whole_cells(low, high, cell_m=wish.cell_m)
    ground = study_polygon(study, mask=mask, box=box) if study is not None or mask is not None else None
    kernel = cast("Kernel", wish.kernel)
    if ground is None:
        if wish.edge not in (None, "none"):
            raise FrameError(tr("--edge 要和 --study 或 --mask 同用", "--edge needs --study or --mask"))
        grid = density_grid(
            xy, bounds=box, cell_m=wish.cell_m, bandwidth_m=bandwidth_m, weights=weight, kernel=kernel,
            threads=wish.threads,
        )  # fmt: skip
    else:
        grid = studied_density(
            xy, bounds=box, cell_m=wish.cell_m, bandwidth_m=bandwidth_m, study=study, mask=mask,
            edge=cast("Edge", wish.edge or "flat"), weights=weight, kernel=kernel, threads=wish.threads,
        )  # fmt: skip
    facts = HeatFacts(
        crs=found.crs, counted=len(found.shapes), is_weighted=weights is not None, ground=ground
    )
    written = write_heat(wish.out, grid, facts, limits=wish.limits)
    if wish.contours:
        written += write_heat(wish.contours, grid, facts, limits=wish.limits)
    return _area_answer(grid, found, facts, advice=advice, written=written)


def _placed(
    wish: HeatWish, found: Places, weights: Floats | None
) -> tuple[Floats, Floats, float, list[BandwidthAdvice]]:
    """Points and weights that stand for the places, and the bandwidth."""
    if not len(found.shapes):
        raise FrameError(tr("没有一行有坐标", "no row has a place"))
    kernel = cast("Kernel", wish.kernel)
    is_rule = not wish.bandwidth.replace(".", "").replace("-", "").isdigit()
    points = one_point_each(found.shapes) if is_rule else np.empty((0, 2))
    bandwidth_m, advice = chosen_bandwidth(wish.bandwidth, points, weights, kernel=kernel)
    xy, weight = weighted_points(list(found.shapes), weights)
    return xy, weight, bandwidth_m, advice


def _whole_cells(low: Floats, high: Floats, *, cell_m: float) -> tuple[float, float, float, float]:
    """A box on whole multiples of the cell, so that runs line up."""
    west, south = np.floor(low / cell_m) * cell_m
    east, north = (np.floor(high / cell_m) + 1) * cell_m
    return float(west), float(south), float(east), float(north)


def _advice_words(advice: list[BandwidthAdvice]) -> list[str]:
    words = []
    for at, one in enumerate(advice):
        used = tr("采用", "used") if at == 0 else tr("另一种算法", "another rule")
        words.append(
            tr(
                f"带宽 {one.bandwidth_m:.0f} 米（{used}）：{one.reason_zh}",
                f"bandwidth {one.bandwidth_m:.0f} m ({used}): {one.reason_en}",
            )
        )
    return words


def _advice_rows(advice: list[BandwidthAdvice]) -> list[dict[str, Any]]:
    return [
        {"rule": one.rule, "bandwidth_m": one.bandwidth_m, "reason": tr(one.reason_zh, one.reason_en)}
        for one in advice
    ]


def _area_answer(
    grid: DensityGrid, found: Places, facts: HeatFacts, *, advice: list[BandwidthAdvice], written: list[Path]
) -> HeatAnswer:
    rows, columns = grid.values.shape
    figures: dict[str, Any] = {
        "counted": facts.counted,
        "taking_part": grid.counted, "without_place": found.without_place, "peak_per_km2": grid.peak(),
        "total": grid.total(), "kernel": grid.kernel, "bandwidth_m": grid.bandwidth_m,
        "advice": _advice_rows(advice), "method": grid.method, "error_share": grid.error_share, "edge": grid.edge,
        "crs": found.crs, "bounds": grid.bounds, "rows": rows, "columns": columns,
        "studied_km2": None if facts.ground is None else facts.ground.area / 1e6,
        "files": [str(path) for path in written],
    }  # fmt: skip
    words = _advice_words(advice)
    words.append(
        tr(
            f"{facts.counted} 处（另有 {found.without_place} 行没有坐标），最高每平方公里 {grid.peak():,.1f}；"
            f"{rows} × {columns} 格，EPSG:{found.crs}；算法 {grid.method}，误差不超过峰值的 {grid.error_share:g}",
            f"{facts.counted} places ({found.without_place} rows without one), peak {grid.peak():,.1f}"
            f" per km²; {rows} x {columns} cells, EPSG:{found.crs}; way {grid.method}, error at most {grid.error_share:g} of the peak",
        )
    )
    if grid.edge != "none":
        words.append(
            tr(
                f"研究范围 {figures['studied_km2']:.3f} 平方公里，其中 {grid.counted:g}（范围外的不计）；积分 {grid.total():,.1f}",
                f"{figures['studied_km2']:.3f} km² studied, {grid.counted:g} inside (others left out); integral {grid.total():,.1f}",
            )
        )
    return HeatAnswer(figures, words)


def heat_over_lines(wish: HeatWish, found: Places, weights: Floats | None) -> HeatAnswer:
    """Write the density along lines, per km."""
    xy, weight, bandwidth_m, advice = _placed(wish, found, weights)
    reach = bandwidth_m + wish.snap_m
    near = (*(xy.min(axis=0) - reach), *(xy.max(axis=0) + reach))
    lines = read_lines(cast("Path", wish.network), crs=found.crs, classes=wish.line_classes, near=near)
    network = line_network(lines.shapes, groups=lines.classes)
    density = network_density(
        xy, network, bandwidth_m=bandwidth_m, lixel_m=wish.lixel_m, snap_m=wish.snap_m, weights=weight
    )
    limits = wish.limits or class_limits(float(density.per_km.max()), len(HEAT_RAMP))
    frame = _lixel_frame(
        density, list(density.lines(network)), [lines.names[at] for at in network.source[density.edge]],
        limits=limits, crs=found.crs, unit=tr("权重/km", "weight per km") if weights is not None else tr("处/km", "per km"),
    )  # fmt: skip
    wish.out.parent.mkdir(parents=True, exist_ok=True)
    suffix = wish.out.suffix.lower()
    if suffix == ".parquet":
        frame.to_parquet(wish.out)
    else:
        pyogrio.write_dataframe(frame.to_crs(WGS84) if suffix == ".geojson" else frame, wish.out)
    off = float(weight[~density.snapped].sum())
    figures = {
        "counted": len(found.shapes), "without_place": found.without_place, "on_lines": float(weight[density.snapped].sum()),
        "too_far_off": off, "snap_m": wish.snap_m, "total": density.total(), "peak_per_km": float(density.per_km.max()),
        "bandwidth_m": bandwidth_m, "advice": _advice_rows(advice), "km": float(network.length_m.sum()) / 1000,
        "pieces": len(frame), "crs": found.crs, "files": [str(wish.out)],
    }  # fmt: skip
    words = _advice_words(advice)
    words.append(
        tr(
            f"{figures['km']:.1f} 公里线，{len(frame)} 段；线上 {figures['on_lines']:g}，离线超过 {wish.snap_m:g} 米未计 {off:g}；"
            f"最高每公里 {figures['peak_per_km']:,.1f}",
            f"{figures['km']:.1f} km of lines, {len(frame)} pieces; {figures['on_lines']:g} on them, {off:g} farther off than"
            f" {wish.snap_m:g} m left out; peak {figures['peak_per_km']:,.1f} per km",
        )
    )
    return HeatAnswer(figures, words)


def _lixel_frame(
    density: NetworkDensity,
    lines: list[BaseGeometry],
    names: list[str],
    *,
    limits: tuple[float, ...],
    crs: int,
    unit: str,
) -> gpd.GeoDataFrame:
    """Pieces of line with their density and class (0: below the lowest limit)."""
    classes = np.searchsorted(np.asarray(limits), density.per_km, side="right")
    uppers = [*limits[1:], np.inf]
    labels = ["", *(class_words(low, high, unit=unit) for low, high in zip(limits, uppers, strict=False))]
    shades = ["", *class_colours(len(limits))]
    columns = {
        "name": names,
        "per_km": density.per_km,
        "length_m": density.to_m - density.from_m,
        "class": classes.astype(np.int32),
        "label": [labels[at] for at in classes],
        "colour": [shades[at] for at in classes],
    }
    return gpd.GeoDataFrame(columns, geometry=lines, crs=crs)
