"""What the files of a folder must have in common: columns, types, geometry, CRS.

Everything that is wrong comes back as sentences with the names of the files, so that a user mends a
folder in one go.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from geodata.crs import WGS84, epsg_of
from geodata.errors import CrsError, Fault


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """Columns as they are read: categories as their values, extension types as they are stored."""
    return pa.schema([pa.field(field.name, _plain_type(field.type)) for field in schema])


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if isinstance(kind, pa.BaseExtensionType):
        return _plain_type(kind.storage_type)
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def fullest(schemas: Sequence[pa.Schema]) -> pa.Schema:
    """Return the first schema; a column of nothing but nulls has no type of its own and takes another's."""
    fields = []
    for field in schemas[0]:
        kinds = [
            schema.field(field.name).type for schema in schemas if schema.get_field_index(field.name) >= 0
        ]
        typed = [kind for kind in kinds if not pa.types.is_null(kind)]
        fields.append(pa.field(field.name, typed[0] if typed else field.type))
    return pa.schema(fields)


def schema_faults(path: Path, schema: pa.Schema, first: Path, wanted: pa.Schema) -> list[Fault]:
    """Return how the columns of a file differ from those wanted, which `first` has."""
    names, needed = schema.names, wanted.names
    faults: list[Fault] = []
    if len(set(names)) < len(names):
        twice = ", ".join(sorted({n for n in names if names.count(n) > 1}))
        faults.append(Fault(f"{path.name} has a column twice: {twice}", f"{path.name} 里有重复的列：{twice}"))
    if missing := [name for name in needed if name not in names]:
        faults.append(
            Fault(
                f"{path.name} lacks the columns {', '.join(missing)} of {first.name}",
                f"{path.name} 缺少 {first.name} 里的列 {'、'.join(missing)}",
            )
        )
    if extra := [name for name in names if name not in needed]:
        faults.append(
            Fault(
                f"{path.name} has the columns {', '.join(extra)}, {first.name} has not",
                f"{path.name} 多出列 {'、'.join(extra)}，{first.name} 里没有",
            )
        )
    for field in wanted:
        own = schema.field(field.name).type if names.count(field.name) == 1 else field.type
        if own != field.type and not pa.types.is_null(own):
            faults.append(
                Fault(
                    f"{path.name}: column {field.name} is {own}, in other files {field.type}",
                    f"{path.name} 的列 {field.name} 是 {own}，别的文件里是 {field.type}",
                )
            )
    return faults


def common_geo(footers: Sequence[tuple[Path, Any]]) -> tuple[dict[str, Any], list[Fault]]:
    """Return the GeoParquet metadata that all files share (kinds of geometry added up), and what differs."""
    found: list[tuple[Path, dict[str, Any]]] = []
    faults: list[Fault] = []
    for path, footer in footers:
        try:
            found.append((path, _geo(footer)))
        except (ValueError, KeyError, TypeError, AttributeError, CrsError) as error:
            why = first_line(error)
            faults.append(
                Fault(
                    f"{path.name} has damaged GeoParquet metadata: {why}",
                    f"{path.name} 的 GeoParquet 元数据已损坏：{why}",
                )
            )
    if not found or faults:
        return {}, faults
    first, geo = found[0]
    for path, own in found[1:]:
        if bool(own) != bool(geo):
            with_geo, without = (path, first) if own else (first, path)
            faults.append(
                Fault(
                    f"{with_geo.name} is GeoParquet, {without.name} is not",
                    f"{with_geo.name} 是 GeoParquet，{without.name} 不是",
                )
            )
        elif own and own["primary_column"] != geo["primary_column"]:
            column, other = own["primary_column"], geo["primary_column"]
            faults.append(
                Fault(
                    f"{path.name}: the geometry is {column}, in {first.name} {other}",
                    f"{path.name} 的图形列是 {column}，{first.name} 的是 {other}",
                )
            )
        elif own and (mine := _crs_words(own)) != (theirs := _crs_words(geo)):
            faults.append(
                Fault(
                    f"{path.name} has the CRS {mine}, {first.name} {theirs}",
                    f"{path.name} 的坐标系是 {mine}，{first.name} 的是 {theirs}",
                )
            )
    if geo and not faults:
        column = geo["columns"][geo["primary_column"]]
        stated = [own["columns"][own["primary_column"]].get("geometry_types") or [] for _, own in found]
        # an empty list means "unknown", so one of them makes the whole unknown
        column["geometry_types"] = sorted(set().union(*stated)) if all(stated) else []
    return geo, faults


def _geo(footer: Any) -> dict[str, Any]:
    raw = (footer.metadata or {}).get(b"geo")
    if raw is None:
        return {}
    geo: dict[str, Any] = json.loads(raw)
    if not isinstance(geo["columns"][geo["primary_column"]]["encoding"], str):
        raise TypeError("the encoding is no text")
    return geo


def crs_of(column: dict[str, Any]) -> int:
    """Return the EPSG code of a GeoParquet column.

    Raises
    ------
    CrsError
        If it says that there is none, or it has no code.
    """
    stated = column.get("crs", "OGC:CRS84")
    if stated is None:
        raise CrsError(
            "the geometry has no CRS; state it when the file is written",
            zh="图形没有坐标系；写文件时要写明",
        )
    own = stated.get("id", {}) if isinstance(stated, dict) else {}
    # the standard's default: WGS84 as lon, lat, which is what EPSG:4326 means everywhere here
    if stated == "OGC:CRS84" or (own.get("authority"), own.get("code")) == ("OGC", "CRS84"):
        return WGS84
    return epsg_of(json.dumps(stated) if isinstance(stated, dict) else stated)


def _crs_words(geo: dict[str, Any]) -> str:
    try:
        return f"EPSG:{crs_of(geo['columns'][geo['primary_column']])}"
    except CrsError as error:
        return str(error)
