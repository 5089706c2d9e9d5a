"""The zones of an office: subdistrict > community > grid, with the days on which borders held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from geodata.crs import epsg_of, is_projected, reproject
from geodata.errors import CrsError, Fault, ZoneError, listed
from geodata.zones.contract import empty_frame, frame_faults, zone_frame
from geodata.zones.history.versions import holding, next_version
from geodata.zones.model import LEVELS, Level, ZoneAnswer
from geodata.zones.owning.layer import empty_owners, owner_faults, owner_frame
from geodata.zones.owning.linking import Said
from geodata.zones.owning.ownership import SIDES, Side
from geodata.zones.reading.files import read_layers, write_layers
from geodata.zones.reading.owner_files import read_owners, write_owners
from geodata.zones.shares import share_all
from geodata.zones.snapshot import Snapshot
from geodata.zones.spread import RADII_M

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

_SHOWN_FAULTS = 20


class ZoneTree:
    """Subdistricts, communities and grids that belong together.

    Parameters
    ----------
    community
        Valid polygons with `code`, and where known `name`, `parent`, `valid_from` (first day),
        `valid_to` (first day on which the border no longer holds), `leader`, `official`, `note`.
    grid, subdistrict
        The same; leave out what does not exist. All in one projected CRS (metres).
    owners
        Linear owners, lines with the columns of `geodata.zones.owning.layer`; left out, no canal or
        railway has an owner of its own, and sides decide nothing.
    may_be_empty
        Accept no community at all: an office before its first borders; every place lies outside.

    Attributes
    ----------
    crs
        EPSG code of all layers.
    subdistrict, community, grid
        The layers with the columns of `geodata.zones.contract.COLUMNS` and geometry, in file order.
    owners
        The linear owners with the columns of `geodata.zones.owning.layer.OWNER_COLUMNS`, maybe none.

    Raises
    ------
    CrsError
        If a layer has no CRS, degrees, or another CRS than the communities.
    FrameError, ZoneError
        If layers cannot be used; the message lists what is wrong.
    """

    def __init__(
        self,
        *,
        community: gpd.GeoDataFrame,
        grid: gpd.GeoDataFrame | None = None,
        subdistrict: gpd.GeoDataFrame | None = None,
        owners: gpd.GeoDataFrame | None = None,
        may_be_empty: bool = False,
    ) -> None:
        self.community = zone_frame(community, level="community")
        self.crs: int = epsg_of(self.community.crs)
        self.subdistrict = self._layer(subdistrict, "subdistrict")
        self.grid = self._layer(grid, "grid")
        if not is_projected(self.crs):
            raise CrsError(
                f"zones are in EPSG:{self.crs}, degrees; state a CRS in metres to work in",
                zh=f"边界的坐标系是 EPSG:{self.crs}（度）；请写明以米为单位的坐标系，如 EPSG:4547",
            )
        self.owners = empty_owners(self.crs) if owners is None else owner_frame(owners)
        if self.owners.crs != self.community.crs:
            raise CrsError(
                f"the linear owners are in {self.owners.crs}, communities are in EPSG:{self.crs}",
                zh=f"线状责任主体的坐标系是 {self.owners.crs}，社区的是 EPSG:{self.crs}；请先统一",
            )
        faults = [*frame_faults(self.layers()), *owner_faults(self.owners)]
        if not len(self.community) and not may_be_empty:
            faults.append(Fault("there is no community", "没有一个社区"))
        if faults:
            en, zh = listed(faults, most=_SHOWN_FAULTS)
            raise ZoneError(f"zones cannot be used: {en}", zh=f"边界不能用：{zh}")
        self._snapshots: dict[bytes, Snapshot] = {}

    def _layer(self, frame: gpd.GeoDataFrame | None, level: Level) -> gpd.GeoDataFrame:
        if frame is None:
            return empty_frame(self.crs)
        layer = zone_frame(frame, level=level)
        if layer.crs != self.community.crs:
            raise CrsError(
                f"layer {level} is in {layer.crs}, communities are in EPSG:{self.crs}",
                zh=f"{level} 图层的坐标系是 {layer.crs}，社区的是 EPSG:{self.crs}；请先统一",
            )
        return layer

    @classmethod
    def empty(cls, crs: int) -> ZoneTree:
        """Return the tree of an office that has no borders yet: every place lies outside.

        Parameters
        ----------
        crs
            EPSG code of the projected CRS (metres) in which places are asked.

        Examples
        --------
        >>> import shapely
        >>> ZoneTree.empty(4547).shares(shapely.Point(474_000, 3_849_000)).community
        ''
        """
        return cls(community=empty_frame(crs), may_be_empty=True)

    @classmethod
    def read(cls, path: Path | str, *, crs: int | None = None, code_column: str = "code") -> ZoneTree:
        """Return the zones of a file.

        Parameters
        ----------
        path
            A GeoPackage with the layers `subdistrict`, `community`, `grid` (the first and last may be
            missing), or any vector file with one layer, taken as communities; beside them maybe
            `linear_owner`.
        crs
            EPSG code of the projected CRS to work in. Layers in another CRS are reprojected; a layer
            without a CRS is taken to be in this one. Left out: the file's own CRS, or for degrees
            the CGCS2000 3-degree zone at the zones' median longitude.
        code_column
            Column with the codes.

        Raises
        ------
        CrsError
            If the file has no CRS and none is stated.
        FrameError, ZoneError
            If the file is no vector file, lacks the community layer or columns, or borders cannot be
            used; every violation is named.
        """
        layers = read_layers(Path(path), crs=crs, code_column=code_column)
        found: dict[str, Any] = {str(level): layer for level, layer in layers.items()}
        return cls(**found, owners=read_owners(Path(path), crs=epsg_of(layers["community"].crs), stated=crs))

    def write(self, path: Path | str) -> None:
        """Write a GeoPackage with one layer per level and linear owners; an existing file is replaced."""
        write_layers(self.layers(), Path(path))
        write_owners(self.owners, Path(path))

    def layers(self) -> dict[Level, gpd.GeoDataFrame]:
        """Return the three layers by level."""
        return {"subdistrict": self.subdistrict, "community": self.community, "grid": self.grid}

    def to_crs(self, epsg: int) -> ZoneTree:
        """Return the same zones in another projected CRS."""
        if epsg == self.crs:
            return self
        moved: dict[str, Any] = {}
        every = {**{str(level): layer for level, layer in self.layers().items()}, "owners": self.owners}
        for name, layer in every.items():
            shapes = reproject(np.asarray(layer.geometry.array, dtype=object), self.crs, epsg)
            moved[name] = gpd.GeoDataFrame(layer.drop(columns="geometry"), geometry=shapes, crs=epsg)
        return ZoneTree(**moved, may_be_empty=not len(self.community))

    def with_change(self, layers: Mapping[Level, gpd.GeoDataFrame], *, valid_from: date) -> ZoneTree:
        """Return the tree with new borders from a day on; the old ones stay for the days before.

        Parameters
        ----------
        layers
            The whole layers from that day on, in the tree's CRS; a level left out stays as it is, and so
            do the linear owners.
            Zones that stand there unchanged keep their row. Whether children tile their parents is for
            `geodata.zones.checking.checks.check_zones`.
        valid_from
            First day of the new borders.

        Raises
        ------
        CrsError
            If a layer is in another CRS.
        FrameError
            If a layer lacks the code column.
        ZoneError
            If a zone would have two borders on one day, or the new layers cannot be used.
        """
        changed: dict[str, Any] = {}
        faults: list[Fault] = []
        for level, layer in self.layers().items():
            changed[str(level)] = layer
            if level in layers:
                new = self._layer(layers[level], level)
                changed[str(level)], found = next_version(layer, new, valid_from=valid_from)
                faults += [Fault(f"{level}: {en}", f"{level} 图层：{zh}") for en, zh in found]
        if faults:
            en, zh = listed(faults, most=_SHOWN_FAULTS)
            raise ZoneError(f"the new borders do not fit: {en}", zh=f"新边界放不进去：{zh}")
        return ZoneTree(**changed, owners=self.owners)

    @property
    def is_official(self) -> bool:
        """Whether no zone and no linear owner is marked unofficial (column `official` false or 0)."""
        return all(all(layer["official"]) for layer in (*self.layers().values(), self.owners))

    @property
    def note(self) -> str:
        """The first note of any zone, or an empty text."""
        notes = (note for layer in self.layers().values() for note in layer["note"])
        return next((str(note) for note in notes if note), "")

    def on(self, day: date | None = None) -> dict[Level, gpd.GeoDataFrame]:
        """Return the layers as they held on a day; None gives the borders without an end.

        A zone holds from `valid_from` (included, None: always) to `valid_to` (excluded, None: no end).
        """
        return {level: layer[holding(layer, day)] for level, layer in self.layers().items()}

    def owners_on(self, day: date | None = None) -> gpd.GeoDataFrame:
        """Return the linear owners of a day; None gives those without an end."""
        return self.owners[holding(self.owners, day)]

    def snapshot(self, day: date | None = None) -> Snapshot:
        """Return the prepared zones of a day; built once per set of borders."""
        masks = {level: holding(layer, day) for level, layer in self.layers().items()}
        owners = holding(self.owners, day)
        key = b"|".join([*(masks[level].tobytes() for level in LEVELS), owners.tobytes()])
        if key not in self._snapshots:
            self._snapshots[key] = Snapshot(
                {level: layer[masks[level]] for level, layer in self.layers().items()}, self.owners[owners]
            )
        return self._snapshots[key]

    def shares(
        self,
        geometry: BaseGeometry,
        *,
        uncertainty_m: float = 0.0,
        p_within: Mapping[int, float] | None = None,
        on: date | None = None,
        side: Side | None = None,
        line: str = "",
    ) -> ZoneAnswer:
        """Return whose a geometry is; see `shares_many`."""
        return self.shares_many(
            [geometry],
            uncertainties_m=[uncertainty_m],
            p_within=[p_within],
            on=on,
            sides=[side],
            lines=[line],
        )[0]

    def shares_many(
        self,
        geometries: Sequence[BaseGeometry],
        *,
        uncertainties_m: Iterable[float] | float = 0.0,
        p_within: Sequence[Mapping[int, float] | None] | None = None,
        on: date | None = None,
        sides: Sequence[Side | None] | None = None,
        lines: Sequence[str] | None = None,
    ) -> list[ZoneAnswer]:
        """Return whose each geometry is, in the order of the geometries.

        A point belongs to the community that covers it, on a border to the lowest code, and to one
        of this community's grids. A line is cut where it meets borders of any level; pieces of each
        level sum to the line, a piece along a border goes to the lowest code. An area is divided in
        the same way. What lies outside is a part with code "".

        Where a side was said of a linear owner's line, the zones along that bank have the geometry
        instead, however it is drawn; pieces still sum to the whole. See `geodata.zones.owning.owners`.

        Parameters
        ----------
        geometries
            Points, (multi) lines, (multi) polygons in the tree's CRS. None or empty is not allowed.
        uncertainties_m
            Standard deviation of the location's isotropic normal error along each axis, metres, one
            number or one per geometry.
        p_within
            Per geometry the calibrated probability that the true place lies within 50, 100, 200, 500 m,
            None where only the standard deviation is known. Counts for points; a line or an area is
            judged by its standard deviation.
        on
            The day whose borders count; None: those without an end.
        sides
            Per geometry the side or bank that its text said, None for none.
        lines
            Per geometry the name of the line that the side is of; "" for the nearest one.

        Raises
        ------
        ValueError
            If a geometry is missing, empty, of another type, or has NaN; an uncertainty is negative
            or NaN; a side is unknown; or there are not as many sides or lines as geometries.
        """
        shapes = np.empty(len(geometries), dtype=object)
        shapes[:] = list(geometries)
        given = uncertainties_m if isinstance(uncertainties_m, int | float) else list(uncertainties_m)
        sigma = np.broadcast_to(np.asarray(given, dtype=float), len(shapes))
        _require_shapes(shapes, sigma)
        stated = np.full((len(shapes), len(RADII_M)), np.nan)
        for row, own in enumerate(p_within or ()):
            if own is not None and shapely.get_dimensions(shapes[row]) == 0:
                stated[row] = [own[int(radius)] for radius in RADII_M]
        return share_all(self.snapshot(on), shapes, sigma, stated, _said(sides, lines, len(shapes)))


def _said(sides: Sequence[Side | None] | None, lines: Sequence[str] | None, count: int) -> list[Said] | None:
    if sides is None:
        return None
    unknown = [side for side in sides if side is not None and side not in SIDES]
    if unknown:
        raise ValueError(f"no side {unknown[0]!r}; accepted are {', '.join(SIDES)}")
    names = [""] * count if lines is None else lines
    if len(sides) != count or len(names) != count:
        raise ValueError(f"{count} geometries, but {len(sides)} sides and {len(names)} lines")
    return [Said(side, line) for side, line in zip(sides, names, strict=True)]


def _require_shapes(shapes: NDArray[np.object_], sigma: NDArray[np.float64]) -> None:
    types = shapely.get_type_id(shapes)
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    for mask, words in (
        (shapely.is_missing(shapes) | shapely.is_empty(shapes), "are missing or empty"),
        (~np.isin(types, (-1, 0, 1, 3, 5, 6)), "are neither points, lines nor polygons"),
        (
            np.isin(np.arange(len(shapes)), owner[~np.isfinite(coordinates).all(axis=1)]),
            "have NaN coordinates",
        ),
        (~(sigma >= 0), "have a negative or missing uncertainty"),
    ):
        if mask.any():
            rows = ", ".join(map(str, np.flatnonzero(mask)[:3].tolist()))
            raise ValueError(f"{int(mask.sum())} geometries {words} (rows {rows} …)")
