"""Finished partitions: GeoParquet files with their figures, and the folder of them as one table."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from geodata.crs import projjson
from geodata.errors import PartitionError
from geodata.partition.manifest import RunFolder
from geodata.partition.whole_files import write_whole

if TYPE_CHECKING:
    import dask_geopandas

_FACTS = b"qingtu"
_GEOPARQUET = "1.1.0"
# Readers that want a part of a partition skip whole row groups.
_ROW_GROUP = 131_072


@dataclass(frozen=True, slots=True)
class PartitionReport:
    """What a run did.

    `rows` came in and are all accounted for in `counts` (they sum to it). `written` rows stand in
    `partitions` files, `kept` of which were there from an earlier run. `figures` are the task's own
    numbers besides.
    """

    rows: int
    written: int
    partitions: int
    kept: int
    counts: Mapping[str, int]
    figures: Mapping[str, float]


def points_note(crs: int, *, box: Sequence[float] | None) -> dict[str, Any]:
    """Return the GeoParquet metadata of a table whose column `geometry` holds points (well-known binary)."""
    return geometry_note(["Point"], crs=crs, box=box)


def geometry_note(kinds: Sequence[str], *, crs: int, box: Sequence[float] | None) -> dict[str, Any]:
    """Return the GeoParquet metadata of a table with a column `geometry`; empty `kinds` stand for any."""
    note: dict[str, Any] = {"encoding": "WKB", "geometry_types": list(kinds), "crs": projjson(crs)}
    if box is not None:
        note["bbox"] = list(box)
    return {"version": _GEOPARQUET, "primary_column": "geometry", "columns": {"geometry": note}}


def renamed_geo(
    geo: Mapping[str, Any], names: Mapping[str, str], *, box: Sequence[float] | None
) -> dict[str, Any]:
    """Return the input's GeoParquet metadata for a part of its rows, columns under their new names."""
    columns = {}
    for name, own in geo["columns"].items():
        columns[names[name]] = {key: value for key, value in own.items() if key not in ("bbox", "covering")}
    primary = names[geo["primary_column"]]
    if box is not None:
        columns[primary]["bbox"] = list(box)
    return {**geo, "primary_column": primary, "columns": columns}


def free_names(names: Sequence[str], taken: Collection[str]) -> list[str]:
    """Return column names that leave room for results: a clashing one becomes `input_…`."""
    result = list(names)
    for at, name in enumerate(names):
        while result[at] in taken or (result[at] != name and result[at] in names):
            result[at] = f"input_{result[at]}"
    return result


def write_part(
    folder: RunFolder, number: int, table: pa.Table, geo: Mapping[str, Any], facts: Mapping[str, Any]
) -> None:
    """Write a partition whole, with GeoParquet metadata and its figures."""
    note = {"run": folder.digest, "facts": dict(facts)}
    metadata = {b"geo": json.dumps(geo, ensure_ascii=False).encode(), _FACTS: json.dumps(note).encode()}
    marked = table.replace_schema_metadata(metadata)
    write_whole(
        folder.part(number),
        lambda path: pq.write_table(marked, path, row_group_size=_ROW_GROUP, store_schema=True),
    )


def finished_parts(folder: RunFolder, numbers: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return the figures of the partitions that are there.

    Raises
    ------
    PartitionError
        If one cannot be read or belongs to another run.
    """
    found: dict[int, dict[str, Any]] = {}
    for number in numbers:
        path = folder.part(number)
        if not path.exists():
            continue
        try:
            metadata = pq.read_metadata(path)
            note = json.loads((metadata.metadata or {})[_FACTS])
            if note["run"] != folder.digest:
                raise PartitionError(
                    f"{path} belongs to another run; take it away, or begin again with --restart",
                    zh=f"{path} 是另一次运行的结果；请移走，或用 --restart 从头做",
                )
            found[number] = {**note["facts"], "written": metadata.num_rows}
        except (pa.ArrowException, OSError, KeyError, ValueError) as error:
            raise PartitionError(
                f"{path} is damaged: {error}; take it away and run again",
                zh=f"{path} 已损坏：{error}；请移走后再运行",
            ) from error
    return found


def open_frame(folder: Path | str) -> dask_geopandas.GeoDataFrame:
    """Return a folder of finished partitions as one lazy frame that knows each partition's extent.

    `frame.cx[min_x:max_x, min_y:max_y]` then reads only the partitions that meet the box.

    Raises
    ------
    PartitionError
        If there is no partition.
    """
    import dask_geopandas
    import geopandas as gpd
    import shapely

    paths = sorted(Path(folder).glob("part-*.parquet"))
    if not paths:
        raise PartitionError(f"{folder} holds no partitions", zh=f"{folder} 里没有分区")
    frame = dask_geopandas.read_parquet([str(path) for path in paths], split_row_groups=False)
    extents = []
    for path in paths:
        geo = json.loads(pq.read_metadata(path).metadata[b"geo"])
        box = geo["columns"][geo["primary_column"]].get("bbox")
        # rows without a place meet no box, but their partition is one all the same
        extents.append(shapely.box(*box) if box else shapely.Polygon())
    frame.spatial_partitions = gpd.GeoSeries(extents, crs=frame.crs)
    return frame
