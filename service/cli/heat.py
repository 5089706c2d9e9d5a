"""`qingtu heat`: where it is dense."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.console import answer_json, fail, progress_bar, say
from service.words import tr

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from geodata.patterns import DensityGrid
    from service.cli.point_rows import Places

PointsArgument = Annotated[
    Path,
    typer.Argument(
        help=tr("点或线：.parquet .csv（x y 或 lon lat）.gpkg .geojson", "points or lines"),
        show_default=False,
    ),
]
CrsOption = Annotated[
    int | None,
    typer.Option(
        "--crs",
        help=tr("工作用的投影坐标系 EPSG 代码；x、y 列必须写", "EPSG code to work in; needed for x, y"),
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help=tr("以 JSON 输出统计", "answer the figures as JSON"))
]


def register(app: typer.Typer) -> None:
    """Add the command `heat`."""
    app.command(
        "heat",
        help=tr(
            "四次核密度（每平方公里），写成 GeoTIFF，或带坐标文件与图例的 PNG。\n\n"
            "例：qingtu heat 问题.gpkg --bandwidth-m 150 --cell-m 10 --out heat.tif",
            "Quartic kernel density per km² as GeoTIFF, or PNG with world file and legend.\n\n"
            "Example: qingtu heat problems.gpkg --bandwidth-m 150 --cell-m 10 --out heat.tif",
        ),
    )(heat_command)


def heat_command(
    points: PointsArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help=".tif | .png", show_default=False)],
    bandwidth_m: Annotated[
        float, typer.Option("--bandwidth-m", help=tr("核半径（米）", "kernel radius, metres"))
    ] = 150.0,
    cell_m: Annotated[float, typer.Option("--cell-m", help=tr("方格边长（米）", "cell side, metres"))] = 10.0,
    crs: CrsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the density; lines weigh 1 along their length."""
    from geodata.errors import QingtuError
    from geodata.patterns import density_grid
    from maps.heat import weighted_points
    from service.cli.heat_files import write_heat
    from service.cli.point_rows import places, read_rows

    if out.suffix.lower() not in (".tif", ".tiff", ".png"):
        fail(tr(f"结果写成 .tif 或 .png，不能是 {out.name}", f"the result is .tif or .png, not {out.name}"))
    try:
        with progress_bar(tr("核密度", "density")):
            found = places(read_rows(points), crs=crs)
            xy, weights = weighted_points(list(found.shapes))
            grid = density_grid(
                xy, bounds=box_around(xy, margin_m=bandwidth_m, cell_m=cell_m), cell_m=cell_m,
                bandwidth_m=bandwidth_m, weights=weights,
            )  # fmt: skip
            written = write_heat(out, grid, crs=found.crs, bandwidth_m=bandwidth_m)
    except (QingtuError, ValueError) as error:
        fail(str(error))
    _report_heat(grid, found, written, as_json=as_json)


def _report_heat(grid: DensityGrid, found: Places, written: list[Path], *, as_json: bool) -> None:
    figures: dict[str, Any] = {
        "counted": len(found.shapes),
        "without_place": found.without_place,
        "peak_per_km2": float(grid.values.max()),
        "total": grid.total(),
        "crs": found.crs,
        "bounds": grid.bounds,
        "rows": grid.values.shape[0],
        "columns": grid.values.shape[1],
        "files": [str(path) for path in written],
    }
    if as_json:
        answer_json(figures)
        return
    say(
        tr(
            f"{figures['counted']} 处（另有 {found.without_place} 行没有坐标），最高每平方公里 {figures['peak_per_km2']:,.1f}；"
            f"{figures['rows']} × {figures['columns']} 格，EPSG:{found.crs}",
            f"{figures['counted']} places ({found.without_place} rows without one), peak {figures['peak_per_km2']:,.1f}"
            f" per km²; {figures['rows']} x {figures['columns']} cells, EPSG:{found.crs}",
        )
    )
    say(tr("写入 ", "written: ") + "、".join(figures["files"]))


def box_around(
    xy: NDArray[np.float64], *, margin_m: float, cell_m: float
) -> tuple[float, float, float, float]:
    """Return the box around points with a margin, on whole multiples of the cell, so that runs line up."""
    import numpy as np

    if not len(xy):
        raise ValueError(tr("没有一行有坐标", "no row has a place"))
    if not cell_m > 0 or not margin_m >= 0:
        raise ValueError(
            tr("--cell-m 和 --bandwidth-m 要大于 0", "--cell-m and --bandwidth-m must be above 0")
        )
    low = np.floor((xy.min(axis=0) - margin_m) / cell_m) * cell_m
    high = (np.floor((xy.max(axis=0) + margin_m) / cell_m) + 1) * cell_m
    return (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
