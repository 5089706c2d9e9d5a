"""Classes as rows and as a folium layer; the sheet with legend and scale."""

import json
import re

import numpy as np
import pytest
import shapely
from PIL import Image

from geodata.patterns import DensityGrid, density_grid, studied_density
from maps.base import OfflineMap
from maps.heat import class_limits
from maps.heat_bands import band_frame, heat_layer
from maps.heat_sheet import class_image, heat_sheet, round_length_m
from maps.style import HEAT_RAMP, Words

CRS = 4547
X, Y = 474000.0, 3848000.0
WORDS = {
    "title": Words("问题密度", "Density"),
    "unit": Words("处/km²", "per km²"),
    "notes": [Words("说明" * 60, "note " * 60)],
}


@pytest.fixture
def grid():
    points = np.random.default_rng(3).normal((X + 500, Y + 400), 120, (300, 2))
    return density_grid(points, bounds=(X, Y, X + 1000, Y + 800), cell_m=10, bandwidth_m=120)


def test_rows_carry_limits_colours_and_words(grid):
    limits = class_limits(grid.peak(), 6)
    bands = band_frame(grid, crs=CRS, limits=limits)
    assert bands.crs == f"EPSG:{CRS}"
    assert bands["lower"].tolist() == list(limits)
    assert bands["upper"].tolist()[:-1] == list(limits[1:])
    assert bands["colour"].tolist() == list(HEAT_RAMP[-len(limits) :])
    assert bands["label"].iloc[-1] == f"≥ {limits[-1]:g} 处/km²"
    assert band_frame(grid, crs=CRS, limits=[1.0])["colour"].tolist() == [HEAT_RAMP[-1]]
    assert len(band_frame(grid, crs=CRS, limits=[1e9])) == 0


def test_more_classes_than_colours(grid):
    bands = band_frame(grid, crs=CRS, limits=np.linspace(1, grid.peak() / 2, 9))
    assert len(bands) == 9
    assert set(bands["colour"]) <= set(HEAT_RAMP)


def test_the_folium_layer_is_data_in_degrees_and_no_address(grid):
    bands = band_frame(grid, crs=CRS, limits=class_limits(grid.peak(), 6))
    page = OfflineMap(title="热力")
    layer = heat_layer(bands, name="热力 <script>${1}`")
    page.add_child(layer)
    html = page.get_root().render()
    assert "<script>${1}" not in html
    found = re.search(r"_add\((\{.*?\})\);", html, re.S)
    assert found is not None
    features = json.loads(found[1])["features"]
    assert len(features) == len(bands)
    lon, lat = np.array(features[0]["geometry"]["coordinates"][0][0]).reshape(-1, 2)[0]
    assert (lon, lat) == (pytest.approx(113.72, abs=0.05), pytest.approx(34.76, abs=0.05))
    script = html.partition(found[0])[2]
    assert "http" not in script
    assert len(list(heat_layer(bands.iloc[:0], name="空")._children)) == 0


def test_the_picture_is_clear_where_nothing_is_or_nothing_was_studied():
    values = np.array([[np.nan, 0.0], [5.0, 50.0]])
    image = np.asarray(class_image(DensityGrid(values, (0, 0, 2, 2), 1.0), [1, 10], HEAT_RAMP[:2]))
    # Row 0 of the picture is the north.
    assert image[0, :, 3].tolist() == [210, 210]
    assert image[1, :, 3].tolist() == [0, 0]
    assert tuple(image[0, 1, :3]) == (0xFD, 0xBE, 0x6F)


def test_the_sheet_shows_what_was_studied(grid):
    district = shapely.box(X + 100, Y + 100, X + 900, Y + 700)
    studied = studied_density(
        np.random.default_rng(3).normal((X + 500, Y + 400), 120, (300, 2)),
        bounds=grid.bounds, cell_m=10, bandwidth_m=120, study=district, edge="flat",
    )  # fmt: skip
    limits = class_limits(studied.peak(), 6)
    sheet = heat_sheet(studied, limits, HEAT_RAMP[-len(limits) :], outline=district, **WORDS)
    pixels = np.asarray(sheet)
    # Seven pixels to a cell of 10 m; the margin is 24.
    assert tuple(pixels[24 + 7 * 75, 24 + 7 * 5]) == (226, 228, 230)
    colours = {
        tuple(pixels[24 + 7 * row, 24 + 7 * column]) for row in range(12, 68) for column in range(12, 88)
    }
    assert (0x7A, 0x0A, 0x2B) in colours


def test_the_sheet_without_a_chinese_font(grid, monkeypatch):
    monkeypatch.setattr("maps.heat_sheet._FONTS", ())
    monkeypatch.setattr("maps.heat_sheet._chinese_font", lambda: None)
    limits = class_limits(grid.peak(), 6)
    sheet = heat_sheet(grid, limits, HEAT_RAMP[-len(limits) :], **WORDS)
    assert isinstance(sheet, Image.Image)


def test_a_sheet_of_nothing():
    empty = DensityGrid(np.zeros((3, 4)), (0, 0, 40, 30), 10.0)
    assert heat_sheet(empty, (), (), **WORDS).width > 640


@pytest.mark.parametrize(
    ("most", "length"), [(1.0, 1), (1.9, 1), (2.0, 2), (499, 200), (500, 500), (12_345, 10_000)]
)
def test_scale_bars_are_round(most, length):
    assert round_length_m(most) == length
