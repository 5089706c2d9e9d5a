"""Where zones come from: GeoPackage, GeoJSON, Shapefile, FlatGeobuf, alone or in a zip archive.

Shapefiles of Chinese offices carry their words in GBK more often than the file says so: texts are
read as bytes and decoded by what they are.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from geodata.errors import FrameError
from geodata.zones.model import LEVELS, Level
from geodata.zones.owning.layer import OWNER_LAYER_NAMES

_MEMBERS = (".gpkg", ".geojson", ".json", ".shp", ".fgb")
_LEVEL_NAMES: dict[str, Level] = {
    **{level: level for level in LEVELS}, "街道": "subdistrict", "社区": "community", "网格": "grid",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """One layer of a file: the dataset as GDAL names it, the layer, and what the layer is called."""

    dataset: str
    layer: str

    @property
    def level(self) -> Level | None:
        """The level that the layer's name says, if any."""
        return _LEVEL_NAMES.get(self.layer.lower())

    @property
    def is_owners(self) -> bool:
        """Whether the layer's name says that it holds linear owners."""
        return self.layer.lower() in OWNER_LAYER_NAMES

    def read(self) -> gpd.GeoDataFrame:
        """Return the layer with its own columns, texts decoded.

        Raises
        ------
        FrameError
            If the layer has no geometry.
        """
        if self.dataset.lower().endswith(".shp"):
            frame = pyogrio.read_dataframe(self.dataset, layer=self.layer, encoding="ISO-8859-1")
        else:
            frame = pyogrio.read_dataframe(self.dataset, layer=self.layer)
        if not isinstance(frame, gpd.GeoDataFrame):
            raise FrameError(f"layer {self.layer} has no geometry", zh=f"图层 {self.layer} 没有图形")
        return _decoded(frame) if self.dataset.lower().endswith(".shp") else frame


def sources_of(path: Path) -> list[Source]:
    """Return the layers of a file, or of the vector files in a zip archive.

    Raises
    ------
    FrameError
        If the archive holds no vector file.
    pyogrio.errors.DataSourceError
        If the file is no vector file.
    """
    if path.suffix.lower() != ".zip":
        datasets = [str(path)]
    else:
        try:
            inside = pyogrio.vsi_listtree(f"/vsizip/{path}")
        except OSError:  # GDAL calls an empty or broken archive "not a directory"
            inside = []
        datasets = sorted(str(name) for name in inside if str(name).lower().endswith(_MEMBERS))
        if not datasets:
            raise FrameError(
                f"{path.name} holds none of {' '.join(_MEMBERS)}",
                zh=f"{path.name} 里没有这几种文件：{' '.join(_MEMBERS)}",
            )
    return [
        Source(dataset, str(layer)) for dataset in datasets for layer in pyogrio.list_layers(dataset)[:, 0]
    ]


def _decoded(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a frame whose texts were read byte by byte (ISO-8859-1) with the texts they are."""
    texts = [
        name
        for name in frame.columns
        if name != frame.geometry.name and pd.api.types.is_string_dtype(frame[name])
    ]
    raw = [str(name).encode("latin-1") for name in frame.columns if name != frame.geometry.name]
    raw += [value.encode("latin-1") for name in texts for value in frame[name] if isinstance(value, str)]
    encoding = encoding_of(raw)
    decoded: dict[Any, Any] = {
        name: [_text(value, encoding) if isinstance(value, str) else None for value in frame[name]]
        for name in texts
    }
    return frame.assign(**decoded).rename(columns=lambda name: _text(str(name), encoding))


def encoding_of(texts: Iterable[bytes]) -> str:
    """Return the encoding in which all texts can be read: UTF-8, else GB18030, else ISO-8859-1.

    DBF fields cut a text after a number of bytes, so the last character of each may be incomplete.

    Examples
    --------
    >>> encoding_of(["商务区".encode("gbk")]), encoding_of(["商务区".encode()[:-1]]), encoding_of([b"A1"])
    ('gb18030', 'utf-8', 'utf-8')
    """
    every = list(texts)
    return next((name for name in ("utf-8", "gb18030") if all(_fits(every, name))), "latin-1")


def _fits(texts: Iterable[bytes], encoding: str) -> Iterator[bool]:
    for text in texts:
        try:
            codecs.getincrementaldecoder(encoding)().decode(text)
            yield True
        except UnicodeDecodeError:
            yield False


def _text(value: str, encoding: str) -> str:
    return codecs.getincrementaldecoder(encoding)().decode(value.encode("latin-1"))
