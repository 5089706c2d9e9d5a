"""The gazetteer and the zones of a run, opened once per process and checked by their hash.

Workers of a real cluster read their own copy or a shared one; with another content under the same
name they would answer something else, so the hash of what is opened is compared with the run's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from geodata.errors import FrameError, PartitionError
from geodata.partition.manifest import file_hash
from geodata.zones.reading.files import read_layers

if TYPE_CHECKING:
    from geodata.geocode import Geocoder
    from geodata.zones import ZoneIndex, ZoneTree
    from geodata.zones.model import Level


@dataclass(frozen=True, slots=True)
class Reference:
    """A file that answers are looked up in, and the hash it must have."""

    path: str
    sha256: str

    @classmethod
    def of(cls, path: Path) -> Reference:
        """Return the reference to a file as it is now."""
        return cls(str(path.resolve()), file_hash(path))

    def checked(self) -> Path:
        """Return the path.

        Raises
        ------
        PartitionError
            If the file cannot be read or is another one.
        """
        path = Path(self.path)
        if file_hash(path) != self.sha256:
            raise PartitionError(
                f"{path} is not the file this run began with",
                zh=f"{path} 已不是这次运行开始时的文件；请换回来，或用 --restart 从头做",
            )
        return path


@dataclass(frozen=True, slots=True)
class ZoneReference:
    """One level of a zone file as it is used in a run; `crs` as for `ZoneTree.read`."""

    file: Reference
    level: Level
    code_column: str
    crs: int | None


@lru_cache(maxsize=2)
def geocoder(reference: Reference) -> Geocoder:
    """Return the geocoder on a gazetteer; its pages are shared by all processes of a machine."""
    from geodata.geocode import Geocoder

    return Geocoder.open(reference.checked())


@lru_cache(maxsize=2)
def zone_tree(reference: Reference, crs: int) -> ZoneTree:
    """Return the zones of a file in the gazetteer's CRS."""
    from geodata.zones import ZoneTree

    return ZoneTree.read(reference.checked()).to_crs(crs)


@dataclass(frozen=True, slots=True)
class Zones:
    """Zones ready for look-up, and the box around them (min_x, min_y, max_x, max_y), metres."""

    index: ZoneIndex
    box: tuple[float, float, float, float]


@lru_cache(maxsize=2)
def zones_of(reference: ZoneReference) -> Zones:
    """Return the zones of one level that hold without an end.

    Raises
    ------
    FrameError
        If the file has no such level.
    """
    from geodata.zones import ZoneIndex

    path = reference.file.checked()
    layers = read_layers(path, crs=reference.crs, code_column=reference.code_column)
    if reference.level not in layers:
        raise FrameError(
            f"{path.name} has no layer {reference.level}; it has {', '.join(layers)}",
            zh=f"{path.name} 里没有 {reference.level} 图层；现有 {'、'.join(layers)}",
        )
    layer = layers[reference.level]
    holding = layer[[day is None for day in layer["valid_to"]]]
    box = holding.total_bounds.tolist() if len(holding) else [0.0, 0.0, 1.0, 1.0]
    # the same distances to the last bit, however many points a partition has
    return Zones(ZoneIndex(holding, compiled=True), (box[0], box[1], box[2], box[3]))
