"""The demo district put together: network, zones, numbers, posts, places and basemap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
from shapely import MultiLineString, Point, Polygon

from geodata.demo.authored import Line, Spot, east_border, read_lake, read_lines, read_table
from geodata.demo.blocks import Blocks, build_blocks
from geodata.demo.network import share_vertices, trim
from geodata.demo.numbering import House, kilometre_posts, number_all
from geodata.demo.owning import build_owners
from geodata.demo.places import stand_places
from geodata.demo.scenery import Scenery, build_scenery, ring_towers
from geodata.demo.shops import open_shops
from geodata.demo.zoning import build_zones


@dataclass(frozen=True, slots=True)
class District:
    """Everything that stands still in the demo; geometries in EPSG:`crs`, metres."""

    crs: int
    lines: tuple[Line, ...]
    blocks: Blocks
    zones: Mapping[str, gpd.GeoDataFrame]
    owners: gpd.GeoDataFrame
    houses: tuple[House, ...]
    posts: tuple[tuple[str, float, Point], ...]
    spots: tuple[Spot, ...]
    shops: tuple[tuple[Spot, House], ...]
    scenery: Scenery

    def line(self, name: str) -> Line:
        """Return a line by its name."""
        return next(line for line in self.lines if line.name == name)


def build_district(rng: np.random.Generator) -> District:
    """Return the demo district; the same generator state gives the same district."""
    table: Mapping[str, Any] = read_table("district.toml")
    lines_table = read_table("lines.toml")
    drawn = read_lines()
    drawn.append(east_border(drawn))
    joined = trim(share_vertices(drawn), trim_m=lines_table["trim_m"])
    inner = Polygon(next(line for line in joined if line.name == lines_table["ring"][1]["name"]).geometry)
    blocks, joined = build_blocks(joined, dict(table), keep_whole=inner.buffer(-50.0))
    lines = [line for line in joined if line.klass != "border"] + list(blocks.streets)
    houses = number_all(lines, lines_table=lines_table, district=table, within=blocks.district)
    lake = read_lake()
    standing = stand_places(blocks, lines, lake)
    centre = np.asarray(table["origin_m"], dtype=float) + np.asarray(table["ring_centre_m"], dtype=float)
    scenery = build_scenery(
        blocks,
        lines,
        standing,
        lake=(table["lake"]["name"], lake),
        inner_disc=inner,
        towers=ring_towers(lines_table, centre),
        rng=rng,
    )
    rail = next(line for line in lines if line.name == table["rail"])
    first = next(row["first_post_m"] for row in lines_table["line"] if row["name"] == table["rail"])
    return District(
        crs=table["crs"],
        lines=tuple(lines),
        blocks=blocks,
        zones=build_zones(blocks, table),
        owners=build_owners(lines, table),
        houses=tuple(houses),
        posts=tuple(kilometre_posts(rail, first_m=first)),
        spots=tuple(spot for spot, _ in standing),
        shops=tuple(open_shops(houses, read_table("names.toml")["shops"], rng)),
        scenery=scenery,
    )


def line_layers(district: District) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers of `lines.gpkg`: line, post, number, place, water, building, green."""
    crs = district.crs

    def frame(columns: Mapping[str, list[Any]]) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(dict(columns), geometry="geometry", crs=crs)

    # A register is never complete: every ninth number is missing and must be found between its neighbours.
    rings = {line.name for line in district.lines if line.rank == "ring"}
    listed = [house for house in district.houses if house.road in rings or house.number % 9 != 5]
    everywhere = [*district.spots, *(spot for spot, _ in district.shops)]
    layers = {
        "line": frame(
            {
                "name": [line.name for line in district.lines],
                "class": [line.klass for line in district.lines],
                "width_m": [float(line.width_m) for line in district.lines],
                "geometry": [MultiLineString([line.geometry]) for line in district.lines],
            }
        ),
        "post": frame(
            {
                "line": [name for name, _, _ in district.posts],
                "chainage_m": [at for _, at, _ in district.posts],
                "geometry": [point for _, _, point in district.posts],
            }
        ),
        "number": frame(
            {
                "road": [house.road for house in listed],
                "number": [house.number for house in listed],
                "geometry": [house.geometry for house in listed],
            }
        ),
        "place": frame(
            {
                "name": [spot.name for spot in everywhere],
                "class": [spot.kind for spot in everywhere],
                "geometry": [spot.geometry for spot in everywhere],
            }
        ),
    }
    for layer in ("water", "building", "green"):
        shapes = getattr(district.scenery, layer)
        layers[layer] = frame(
            {"name": [name for name, _ in shapes], "geometry": [shape for _, shape in shapes]}
        )
    return layers
