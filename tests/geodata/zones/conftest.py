"""Made zones: maps drawn as text, and Voronoi communities with grids. None of them is real."""

from datetime import date

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geodata.zones import ZoneTree

CRS = 4547


def drawn(
    picture: str, *, cell_m: float = 100.0, origin: tuple[float, float] = (0.0, 0.0)
) -> gpd.GeoDataFrame:
    """Return one zone per letter of a picture; rows run north to south, dots are nowhere."""
    rows = picture.split()
    shapes: dict[str, list[shapely.Polygon]] = {}
    for line, row in enumerate(reversed(rows)):
        for column, letter in enumerate(row):
            x, y = origin[0] + column * cell_m, origin[1] + line * cell_m
            shapes.setdefault(letter, []).append(shapely.box(x, y, x + cell_m, y + cell_m))
    shapes.pop(".", None)
    return gpd.GeoDataFrame(
        {"code": list(shapes), "name": [f"社区{letter}" for letter in shapes]},
        geometry=[shapely.union_all(cells) for cells in shapes.values()],
        crs=CRS,
    )


@pytest.fixture(name="drawn")
def drawn_zones():
    return drawn


@pytest.fixture(scope="session")
def tree() -> ZoneTree:
    """Two communities with two and three grids; the grid of C2's east end stops 0.5 m short."""
    community = drawn("BBAAA\nBBAAA").assign(parent="S")
    grid = gpd.GeoDataFrame(
        {"code": ["B-1", "B-2", "A-1", "A-2", "A-3"], "parent": ["B", "B", "A", "A", "A"]},
        geometry=[
            shapely.box(0, 0, 100, 200),
            shapely.box(100, 0, 200, 200),
            shapely.box(200, 0, 300, 200),
            shapely.box(300, 0, 400, 200),
            shapely.box(400, 0, 499.5, 200),
        ],
        crs=CRS,
    )
    subdistrict = gpd.GeoDataFrame(
        {"code": ["S"], "name": ["示例街道"]}, geometry=[shapely.box(0, 0, 500, 200)], crs=CRS
    )
    return ZoneTree(community=community, grid=grid, subdistrict=subdistrict)


@pytest.fixture(scope="session")
def voronoi() -> gpd.GeoDataFrame:
    """Forty Voronoi zones of a 4 km square, codes in random order."""
    rng = np.random.default_rng(7)
    seeds = shapely.multipoints(rng.uniform(0, 4000, (40, 2)))
    square = shapely.box(0, 0, 4000, 4000)
    cells = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=square))
    shapes = shapely.intersection(cells, square)
    codes = [f"Z{number:02d}" for number in rng.permutation(len(shapes))]
    return gpd.GeoDataFrame({"code": codes}, geometry=shapes, crs=CRS)


@pytest.fixture
def trees(drawn) -> tuple[ZoneTree, ZoneTree]:
    """Two communities with a grid each, before and after 1 July 2017: the border moves west by 100 m."""

    def tree(community, grid):
        grids = drawn(grid)
        return ZoneTree(
            community=drawn(community), grid=grids.assign(parent=[code.upper()[0] for code in grids["code"]])
        )

    before = tree("AABB", "aabb")
    return before, before.with_change(
        {"community": drawn("ABBB"), "grid": drawn("abbb").assign(parent=["A", "B"])},
        valid_from=date(2017, 7, 1),
    )
