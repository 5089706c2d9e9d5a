"""The peers of the point look-up, each asked in the way its own documentation recommends."""

from __future__ import annotations

import importlib
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

_BINS = 200


@dataclass(frozen=True)
class Peer:
    """A way to look points up; `run` answers (seconds, zone numbers or whatever it makes)."""

    name: str
    run: Callable[[], tuple[float, Any]]


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the CPU seconds of this process, and what came of it."""
    began = time.process_time()
    answer = work()
    return time.process_time() - began, answer


def peers_for(
    zones: gpd.GeoDataFrame, points: gpd.GeoDataFrame, x: np.ndarray, y: np.ndarray, *, postgis: bool
) -> tuple[list[Peer], list[str]]:
    """Return the peers that are here, and what is missing."""
    polygons = np.asarray(zones.geometry.array, dtype=object)
    shapely.prepare(polygons)
    tree = shapely.STRtree(polygons)
    point_shapes = np.asarray(points.geometry.array, dtype=object)
    found = [
        Peer(
            "geopandas.sjoin",
            lambda: timed(lambda: gpd.sjoin(points, zones, how="left", predicate="intersects")),
        ),
        Peer(
            "shapely STRtree.query(intersects)",
            lambda: timed(lambda: tree.query(point_shapes, predicate="intersects")),
        ),
        Peer("prepared intersects_xy per zone", lambda: timed(lambda: by_zone(polygons, x, y))),
        Peer("same, points sorted into bins first", lambda: timed(lambda: by_zone_binned(polygons, x, y))),
    ]
    missing = []
    for name, make in (("sedonadb", _sedona), ("duckdb", _duckdb)):
        try:
            found.append(make(zones, points, x, y))
        except ImportError as error:
            missing.append(f"{name} ({error})")
    if postgis:
        found.append(_postgis(zones, x, y))
    else:
        missing.append("PostGIS (--postgis)")
    return found, missing


def by_zone(polygons: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Ask every zone for the points in its box."""
    result = np.full(len(x), -1)
    for number in range(len(polygons) - 1, -1, -1):  # the lowest has the last word
        west, south, east, north = polygons[number].bounds
        inside = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
        result[inside[shapely.intersects_xy(polygons[number], x[inside], y[inside])]] = number
    return result


def by_zone_binned(polygons: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The same with the points sorted into bins, so that no zone looks at them all."""
    west, south, east, north = shapely.total_bounds(polygons)
    column = np.clip((x - west) * (_BINS / (east - west)), 0, _BINS - 1).astype(np.uint16)
    row = np.clip((y - south) * (_BINS / (north - south)), 0, _BINS - 1).astype(np.uint16)
    bins = row * np.uint16(_BINS) + column
    order = np.argsort(bins, kind="stable")
    first = np.searchsorted(bins[order], np.arange(_BINS * _BINS + 1))
    x, y = x[order], y[order]
    result = np.full(len(x), -1)
    for number in range(len(polygons) - 1, -1, -1):
        box = polygons[number].bounds
        low, high = (max(0, int((box[at] - west) * (_BINS / (east - west)))) for at in (0, 2))
        bottom, top = (max(0, int((box[at] - south) * (_BINS / (north - south)))) for at in (1, 3))
        high, top = min(high, _BINS - 1), min(top, _BINS - 1)
        near = np.concatenate(
            [np.arange(first[r * _BINS + low], first[r * _BINS + high + 1]) for r in range(bottom, top + 1)]
        )
        result[near[shapely.intersects_xy(polygons[number], x[near], y[near])]] = number
    unsorted = np.empty_like(result)
    unsorted[order] = result
    return unsorted


def _sedona(zones: gpd.GeoDataFrame, points: gpd.GeoDataFrame, x: np.ndarray, y: np.ndarray) -> Peer:
    sedonadb = importlib.import_module("sedonadb")
    session = sedonadb.connect()
    # its default library drops points on borders
    session.sql("SET sedona.spatial_join.spatial_library = 'geos'").execute()
    session.sql("SET datafusion.execution.target_partitions = 1").execute()
    session.create_data_frame(points.assign(id=np.arange(len(x)))).to_view("points")
    session.create_data_frame(zones).to_view("zones")
    query = "SELECT p.id, z.code FROM points p JOIN zones z ON ST_Intersects(z.geometry, p.geometry)"
    return Peer("SedonaDB, GEOS", lambda: timed(lambda: session.sql(query).to_arrow_table()))


def _duckdb(zones: gpd.GeoDataFrame, points: gpd.GeoDataFrame, x: np.ndarray, y: np.ndarray) -> Peer:
    duckdb = importlib.import_module("duckdb")
    extension = importlib.import_module("duckdb_extension_spatial")
    file = next(Path(str(extension.__file__)).parent.rglob("*.duckdb_extension"))
    session = duckdb.connect(config={"allow_unsigned_extensions": True, "threads": 1})
    session.execute(f"LOAD '{file}'")
    session.register("raw_points", pd.DataFrame({"id": np.arange(len(x)), "x": x, "y": y}))
    shapes = shapely.to_wkb(np.asarray(zones.geometry.array))
    session.register("raw_zones", pd.DataFrame({"code": zones["code"], "shape": shapes}))
    session.execute("CREATE TABLE points AS SELECT id, ST_Point(x, y) AS place FROM raw_points")
    session.execute("CREATE TABLE zones AS SELECT code, ST_GeomFromWKB(shape) AS place FROM raw_zones")
    query = "SELECT p.id, z.code FROM points p JOIN zones z ON ST_Intersects(z.place, p.place)"
    return Peer("DuckDB spatial", lambda: timed(lambda: session.execute(query).fetchnumpy()))


def _postgis(zones: gpd.GeoDataFrame, x: np.ndarray, y: np.ndarray) -> Peer:
    """Join inside the server; counted is the execution time it states itself, rows are not sent."""
    import psycopg

    from service.store.cluster import Cluster

    folder = tempfile.mkdtemp(prefix="qingtu-bench-")
    cluster = Cluster(Path(folder), purpose="benchmark")
    cluster.ensure()
    session = psycopg.connect(cluster.url.replace("postgresql+psycopg", "postgresql"), autocommit=True)
    session.execute("SET max_parallel_workers_per_gather = 0")
    session.execute("CREATE TABLE points (id int, place geometry(Point, 4547))")
    session.execute("CREATE TABLE zones (code text, place geometry(Geometry, 4547))")
    with session.cursor() as cursor:
        with cursor.copy("COPY points FROM STDIN") as copy:
            for number, shape in enumerate(
                shapely.to_wkb(shapely.set_srid(shapely.points(x, y), 4547), hex=True, include_srid=True)
            ):
                copy.write_row((number, shape))
        with cursor.copy("COPY zones FROM STDIN") as copy:
            shapes = shapely.set_srid(np.asarray(zones.geometry.array), 4547)
            for row in zip(zones["code"], shapely.to_wkb(shapes, hex=True, include_srid=True), strict=True):
                copy.write_row(row)
    session.execute("CREATE INDEX ON zones USING gist (place)")
    session.execute("CREATE INDEX ON points USING gist (place)")
    session.execute("VACUUM ANALYZE points")
    session.execute("VACUUM ANALYZE zones")
    query = (
        "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) SELECT p.id, z.code FROM points p "
        "JOIN zones z ON ST_Intersects(z.place, p.place)"
    )

    def run() -> tuple[float, Any]:
        plan = session.execute(query).fetchone()[0][0]  # type: ignore[index]
        return plan["Execution Time"] / 1000.0, None

    # the cluster goes with the process
    import atexit

    atexit.register(lambda: (session.close(), cluster.destroy()))
    return Peer("PostGIS", run)
